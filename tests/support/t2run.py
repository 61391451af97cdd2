# SPDX-License-Identifier: Apache-2.0
"""What tests that run the built programs share: where they are, a fresh HOME, tables as rows."""
import contextlib
import fcntl
import os
import pathlib
import pty
import re
import select
import struct
import subprocess
import sys
import tempfile
import termios
import time
import unittest

BUILD = pathlib.Path(os.environ.get("T2_BUILD", "build/release")).resolve()
SOURCE = pathlib.Path(os.environ.get("T2_SOURCE", ".")).resolve()
T2 = pathlib.Path(os.environ.get("T2_PROGRAM", BUILD / "bin" / "t2"))
# Whether T2 works on packets with several threads: then those that are on their way are worked on when one fails.
SEVERAL_THREADS = T2.name == "t2_jobs4" or len(os.sched_getaffinity(0)) >= 4
PLUGINS = BUILD / "plugins"
# Where activate() finds plugins; t2plugin -t names those of an installation.
PLUGIN_FOLDERS = [pathlib.Path(p) for p in os.environ.get("T2_PLUGIN_FOLDERS", str(PLUGINS)).split(":")]
EXAMPLE = pathlib.Path(os.environ.get("T2_EXAMPLE", SOURCE / "examples" / "ftp-dpic.pcap"))
TUTORIAL_PLUGINS = ("basicFlow", "tcpStates", "ftpDecode", "txtSink")
SKIPPED = 77


def plugin_compiler():
    """The words of a command that makes a plugin with the stamp of this build; behind them `-o LIBRARY SOURCE`."""
    cache = (BUILD / "CMakeCache.txt").read_text()
    compiler = re.search(r"^CMAKE_CXX_COMPILER:\w+=(.*)$", cache, re.M).group(1)
    release = [] if "CMAKE_BUILD_TYPE:STRING=Debug" in cache else ["-DNDEBUG"]
    return [compiler, "-std=c++20", "-fPIC", "-shared", *release, "-I", SOURCE / "include", "-I", BUILD / "include"]


class Sandbox(unittest.TestCase):
    """A test case with a temporary folder that is also HOME, and a plugin folder of its own."""

    def setUp(self):
        stack = contextlib.ExitStack()
        self.addCleanup(stack.close)
        self.dir = pathlib.Path(stack.enter_context(tempfile.TemporaryDirectory(prefix="t2test")))
        self.env = {k: v for k, v in os.environ.items() if not k.startswith(("FTP_", "BFO_", "TFS_"))}
        self.env.update(HOME=str(self.dir), TZ="UTC", LC_ALL="C.UTF-8")
        self.plugins = self.dir / "plugins"
        self.plugins.mkdir()

    def activate(self, *names):
        """Links the named plugins into this test's plugin folder."""
        for name in names:
            found = [f for folder in PLUGIN_FOLDERS for f in folder.glob(f"[0-9][0-9][0-9]_{name}.so")]
            self.assertNotEqual(found, [], f"plugin {name} is not built")
            (self.plugins / found[0].name).symlink_to(found[0])

    def t2(self, *args, plugins=None, check=True, stdin=None, env=None, timeout=120):
        """Runs t2; the result has returncode, stdout and stderr as text."""
        command = [str(T2), "-p", str(plugins or self.plugins), *map(str, args)]
        result = subprocess.run(command, cwd=self.dir, env={**self.env, **(env or {})}, stdin=stdin or subprocess.DEVNULL,
                                capture_output=True, timeout=timeout, errors="replace")
        if check:
            self.assertEqual(result.returncode, 0, result.stdout + result.stderr)
        return result

    def terminal(self, *args, keys=b"", env=None):
        """The bytes that a terminal of 80 x 24 gets from a program, and its exit status; `keys` are typed when it has begun
        to print."""
        leader, follower = pty.openpty()
        fcntl.ioctl(follower, termios.TIOCSWINSZ, struct.pack("HHHH", 24, 80, 0, 0))
        words = [a if isinstance(a, bytes) else str(a) for a in args]
        process = subprocess.Popen(words, env={**self.env, "TERM": "xterm", **(env or {})}, cwd=self.dir, stdin=follower,
                                   stdout=follower, stderr=follower, close_fds=True, start_new_session=True)
        os.close(follower)
        shown, typed, patience = b"", False, time.monotonic() + 30
        try:
            while time.monotonic() < patience:
                if select.select([leader], [], [], 0.5)[0]:
                    try:
                        piece = os.read(leader, 65536)
                    except OSError:  # the other side is closed
                        break
                    if not piece:
                        break
                    shown += piece
                elif shown and keys and not typed:
                    os.write(leader, keys)
                    typed = True
        finally:
            if process.poll() is None and time.monotonic() >= patience:
                process.kill()
            os.close(leader)
            process.wait(30)
        return shown, process.returncode

    def wait_until_idle(self, *pids, seconds=120):
        """Until all threads of these processes have been asleep for a second: a live capture has nothing left to read then,
        however busy the machine is."""
        end, quiet = time.monotonic() + seconds, 0
        while quiet < 5:
            self.assertLess(time.monotonic(), end, "still at work")
            time.sleep(0.2)
            quiet = quiet + 1 if all(asleep(pid) for pid in pids) else 0


def asleep(pid):
    """A process that has ended is as quiet."""
    for stat in pathlib.Path(f"/proc/{pid}/task").glob("*/stat"):
        with contextlib.suppress(FileNotFoundError, ProcessLookupError):
            if stat.read_text().rpartition(") ")[2][0] not in "SZX":
                return False
    return True


def stop(process):
    """For addCleanup(): whatever the test left open."""
    process.kill()
    process.wait()
    for pipe in (process.stdin, process.stdout, process.stderr):
        with contextlib.suppress(OSError, AttributeError):
            pipe.close()


def table(path):
    """A flow or packet file as (column names, list of dicts)."""
    lines = pathlib.Path(path).read_text(encoding="utf-8", errors="replace").split("\n")
    names = lines[0].lstrip("%").split("\t")
    rows = [line.split("\t") for line in lines[1:] if line]
    for row in rows:
        assert len(row) == len(names), f"{path}: {len(row)} cells, {len(names)} columns: {row}"
    return names, [dict(zip(names, row)) for row in rows]


def main():
    program = unittest.main(exit=False, verbosity=1)
    result = program.result
    if result.wasSuccessful() and result.testsRun and len(result.skipped) == result.testsRun:
        sys.exit(SKIPPED)
    sys.exit(0 if result.wasSuccessful() else 1)
