# SPDX-License-Identifier: Apache-2.0
"""tawk: tables of values, the sets of -n and -e, own functions, comparing and splitting, labels, viewers; every
example of the documentation runs."""
import os
import re
import shutil
import subprocess

from t2run import BUILD, EXAMPLE, SOURCE, Sandbox, main

ALL = ("basicFlow", "tp0f", "basicStats", "tcpFlags", "tcpStates", "ftpDecode", "txtSink")
HEAD = "%dir\tflowInd\tsrcIP\tsrcPort\tdstIP\tdstPort\tftpStat\tftpUser\tftpPass\ttimeFirst\tname\n"
ROWS = ("A\t1\t10.0.0.1\t4000\t10.0.0.2\t21\t0x01\t\"ann\";\"bob\"\t\"x\"\t100.5\ta\n",
        "A\t2\t10.0.0.1\t4001\t10.0.0.2\t2121\t0x03\t\t\t101.5\tb\n",
        "A\t3\t10.0.0.3\t4002\t10.0.0.2\t80\t0x00\t\t\t102.5\tb\n")


class More(Sandbox):
    maxDiff = None

    def setUp(self):
        super().setUp()
        self.env["PATH"] = f"{BUILD}/bin:{os.environ['PATH']}"
        self.table = self.dir / "f_flows.txt"
        self.table.write_text(HEAD + "".join(ROWS))

    def tawk(self, *args, status=0, stdin=None, env=None):
        given = {"input": stdin} if stdin is not None else {"stdin": subprocess.DEVNULL}
        r = subprocess.run(["tawk", *map(str, args)], env={**self.env, **(env or {})}, cwd=self.dir, capture_output=True,
                           text=True, errors="replace", timeout=60, **given)
        self.assertEqual(r.returncode, status, r.stdout + r.stderr)
        return r.stdout if status == 0 else r.stderr

    def rows(self, program, *options):
        lines = [HEAD, *ROWS]
        return "".join("h123"[lines.index(line + "\n")] for line in self.tawk(*options, program, self.table).split("\n")[:-1])

    # ------------------------------------------------------------ -V of values

    def test_value_tables(self):
        self.assertEqual(self.tawk("-V", "l4Proto=6"), "\nThe l4Proto column with value 6 is to be interpreted as follows:\n\n"
                         "   l4Proto | Description\n   6       | TCP: Transmission Control\n\n")
        for query, rows in (("ethType=0x0800", ["0x0800", "Internet Protocol version 4 (IPv4)"]),
                            ("ethType=1500", ["0x0000-0x05dc", "IEEE 802.3 length, LLC header follows"]),
                            ("ipToS=0xb9", ["0xb8", "DSCP EF: telephony", "0x01", "ECN ECT(1): ECN-capable transport"]),
                            ("ipOptCpCl_Num=0x80_0x00100000", ["0x80_", "Copied into all fragments", "_0x00100000", "Router alert (RTRALT)"]),
                            ("ipFrag=0x4000", ["0x4000", "Don't fragment", "0x0000", "Offset 0: no fragment, or the first one"]),
                            ('ftpCC="RETR"', ["RETR", "Retrieve a copy of a file"]), ("l4Proto=253", ["253-254", "Use for experimentation and testing"]),
                            ("dir=B", ["B", "Opposite flow"]), ("ftpRC=999", [])):
            shown = [cell for line in self.tawk("-V", query).split("\n")[4:-2] for cell in re.split(r" +\| ", line.strip())]
            self.assertEqual(shown, rows, query)
        self.assertEqual(self.tawk("-V", "ftpRC=200;226;200").count("is to be interpreted"), 2)
        self.assertGreater(self.tawk("-V", "l4Proto").count("\n"), 60)
        self.assertEqual(self.tawk("-V", "l4Proto=x", status=1), "'x' is not a value of l4Proto: expected a number such as 0\n")
        self.assertIn("two numbers such as", self.tawk("-V", "ipOptCpCl_Num=zz", status=1))
        self.assertIn("ABOR", self.tawk("-V", "ftpCBF=0x1"))  # a column that needs FTP_BTFLD=1

    def test_names_that_V_knows(self):
        names = self.tawk("--names").split()
        self.assertTrue({"ftpStat", "flowStat", "tcpFlags", "l4Proto", "ftpRC"} <= set(names))
        for name in names:
            self.assertIn("is to be interpreted as follows", self.tawk("-V", name))

    def test_every_label_of_the_specification(self):
        for name, bit, label in (("ftpStat", 4, "FTP hash map full"), ("ftpStat", 7, "Array, string or filename overflow"),
                                 ("tcpStatesAFlags", 5, "-"), ("tcpAnomaly", 0, "SYN retransmission"), ("tcpAnomaly", 10, "-"),
                                 ("tcpFStat", 3, "L4 option field corrupt or not acquired"), ("ipFlags", 14, "Packet inter-distance = 0"),
                                 ("tp0fStat", 6, "IP already seen by tp0f"), ("tcpMPTBF", 15, "Private Use within controlled testbeds"),
                                 ("tcpFlags", 15, "Potential Xmas scan packet or malicious channel")):
            self.assertRegex(self.tawk("-V", f"{name}={1 << bit}"), rf"(?m)^ *{bit} \| 0x[0-9a-f ]+ \| {re.escape(label)}$", name)

    # ------------------------------------------------------------ sets of functions

    def test_nfdump_set(self):
        self.activate(*ALL)
        self.t2("-r", EXAMPLE, "-w", self.dir / "r")
        flows = self.dir / "r_flows.txt"
        out = self.tawk("-n", "{ print oline() }", flows).split("\n")
        self.assertEqual(out[0].split("\t"), ["Date first seen", "Duration", "Proto", "Src IP Addr:Port", "Dst IP Addr:Port", "Packets", "Bytes"])
        self.assertEqual(out[1].split("\t"), ["2007-01-07 18:49:26.764244000Z", "0.212486000", "TCP", "67.180.72.76:4076",
                                              "128.121.136.217:30012", "72", "64170"])  # 92 packets, 20 of them in the other flows
        out = self.tawk("-n", "{ print oextended() }", flows).split("\n")
        self.assertEqual([len(line.split("\t")) for line in out[:2]], [12, 12])
        self.assertEqual(out[1].split("\t")[5:], ["...A.RS.", "0x00", "72", "64170", "339", "2415971", "891"])
        self.assertEqual(self.tawk("oline()", flows, status=1), "Function 'oline' needs the option -n\n")

    def test_example_set(self):
        self.assertEqual(self.tawk("-e", "passwords()", self.table),
                         "timeFirst\tflowInd\tsrcIP\tdstIP\tdstPort\tuser\tpassword\n100.5\t1\t10.0.0.1\t10.0.0.2\t21\tann\tx\n"
                         "100.5\t1\t10.0.0.1\t10.0.0.2\t21\tbob\t\n")
        web = self.dir / "web_flows.txt"
        web.write_text("%dir\tflowInd\tsrcIP\tdstIP\tdstPort\ttimeFirst\thttpUser\thttpPass\n"
                       "A\t7\t10.0.0.1\t10.0.0.2\t80\t1.5\t\"eve\"\t\"a;b\"\n")
        self.assertEqual(self.tawk("-e", "passwords()", web).split("\n")[1], "1.5\t7\t10.0.0.1\t10.0.0.2\t80\teve\ta;b")
        # 0x80: something was cut. What is as long as FTP_PXNMLN allows may be that.
        head = HEAD.split("\t")
        cells = ROWS[0].split("\t")
        cells[head.index("ftpUser")] = '"ann";"bob";"eve"'
        cells[head.index("ftpPass")] = '"123456789012345";"short";"\u00e4\u00e4\u00e4\u00e4\u00e4\u00e4\u00e4"'
        for status, mark in (("0x81", "..."), ("0x01", "")):
            cells[head.index("ftpStat")] = status
            (self.dir / "cut_flows.txt").write_text(HEAD + "\t".join(cells))
            passwords = [line.split("\t")[6] for line in self.tawk("-e", "passwords()", "cut_flows.txt").split("\n")[1:-1]]
            self.assertEqual(passwords, ["123456789012345" + mark, "short", "\u00e4" * 7 + mark])
            passwords = [line.split("\t")[6] for line in self.tawk("-e", "passwords(5)", "cut_flows.txt").split("\n")[1:-1]]
            self.assertEqual(passwords, ["123456789012345" + mark, "short" + mark, "\u00e4" * 7 + mark])
        self.assertIn("manifest", self.tawk("-d", "passwords"))
        self.assertEqual(self.rows("nonstdports()", "-e"), "h2")
        self.assertEqual(self.tawk("-e", "topTalkers(1)", self.table), "srcIP\tdstIP\tFlows\n10.0.0.1\t10.0.0.2\t2\n")
        self.assertEqual(self.tawk("passwords()", self.table, status=1), "Function 'passwords' needs the option -e\n")

    def test_scanners(self):
        head = "%dir\tflowInd\ttimeFirst\ttimeLast\tsrcIP\tdstIP\tdstPort\ttcpAnomaly\n"
        rows = [("A", 1, "100.5", "100.6", "10.0.0.9", "10.0.0.1", 22, "0x1000"), ("B", 1, "100.5", "100.6", "10.0.0.1", "10.0.0.9", 5000, "0x2000"),
                ("A", 2, "99.25", "99.5", "10.0.0.1", "10.0.0.2", 80, "0x3000"), ("A", 3, "101.5", "101.75", "10.0.0.9", "10.0.0.2", 22, "0x3000"),
                ("A", 4, "100.0", "200.125", "10.0.0.9", "10.0.0.2", 23, "0x1004"), ("A", 5, "1.0", "900.0", "10.0.0.9", "10.0.0.3", 25, "0x0004")]
        (self.dir / "s_flows.txt").write_text(head + "".join("\t".join(map(str, r)) + "\n" for r in rows))
        title = "srcIP\tflows\tsuccessful\ttargets\tports\ttimeFirst\ttimeLast\n"
        nine, one = "10.0.0.9\t3\t1\t2\t2\t100.0\t200.125\n", "10.0.0.1\t1\t1\t1\t1\t99.25\t99.5\n"
        self.assertEqual(self.tawk("-e", "scanners()", "s_flows.txt"), title + nine + one)
        self.assertEqual(self.tawk("-e", "scanners(1)", "s_flows.txt"), title + nine)
        self.assertEqual(self.tawk("-H", "-e", "dport(81) { scanners() }", "s_flows.txt"), "")

    def test_own_functions(self):
        own = self.dir / ".tranalyzer" / "tawk"
        own.mkdir(parents=True)
        (own / "mine.awk").write_text("# mine\n## twice(x) | the double | twice(2)\nfunction twice(x) { return 2 * x }\n"
                                      "function thrice(x) { return 3 * x }\n")
        self.assertEqual(self.tawk("BEGIN { print twice(4), thrice(1) }"), "8\t3\n")
        self.assertEqual(self.tawk("-d", "t2custom"), "thrice()\n\ntwice(x)\n    the double\n    twice(2)\n\n")
        self.assertIn("thrice\ntimestamp\n", self.tawk("-g"))

    # ------------------------------------------------------------ whole tables

    def test_diff(self):
        other = self.dir / "other.txt"
        other.write_text(HEAD + "".join(ROWS[:2]).replace("4001", "5001").replace("10.0.0.1", "10.9.9.9"))
        self.assertEqual(self.tawk('diff("other.txt")', "f_flows.txt"),
                         "row\tcolumn\tf_flows.txt\tother.txt\n1\tsrcIP\t10.0.0.1\t10.9.9.9\n2\tsrcIP\t10.0.0.1\t10.9.9.9\n"
                         "2\tsrcPort\t4001\t5001\nrows only here: 1\n")
        self.assertEqual(self.tawk('diff("other.txt", 1)', self.table), "srcIP\t2\nsrcPort\t1\nrows only here: 1\n")
        self.assertEqual(self.tawk('diff("f_flows.txt", 1)', other), "srcIP\t2\nsrcPort\t1\nrows only in 'f_flows.txt': 1\n")
        self.assertEqual(self.tawk('diff("f_flows.txt", 1)', self.table), "")
        self.assertIn("Failed to open file 'none' for reading", self.tawk('diff("none")', self.table, status=1))

    def test_ffsplit(self):
        self.assertEqual(self.tawk("ffsplit()", self.table), "")
        self.assertEqual((self.dir / "flows_ftpStat.txt").read_text(),
                         "%dir\tflowInd\tsrcIP\tsrcPort\tdstIP\tdstPort\tftpStat\tftpUser\tftpPass\ttimeFirst\n" +
                         'A\t1\t10.0.0.1\t4000\t10.0.0.2\t21\t0x01\t"ann";"bob"\t"x"\t100.5\nA\t2\t10.0.0.1\t4001\t10.0.0.2\t2121\t0x03\t\t\t101.5\n')
        self.tawk('ffsplit("ftpStat", 1)', self.table)
        self.assertEqual((self.dir / "flows_ftpStat.txt").read_text(), HEAD + ROWS[0] + ROWS[1])
        self.tawk('ffsplit("", 0, "name")', self.table)
        self.assertTrue((self.dir / "flows_ftpStat.txt").read_text().split("\n")[0].endswith("timeFirst\tname"))
        self.assertIn("'noStat' does not exist", self.tawk('ffsplit("noStat")', self.table, status=1))

    def test_ientropy(self):
        self.assertEqual(self.tawk('ientropy(2, "iEntropy", 0, 1)', self.table),
                         "colNum\tcolName\tiEntropy\n2\tflowInd\t1.584963\n4\tsrcPort\t1.584963\n")
        self.assertEqual(self.tawk("-H", "ientropy(1)", self.table), "1\tdir\t0.000000\n")
        self.assertIn("11\tname\t0.918296\n", self.tawk("ientropy()", self.table))

    def test_whois(self):
        (self.dir / "nets.txt").write_text("10.0.0.0/24,de,Example Net\n")
        env = {"BFO_SUBNET_FILE": str(self.dir / "nets.txt")}
        self.assertEqual(self.tawk("{ print t2whois($dstIP) }", self.table, env=env).split("\n")[:2], ["dstIPOrg\tdstIPCC", "Example Net\tde"])
        self.assertEqual(self.tawk('BEGIN { print t2whois("10.0.0.7", "cc;asn"), t2whois("no address", "cc") }', env=env), "de\t0\t-\n")
        own = self.dir / ".tranalyzer" / "tawk"
        own.mkdir(parents=True)
        (own / "mine.awk").write_text("function land(a) { return t2whois(a, \"cc\") }\n")
        self.assertEqual(self.tawk('BEGIN { print land("10.0.0.7") }', env=env), "de\n")
        self.assertIn("'zip' is not one of", self.tawk('BEGIN { print t2whois("10.0.0.7", "zip") }', env=env, status=1))

    def test_more_conversions(self):
        for expression, result in (("mask2ip6(64)", "0xffffffffffffffff0000000000000000"), ("mask2ip6(33)", "0xffffffff800000000000000000000000"),
                                   ("mask2ip6str(64)", "ffff:ffff:ffff:ffff::"), ("proto2str(87)", "TCF"), ("proto2str(200)", "200"),
                                   ("proto2str(253)", "253"), ("proto2str(58)", "ICMPv6")):
            self.assertEqual(self.tawk("BEGIN { print " + expression + " }"), result + "\n", expression)

    # ------------------------------------------------------------ packets in a viewer

    def test_show_packets(self):
        self.activate(*ALL)
        self.t2("-s", "-r", EXAMPLE, "-w", self.dir / "r")
        viewers = self.dir / "bin"
        viewers.mkdir()
        for name in ("wireshark", "tshark"):
            (viewers / name).write_text(f'#!/bin/sh\necho {name} "$1"\nwc -c <"$2"\n')
            (viewers / name).chmod(0o755)
        env = {"PATH": f"{viewers}:{self.env['PATH']}", "TMPDIR": str(self.dir)}
        before = set(self.dir.iterdir())
        shown = self.tawk("-k", "-r", EXAMPLE, "-b", "flow(4)", "r_flows.txt", env={**env, "DISPLAY": ":0"})
        self.assertEqual(shown, "wireshark -r\n316\n")
        env.update(DISPLAY="", WAYLAND_DISPLAY="")
        self.assertTrue(self.tawk("-k", "-r", EXAMPLE, "flow(4)", "r_flows.txt", env=env).startswith("tshark -r\n"))
        self.assertEqual(set(self.dir.iterdir()), before)
        self.assertIn("cannot be used together", self.tawk("-k", "-x", "a.pcap", "-r", EXAMPLE, "flow(4)", "r_flows.txt", status=1))
        env["TMPDIR"] = "/nonexistent"
        self.assertTrue(self.tawk("-k", "-r", EXAMPLE, "flow(4)", "r_flows.txt", env=env).startswith("tshark -r\n"))
        self.assertIn("Option '-k': name the capture", self.tawk("-k", "flow(4)", "r_flows.txt", status=1))

    # ------------------------------------------------------------ the documentation

    def test_examples_of_all_functions(self):
        """What -d shows as an example is a program that gawk takes and that runs on tables with all plugins."""
        self.activate(*ALL)
        self.t2("-s", "-r", EXAMPLE, "-w", self.dir / "r")
        (self.dir / "other_flows.txt").write_text((self.dir / "r_flows.txt").read_text())
        foreign = re.compile(r"dhcp\(\)|dns\(\)|http\(\)|topDnsQ|exeDL")  # columns of plugins that are not here
        count = 0
        for block in self.tawk("-d", "all").split("\n\n")[:-1]:
            lines = block.split("\n")
            name, example = lines[0].split("(")[0], lines[-1].strip()
            if foreign.search(example):
                continue
            count += 1
            with self.subTest(function=name, example=example):
                self.assertIn(name + "(", example)
                bare = example[0] not in "{" and ("{" in example or re.match(r"(join|n = )", example))
                program = f"BEGIN {{ {example} }}" if bare and "{" not in example else example
                table = "r_packets.txt" if re.search(r"packet|follow", name) else "r_flows.txt"
                options = ["-n", "-e"] if name not in ("ip",) else []
                self.tawk(*options, program, table)
        self.assertGreater(count, 150)

    def test_list_of_starred_functions(self):
        known = set(self.tawk("-g").split())
        starred = """hdr flow packet not bitsanyset bitsallset bfeq host shost dhost net snet dnet port sport dport ip ipv4 ipv6 proto icmp
            igmp tcp udp rsvp gre esp ah icmp6 sctp tuple2 tuple3 tuple4 tuple5 tuple6 tcpflags strisempty streq strneq hasprefix hassuffix
            contains splitr splitc t2split aggr t2sort json localtime utc timestamp follow_stream""".split()
        self.assertEqual([name for name in starred if name not in known], [])
        tests = (SOURCE / "tests/e2e/test_tawk.py").read_text()
        self.assertEqual([name for name in starred if f"{name}(" not in tests], [])


if __name__ == "__main__":
    if shutil.which("gawk") is None:
        raise SystemExit(77)
    main()
