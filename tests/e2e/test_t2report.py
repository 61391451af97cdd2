# SPDX-License-Identifier: Apache-2.0
"""t2report without a browser: runs, contract, safety of inputs and outputs, same bytes twice."""
import base64
import contextlib
import gzip
import hashlib
import json
import os
import pathlib
import re
import subprocess

from packets import ACK, FIN, PSH, SYN, pcap, tcp_frame
import flow_tables
from t2run import BUILD, EXAMPLE, Sandbox, main, stop, table

HEAD = ("dir", "flowInd", "flowStat", "timeFirst", "timeLast", "srcIP", "srcPort", "dstIP", "dstPort", "l4Proto", "pktsSnt", "l7BytesSnt")


def decode(column):
    """A column of the data contract."""
    kind = column["k"]
    if kind == "delta":
        out, last = [], 0
        for step in column["v"]:
            last += step
            out.append(last)
        return out
    if kind == "dict":
        return [column["d"][v] for v in column["v"]]
    if kind == "sparse":
        out, at = [column["z"]] * column["N"], 0
        for step, v in zip(column["i"], column["v"]):
            at += step
            out[at] = v
        return out
    return column["v"]


def columns(chunk):
    return {c["n"]: decode(c) for c in chunk}


def chunks(page):
    """The data of a page."""
    found = re.findall(r'<script type="application/x-t2-chunk" id="chunk-(\w+)">([A-Za-z0-9+/=]*)</script>', page)
    return {name: json.loads(gzip.decompress(base64.b64decode(data))) for name, data in found}


class Report(Sandbox):
    def setUp(self):
        super().setUp()
        self.env["PATH"] = f"{BUILD}/bin:{os.environ['PATH']}"

    def report(self, *args, status=0, env=None):
        r = subprocess.run(["t2report", *map(str, args)], env={**self.env, **(env or {})}, cwd=self.dir, stdin=subprocess.DEVNULL,
                           capture_output=True, text=True, timeout=120)
        self.assertEqual(r.returncode, status, r.stdout + r.stderr)
        if status == 0:
            self.assertEqual(r.stderr.replace("Sandbox: ", ""), r.stderr)
        return r.stdout if status == 0 else r.stderr

    def from_capture(self, *args, **kw):
        out = self.report("-r", EXAMPLE, "-o", "report.html", *args, **kw)
        return out, (self.dir / "report.html").read_text()

    def write_table(self, rows, name="t_flows.txt", head=HEAD):
        text = "%" + "\t".join(head) + "\n" + "".join("\t".join(map(str, r)) + "\n" for r in rows)
        (self.dir / name).write_text(text)
        return name

    def test_a_capture_becomes_a_page(self):
        out, page = self.from_capture()
        digest = hashlib.sha256(page.encode()).hexdigest()
        self.assertIn(f"SHA-256: {digest}\n", out)
        self.assertRegex(out, r"^report.html: \d+\.\d kB; 8 flows in 4 conversations, 1 file, ")
        core = chunks(page)["core"]
        self.assertEqual(core["contract"], 1)
        self.assertEqual({k: core["totals"][k] for k in ("rows", "a", "b", "pairs", "hosts", "pkts", "bytes")},
                         {"rows": 8, "a": 4, "b": 4, "pairs": 4, "hosts": 2, "pkts": 92, "bytes": 64458})
        capture = core["evidence"]["captures"][0]
        self.assertEqual(capture["sha256"], hashlib.sha256(EXAMPLE.read_bytes()).hexdigest())
        self.assertEqual([f["name"] for f in core["files"]], ["/funwithbill/Microsoft-1978.jpg"])
        self.assertEqual([line["x"] for line in core["sessions"][0]["lines"]][:2], ["TYPE I", "200 Type set to I"])
        changed = [c[:3] for c in core["evidence"]["changed"]]
        self.assertIn(["ftpDecode", "FTP_LINES", "1"], changed)

    def test_inputs_that_cannot_be_read_are_told(self):
        (self.dir / "text.pcap").write_text("no capture")
        (self.dir / "list").write_text(f"{EXAMPLE}\ntext.pcap\n")
        r = subprocess.run(["t2report", "-R", "list", "-o", "report.html"], env=self.env, cwd=self.dir, capture_output=True, text=True, timeout=120)
        self.assertEqual((r.returncode, r.stderr), (0, "1 input was refused: see 'report_files/captures_log.txt'\n"))
        trust = {t["title"]: t for t in chunks((self.dir / "report.html").read_text())["core"]["evidence"]["trust"]}
        self.assertEqual((trust["Run"]["state"], trust["Run"]["text"]),
                         ("look", "1 input was refused: not there, or no captures. The end report says which."))

    def test_bodies_of_http_stand_among_the_files(self):
        body = b"<html>hello</html>"
        frames, seq = [], {"C": 1, "S": 1}
        ends = {"C": ("10.0.0.9", 50000), "S": ("192.0.2.80", 80)}

        def put(who, flags, data=b""):
            other = "S" if who == "C" else "C"
            frames.append(tcp_frame(*ends[who], *ends[other], seq[who], seq[other], flags, data))
            seq[who] += len(data) + bool(flags & (SYN | FIN))

        put("C", SYN)
        put("S", SYN | ACK)
        put("C", ACK)
        put("C", ACK | PSH, b"GET /x/index.html HTTP/1.1\r\nHost: www.example.org\r\nUser-Agent: test\r\n\r\n")
        put("S", ACK | PSH, b"HTTP/1.1 200 OK\r\nContent-Type: image/png\r\nContent-Length: %d\r\n\r\n%s" % (len(body), body))
        for who in "SC":
            put(who, FIN | ACK)
        put("C", ACK)
        (self.dir / "web.pcap").write_bytes(pcap(frames))
        self.report("-r", "web.pcap", "-o", "web.html")
        core = chunks((self.dir / "web.html").read_text())["core"]
        files = core["files"]
        self.assertEqual([(f["record"]["protocol"], f["record"]["host"], f["record"]["uri"], f["is"], f["record"]["complete"]) for f in files],
                         [("http", "www.example.org", "/x/index.html", "HTML page", True)])
        self.assertEqual(files[0]["preview"], body.decode())
        self.assertIn("index.html (HTML page)", next(f["text"] for f in core["findings"] if f["cls"] == "unlike"))

    def test_the_page_holds_what_the_table_says(self):
        _, page = self.from_capture()
        data = chunks(page)
        names, rows = table(self.dir / "report_files" / "ftp-dpic_flows.txt")
        flows, wide = columns(data["flows"]["cols"]), data["wide"]
        a, b = columns(wide["A"]), columns(wide["B"])
        self.assertEqual(wide["names"], names)
        for row in rows:
            i = flows["fi"].index(int(row["flowInd"]))
            side = a if row["dir"] == "A" else b
            for name in names:
                self.assertEqual(side[name][i], row[name][:400], name)
        sent = columns(data["flows"]["client"])
        self.assertEqual(sum(sent["p"]) + sum(columns(data["flows"]["server"])["p"]), 92)

    def test_same_result_same_bytes(self):
        self.from_capture()
        pages = []
        for name in ("one.html", "two.html"):
            self.report("report_files/ftp-dpic_flows.txt", "-o", name)
            pages.append((self.dir / name).read_bytes())
        self.assertEqual(*pages)

    def test_json_is_the_same_data(self):
        _, page = self.from_capture()
        out = self.report("--json", "report_files/ftp-dpic_flows.txt")
        data, embedded = json.loads(out), chunks(page)
        self.assertEqual(data["flows"], embedded["flows"])
        self.assertEqual(data["core"]["totals"], embedded["core"]["totals"])

    def test_nothing_of_the_user_counts(self):
        config = self.dir / ".tranalyzer" / "config"
        config.mkdir(parents=True)
        (config / "ftpDecode.config").write_text("FTP_UXNMLN=2\n")
        (self.dir / ".tranalyzer" / "plugins").mkdir()
        _, page = self.from_capture(env={"FTP_F_PATH": str(self.dir / "elsewhere"), "FTP_NONAME": "x"})
        core = chunks(page)["core"]
        self.assertEqual(core["evidence"]["settings"]["ftpDecode"]["FTP_UXNMLN"], "10")
        self.assertFalse((self.dir / "elsewhere").exists())
        self.assertTrue((self.dir / "report_files" / "carved" / "manifest.jsonl").exists())
        self.assertNotIn("txtSink.so", os.listdir(self.dir / ".tranalyzer" / "plugins"))

    def test_nothing_is_overwritten_by_surprise(self):
        mine = self.dir / "report.html"
        mine.write_text("my notes")
        self.assertIn("is no report of t2report", self.report("-r", EXAMPLE, "-o", "report.html", status=1))
        self.assertEqual(mine.read_text(), "my notes")
        mine.unlink()
        (self.dir / "report_files").mkdir()
        (self.dir / "report_files" / "thesis.txt").write_text("x")
        self.assertIn("is not of t2report", self.report("-r", EXAMPLE, "-o", "report.html", status=1))
        self.assertFalse(mine.exists())
        (self.dir / "report_files" / "thesis.txt").unlink()
        self.from_capture()
        self.from_capture()

    def test_errors_are_one_line(self):
        for args, words in ((["nothing_flows.txt"], "Failed to open 'nothing_flows.txt'"), ([], "Nothing to report on"),
                            (["-r"], "requires an argument"), (["--rows", "x", "a"], "is not a number"),
                            (["--colour", "a"], "Unknown option '--colour'"), (["/dev/zero"], "is no regular file"),
                            ([EXAMPLE], "no header row"), (["--pictures", "all", "x"], "is not show, cover or none")):
            with self.subTest(args=args):
                text = self.report(*args, status=1)
                self.assertIn(words, text)
                self.assertLessEqual(text.count("\n"), 2)
        self.assertFalse((self.dir / "report.html").exists())
        self.assertIn("Examples:", self.report("--help"))

    def test_a_table_alone(self):
        name = self.write_table([("A", 1, "0x4000", "1.5", "2.5", "10.0.0.1", 1000, "10.0.0.2", 80, 6, 3, 100),
                                 ("B", 1, "0x4001", "1.6", "2.7", "10.0.0.2", 80, "10.0.0.1", 1000, 6, 2, 50)])
        data = json.loads(self.report("--json", name))
        core, flows = data["core"], columns(data["flows"]["cols"])
        self.assertEqual((core["totals"]["pairs"], core["totals"]["pkts"], core["totals"]["bytes"]), (1, 5, 150))
        self.assertEqual((flows["dur"], flows["sp"], flows["have"]), ([1200000], [80], [3]))
        self.assertEqual(core["services"][flows["sv"][0]][0], "http")
        self.assertTrue(any("No manifest" in line for line in core["evidence"]["lacks"]))
        self.assertTrue(any("ftpStat" in line for line in core["evidence"]["lacks"]))

    def test_hostile_tables_and_manifests(self):
        rows = [("A", 2 ** 64, "0x" + "f" * 40, "99999999999999999999.9", "-5", "x" * 9000, 99999, "\x1b[2J", -1, 999, 10 ** 30, "nan"),
                ("Z",), ("B", 7, "", "", "", "", "", "", "", "", "", ""), ("A", 1, "0x0", "1", "0", "::1", 1, "::1", 1, 6, 1, 1)]
        name = self.write_table(rows)
        (self.dir / ".manifest.jsonl").write_text('{"record":"run","command_line":""}\n' + "[" * 100000 + "\n" +
                                                  '{"record":"content","file":"../../etc/passwd","name":"</script><script>","size":-1,"missing":[[{}]]}\n'
                                                  '{"record":"content","file":"/etc/passwd","name":7,"first":[],"client":3}\n'
                                                  '{"record":"control","control_flow":"x","logins":[1,{}],"bounces":{},"client":[],"file":"link"}\n\x00\xff')
        (self.dir / "link").symlink_to("/etc/passwd")
        text = self.report("--json", name, "--carved", self.dir)
        core = json.loads(text)["core"]
        self.assertEqual([f["is"] for f in core["files"]], ["not kept", "not kept"])
        self.assertNotIn("root:", text)
        self.assertEqual(core["sessions"][0]["lines"], [])
        self.report(name, "--carved", self.dir, "-o", "p.html")
        page = (self.dir / "p.html").read_text()
        self.assertEqual(page.count("</script>"), page.count("<script"))

    def test_the_reading_process_is_locked_in(self):
        """While it reads, the process that reads has given up what it does not need (docs/decisions/sandbox.md)."""
        flow_tables.write(self.dir / "t_flows.txt", 40000, 1)
        process = subprocess.Popen(["t2report", "t_flows.txt", "-o", "p.html"], env=self.env, cwd=self.dir, stdout=subprocess.DEVNULL)
        self.addCleanup(stop, process)
        seen = set()
        while process.poll() is None:
            for task in pathlib.Path(f"/proc/{process.pid}/task/{process.pid}/children").read_text().split():
                with contextlib.suppress(OSError):
                    status = pathlib.Path(f"/proc/{task}/status").read_text()
                    if "Name:\tt2report" in status:
                        seen.add(tuple(re.findall(r"^(NoNewPrivs|Seccomp):\t(\d)", status, re.M)))
        self.assertEqual(process.returncode, 0)
        sanitizer = b"__asan_init" in (BUILD / "bin" / "t2report").read_bytes()
        self.assertIn((("NoNewPrivs", "1"), ("Seccomp", "0" if sanitizer else "2")), seen)

    def test_passwords_stay_out(self):
        carved = self.dir / "carved"
        carved.mkdir()
        (carved / "a.txt").write_bytes(b"USER joe\r\npass hunter2secret\r\n ACCT hunter2secret\r\n")
        (carved / ".manifest.jsonl").write_text(json.dumps({"record": "run"}) .replace(": ", ":") + "\n" + json.dumps(
            {"record": "control", "protocol": "ftp", "control_flow": 1, "file": "a.txt", "client": {"ip": "1.2.3.4"}, "sender": {"ip": "1.2.3.4"},
             "server": {"ip": "5.6.7.8", "port": 21}, "logins": [{"user": "joe", "password": "hunter2secret", "ok": True}]}) + "\n")
        name = self.write_table([("A", 1, "0x0", "1", "2", "1.2.3.4", 1, "5.6.7.8", 21, 6, 1, 1, "hunter2secret")], head=(*HEAD, "ftpPass"))
        for flags, there in (([], False), (["--passwords"], True)):
            text = self.report("--json", name, "--carved", carved, *flags)
            self.assertEqual("hunter2secret" in text, there)
        web = self.write_table([("A", 1, "0x0", "1", "2", "1.2.3.4", 1, "5.6.7.8", 80, 6, 1, 1, '"ann";"ann";"bob"',
                                 '"hunter2secret";"x\\";\\"y";"z"', "200;401;0")], head=(*HEAD, "httpUser", "httpPass", "httpAuthRC"))
        for flags, there in (([], False), (["--passwords"], True)):
            text = self.report("--json", web, *flags)
            self.assertEqual("hunter2secret" in text, there)
            self.assertEqual([(l["user"], l["ok"], l["reply"], l["client"], l["protocol"]) for l in json.loads(text)["core"]["logins"]],
                             [("ann", True, "200", "1.2.3.4", "http"), ("ann", False, "401", "1.2.3.4", "http"), ("bob", None, "", "1.2.3.4", "http")])
        core = json.loads(self.report("--json", name, "--carved", carved))["core"]
        self.assertEqual([line["x"] for line in core["sessions"][0]["lines"]], ["USER joe", "pass", " ACCT"])


if __name__ == "__main__":
    main()
