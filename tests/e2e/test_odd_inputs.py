# SPDX-License-Identifier: Apache-2.0
"""Devices, pipes and folders in place of files, a HOME that is missing or closed, too little memory: one line, at once."""
import os
import shutil
import subprocess
import threading
import unittest

from t2run import EXAMPLE, PLUGINS, T2, Sandbox, main

LIMIT = 30


class OddInputs(Sandbox):
    def setUp(self):
        super().setUp()
        self.activate("basicFlow", "tcpStates", "txtSink")
        self.config = self.dir / ".tranalyzer" / "config" / "basicFlow.config"
        self.config.parent.mkdir(parents=True)

    def fails(self, *args, message, **kw):
        r = self.t2("-r", EXAMPLE, "-w", "o", *args, check=False, timeout=LIMIT, **kw)
        self.assertEqual((r.returncode, r.stderr.count("\n")), (1, 1), r.stdout + r.stderr)
        self.assertRegex(r.stderr, r"^\[ERR\] " + message)
        self.assertFalse((self.dir / "o_flows.txt").exists())

    def odd(self, path):
        """Makes the path, one after the other, everything that is no file; gives what the message says of it."""
        for make, says in ((lambda: path.symlink_to("/dev/zero"), "Not a regular file"), (lambda: os.mkfifo(path), "Not a regular file"),
                           (path.mkdir, "Is a directory"), (lambda: path.symlink_to("/dev/tty"), "(Not a regular file|No such device)")):
            make()
            yield says
            if path.is_dir() and not path.is_symlink():
                path.rmdir()
            else:
                path.unlink()

    def test_settings(self):
        for says in self.odd(self.config):
            self.fails(message=f"Failed to open file '.*basicFlow.config' for reading: {says}")

    def test_lists_of_networks_and_rules(self):
        self.activate("tp0f")
        path = self.dir / "list"
        for says in self.odd(path):
            self.fails("--set", f"basicFlow.BFO_SUBNET_FILE={path}", message=f"basicFlow: Failed to open file '.*list' for reading: {says}")
        for says in self.odd(self.plugins / "tp0fL34.txt"):  # without its rules tp0f guesses
            r = self.t2("-r", EXAMPLE, "-w", "p", timeout=LIMIT)
            self.assertRegex(r.stdout, f"\\[WRN\\] tp0f: Failed to open file '.*tp0fL34.txt' for reading: {says}")

    def test_plugin_lists(self):
        for says in self.odd(self.plugins / "plugins.txt"):
            self.fails(message=f"Failed to open file '.*plugins.txt' for reading: {says}")
        # What the user names may be a pipe or standard input; a device that never ends is cut off.
        self.fails("-b", "/dev/zero", message="File '/dev/zero' is larger than")
        pipe = self.dir / "pipe"
        os.mkfifo(pipe)
        writer = threading.Thread(target=lambda: pipe.write_text("basicFlow\ntxtSink\n"))
        writer.start()
        r = self.t2("-r", EXAMPLE, "-w", "o", "-b", pipe, timeout=LIMIT)
        writer.join(LIMIT)
        self.assertIn("    02: txtSink", r.stdout)
        r = subprocess.run([T2, "-p", self.plugins, "-r", EXAMPLE, "-w", "o", "-b", "-"], cwd=self.dir, env=self.env, input="txtSink\n",
                           capture_output=True, text=True, timeout=LIMIT)
        self.assertIn("    01: txtSink", r.stdout)

    def test_captures(self):
        self.fails("-r", "/dev/zero", message="File '/dev/zero' is not a valid PCAP/PCAP-NG file")
        self.fails("-r", "/dev/null", message="PCAP file '/dev/null' is empty")
        r = self.t2("-R", "/dev/zero", "-w", "o", check=False, timeout=LIMIT)
        self.assertEqual((r.returncode, r.stderr.count("\n")), (1, 1))

    def test_home(self):
        env = {**self.env, "HOME": ""}
        r = subprocess.run([T2, "-r", EXAMPLE, "-w", "o"], cwd=self.dir, env=env, capture_output=True, text=True, timeout=LIMIT)
        self.assertEqual((r.returncode, r.stderr), (1, "[ERR] HOME is not set: name the plugin folder with '-p'\n"))
        self.t2("-r", EXAMPLE, "-w", "o", env={"HOME": ""})
        for tool, words in (("t2conf", ["basicFlow", "-D", "BFO_VLAN=1"]), ("t2plugin", ["-c", "mine"])):
            program = self.dir / "bin" / tool
            shutil.copytree(T2.parent, self.dir / "bin", dirs_exist_ok=True)
            r = subprocess.run([program, *words], cwd=self.dir, env={**env, "T2HOME": "/nonexistent"}, capture_output=True, text=True,
                               timeout=LIMIT)
            self.assertEqual((r.returncode, r.stderr.count("\n")), (1, 1), r.stderr)

    @unittest.skipIf(os.geteuid() != 0 or not shutil.which("setpriv"), "needs root to be somebody else")
    def test_a_home_that_may_not_be_read(self):
        """Settings that cannot be read are an error: the run would not be the one that was asked for."""
        copy = shutil.copy(T2, self.dir / "t2")
        plugins = shutil.copytree(PLUGINS, self.dir / "copies")
        capture = shutil.copy(EXAMPLE, self.dir)
        self.dir.chmod(0o755)
        home = self.dir / "closed"
        home.mkdir(mode=0o700)
        command = ["setpriv", "--reuid=65534", "--regid=65534", "--clear-groups", copy, "-p", plugins, "-r", capture, "-w", "/dev/shm/t2no"]
        r = subprocess.run(command, cwd=self.dir, env={**self.env, "HOME": str(home)}, capture_output=True, text=True, timeout=LIMIT)
        self.assertEqual((r.returncode, r.stderr.count("\n")), (1, 1), r.stderr)
        self.assertRegex(r.stderr, r"^\[ERR\] Failed to open file '.*/closed/.*\.config' for reading: Permission denied\n$")

    def test_tools(self):
        for says in self.odd(self.config):
            for words in (["basicFlow", "-G", "BFO_VLAN"], ["basicFlow", "-I", "-v"], ["basicFlow", "-D", "BFO_VLAN=1"]):
                r = subprocess.run([T2.with_name("t2conf"), *words], cwd=self.dir, env=self.env, capture_output=True, text=True, timeout=LIMIT)
                self.assertIn("basicFlow.config", r.stderr, words)
                self.assertEqual(r.stderr.count("\n"), 1, r.stderr)

    def test_little_memory(self):
        if "fsanitize" in (T2.parent.parent / "build.ninja").read_text():
            self.skipTest("the sanitizers need terabytes of addresses")
        seen = set()
        active = self.dir / ".tranalyzer" / "plugins"
        active.symlink_to(self.plugins)
        for program, words in (("t2", ["-r", EXAMPLE, "-w", "o"]), ("t2conf", ["--changed"]), ("t2plugin", ["-l"])):
            for kib in range(8000, 160001, 4000):
                r = subprocess.run(["bash", "-c", f'ulimit -v {kib}; exec "$0" "$@"', T2.with_name(program), *words], cwd=self.dir, env=self.env,
                                   capture_output=True, text=True, timeout=LIMIT)
                self.assertIn(r.returncode, (0, 1, 127), f"{program} {kib}: {r.stderr}")
                if r.returncode == 1:
                    # The loader has lines of its own, before the program begins.
                    self.assertEqual(r.stderr.count("\n"), 1, f"{program} {kib}: {r.stderr}")
                    if not any(s in r.stderr for s in ("cannot", "failed to map", "Failed to run", "Failed to start")):
                        self.assertRegex(r.stderr.lower(), "memory", f"{program} {kib}")
                        seen.add(program)
        self.assertIn("t2", seen)


if __name__ == "__main__":
    main()
