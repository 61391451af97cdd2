# SPDX-License-Identifier: Apache-2.0
"""tawk says what is meant: JSON by the types of the columns (docs/json.md), CSV as RFC 4180 has it, comparisons with hexadecimal
cells, columns without $, damaged files, bits in words."""
import csv
import gzip
import io
import json
import os
import random
import re
import shutil
import subprocess

from t2run import BUILD, EXAMPLE, Sandbox, main, table

ALL = ("basicFlow", "tp0f", "basicStats", "tcpFlags", "tcpStates", "ftpDecode", "txtSink")


class Output(Sandbox):
    maxDiff = None

    def setUp(self):
        super().setUp()
        self.env["PATH"] = f"{BUILD}/bin:{os.environ['PATH']}"
        self.plugins = self.dir / ".tranalyzer" / "plugins"
        self.plugins.mkdir(parents=True)
        self.activate(*ALL)

    def flows(self):
        self.t2("-s", "-r", EXAMPLE, "-w", self.dir / "r")
        return self.dir / "r_flows.txt"

    def tawk(self, *args, status=0, stdin=None, text=True):
        given = {"input": stdin} if stdin is not None else {"stdin": subprocess.DEVNULL}
        r = subprocess.run(["tawk", *map(str, args)], env=self.env, cwd=self.dir, capture_output=True, timeout=60, **given)
        self.assertEqual(r.returncode, status, r.stdout + r.stderr)
        if not text:
            return r.stdout
        return (r.stdout if status == 0 else r.stderr).decode()

    def given(self, text):
        (self.dir / "g_flows.txt").write_text(text)
        return self.dir / "g_flows.txt"

    # ------------------------------------------------------------ JSON

    def test_json_by_types(self):
        flows = self.flows()
        rows = json.loads(self.tawk("json()", flows))
        names, cells = table(flows)
        self.assertEqual([len(rows), len({frozenset(r) for r in rows}) > 1], [8, True])
        for row, cell in zip(rows, cells):
            self.assertEqual(list(row), [n for n in names if cell[n] != ""])  # absent values are left out
        row = rows[2]
        self.assertEqual({k: row[k] for k in ("dir", "flowInd", "flowStat", "timeFirst", "duration", "hdrDesc", "srcPort", "l4Proto", "ethType",
                                              "ipOptCpCl_Num", "ip6OptCntHH_D", "ftpCC", "ftpCP", "ftpCDFindex", "numHdrs", "pktAsm", "srcMac", "ftpStat")},
                         {"dir": "A", "flowInd": 1, "flowStat": "0x0400000000004000", "timeFirst": "2007-01-07T18:49:26.739929000Z",
                          "duration": 33.008808, "hdrDesc": ["eth:ipv4:tcp"], "srcPort": 4075, "l4Proto": 6, "ethType": "0x0800",
                          "ipOptCpCl_Num": ["0x00", "0x00000000"], "ip6OptCntHH_D": [0, 0], "ftpCC": ["TYPE", "PASV", "SIZE", "RETR"],
                          "ftpCP": ["I", "/funwithbill/Microsoft-1978.jpg"], "ftpCDFindex": [2], "numHdrs": [3], "pktAsm": 0.1666667,
                          "srcMac": ["00:16:36:a9:08:20"], "ftpStat": "0x09"})
        for absent in ("vlanID", "ftpUser"):
            self.assertNotIn(absent, row)
        lines = self.tawk("jsonl()", flows).splitlines()
        self.assertEqual([json.loads(line) for line in lines], rows)
        packets = [json.loads(line) for line in self.tawk("flow(4) { jsonl() }", self.dir / "r_packets.txt").splitlines()]
        self.assertEqual([(p["pktNo"], p["hdrDesc"], p["time"]) for p in packets][0], (88, "eth:ipv4:tcp", "2007-01-07T18:49:59.515059000Z"))

    def test_json_texts(self):
        """The text that was escaped for the table, not the escapes; always valid, whatever the bytes."""
        g = self.given('%flowInd\tftpUser\tsrcIPOrg\tother\tdir\n'
                       '1\t"a;b";"say \\"hi\\"";"C:\\\\x"\t"tab\\there\\u0085\\u202E"\t"q;r";"s"\tA\n'
                       '2\t\t""\t"one"\tB\n3\tx\t-\t1.5e3\t\n4\t\t\t0x10\t\n')
        rows = json.loads(self.tawk("json()", g))
        self.assertEqual(rows, [{"flowInd": 1, "ftpUser": ["a;b", 'say "hi"', "C:\\x"], "srcIPOrg": "tab\there\x85\u202e", "other": ["q;r", "s"], "dir": "A"},
                                {"flowInd": 2, "srcIPOrg": "", "other": "one", "dir": "B"}, {"flowInd": 3, "ftpUser": ["x"], "srcIPOrg": "-", "other": 1500.0},
                                {"flowInd": 4, "other": "0x10"}])
        random.seed(3)
        with open(self.dir / "h", "wb") as f:
            f.write(b"%flowInd\tftpUser\tx\xffy\tx\xffy\n")
            for i in range(300):
                f.write(b"\t".join(bytes(random.choice(b'"\\;_\x1b\x00\x7f\xc2\x9b\xe2\x80\xae\xffab1.-eu\r') for _ in range(random.randrange(12)))
                                   for _ in range(4)) + b"\n")
        raw = self.tawk("json()", self.dir / "h", text=False)
        self.assertEqual(len(json.loads(raw)), 300)
        self.assertIsNone(re.search(rb"[\x00-\x09\x0b-\x1f\x7f]|\xc2[\x80-\x9f]|\xe2\x80\xae", raw))

    def test_json_of_chosen_rows(self):
        """Also where the header row is not selected, and where nothing is."""
        flows = self.flows()
        self.assertEqual([r["flowInd"] for r in json.loads(self.tawk("$flowInd == 1 { json() }", flows))], [1, 1])
        self.assertEqual(json.loads(self.tawk("flow(2) { json(tuple2()) }", flows))[0], {"srcIP": "67.180.72.76", "dstIP": "128.121.136.217"})
        self.assertEqual(json.loads(self.tawk("$flowInd == 99 { json() }", flows)), [])
        self.assertEqual(len(json.loads(self.tawk("-H", "json()", flows))), 8)
        self.assertEqual(json.loads(self.tawk("-O", ",", "json()", flows))[0]["srcPort"], 4076)
        self.assertEqual(json.loads(self.tawk("-H", "-O", "", "flow(2) { json() }", flows))[0]["srcPort"], 4076)
        self.assertEqual(self.tawk("-O", "", "flow(2) { json(tuple2()) }", flows).count("srcIPdstIP"), 2)
        self.assertIn("the header row must come first", self.tawk("$flowInd == 1 { json(tuple2()) }", flows, status=1))
        self.assertEqual(self.tawk("-f", self.program("END { print n } flow(2) { json(tuple3()); ++n }"), flows).count("dstPort"), 2)

    def program(self, text):
        (self.dir / "p.awk").write_text(text)
        return self.dir / "p.awk"

    # ------------------------------------------------------------ CSV

    def test_csv(self):
        text = 'name,n,"a ""b"""\r\n"x, ""y""",1,\r\n"two\nlines",2,"tab\there"\r\nplain,3, blank \r\n'
        out = self.tawk("--csv", "1", stdin=text.encode(), text=False)
        self.assertEqual(out.decode(), text.replace('"tab\there"', "tab\there"))
        self.assertEqual(self.tawk("--csv", '$n == 2 { print length($name), $name }', stdin=text.encode(), text=False), b'9,"two\nlines"\r\n')
        self.assertEqual(self.tawk("--csv", "{ print $n }", stdin=b'n\n1\n"2"', text=False), b"n\n1\n2\n")  # LF stays LF, no end of line
        self.assertEqual(self.tawk("--csv", "-F", ";", "{ print $b }", stdin=b'a;b\n"1;2";"3;4"\n', text=False), b'b\n"3;4"\n')
        self.assertEqual(self.tawk("--csv", "-O", ";", "1", stdin=b'a,b\n"1,2","3;4"\n', text=False), b'a;b\n1,2;"3;4"\n')
        self.assertEqual(self.tawk("--csv", "$a_b == 1 { print $c }", stdin="\ufeffa b,c\n1,\u00e9\n".encode()), "\u00e9\n")
        self.assertEqual(json.loads(self.tawk("--csv", "json()", stdin=b'n,t\n1,"a ""q"""\n')), [{"n": 1, "t": 'a "q"'}])
        self.assertEqual(self.tawk("--csv", "aggr($k, $v)", stdin=b'k,v\n"a,b",1\n"a,b",2\n'), 'k,v\n"a,b",3\n')
        self.assertEqual(self.tawk("--csv", "-l", stdin=b'"a,b",c\n1,2\n'), "  1  a_b\n  2  c\n")
        self.assertIn("the quote that opens in row 2 is never closed", self.tawk("--csv", "1", stdin=b'a\n"x\n', status=1))
        self.assertIn("let the shell redirect", self.tawk("--csv", '{ print > "f" }', stdin=b"a\n", status=1))

    def test_csv_there_and_back(self):
        """Python's module is the judge, also of a compressed file and of one that is read in small pieces."""
        random.seed(5)
        rows = [["a", "b", "c"]] + [["".join(random.choice('x,"\r\n\t \u00e9;\'') for _ in range(random.randrange(9))) for _ in range(3)]
                                    for _ in range(3000)]
        for ending in ("\n", "\r\n"):
            out = io.StringIO(newline="")
            csv.writer(out, lineterminator=ending, quoting=csv.QUOTE_ALL).writerows(rows)
            (self.dir / "t.csv").write_text(out.getvalue(), newline="")
            (self.dir / "t.csv.gz").write_bytes(gzip.compress(out.getvalue().encode()))
            expected = [r for r in rows if r != ["", "", ""]]
            for feed in ("tawk --csv 1 t.csv", "tawk --csv 1 t.csv.gz", "cat t.csv | tawk --csv 1", "dd if=t.csv bs=7 status=none | tawk --csv '{ print $a, $b, $c }'"):
                back = subprocess.run(["sh", "-c", feed], env=self.env, cwd=self.dir, capture_output=True, check=True).stdout.decode()
                self.assertEqual([r for r in csv.reader(io.StringIO(back, newline="")) if r != ["", "", ""]], expected, feed)

    # ------------------------------------------------------------ meaning

    def test_comparison_with_hexadecimal_cells(self):
        g = self.given("%flowInd\ttcpAnomaly\tflowStat\tsrcPort\n1\t0x2000\t0x0400000000004000\t21\n2\t0x0010\t0x0400000000004001\t8192\n3\t0x0000\t0x0000000000000001\t22\n")
        for condition, rows in (("$tcpAnomaly == 0x2000", "1"), ("$tcpAnomaly == 8192", "1"), ("8192 == $tcpAnomaly", "1"), ("0x2000 == $tcpAnomaly", "1"),
                                ("$tcpAnomaly != 0", "12"), ("$tcpAnomaly > 0xf && $srcPort == 8192", "2"), ("$tcpAnomaly < 0x2000", "23"),
                                ("$tcpAnomaly>=16&&$flowInd<3", "12"), ("$2 == 0x10", "2"), ('$COL["tcpAnomaly"] == 0x10', "2"), ("$(tcpAnomaly) == 0x10", "2"),
                                ("$tcpAnomaly == 0x1000 + 0x1000", "1"), ("1 + $flowInd == 3", "2"),
                                ("$flowStat == 0x0400000000004001", "2"), ("$flowStat == 0x400000000004001", "2"), ("$flowStat == 1", "3"),
                                ("$flowStat > 0x0400000000004000", "2"), ("0x0400000000004000 <= $flowStat", "12"), ("$srcPort == 0x15", "1"),
                                ("!($tcpAnomaly == 0) && $srcPort < 0x100", "1"), ('$tcpAnomaly == "0x2000"', "1"), ("$tcpAnomaly ~ /20/", "1")):
            for run in (lambda p: self.tawk("-H", p, g), lambda p: self.tawk("-H", p, stdin=g.read_bytes())):
                self.assertEqual(run(f"{{ if ({condition}) printf $flowInd }}"), rows, condition)
            self.assertEqual("".join(line[0] for line in self.tawk("-H", condition, g).splitlines()), rows, condition)
        self.assertEqual(self.tawk("{ print $tcpAnomaly > 0x1 }", g), "")  # a file, as in awk

    def test_columns_without_dollar(self):
        flows = self.flows()
        self.assertEqual(self.tawk("aggr(srcIP, l7BytesSnt)", flows), "srcIP\tl7BytesSnt\n128.121.136.217\t64368\n67.180.72.76\t90\n")
        self.assertEqual(self.tawk("aggr(srcIP)", flows), self.tawk("aggr($srcIP)", flows))
        self.assertEqual(self.tawk('aggr(srcIP OFS dstIP, l7BytesSnt "\\t" pktsSnt, 1)', flows),
                         "srcIP\tdstIP\tl7BytesSnt\tpktsSnt\n128.121.136.217\t67.180.72.76\t64368\t55\n")
        for wrong, right in (("bitsanyset(tcpAnomaly, 0x2000)", "bitsanyset($tcpAnomaly, 0x2000)"), ("streq(srcIPCC, \"us\")", "streq($srcIPCC, \"us\")"),
                             ("{ print utc(timeFirst), toupper(srcIPCC) }", "{ print utc($timeFirst), toupper($srcIPCC) }")):
            self.assertEqual(self.tawk(wrong, flows), self.tawk(right, flows))
        for program in ("srcPort == 21", "21 == srcPort", "hdr() || dstPort > 1000", "ftpCC ~ /RETR/", 'srcIPCC != "us"', "{ print srcIP }",
                        "{ print $flowInd, srcIP; }", "{ print(srcIP, dstIP) }", "{ ++n[srcIP] }", "{ if (srcPort == 21) print }"):
            self.assertRegex(self.tawk(program, flows, status=1), r"^'\w+' is the number of a column: write \$\w+ for its value, or COL\[\"\w+\"\]\n$", program)
        self.assertEqual(self.tawk("tcp && $srcPort == 21", flows, status=1), "'tcp' is a function: write tcp()\n")
        self.assertIn("did you mean 'srcIP'", self.tawk("aggr(srcip)", flows, status=1))
        # Where the number is meant, it stays.
        self.assertEqual(self.tawk("END { for (i = srcIP; i <= srcPort; ++i) print COL[i], COL[i] == COL[srcIP] }", flows),
                         "srcIP\t1\nsrcIPCC\t0\nsrcIPOrg\t0\nsrcPort\t0\n")
        for program in ("{ print $(srcPort+0) }", "{ i = srcPort; print $i }", "{ print $srcPort }"):
            self.assertEqual(self.tawk(program, flows), self.tawk("{ print $17 }", flows))
        self.assertEqual(self.tawk("{ max(l7BytesSnt) } END { print get_max(l7BytesSnt) }", flows), "64170\n")
        self.assertEqual(self.tawk("t2sort(l7BytesSnt, 1)", flows).count("\n"), 2)
        self.assertEqual(self.tawk("{ duration = 5; if (duration == 5) print $flowInd }", flows).count("\n"), 9)
        self.assertEqual(self.tawk("function f(srcIP) { return srcIP == 5 } !hdr() && f($flowInd + 3) { print $dir }", flows), "A\nB\n")

    # ------------------------------------------------------------ damaged input

    def test_truncated_gzip(self):
        rows = "%a\tb\n" + "".join(f"{i}\t{'x' * (i % 90)}{random.random()}\n" for i in range(20000))
        packed = gzip.compress(rows.encode())
        for cut in (len(packed) - 4, len(packed) // 2, len(packed) // 9):
            (self.dir / "t.gz").write_bytes(packed[:cut])
            for feed, name in (("tawk '{ print $a, $b }' t.gz", "file 't.gz'"), ("cat t.gz | tawk '{ print $a, $b }'", "standard input"),
                               ("tawk '{ print $a, $b }' < t.gz", "standard input")):
                r = subprocess.run(["bash", "-c", feed], env=self.env, cwd=self.dir, capture_output=True, text=True)
                self.assertEqual((r.returncode, r.stderr), (1, f"Failed to read {name}: the compressed data is damaged or incomplete\n"), (cut, feed))
                got = "%" * (not r.stdout.startswith("%")) + r.stdout
                self.assertTrue(rows.startswith(got) and got.endswith("\n") and len(got) > 1000, (cut, feed, got[-50:]))
        r = subprocess.run(["bash", "-c", "tawk '{ print $a }' t.gz | head -n 1"], env=self.env, cwd=self.dir, capture_output=True, text=True)
        self.assertEqual(r.stdout, "%a\n")

    # ------------------------------------------------------------ words

    def test_every_column_is_explained(self):
        flows = self.flows()
        self.assertTrue(flows.exists())
        names = set(self.tawk("-l", flows).split()[1::2]) | set(self.tawk("-l", self.dir / "r_packets.txt").split()[1::2])
        self.assertGreater(len(names), 140)
        known = set(self.tawk("--names").split())
        self.assertLessEqual(names, known)
        for name in sorted(names):
            text = self.tawk("-V", name)
            body = text.split("\n")[3:]
            self.assertIn(f"The {name} column is to be interpreted", text)
            self.assertTrue(body[0].strip(), name)
            if re.search(r"Type: .*number", text):
                self.assertIn("Unit: ", text, name)
        self.assertEqual(self.tawk("-V", "l7BytesSnt"), "\nThe l7BytesSnt column is to be interpreted as follows:\n\n   Number of transmitted bytes\n"
                                                         "   Type: U64, a whole number of 64 bits\n   Unit: bytes\n\n")
        self.assertIn("us      | United States\n", self.tawk("-V", "srcIPCC=us"))
        self.assertIn("07      | Private network\n", self.tawk("-V", "dstIPCC=07"))
        self.assertIn("Captured content as hex", self.tawk("-V", "l7HexContent"))  # only with a setting
        self.assertNotIn("duration", self.tawk("-L", stdin=b"duration=3 ftpStat=0x01"))

    def test_why(self):
        flows = self.flows()
        self.assertEqual(self.tawk('flow(3) { print $dir, why("tcpAnomaly;tcpStatesAFlags") }', flows),
                         "%dir\twhy\nA\ttcpAnomaly: Scan detected in flow, Successful scan detected in flow; tcpStatesAFlags: Malformed connection establishment, "
                         "Malformed teardown, Potential evil behavior (scan)\nB\ttcpAnomaly: Successful scan detected in flow; tcpStatesAFlags: "
                         "Malformed connection establishment, Malformed teardown\n")
        self.assertEqual(self.tawk("flow(2) { print why(ftpStat) }", flows), "why\n" + 2 * "ftpStat: FTP passive parent flow\n")
        whole = self.tawk("-H", "flow(1) { print why() }", flows).split("\n")[0]
        self.assertIn("flowStat: IPv4 flow, IPv4 packet; ", whole)
        self.assertIn("; ftpStat: FTP control port found, FTP active parent flow", whole)
        # The same words as -V.
        for name, value in (line.split("\t") for line in self.tawk("-H", '{ print "flowStat", $flowStat; print "tcpFlags", $tcpFlags }', flows).splitlines()):
            words = [row.split(" | ")[2] for row in self.tawk("-V", f"{name}={value}").splitlines() if row.count(" | ") == 2][1:]
            self.assertIn(f"{name}: {', '.join(words)}", self.tawk("-H", f'${name} == "{value}" {{ print why() }}', flows))
        self.assertIn("'srcPort' has no bits", self.tawk("{ print why(srcPort) }", flows, status=1))
        self.assertIn("does not exist", self.tawk('{ print why("nosuch") }', flows, status=1))


if __name__ == "__main__":
    if shutil.which("gawk") is None:
        raise SystemExit(77)
    main()
