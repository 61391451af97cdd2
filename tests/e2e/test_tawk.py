# SPDX-License-Identifier: Apache-2.0
"""tawk: columns by name, bit texts, header convention, and an example of each function (spec tools 3)."""
import base64
import json
import os
import shutil
import subprocess
import unittest

from t2run import BUILD, EXAMPLE, TUTORIAL_PLUGINS, Sandbox, main

TABLE = """%dir\tflowInd\tflowStat\ttimeFirst\tduration\tsrcMac\tdstMac\tvlanID\tsrcIP\tsrcIPCC\tsrcPort\tdstIP\tdstPort\tl4Proto\ttcpFlags\tname\tlist
A\t1\t0x0400000000004000\t1168195766.739929000\t33.0\t00:16:36:a9:08:20\t00:01:5c:22:a5:82\t5\t10.1.2.3\tus\t4075\t192.168.0.9\t21\t6\t0x0111\t"Foo Bar"\ta;b;c
B\t1\t0x0400000000004001\t1168195766.751652000\t0.5\t00:01:5c:22:a5:82\t00:16:36:a9:08:20\t5\t192.168.0.9\t-\t21\t10.1.2.3\t4075\t6\t0x0002\t""\t"x;y";z
A\t2\t0x0400000000008000\t1168195770.000000000\t2\t00:16:36:a9:08:20\t00:01:5c:22:a5:82\t\t2001:db8::1\tde\t53\tff02::1\t5353\t17\t0x0000\tzoo\t
"""


class Tawk(Sandbox):
    def setUp(self):
        super().setUp()
        self.env["PATH"] = f"{BUILD}/bin:{os.environ['PATH']}"
        self.table = self.dir / "f_flows.txt"
        self.table.write_text(TABLE)

    def tawk(self, *args, status=0, stdin=None, env=None):
        given = {"input": stdin} if stdin is not None else {"stdin": subprocess.DEVNULL}
        r = subprocess.run(["tawk", *map(str, args)], env={**self.env, **(env or {})}, cwd=self.dir, capture_output=True,
                           text=True, timeout=60, **given)
        self.assertEqual(r.returncode, status, r.stdout + r.stderr)
        return r

    def rows(self, program, *options):
        """The rows that a test selects, as 1, 2, 3; 'h' is the header."""
        out = self.tawk(*options, program, self.table).stdout.split("\n")[:-1]
        lines = TABLE.split("\n")
        return "".join("h123"[lines.index(line)] for line in out)

    def value(self, expression):
        """One expression on the header row and on the three rows."""
        return self.tawk("{ print " + expression + " }", self.table).stdout.split("\n")[:-1]

    def once(self, expression):
        return self.tawk("BEGIN { print " + expression + " }").stdout[:-1]

    # ------------------------------------------------------------ bit texts

    def test_tutorial_bits(self):
        self.assertEqual(self.tawk("-V", "ftpStat=0x0b").stdout,
                         "\nThe ftpStat column with value 0x0b is to be interpreted as follows:\n\n"
                         "   bit | ftpStat | Description\n"
                         "     0 | 0x01    | FTP control port found\n"
                         "     1 | 0x02    | FTP passive parent flow\n"
                         "     3 | 0x08    | FTP active parent flow\n\n")
        self.assertEqual(self.tawk("-V", "tcpStatesAFlags=0xc3").stdout,
                         "\nThe tcpStatesAFlags column with value 0xc3 is to be interpreted as follows:\n\n"
                         "   bit | tcpStatesAFlags | Description\n"
                         "     0 | 0x01            | Malformed connection establishment\n"
                         "     1 | 0x02            | Malformed teardown\n"
                         "     6 | 0x40            | Reset from sender\n"
                         "     7 | 0x80            | Potential evil behavior (scan)\n\n")
        wide = self.tawk("-V", "flowStat=0x0400000000004001").stdout
        self.assertIn("   bit | flowStat              | Description\n", wide)
        self.assertIn("    14 | 0x0000 0000 0000 4000 | IPv4 flow\n    58 | 0x0400 0000 0000 0000 | IPv4 packet\n", wide)

    def test_bits_of_tcpFlags(self):
        if not list((BUILD / "plugins").glob("*_tcpFlags.so")):
            self.skipTest("tcpFlags is not built")
        self.assertEqual(self.tawk("-V", "tcpFlags=0x0111").stdout,
                         "\nThe tcpFlags column with value 0x0111 is to be interpreted as follows:\n\n"
                         "   bit | tcpFlags | Description\n"
                         "     0 | 0x0001     | FIN: No more data, finish connection\n"
                         "     4 | 0x0010     | ACK: Acknowledgement field value valid\n"
                         "     8 | 0x0100     | FIN_ACK: Acknowledgement of FIN\n\n")

    def test_bits_forms(self):
        self.assertIn("with value 11 is", self.tawk("-V", "ftpStat=11,").stdout)
        whole = self.tawk("-V", "ftpStat").stdout
        self.assertTrue(whole.startswith("\nThe ftpStat column is to be interpreted as follows:\n"))
        self.assertIn("FTP active parent flow\n\n     4 | 0x10", whole)
        self.assertEqual(self.tawk("-V", "ftpStat=").stdout, whole)
        two = self.tawk("-V", "ftpStat=0x01;0x08;0x01").stdout
        self.assertEqual(two.count("is to be interpreted"), 2)
        none = self.tawk("-V", "ftpStat=0").stdout
        self.assertTrue(none.endswith("Description\n\n"))

    def test_bits_errors(self):
        self.assertEqual(self.tawk("-V", "ftpStt=1", status=1).stderr,
                         "No documentation available for variable 'ftpStt', did you mean 'ftpStat'?\n")
        for wrong in ("0x1ff", "zz", "0x", "1 2"):
            self.assertIn("is not a value of ftpStat", self.tawk("-V", f"ftpStat={wrong}", status=1).stderr)

    def test_terminal_has_rule_and_colour(self):
        for variables, coloured in (({}, True), ({"NO_COLOR": "1"}, False)):
            r = subprocess.run(["script", "-qec", "tawk -V ftpStat=0x0b", "/dev/null"], env={**self.env, **variables},
                               stdin=subprocess.DEVNULL, capture_output=True, text=True, timeout=60)
            self.assertEqual("   " + "=" * 77 in r.stdout, coloured)
            self.assertEqual("\033[" in r.stdout, coloured)

    def test_report(self):
        self.activate(*TUTORIAL_PLUGINS)
        report = self.t2("-r", EXAMPLE, "-w", self.dir / "r").stdout
        out = self.tawk("-L", stdin="\033[0;33munknown=0x1 " + report).stdout
        order = [line.split()[1] for line in out.split("\n") if line.startswith("The ")]
        self.assertEqual(order, ["tcpStatesAFlags", "ftpStat", "flowStat"])
        self.tawk("-L", stdin="nothing here=1\n", status=1)

    def test_native_parts_without_gawk(self):
        alone = self.dir / "bin"
        alone.mkdir()
        (alone / "tawk").symlink_to(BUILD / "bin" / "tawk")
        env = {"PATH": str(alone)}
        self.assertIn("FTP control", self.tawk("-V", "ftpStat=1", env=env).stdout)
        self.assertIn("  2  flowInd", self.tawk("-l", self.table, env=env).stdout)
        self.assertIn("install the package gawk", self.tawk("flow(1)", self.table, env=env, status=1).stderr)

    # ------------------------------------------------------------ columns and header

    def test_listing(self):
        self.assertTrue(self.tawk("-l", self.table).stdout.startswith("  1  dir\n  2  flowInd\n"))
        self.assertIn("  1  dir", self.tawk("-l", stdin=TABLE).stdout)
        self.assertIn("follow_stream\n", self.tawk("-g").stdout)
        self.assertIn("flow([list])", self.tawk("-d", "flow").stdout)

    def test_columns_by_name(self):
        for run in (lambda p: self.tawk(p, self.table), lambda p: self.tawk(p, stdin=TABLE),
                    lambda p: self.tawk("-I", self.table, p), lambda p: self.tawk(p, "-", stdin=TABLE)):
            self.assertEqual(run("$srcPort == 21 { print $flowInd }").stdout, "1\n")
        with open(self.table) as f:
            r = subprocess.run(["tawk", "$(srcPort+0) == 21 { print $flowInd }"], env=self.env, stdin=f, capture_output=True, text=True)
        self.assertEqual(r.stdout, "1\n")
        self.assertEqual(self.tawk('$flowInd == 2 { $srcPort = "x"; print $srcPort, $COL["srcIP"], COL[2] }', self.table).stdout,
                         "x\t2001:db8::1\tflowInd\n")
        self.assertEqual(self.tawk("-v", "n=2", "$n == 2 { print $dir }", self.table).stdout, "A\n")
        self.assertEqual(self.tawk("-I", self.table, "{ print $srcPort }", stdin=TABLE.split("\n")[2] + "\n").stdout, "21\n")

    def test_large_pipe(self):
        rows = TABLE.split("\n")
        big = rows[0] + "\n" + (rows[1] + "\n") * 30000
        self.assertEqual(self.tawk("flow(1) { ++n } END { print n }", stdin=big).stdout, "30001\n")

    def test_compressed_tables(self):
        self.activate(*TUTORIAL_PLUGINS)
        self.t2("-s", "-r", EXAMPLE, "-w", self.dir / "r")
        flows, program = self.dir / "r_flows.txt", "flow(2) { print $srcPort, $ftpCC }"
        expected = self.tawk(program, flows).stdout
        flows.unlink()
        self.t2("-s", "-r", EXAMPLE, "-w", self.dir / "r", "--set", "txtSink.TFS_GZ_COMPRESS=1")
        packed = self.dir / "r_flows.txt.gz"
        self.assertEqual(self.tawk(program, packed).stdout, expected)
        self.assertEqual(self.tawk(program, packed, packed).stdout, expected * 2)
        for feed in ("cat {0} | tawk '{1}'", "tawk '{1}' < {0}"):
            r = subprocess.run(["sh", "-c", feed.format(packed, program)], env=self.env, capture_output=True, text=True)
            self.assertEqual((r.stdout, r.stderr), (expected, ""))
        self.assertTrue(self.tawk("-l", packed).stdout.startswith("  1  dir\n"))
        self.assertIn("4 packets written", self.tawk("-x", "a.pcap", "-r", EXAMPLE, "-b", "flow(4)", packed).stdout)
        packed.write_bytes(packed.read_bytes()[:-4])
        cut = self.tawk(program, packed, status=1)
        self.assertEqual(cut.stdout, expected)
        self.assertEqual(cut.stderr, f"Failed to read file '{packed}': the compressed data is damaged or incomplete\n")

    @unittest.skipUnless(shutil.which("zstd"), "needs zstd")
    def test_tables_compressed_by_zstd(self):
        self.activate(*TUTORIAL_PLUGINS)
        self.t2("-s", "-r", EXAMPLE, "-w", self.dir / "r")
        flows, program = self.dir / "r_flows.txt", "flow(2) { print $srcPort, $ftpCC }"
        expected = self.tawk(program, flows).stdout
        subprocess.run(["zstd", "-q", "--rm", flows], check=True)
        packed = self.dir / "r_flows.txt.zst"
        self.assertEqual(self.tawk(program, packed).stdout, expected)
        r = subprocess.run(["sh", "-c", f"tawk '{program}' < {packed}"], env=self.env, capture_output=True, text=True)
        self.assertEqual((r.stdout, r.stderr), (expected, ""))
        self.assertIn("4 packets written", self.tawk("-x", "a.pcap", "-r", EXAMPLE, "-b", "flow(4)", packed).stdout)
        packed.write_bytes(packed.read_bytes()[:-4])
        self.assertIn("the compressed data is damaged or incomplete\n", self.tawk(program, packed, status=1).stderr)

    def test_header_rules(self):
        text = "# comment\n% my col\t4in6\tb/c\nx\t1\t2\n"
        self.assertEqual(self.tawk("!hdr() { print $my_col, $_4in6, $b_c }", stdin=text).stdout, "# comment\t\t\nx\t1\t2\n")
        self.assertEqual(self.tawk("--csv", "{ print $b }", stdin="a,b\n1,2\n").stdout, "b\n2\n")
        self.assertEqual(self.tawk("-s", "", "{ print $b }", stdin="a\tb\n1\t2\n").stdout, "b\n2\n")
        self.assertEqual(self.tawk("-N2", "hdr() { print $b }", stdin="x\ty\na\tb\n1\t2\n").stdout, "b\n")
        zeek = "#separator \\x09\n#fields\tts\tid.orig_h\tid.orig_p\n#types\ttime\taddr\tport\n1.5\t10.0.0.1\t99\n"
        self.assertEqual(self.tawk("--zeek", "shost(\"10.0.0.0/8\") && !hdr() { print $srcPort }", stdin=zeek).stdout, "99\n")
        self.assertIn("Column 2 has an empty name", self.tawk("1", stdin="%a\t\tb\n", status=1).stderr)
        self.assertEqual(self.rows("1", "-H"), "123")
        self.assertEqual(self.tawk("-O", ",", "{ print $dir, $flowInd }", self.table).stdout.split("\n")[1], "A,1")
        comment = self.tawk("-c", "flow(2)", self.table).stdout.split("\n")
        self.assertEqual(comment[0], f"# Generated with tawk from '{self.table}'")
        self.assertRegex(comment[1], r"^# Date: \d{4}-\d\d-\d\dT\d\d:\d\d:\d\d[+-]\d{4}$")
        self.assertEqual(comment[2], "# Filter used: flow(2)")

    def test_errors(self):
        for option in ("-Z", "--nosuch"):
            self.assertEqual(self.tawk(option, "1", self.table, status=1).stderr,
                             f"Unknown option '{option}'\nTry 'tawk --help' for more information.\n")
        self.tawk("-M", "--bignum", "--re-int", "1", self.table)
        for args, message in ((("$zzzzzz == 1", self.table), "Column 'zzzzzz' not found\n"),
                              (("$srcport == 1", self.table), "Column 'srcport' not found, did you mean 'srcPort'"),
                              (("flwo(1)", self.table), "Function 'flwo' not found, did you mean 'flow'"),
                              (("packet(1)", self.table), "Column 'pktNo' does not exist\n"),
                              (('flow("x")', self.table), "'x' is not a number or range"),
                              (('host("1.2.3")', self.table), "'1.2.3' is not an address"),
                              (("bitsanyset($tcpFlags, \"0xzz\")", self.table), "'0xzz' is not a hexadecimal number"),
                              (("bitsanyset($tcpFlags, 0xzz)", self.table), "'0xzz' is not a hexadecimal number such as 0x2000\n"),
                              (("bitsanyset($tcpFlags, zz)", self.table), "A bit test needs a mask such as 0x2000"),
                              (("bitsallset($tcpFlags)", self.table), "A bit test needs a mask such as 0x2000"),
                              (("bfeq($tcpFlags)", self.table), "A bit test needs a mask such as 0x2000"),
                              (("bitsanyset($tcpFlags, \"1-3\")", self.table), "'1-3' is not a number such as 0x2000"),
                              (("bitsanyset($srcIP, 0x1)", self.table), "'10.1.2.3' is not a number such as 0x2000"),
                              (("\u2018bitsanyset($tcpFlags,0x2000)\u2019", self.table), "typographic quotes: write '...'"),
                              (("-l", "missing.txt"), "Failed to open file 'missing.txt' for reading"),
                              (("-L", "missing.txt"), "Failed to open file 'missing.txt' for reading"),
                              (("-f", "missing.awk", self.table), "Failed to open file 'missing.awk' for reading"),
                              (("-V", "ftpStat=0x1ff"), "expected a number of 8 bits such as 0x01"),
                              (("flow(1)", "missing.txt"), "Failed to open file 'missing.txt' for reading: No such file"),
                              (("flow(1)", self.dir), "is a folder"),
                              ((), "Program is required\nTry 'tawk --help'")):
            r = self.tawk(*args, status=1)
            self.assertTrue(message in r.stderr, f"{args}: {r.stderr}")
        self.assertIn("has no header row", self.tawk("$srcPort == 1", stdin="1\t2\n", status=1).stderr)
        self.assertEqual(self.tawk("{ print $2 }", stdin="1\t2\n").stdout, "2\n")
        self.tawk("{ print ", self.table, status=1)

    def test_names_that_are_no_columns(self):
        for program in ("{ n = NF; print $n }", "function f(x) { return $x } { print f(2) }", "{ for (i = 1; i < 2; ++i) print $i }",
                        "{ split(\"1 2\", p, \" \"); print $p[1] }", "/a\\/$x/ { print } { print \"$nope\" } # $nope",
                        "{ print $NF; $NR }", "{ i++; print $i }"):
            self.tawk(program, self.table)

    def test_data_and_names_reach_no_shell(self):
        evil = self.dir / "x=$(touch owned);`touch owned`.txt"
        evil.write_text(TABLE.replace("Foo", "$(touch owned)`touch owned`"))
        for program in ("{ print base64($name), utc($name), localtime($name), json($name) }", "tcp()"):
            self.assertIn("", self.tawk(program, evil).stdout)
        self.assertEqual(self.tawk("hdr()", evil).stdout, TABLE.split("\n")[0] + "\n")
        self.assertFalse((self.dir / "owned").exists())

    # ------------------------------------------------------------ functions

    def test_tests_keep_the_header(self):
        for program, rows in (
                ("hdr() || flow(2)", "h3"), ("flow(2)", "h3"), ('flow("1-1;5")', "h12"), ("not(flow(2))", "h12"),
                ("!flow(2)", "12"), ("bitsanyset($tcpFlags, 0x0011)", "h1"), ("bitsallset($tcpFlags, 0x0110)", "h1"),
                ("bitsanyset($flowStat, 0x0000000000000001)", "h2"), ("bitsallset($flowStat, 0x0400000000004001)", "h2"),
                ("bfeq($flowStat, 0x0400000000004000)", "h1"), ("bfeq($tcpFlags, 273)", "h1"),
                ('host("10.0.0.0/8")', "h12"), ('shost("10.1.2.3")', "h1"), ('dhost("10.0.0.0/255.0.0.0")', "h2"),
                ('shost("2001:db8::/32")', "h3"), ('net("10.1.2.0/0xffffff00")', "h12"), ('snet("10.0.0.0/8")', "h1"),
                ('dnet("ff00::/8")', "h3"), ("port(21)", "h12"), ("sport(21)", "h2"), ('dport("20-21")', "h1"), ("ip()", "h123"),
                ("ipv4()", "h12"), ("ipv6()", "h3"), ('proto("6;99")', "h12"), ("tcp()", "h12"), ("udp()", "h3"),
                ("icmp()", "h"), ("igmp()", "h"), ("rsvp()", "h"), ("gre()", "h"), ("esp()", "h"), ("ah()", "h"), ("icmp6()", "h"), ("sctp()", "h"),
                ('tcpflags("FA")', "h1"), ('tcpflags("S!A")', "h2"), ("strisempty($name)", "h2"), ("strisempty($list)", "h3"),
                ('streq($name, "Foo Bar")', "h1"), ('streqi($name, "foo bar")', "h1"), ('strneq($name, "zoo")', "h12"),
                ('strneqi($name, "ZOO")', "h12"), ('hasprefix($name, "Foo")', "h1"), ('hasprefixi($name, "foo")', "h1"),
                ('hassuffix($name, "oo")', "h3"), ('hassuffixi($name, "BAR")', "h1"), ('contains($name, "o B")', "h1"),
                ('containsi($name, "O b")', "h1"), ("privip($srcIP)", "h12"), ("mcast($dstIP)", "h3"), ("loopback($srcIP)", "h"),
                ('ipinrange($srcIP, "10.1.2.0", "10.1.2.9")', "h1"), ('smac("00:16:36:a9:08:20")', "h13"), ('mac("001636A90820")', "h123"),
                ('rvalcontains($list, "b")', "h1"), ('rvalcontains($list, "x;y")', "h2"), ("isip($srcIP)", "h12"), ("isip6($srcIP)", "h3"),
                ("isfloat($duration)", "h12"), ("isint($duration)", "h3"), ("isset($list)", "h12")):
            with self.subTest(program=program):
                self.assertEqual(self.rows(program), rows)
                self.assertEqual(self.rows(program, "-H"), rows.replace("h", ""))

    def test_values(self):
        for expression, values in (
                ("tuple2()", ["srcIP\tdstIP", "10.1.2.3\t192.168.0.9"]), ("tuple3()", ["srcIP\tdstIP\tdstPort", "10.1.2.3\t192.168.0.9\t21"]),
                ("tuple4()", ["srcIP\tsrcPort\tdstIP\tdstPort", "10.1.2.3\t4075\t192.168.0.9\t21"]),
                ("tuple5()", ["srcIP\tsrcPort\tdstIP\tdstPort\tl4Proto", "10.1.2.3\t4075\t192.168.0.9\t21\t6"]),
                ("tuple6()", ["srcIP\tsrcPort\tdstIP\tdstPort\tl4Proto\tvlanID", "10.1.2.3\t4075\t192.168.0.9\t21\t6\t5"]),
                ("tcpflags()", ["tcpFlags", "...A...F", "......S.", "........"]), ("flow()", ["flowInd", "1", "1", "2"]),
                ("host()", ["srcIP\tdstIP", "10.1.2.3\t192.168.0.9"]), ("port()", ["srcPort\tdstPort", "4075\t21"]),
                ("proto()", ["l4Proto", "6"]), ("proto2str($l4Proto)", ["l4Proto", "TCP", "TCP", "UDP"]),
                ("splitr($list, 1)", ["list", "a", '"x;y"', ""]), ("splitr($list, -1)", ["list", "c", "z", ""]),
                ('splitr($list, "1;-1", "|")', ["list", "a|c", '"x;y"|z', "|"]), ("splitr($list)", ["list", "a\tb\tc"]), ("splitc(\"3_x_\", 2)", ['3_x_', "x"]),
                ("splitc($flowInd \"_7\", \"-1;1\", \"/\")", ["flowInd_7", "7/1"]),
                ("utc($timeFirst)", ["timeFirst", "2007-01-07 18:49:26.739929000Z"]),
                ("localtime($timeFirst)", ["timeFirst", "2007-01-07 18:49:26.739929000+0000"]),
                ('wildcard("^src")', ["srcMac\tsrcIP\tsrcIPCC\tsrcPort"]), ("bitsanyset($tcpFlags, 0x11)", ["1", "17", "0", "0"])):
            with self.subTest(expression=expression):
                self.assertEqual(self.value(expression)[:len(values)], values)

    def test_conversions(self):
        for expression, result in (
                ('ip2hex("1.2.3.4")', "0x01020304"), ('ip2num("1.2.3.4")', "16909060"), ("ip2str(0x01020304)", "1.2.3.4"), ("ip2str(16909060)", "1.2.3.4"),
                ('ip6compress("2001:0db8:0:0:0:0:0:1")', "2001:db8::1"), ('ip6compress("::")', "::"), ('ip6compress("1::")', "1::"),
                ('ip6expand("::1")', "0000:0000:0000:0000:0000:0000:0000:0001"), ('ip6expand("::ffff:1.2.3.4", 1)', "0:0:0:0:0:ffff:102:304"),
                ('ip6compress("1:2:3:4:5:6:7:8")', "1:2:3:4:5:6:7:8"), ("mask2ip(24)", "0xffffff00"), ("mask2ipstr(20)", "255.255.240.0"),
                ('ip2mask("255.255.240.0")', "20"), ("tobits(0x45)", "01000101"), ("bitshift(0x45, 4, 1)", "4"), ("nibble_swap(0x45, 16)", "0x54"),
                ('timestamp("2007-01-07T18:49:26.739929Z")', "1168195766.739929"), ('timestamp("2007-01-07 19:49:26+0100")', "1168195766"),
                ('timestamp("2007-01-07")', "1168128000"), ('timestamp("1960-01-01")', "-315619200"), ('timestamp("soon")', "soon"), ("hrnum(69464)", "69.46 K"), ("hrnum(69464, 1)", "69464 (69.46 K)"),
                ("hrtime(123)", "2m 3s"), ('base64("USER")', "VVNFUg=="), ('base64d("VVNFUg==")', "USER"), ('urldecode("a%20b+c")', "a b c"),
                ('strip("  a ")', "a"), ('unquote("\\"a\\"")', "a"), ('quote("a")', '"a"'), ("min2(1, 2) max3(1, 3, 2) abs(-4)", "134"),
                ("bitsanyset(0x8000000000000001, 0x8000000000000000)", "9223372036854775808"), ("bitsanyset(0x7fffffffffffffff, 0x8000000000000000)", "0"),
                ('t2split("a,b", ",", 2)', "b")):
            with self.subTest(expression=expression):
                self.assertEqual(self.once(expression), result)

    def test_aggregation_and_sorting(self):
        self.assertEqual(self.tawk("aggr($l4Proto)", self.table).stdout, "l4Proto\tFlows\n6\t2\n17\t1\n")
        self.assertEqual(self.tawk("aggr($l4Proto, $duration OFS $flowInd, 1)", self.table).stdout, "l4Proto\tduration\tflowInd\n6\t33.5\t2\n")
        self.assertEqual(self.tawk("aggr($l4Proto, \"\", -1)", self.table).stdout, "l4Proto\tFlows\n17\t1\n")
        self.assertEqual(self.tawk("aggrrep($list, \"\", 0, 1)", self.table).stdout.split("\n")[0], "list\tFlows")
        self.assertEqual(self.rows("t2sort(duration)"), "h132")
        self.assertEqual(self.rows("t2sort(duration, 1)"), "h1")
        self.assertEqual(self.rows("t2sort(duration, -1)"), "h2")
        self.assertEqual(self.rows("t2rsort(duration)"), "h231")
        self.assertEqual(self.rows("t2rsort(srcIP)"), "h123")
        self.assertEqual(self.rows('t2sort("flowInd;duration")', "-H"), "312")
        self.assertEqual(self.tawk("-H", "{ max(duration); min(duration); mean(flowInd) } END { print get_max(duration), get_min(duration), get_mean(flowInd) }",
                                   self.table).stdout, "33\t0.5\t1.33333\n")

    def test_json(self):
        rows = json.loads(self.tawk("json()", self.table).stdout)
        self.assertEqual(len(rows), 3)
        self.assertEqual((rows[0]["dir"], rows[0]["srcPort"], rows[0]["name"]), ("A", 4075, "Foo Bar"))
        self.assertEqual(json.loads(self.tawk("json(tuple2())", self.table).stdout)[2], {"srcIP": "2001:db8::1", "dstIP": "ff02::1"})

    def test_follow_stream(self):
        head = "%pktNo\tflowInd\tflowStat\tsrcIP\tsrcPort\tdstIP\tdstPort\tl4Proto\tseq\tl7Content\n"
        a = "{}\t1\t0x0\t10.0.0.1\t1000\t10.0.0.2\t21\t6\t{}\t{}\n"
        b = "{}\t1\t0x1\t10.0.0.2\t21\t10.0.0.1\t1000\t6\t{}\t{}\n"
        text = head + a.format(1, 100, "USER x\\r\\n") + b.format(2, 500, "331\\r\\n") + a.format(3, 112, "EIT\\r\\n") + \
            a.format(4, 100, "USER x\\r\\n") + a.format(5, 108, "QUIT") + "6\t2" + a.format(6, 1, "other")[3:]
        self.assertEqual(self.tawk("follow_stream(1)", stdin=text).stdout, "USER x\n331\nQUITEIT\n")
        self.assertEqual(self.tawk('follow_stream(1, 0, "B")', stdin=text).stdout, "331\n")
        shown = self.tawk("follow_stream(1, 1)", stdin=text).stdout
        self.assertIn("=" * 80 + "\nPacket 2 (5 bytes): flow 1 B 10.0.0.2:21 -> 10.0.0.1:1000 TCP seq: 500\n" + "=" * 80 + "\n331\n", shown)
        self.assertTrue(shown.endswith("3 client packets, 1 server packets, 2 turns.\n"))

    def test_follow_stream_exact_bytes(self):
        """l7Content shows bytes that cannot be printed as dots: only the hex column tells what they are."""
        self.activate("basicFlow", "basicStats", "tcpFlags", "tcpStates", "ftpDecode", "txtSink")
        carved, packets = self.dir / "carved", self.dir / "r_packets.txt"
        run = ("-s", "-r", EXAMPLE, "-w", self.dir / "r")
        self.t2(*run)
        before = self.tawk("follow_stream(1)", packets).stdout
        for program in ('follow_stream(2, 0, "B", 1)', 'follow_stream(2, 0, "B", 2)', 'follow_stream(2, 2, "B", 3)', 'follow_stream(2, 3, "B")'):
            r = self.tawk(program, packets, status=1)
            self.assertEqual((r.stdout, r.stderr), ("", "follow_stream: exact bytes need the column l7HexContent: run t2 -s with "
                                                        "--set tranalyzer2.SPKTMD_PCNTH=1\n"))
        self.t2(*run, "--set", "tranalyzer2.SPKTMD_PCNTH=1", "--set", "ftpDecode.FTP_SAVE=1", "--set", f"ftpDecode.FTP_F_PATH={carved}/")
        self.assertEqual(self.tawk("follow_stream(1)", packets).stdout, before)
        jpg = (carved / "_funwithbill_Microsoft-1978.jpg_2_B").read_bytes()
        self.assertEqual(self.tawk('follow_stream(2, 3, "B")', packets).stdout, jpg.hex() + "\n")
        self.assertEqual(bytes.fromhex(self.tawk('follow_stream(2, 0, "B", 2)', packets).stdout), jpg)
        lines = self.tawk('follow_stream(2, 0, "B", 3)', packets).stdout.split()
        self.assertEqual(b"".join(base64.b64decode(line) for line in lines), jpg)
        rows = map(json.loads, self.tawk('follow_stream(2, 2, "B", 3)', packets).stdout.splitlines())
        self.assertEqual(b"".join(base64.b64decode(row["payload"]) for row in rows), jpg)
        self.assertTrue(self.tawk('follow_stream(2, 0, "B", 1)', packets).stdout.startswith(
            "00000000  ff d8 ff e0 00 10 4a 46 49 46 00 01 01 00 00 01  ......JFIF......\n"))

    def test_every_documented_function_exists(self):
        for name in self.tawk("-g").stdout.split():
            self.assertIn("(", self.tawk("-d", name).stdout)
            r = subprocess.run(["gawk", "-f", BUILD / "share/tranalyzer/tawk.awk", "-e", f"BEGIN {{ if (!(\"{name}\" in FUNCTAB)) exit 3; exit 0 }}"])
            self.assertEqual(r.returncode, 0, name)

    def test_packet_file_of_the_example(self):
        self.activate(*TUTORIAL_PLUGINS)
        self.t2("-s", "-r", EXAMPLE, "-w", self.dir / "r")
        out = self.tawk("hdr() || flow(4)", self.dir / "r_packets.txt").stdout.split("\n")[:-1]
        self.assertEqual([line.split("\t")[0] for line in out], ["%pktNo", "88", "89", "90", "91"])
        self.assertEqual(self.tawk('packet("4;10")', self.dir / "r_packets.txt").stdout.count("\n"), 3)

    def test_cut(self):
        self.activate(*TUTORIAL_PLUGINS)
        self.t2("-s", "-r", EXAMPLE, "-w", self.dir / "r")
        flows, packets = self.dir / "r_flows.txt", self.dir / "r_packets.txt"
        self.assertEqual(self.tawk("-x", "a.pcap", "-r", EXAMPLE, "-b", "flow(4)", flows).stdout, "4 packets written to 'a.pcap'\n")
        self.t2("-s", "-r", self.dir / "a.pcap", "-w", self.dir / "a")
        cut = [row.split("\t")[3] for row in (self.dir / "a_packets.txt").read_text().split("\n")[:-1]]
        self.assertEqual(cut, self.tawk("flow(4) { print $time }", packets).stdout.split("\n")[:-1])
        self.assertIn("2 packets", self.tawk("-x", "b.pcap", "-r", EXAMPLE, 'flow(4) && $dir != "B"', flows).stdout)
        self.assertIn("1 packets", self.tawk("-x", "c.pcap", "-r", EXAMPLE, "-P", "packet(7)", packets).stdout)
        r = subprocess.run(["tawk", "-x", "-", "-r", EXAMPLE, "-b", "flow(4)", flows], env=self.env, cwd=self.dir, capture_output=True)
        self.assertEqual((r.stdout, r.stderr), ((self.dir / "a.pcap").read_bytes(), b""))
        self.assertFalse((self.dir / "-").exists())
        for args, message in ((("-x", "a.pcap", "-r", EXAMPLE, "flow(4)", flows), "File exists"),
                              (("-x", "d.pcap", "flow(4)", flows), "name the capture with -r"),
                              (("-x", "d.pcap", "-r", EXAMPLE, "flow(99)", flows), "no packet belongs"),
                              (("-x", "d.pcap", "-r", self.dir / "c.pcap", "flow(1)", flows), "it is another capture"),
                              (("-x", "d.pcap", "-r", EXAMPLE, "-X", "none", "flow(1)", flows), "run t2 with -s"),
                              (("-x", "d.pcap", "-r", EXAMPLE, "{ print $dir }", flows), "no column flowInd")):
            self.assertIn(message, self.tawk(*args, status=1).stderr)
        self.assertFalse((self.dir / "d.pcap").exists())


if __name__ == "__main__":
    if shutil.which("gawk") is None:
        raise SystemExit(77)
    main()
