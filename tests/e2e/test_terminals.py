# SPDX-License-Identifier: Apache-2.0
"""Nothing that a terminal would obey reaches it or a table: not from names of files, settings, lists, plugins, nor from tables
that others have made. What is seen stands for the exact bytes: \\xNN, or \\u in JSON."""
import gzip
import json
import os
import re
import shutil
import subprocess

import packets
from t2run import BUILD, EXAMPLE, Sandbox, main

# Escape sequence, bell, C1 as UTF-8 and as a raw byte, right-to-left override, carriage return, no UTF-8, a name all the same.
HOSTILE = b"a\x1b]0;owned\x07\xc2\x9b31m\x9b1m\xe2\x80\xaetxt.exe\rz\xff\xc3"
SHOWN = r"a\x1b]0;owned\x07\xc2\x9b31m\x9b1m\xe2\x80\xaetxt.exe\x0dz\xff\xc3"
# What our programs may print on a terminal themselves.
COLOURS = re.compile(rb"\x1b\[[0-9;]*[mK]|\r\x1b\[K")
BIDI = re.compile("[\u061c\u200e\u200f\u2028-\u202e\u2066-\u2069\u0080-\u009f]")


class Terminals(Sandbox):
    def setUp(self):
        super().setUp()
        self.env["PATH"] = f"{BUILD}/bin:{os.environ['PATH']}"
        self.plugins = self.dir / ".tranalyzer" / "plugins"
        self.plugins.mkdir(parents=True)
        self.activate("basicFlow", "basicStats", "tcpStates", "ftpDecode", "txtSink")
        self.home = os.fsencode(self.dir)

    def clean(self, data, terminal=False):
        """Fails if these bytes hold what a terminal would obey."""
        if terminal:
            data = COLOURS.sub(b"", data.replace(b"\r\n", b"\n"))
        bad = re.search(rb"[\x00-\x08\x0b-\x1f\x7f]", data)
        self.assertIsNone(bad, data)
        text = data.decode()  # valid UTF-8
        self.assertIsNone(BIDI.search(text), data)
        return text

    def run_both(self, *args, status=None, env=None, raw=False):
        """Into pipes and on a terminal; what the pipes got, standard output before standard error. `raw`: standard output is
        asked for byte by byte."""
        r = subprocess.run(args, cwd=self.dir, env={**self.env, **(env or {})}, stdin=subprocess.DEVNULL, capture_output=True, timeout=60)
        if status is not None:
            self.assertEqual(r.returncode, status, r.stdout + r.stderr)
        self.clean(r.stderr)
        if not raw:
            self.clean(r.stdout)
        shown, _ = self.terminal(*args, env=env)
        self.clean(shown, terminal=True)
        return r.stdout + r.stderr

    def path(self, *names):
        return os.path.join(self.home, *names)

    def test_names_of_captures(self):
        capture, folder = self.path(HOSTILE + b".pcap"), self.path(HOSTILE + b".d")
        shutil.copy(EXAMPLE, capture)
        os.mkdir(folder)
        for name in (b"1", b"2"):
            shutil.copy(EXAMPLE, os.path.join(folder, HOSTILE + name))
        out = self.run_both("t2", "-r", capture, "-w", self.path(b"r"), status=0)
        self.assertIn(SHOWN.encode(), out)
        self.assertIn(SHOWN.encode(), self.run_both("t2", "-r", self.path(HOSTILE), "-w", self.path(b"r"), status=1))
        self.run_both("t2", "-s", "-R", folder, "-w", self.path(b"many"), status=0)
        self.run_both("t2", "-r", EXAMPLE, "-w", self.path(HOSTILE), status=0)
        self.run_both("t2", "-r", EXAMPLE, "-w", self.path(b"r_flows.txt", HOSTILE), status=1)
        self.run_both("t2", "-r", EXAMPLE, HOSTILE, status=1)  # a filter
        self.run_both("t2", b"--" + HOSTILE, status=1)
        self.run_both("t2", "-r", EXAMPLE, "-w", self.path(b"l"), "-l", status=0)
        for name in os.listdir(self.home):
            if name.endswith((b".txt", b".log")):
                with open(self.path(name), "rb") as f:
                    self.clean(f.read())
        # The exact name is still known: packets are cut out of the captures that the table names.
        out = subprocess.run(["tawk", "-x", "x.pcap", "flow(2)", "many_flows.txt"], cwd=self.dir, env=self.env, capture_output=True)
        self.assertEqual((out.returncode, out.stderr), (0, b""))

    def test_traffic(self):
        """Commands and replies of FTP with all of it, in both tables."""
        talk = packets.Talk("10.0.0.1", "10.0.0.2", 40000, 21).handshake()
        src, dst = "10.0.0.1", "10.0.0.2"
        for at, text in enumerate((b"USER " + HOSTILE.replace(b"\r", b"") + b"\r\n", b"RETR " + HOSTILE.replace(b"\r", b"") + b"\r\n")):
            segment = packets.tcp(src, dst, 40000, 21, 101 + 100 * at, 901, packets.ACK | packets.PSH, text)
            talk.frames.append((1 + at, packets.ether(packets.ipv4(src, dst, 6, segment))))
        packets.write_pcap(self.dir / "f.pcap", talk.frames)
        self.run_both("t2", "-s", "-r", "f.pcap", "-w", self.dir / "f", status=0)
        for name in ("f_flows.txt", "f_packets.txt"):
            self.clean((self.dir / name).read_bytes())
            for command in (["tcol", "-n", name], ["tawk", "json()", name], ["tawk", "1", name]):
                self.run_both(*command, status=0)

    def test_settings_and_lists(self):
        config = self.dir / ".tranalyzer" / "config"
        config.mkdir()
        for text in (b"FTP_NONAME = \"" + HOSTILE.replace(b"\r", b"") + b"\"\n", HOSTILE + b" = 1\n", HOSTILE + b"\n", b"FTP_SAVE = " + HOSTILE + b"\n"):
            (config / "ftpDecode.config").write_bytes(text)
            self.run_both("t2", "-r", EXAMPLE, "-w", self.dir / "r")
            self.run_both("t2conf", "ftpDecode", "-G", "FTP_NONAME")
            self.run_both("t2conf", "--changed")
        (config / "ftpDecode.config").unlink()
        for args in (("t2conf", "ftpDecode", "-D", b"FTP_SAVE=" + HOSTILE), ("t2conf", "ftpDecode", "-D", HOSTILE + b"=1"), ("t2conf", HOSTILE),
                     ("t2conf", "-C", HOSTILE), ("t2conf", "ftpDecode", "-G", HOSTILE), ("t2", "-r", EXAMPLE, "-w", "r", "--set", HOSTILE),
                     ("t2", "-r", EXAMPLE, "-w", "r", "--set", b"ftpDecode." + HOSTILE + b"=1"), ("t2", "-r", EXAMPLE, "-w", "r", "-b", HOSTILE),
                     ("t2plugin", HOSTILE)):
            self.run_both(*args, status=1)
        networks = self.path(b"list.txt")
        with open(networks, "wb") as f:
            f.write(b"10.0.0.0/8\tus\t" + HOSTILE.replace(b"\r", b"") + b"\n67.180.0.0/16\txx\t\"" + HOSTILE.replace(b"\r", b"") + b"\"\n")
        listed = {"BFO_SUBNET_FILE": os.fsdecode(networks)}
        self.run_both("t2", "-r", EXAMPLE, "-w", self.dir / "r", env=listed)
        self.clean((self.dir / "r_flows.txt").read_bytes())
        self.run_both("tawk", "{ print t2whois($srcIP) }", self.dir / "r_flows.txt", env=listed)
        self.run_both("t2", "-r", EXAMPLE, "-w", self.dir / "r", env={"BFO_SUBNET_FILE": os.fsdecode(self.path(HOSTILE))})

    def test_plugins(self):
        with open(os.path.join(os.fsencode(self.plugins), b"700_" + HOSTILE + b".so"), "wb") as f:
            f.write(b"no library")
        self.run_both("t2", "-r", EXAMPLE, "-w", self.dir / "r")
        self.run_both("t2", "--describe")
        self.run_both("t2plugin", "-l")
        self.run_both("t2", "-p", self.path(HOSTILE), "-r", EXAMPLE, "-w", self.dir / "r", status=1)

    def hostile_table(self, cell=HOSTILE):
        """Not made by t2: hostile in the name of the file, in a name of a column and in cells."""
        name = self.path(HOSTILE + b"_flows.txt")
        with open(name, "wb") as f:
            f.write(b"%dir\tflowInd\tsrcIP\tftpUser\tx" + HOSTILE.replace(b"\r", b"") + b"\nA\t1\t10.0.0.1\t" + cell.replace(b"\r", b"") + b"\ty\n")
        return name

    def test_tables_of_others(self):
        table = self.hostile_table()
        self.run_both("tcol", "-n", table, status=0)
        self.run_both("tcol", "-n", "-w", "9", table, status=0)
        self.run_both("tawk", "-l", table, status=0)
        self.run_both("tawk", "json()", table, status=0)
        rows = json.loads(subprocess.run(["tawk", "json()", table], env=self.env, capture_output=True, check=True).stdout)
        self.assertEqual(rows[0]["ftpUser"][0], "a\x1b]0")  # a list: the cell has no quotes around its ";"
        for program in ("1", "{ print $ftpUser }", "-c", "aggr($ftpUser)", "t2sort(flowInd)", "{ printerr($ftpUser) }", "{ print toupper($4) }"):
            args = ("tawk", "-c", "1", table) if program == "-c" else ("tawk", program, table)
            self.run_both(*args, status=0, raw=True)
        self.run_both("tawk", "flow($ftpUser)", table, status=1, raw=True)
        self.run_both("tawk", "ipinnet($srcIP, $ftpUser)", table, status=1, raw=True)
        self.run_both("tawk", b"$" + HOSTILE, table, status=1)
        self.run_both("tawk", "\u00e9\U0001f600", table)  # gawk quotes half a character
        self.run_both("tawk", "$nosuch == 1", table, status=1)
        self.run_both("tawk", b"1", self.path(HOSTILE + b"none"), status=1)
        self.run_both("tcol", self.path(HOSTILE + b"none"), status=1)
        self.run_both("tawk", "-V", b"ftpCC=" + HOSTILE, raw=True)
        self.run_both("tawk", "-V", HOSTILE, status=1)
        report = self.path(b"report")
        with open(report, "wb") as f:
            f.write(b"ftpCC=" + HOSTILE.replace(b"\r", b"") + b" ftpStat=0x01\n")
        self.run_both("tawk", "-L", report, status=0)
        with open(self.path(HOSTILE + b".gz"), "wb") as f:
            f.write(gzip.compress(b"%a\tb\n" * 100)[:-9])
        for tool in (("tawk", "1"), ("tcol", "-n")):
            self.run_both(*tool, self.path(HOSTILE + b".gz"), status=1)

    def test_colours_of_tawk_itself(self):
        """They are colours on a terminal; what a table brings is not, even if it looks like them."""
        table = self.hostile_table(b"\x1b[31mred")
        shown, _ = self.terminal("tawk", "-H", "{ printerr($ftpUser) }", table)
        self.assertEqual(shown, b"\x1b[0;31m\\x1b[31mred\x1b[0m\r\n")

    def test_exact_bytes(self):
        """A pipe or file gets the cell as it stands in the table."""
        out = subprocess.run(["tawk", "-H", "{ print $ftpUser }", self.hostile_table()], env=self.env, capture_output=True, check=True).stdout
        self.assertEqual(out, HOSTILE.replace(b"\r", b"") + b"\n")

    def test_rows_appear_as_they_come(self):
        """On a terminal as well: gawk must not keep them until its buffer is full."""
        shown, _ = self.terminal("sh", "-c", "(printf '%%a\\n1\\n'; sleep 3) | tawk '{ print $a }' & sleep 1.5; echo early; wait")
        self.assertEqual(shown, b"%a\r\n1\r\nearly\r\n")


if __name__ == "__main__":
    if shutil.which("gawk") is None:
        raise SystemExit(77)
    main()
