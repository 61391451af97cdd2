#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Mutated command lines, settings files and captures against the built programs. A program may refuse what it gets, but
it must not crash, not work on for more than five seconds, not print a raw control byte, and not end with status 0 after
an [ERR]. Runs as an unprivileged user when started by root, in a folder of its own.

  scripts/mutate.py [-n RUNS] [-s SEED] [-b BUILD] [PROGRAM...]

PROGRAM: t2 t2build t2conf t2plugin (default), tawk tcol. A failure prints how to repeat it: -s SEED -n 1 PROGRAM.
"""
import argparse
import concurrent.futures
import os
import pathlib
import random
import re
import shutil
import signal
import subprocess
import sys
import tempfile
import threading

SOURCE = pathlib.Path(__file__).resolve().parent.parent
NOBODY = 65534
LIMIT = 5  # seconds

ODD_WORDS = [b"", b"-", b"--", b"\x1b[31m", b"\x9b1m", "\u202e\u2066".encode(), "\u0085".encode(), b"\xff\xfe", b"a" * 5000, b"%s%n%x", b"../../..",
             b"/dev/null", b"/dev/full", b"/nonexistent", b".", b"0", b"-1", b"4294967296", b"18446744073709551616", b"1e308", b"nan", b"inf",
             b"0x", b"=", b"a=b", b"\n", b"\r\x07", b"x\ty", b"'", b"$(id)", b"*", b"tcp port 21", "\u00e9\U0001f600".encode()]

SEEDS = {
    "t2": ["-r in.pcap -w o", "-s -r in.pcap -w o", "-r in.pcap -w -", "-r in.pcap -W o:2f,3", "-l -m -r in.pcap -w o", "-R list -w o",
           "-r in.pcap -w o tcp port 21", "-r in.pcap -F filter -w o", "-r in.pcap -b plugins.list -w o", "-r in.pcap -x 7 -f 2 -P 1 -c 1 -M 2 -w o",
           "-r in.pcap -w o --set ftpDecode.FTP_SAVE=1 --set ftpDecode.FTP_F_PATH=carved/", "--describe", "--help", "--version", "-r in.pcap -e filter",
           "-r in.pcap -w o --set basicFlow.BFO_VLAN=1 --set tranalyzer2.PACKETLENGTH=0", "-p plugins/ -r in.pcap -w o", "-r in.pcap --user nobody -w o"],
    "t2build": ["tranalyzer2 basicFlow txtSink", "-l", "-u txtSink", "-e -y", "-b list", "-R", "-I list -a", "-p other basicFlow", "-k txtSink",
                "-c txtSink", "-f txtSink", "--no-sink basicFlow", "-X -v -d txtSink", "--help", "-K txtSink"],
    "t2conf": ["ftpDecode -D FTP_SAVE=1", "ftpDecode -G FTP_SAVE", "ftpDecode -I -v", "--changed", "ftpDecode --reset", "basicFlow -g saved",
               "basicFlow -C auto", "-L list2", "-S", "-s saved2", "-r saved2", "-l", "-m", "tranalyzer2 -D VERBOSE=1 -v", "--patch patch", "--help",
               "ftpDecode -E", "utils -I", "basicFlow --tui"],
    "t2plugin": ["-l", "-l=o", "-N", "-H", "-c myPlugin", "-c myPlugin -n 450", "--help", "-t nothing", "-l=l7 -N"],
    "tawk": ["'{ print $srcIP }' flows", "-I flows 'dport(21)'", "-V flowStat=0x4000", "--csv flows", "-l flows", "'aggr($srcIP)' flows", "-d all", "--help"],
    "tcol": ["flows", "-n flows", "--width 80 flows", "--help", "flows flows"],
}
CONFIG = {"tranalyzer2": "PACKETLENGTH = 1\nVERBOSE = 2\nFLOW_TIMEOUT = 30\n", "basicFlow": "BFO_VLAN = 1\n# a comment\nBFO_MPLS = 2\n",
          "ftpDecode": 'FTP_SAVE = 0\nFTP_NONAME = "x"\nFTP_PORTS = "21,2121"\n', "txtSink": "TFS_HDR_FILE = 1\n"}

# Everything but tab and line end that a terminal might obey: C0, DEL, C1, marks that change the direction of text.
CONTROL = re.compile("[\0-\b\v-\x1f\x7f\u0080-\u009f\u061c\u200e\u200f\u202a-\u202e\u2066-\u2069]")


def mutate_bytes(rng, data, most):
    data = bytearray(data)
    for _ in range(rng.randint(1, most)):
        kind = rng.randrange(5)
        at = rng.randrange(len(data) + 1)
        if kind == 0 and data:
            data[at - 1] ^= 1 << rng.randrange(8)
        elif kind == 1 and data:
            data[at - 1] = rng.randrange(256)
        elif kind == 2:
            del data[at:at + rng.randint(1, 40)]
        elif kind == 3:
            data[at:at] = rng.choice(ODD_WORDS)
        else:
            data[at:at] = data[at // 2:at // 2 + rng.randint(1, 60)]
    return bytes(data)


def mutate_words(rng, words):
    words = list(words)
    for _ in range(rng.randint(1, 3)):
        kind = rng.randrange(6)
        at = rng.randrange(len(words) + 1)
        if kind == 0 and words:
            words[at - 1] = mutate_bytes(rng, words[at - 1], 2)
        elif kind == 1:
            words.insert(at, rng.choice(ODD_WORDS))
        elif kind == 2 and words:
            words.pop(at - 1)
        elif kind == 3 and words:
            words.insert(at, words[at - 1])
        elif kind == 4 and words:
            words[at - 1] = rng.choice(ODD_WORDS)
        else:
            rng.shuffle(words)
    return [w.replace(b"\0", b"") for w in words]


class Runner:
    """One folder with HOME, captures and lists, made anew from time to time."""

    def __init__(self, build, root):
        self.build, self.root = build, root
        self.as_user = ["setpriv", f"--reuid={NOBODY}", f"--regid={NOBODY}", "--clear-groups"] if os.geteuid() == 0 else []
        self.capture = (SOURCE / "examples" / "ftp-dpic.pcap").read_bytes()
        self.runs = 0
        self.files = {"in.pcap": self.capture, "list": b"in.pcap\n", "filter": b"tcp\n", "plugins.list": b"basicFlow\ntxtSink\n",
                      "patch": b"FTP_SAVE\t1\t0\tftpDecode\n", "flows": b""}
        self.folder = None

    def give_away(self, *paths):
        if self.as_user:
            for path in paths:
                os.chown(path, NOBODY, NOBODY)

    def fresh(self):
        if self.folder:
            shutil.rmtree(self.folder, ignore_errors=True)
        self.folder = pathlib.Path(tempfile.mkdtemp(dir=self.root))
        home = self.folder / ".tranalyzer"
        (home / "config").mkdir(parents=True)
        (home / "plugins").mkdir()
        for library in (self.build / "plugins").glob("*.so"):
            (home / "plugins" / library.name).symlink_to(library)
        (self.folder / "plugins").symlink_to(home / "plugins")
        self.give_away(self.folder, home, home / "config", home / "plugins")

    def write(self, name, data):
        path = self.folder / name
        if path.is_symlink() or path.is_file():
            path.unlink()
        if not path.exists() and path.parent.is_dir():
            path.write_bytes(data)
            self.give_away(path)

    def case(self, rng, program):
        """(words, files to write) of one try."""
        seed = rng.choice(SEEDS[program])
        words = [w.strip("'").encode() for w in re.findall(r"'[^']*'|\S+", seed)]
        kind = rng.choice(("words", "words", "settings", "capture"))
        if kind == "words":
            return mutate_words(rng, words), {}
        if kind == "settings":
            name = rng.choice(sorted(CONFIG))
            return words, {f".tranalyzer/config/{name}.config": mutate_bytes(rng, CONFIG[name].encode(), 3)}
        if program in ("tawk", "tcol"):
            return words, {"flows": mutate_bytes(rng, self.files["flows"], 6)}
        other = rng.choice(("in.pcap", "in.pcap", "in.pcap", "list", "filter", "plugins.list", "patch"))
        return words, {other: mutate_bytes(rng, self.files[other], 8)}

    def run(self, program, seed):
        """None, or what is wrong."""
        if self.runs % 50 == 0:
            self.fresh()
        self.runs += 1
        rng = random.Random(f"{program} {seed}")
        words, files = self.case(rng, program)
        for name, data in {**self.files, **files}.items():
            self.write(name, data)
        env = {"HOME": str(self.folder), "PATH": f"{self.build}/bin:/usr/bin:/bin", "LC_ALL": "C.UTF-8", "TZ": "UTC", "EDITOR": "true",
               "CCACHE_DISABLE": "1", "T2HOME": str(SOURCE)}
        command = [*self.as_user, str(self.build / "bin" / program), *words]
        p = subprocess.Popen(command, cwd=self.folder, env=env, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.PIPE,
                             start_new_session=True)
        timed_out = False
        try:
            out, err = p.communicate(timeout=LIMIT)
        except subprocess.TimeoutExpired:
            timed_out = True
            os.killpg(p.pid, signal.SIGTERM)  # what waits for packets or files ends in good order
            try:
                out, err = p.communicate(timeout=LIMIT)
            except subprocess.TimeoutExpired:
                os.killpg(p.pid, signal.SIGKILL)
                out, err = p.communicate()
                return f"does not end at a signal: {words}"
        for name in files.keys() - self.files.keys():
            (self.folder / name).unlink(missing_ok=True)
        waits = program == "t2" and any(w.startswith((b"-D", b"-i", b"--in")) for w in words)
        if timed_out and not waits:
            return f"longer than {LIMIT} s: {words}"
        if p.returncode < 0 or p.returncode in (134, 135, 136, 139):
            return f"crash, status {p.returncode}: {words} {files if len(str(files)) < 400 else list(files)} {err[-300:]}"
        if p.returncode == 0 and b"[ERR]" in err:
            return f"status 0 with an error: {words} {err[:300]}"
        exact = program == "tawk" and "flows" in files  # into a pipe go the bytes of the table
        for name, data in (("standard output", b"" if exact else out), ("standard error", err)):
            try:
                found = CONTROL.search(data.decode())
            except UnicodeDecodeError as e:
                return f"{name} is no UTF-8: {words} {data[max(0, e.start - 60):e.end + 20]}"
            if found:
                return f"control byte on {name}: {words} {found.string[max(0, found.start() - 60):found.end() + 20]!r}"
        return None


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("-n", type=int, default=10000, help="runs in all")
    parser.add_argument("-s", type=int, default=1, help="number of the first one")
    parser.add_argument("-b", type=pathlib.Path, default=SOURCE / "build" / "release", help="build folder")
    parser.add_argument("-j", type=int, default=os.cpu_count(), help="at a time")
    parser.add_argument("programs", nargs="*", default=["t2", "t2build", "t2conf", "t2plugin"])
    a = parser.parse_args()
    build = a.b.resolve()
    with tempfile.TemporaryDirectory(prefix="t2mutate") as root:
        os.chmod(root, 0o755)
        first = Runner(build, root)
        first.fresh()
        first.write("in.pcap", first.capture)
        subprocess.run([build / "bin" / "t2", "-p", build / "plugins", "-r", first.folder / "in.pcap", "-w", first.folder / "seed"],
                       env={"HOME": "", "PATH": "/usr/bin:/bin"}, stdout=subprocess.DEVNULL, check=True)
        flows = (first.folder / "seed_flows.txt").read_bytes()
        local = threading.local()

        def one(number):
            if not hasattr(local, "runner"):
                local.runner = Runner(build, root)
                local.runner.files["flows"] = flows
            program = a.programs[number % len(a.programs)]
            problem = local.runner.run(program, number)
            return f"{program} (-s {number} -n 1 {program}): {problem}" if problem else None

        failures = 0
        with concurrent.futures.ThreadPoolExecutor(a.j) as pool:
            for problem in pool.map(one, range(a.s, a.s + a.n)):
                if problem:
                    failures += 1
                    print(problem, flush=True)
        print(f"{a.n} runs of {' '.join(a.programs)}: {failures} failure(s)")
    return 1 if failures else 0


if __name__ == "__main__":
    sys.exit(main())
