# SPDX-License-Identifier: Apache-2.0
"""tcol: layout, pages on a terminal, bad input; t2stat on running programs."""
import gzip
import os
import re
import shutil
import subprocess
import unittest

from t2run import BUILD, Sandbox, main

TABLE = "%a\tlong name\tc\n1\t\t3\n22\tx\ty\tz\n"


class Tcol(Sandbox):
    def setUp(self):
        super().setUp()
        self.env["PATH"] = f"{BUILD}/bin:{os.environ['PATH']}"
        (self.dir / "t.txt").write_text(TABLE)

    def check_compressed(self, name, pack, damaged):
        """By gzip as t2 writes them with TFS_GZ_COMPRESS=1, or by zstd; a file may consist of several."""
        plain = self.run_tool("tcol", "t.txt")
        rows = TABLE.encode()
        packed = pack(rows[:9]) + pack(rows[9:])
        for file in (packed, packed + b"rubbish"):
            (self.dir / name).write_bytes(file)
            self.assertEqual(self.run_tool("tcol", name), plain)
            self.assertEqual(self.run_tool("sh", "-c", f"cat {name} | tcol"), plain)
            self.assertEqual(self.run_tool("sh", "-c", f"tcol < {name}"), plain)
        big = b"%a\tb\n" + b"some\tcells\n" * 100000
        (self.dir / "big").write_bytes(pack(big))
        self.assertEqual(self.run_tool("tcol", "big").count("\n"), 100001)
        for file in (packed[:-4], packed[:12] + b"x" * 16, *damaged):
            (self.dir / name).write_bytes(file)
            self.assertEqual(self.run_tool("tcol", name, status=1),
                             f"tcol: Failed to read file '{name}': the compressed data is damaged or incomplete\n")
        (self.dir / name).write_bytes(pack(rows)[:-4])
        for command in (f"tcol {name}", f"cat {name} | tcol"):
            r = subprocess.run(["sh", "-c", command], env=self.env, cwd=self.dir, capture_output=True, text=True)
            self.assertEqual((r.stdout, r.returncode), (plain, 1))  # the rows all the same

    def test_gzip(self):
        self.check_compressed("t.txt.gz", gzip.compress, [b"\x1f\x8b\x08"])

    @unittest.skipUnless(shutil.which("zstd"), "needs zstd")
    def test_zstd(self):
        self.check_compressed("t.txt.zst", lambda b: subprocess.run(["zstd", "-q"], input=b, capture_output=True, check=True).stdout, [b"\x28\xb5\x2f\xfd"])

    def test_short_text(self):
        """Fewer bytes than tell whether they are compressed."""
        for text in ("(", "P\tQ", "\x1f\t"):
            r = subprocess.run(["tcol"], input=text, env=self.env, cwd=self.dir, capture_output=True, text=True)
            self.assertEqual((r.stdout.split(), r.returncode), (text.replace("\x1f", "\\x1f").split(), 0))

    def run_tool(self, *args, stdin=None, status=0):
        given = {"input": stdin} if stdin is not None else {"stdin": subprocess.DEVNULL}
        r = subprocess.run([str(a) for a in args], env=self.env, cwd=self.dir, capture_output=True, text=True, errors="replace",
                           timeout=60, **given)
        self.assertEqual(r.returncode, status, r.stdout + r.stderr)
        return r.stdout if status == 0 else r.stderr

    def on_terminal(self, *args, keys=b"", env=None):
        shown, status = self.terminal(*args, keys=keys, env=env)
        return shown.decode(errors="replace").replace("\r\n", "\n"), status

    def test_layout(self):
        expected = "%a  long name  c\n1              3\n22  x          y  z\n"
        self.assertEqual(self.run_tool("tcol", "t.txt"), expected)
        self.assertEqual(self.run_tool("tcol", stdin=TABLE), expected)
        self.assertEqual(self.run_tool("sh", "-c", "tcol <t.txt"), expected)
        self.assertEqual(self.run_tool("tcol", "-w", "4", "t.txt"), "%a  long  c\n1         3\n22  x     y  z\n")
        self.assertEqual(self.run_tool("tcol", stdin="# a comment\twith a tab\n\na\tb\nccc\td"), "# a comment\\x09with a tab\na    b\nccc  d\n")
        self.assertEqual(self.run_tool("tcol", stdin="\u00e9\u4e2d\tx\n\x1b[31m\ty\n"), "\u00e9\u4e2d       x\n\\x1b[31m  y\n")
        self.assertEqual(self.run_tool("tcol", stdin=""), "")

    def test_large_file_and_early_end(self):
        with open(self.dir / "big.txt", "w") as f:
            f.write("%n\ttext\n")
            for i in range(200000):
                f.write(f"{i}\t{'x' * (i % 50)}\n")
        lines = self.run_tool("tcol", "big.txt").split("\n")
        self.assertEqual((len(lines), lines[0], lines[1], lines[200000]), (200002, "%n      text", "0", "199999  " + "x" * 49))
        self.assertEqual(self.run_tool("sh", "-c", "cat big.txt | tcol | head -n 1"), "%n      text\n")

    def test_terminal(self):
        """A table that fits stays on the screen; a long one is a page of less with the header."""
        shown, status = self.on_terminal("tcol", "t.txt", env={"NO_COLOR": "1"})
        self.assertIn("%a  long name  c\n1              3\n22  x          y  z\n", shown)
        self.assertEqual((status, "\033[3" in shown, "\033[1" in shown), (0, False, False))
        for args in (("tcol", "-n", "t.txt"), ("tcol", "t.txt")):
            shown, status = self.on_terminal(*args)
            self.assertIn("\x1b[1;36m%a  long name  c\n1              3\n22  x          y  z\n", re.sub(r"\x1b\[0?m", "", shown))
        (self.dir / "wide.txt").write_text("%head\t" + "w" * 200 + "\tlast\n" + "".join(f"row{i}\tx\ty\n" for i in range(500)))
        if shutil.which("less"):
            shown, status = self.on_terminal("tcol", "wide.txt", keys=b"q")
            self.assertEqual(status, 0)
            self.assertIn("row5 ", shown)
            self.assertNotIn("row400", shown)
            self.assertNotIn("w" * 100, shown)
            self.assertNotIn("last", shown)
        shown, _ = self.on_terminal("tcol", "-n", "wide.txt")
        self.assertIn("row499", shown)

    def test_columns_that_stay(self):
        """less holds the header and the first columns from version 600 on; Debian 12 has 590."""
        (self.dir / "bin").mkdir()
        less = self.dir / "bin" / "less"
        for version, keep, arguments in (("643", (), "-SFXR --header=1,15"), ("643", ("-k", "1"), "-SFXR --header=1,4"), ("643", ("-k", "0"), "-SFXR --header=1,0"),
                                         ("643", ("-k", "9"), "-SFXR --header=1,21"), ("590", (), "-SFXR -S")):
            less.write_text(f'#!/bin/sh\n[ "$1" = --version ] && echo "less {version} (x)" && exit\necho "got $*"\ncat >/dev/null\n')
            less.chmod(0o755)
            shown, _ = self.on_terminal("tcol", *keep, "t.txt", env={"PATH": f"{self.dir}/bin:{self.env['PATH']}"})
            self.assertEqual(shown, f"got {arguments}\n")
        self.assertIn("600", self.run_tool("tcol", "--help"))
        self.assertIn("'x' is not a number", self.run_tool("tcol", "-k", "x", "t.txt", status=1))

    def test_colours_of_tawk(self):
        """-V has colours and the rule line on terminals only, and none with NO_COLOR."""
        shown, _ = self.on_terminal("tawk", "-V", "ftpStat=0x10")
        self.assertIn("   " + "=" * 77, shown)
        self.assertIn("\033[0;33m     4 | 0x10", shown)
        self.assertIn("\033[1;33mftpStat", shown)
        shown, _ = self.on_terminal("tawk", "-V", "ftpStat=0x10", env={"NO_COLOR": "1"})
        self.assertNotIn("\033[", shown)
        self.assertNotIn("\033[", self.run_tool("tawk", "-V", "ftpStat=0x10"))
        self.assertNotIn("\033[", self.run_tool("t2plugin", "-l"))

    def test_errors(self):
        self.assertEqual(self.run_tool("tcol", "none.txt", status=1), "tcol: Failed to open file 'none.txt' for reading: No such file or directory\n")
        self.assertIn("Is a directory", self.run_tool("tcol", self.dir, status=1))
        self.assertIn("'0' is not a number greater than 0", self.run_tool("tcol", "-w", "0", "t.txt", status=1))
        self.assertEqual(self.run_tool("tcol", "-Z", status=1).count("\n"), 1)
        self.assertEqual(self.run_tool("tcol", "-w", status=1), "tcol: Option '-w' requires an argument\n")

    def test_no_table(self):
        """What never ends is refused, by tcol and tawk, and what has no line ends is no table."""
        for device in ("/dev/zero", "/dev/full", "/dev/urandom"):
            said = f"Failed to read file '{device}': it is a device, not a table\n"
            self.assertEqual(self.run_tool("tcol", device, status=1), f"tcol: {said}")
            self.assertEqual(self.run_tool("tawk", "{ print }", device, status=1), said)
        self.assertEqual(self.run_tool("sh", "-c", "tawk '{ print }' </dev/zero", status=1),
                         "Failed to read standard input: it is a device, not a table\n")
        self.assertEqual(self.run_tool("tcol", "/dev/null"), "")
        with open(self.dir / "long", "wb") as f:
            f.truncate((1 << 26) + 9)
        for command, name in (("tcol long", "long"), ("tcol < long", "-"), ("cat long | tcol", "-")):
            self.assertEqual(self.run_tool("sh", "-c", command, status=1),
                             f"tcol: Failed to read file '{name}': a line is longer than 67108864 bytes\n")

    def test_output_that_is_full_or_closed(self):
        """A reader that has seen enough is no failure, a full disk is one."""
        full = "Failed to write standard output: No space left on device\n"
        self.assertEqual(self.run_tool("sh", "-c", "tcol t.txt >/dev/full", status=1), full)
        big = "".join(f"{i}\tx\n" for i in range(100000))
        self.assertEqual(self.run_tool("sh", "-c", "tcol - | true; tcol /dev/null", stdin=big), "")
        r = subprocess.run(["bash", "-c", "tcol big | head -n 1; echo ${PIPESTATUS[0]}"], env=self.env, cwd=self.dir,
                           capture_output=True, text=True)
        self.assertIn("No such file", r.stderr)
        (self.dir / "big").write_text(big)
        self.assertEqual(self.run_tool("bash", "-c", "tcol big | head -n 1; echo ${PIPESTATUS[0]}"), "0      x\n0\n")
        for tool, args in (("tcol", "t.txt"), ("tawk", "'{ print }' t.txt"), ("t2top", "--help")):
            self.run_tool("sh", "-c", f"{tool} {args} 0>&- 1>&- 2>&-")

    def test_t2stat(self):
        self.assertIn("Usage: t2stat", self.run_tool("t2stat", "--help"))
        for args, message in ((("-Z9",), "Unknown signal 'Z9'"), (("x",), "'x' is not a number of seconds"), (("-zz",), "Unknown option '-zz'"),
                              (("-\x1b[31m",), "Unknown option '$'-\\E[31m''"), (("\u202e",), "'$'\\342\\200\\256'' is not a number")):
            self.assertIn(message, self.run_tool("t2stat", *args, status=1))

    def test_t2stat_sends_signals(self):
        """A program in place of t2, in a process space of its own: no signal reaches a t2 of somebody else."""
        space = ["unshare", "-pf" if os.getuid() == 0 else "-rpf", "--mount-proc"]
        if subprocess.run([*space, "true"], capture_output=True).returncode != 0:
            self.skipTest("no process space of its own here")
        shutil.copy(shutil.which("sleep"), self.dir / "t2")
        wait = "while ! t2stat -p | grep -q '[0-9]'; do :; done"
        script = f"./t2 60 & {wait}; t2stat -l; echo n | t2stat -i >/dev/null; t2stat -p | wc -l; t2stat; wait $!; echo $?; " \
                 f"./t2 60 & {wait}; echo y | t2stat -i -SIGTERM; wait $!; echo $?; t2stat"
        out = self.run_tool(*space, "bash", "-c", script)
        self.assertRegex(out, r"\A *\d+ +[0-9:]+ \./t2 60\n1\n138\nSend TERM to \./t2 60  ?\(y/N\)\? 143\nNo running instance of Tranalyzer found\n\Z")


if __name__ == "__main__":
    main()
