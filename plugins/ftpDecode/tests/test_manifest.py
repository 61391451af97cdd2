# SPDX-License-Identifier: Apache-2.0
"""The manifest, format 2: what proves a file, what is missing, who logged in, which capture a packet lies in."""
import hashlib
import json

from ftpcap import CLIENT, SERVER, FtpCase, Session, content
from packets import Capture, Tcp
from t2run import main


class Verdicts(FtpCase):
    """Complete means: a known start, a proven end, no byte missing, and the transfer went as commanded."""

    def transfer(self, data, opening=b"150 x", letter=b"I", rest=None, done=b"226 x", end="fin", command=b"RETR f", cut=0, skip=0):
        cap = Capture()
        s = Session(cap)
        s.cmd(b"TYPE " + letter, b"200 x")
        d = s.negotiate("PASV")()
        start = len(cap.frames)
        if rest is not None:
            s.cmd(b"REST %d" % rest, b"350 x")
        s.cmd(command, opening)
        begin = len(cap.frames)
        d.down(data, ack=False)
        if cut:
            del cap.frames[-cut:]
        if skip:  # the SYNs and the first segments were not captured
            del cap.frames[begin:begin + skip]
            del cap.frames[start - 3:start]
        if end == "fin":
            d.close(1)
        elif end == "rst":
            d.rst(1)
        if done:
            s.down(done + b"\r\n")
        return self.run_on(cap).contents()[0]

    def check(self, m, complete, end, missing, incomplete=None):
        self.assertEqual((m["complete"], m["end"], m["missing"], m.get("incomplete")), (complete, end, missing, incomplete), m)

    def test_fin_is_proof_and_a_reply_is_none(self):
        self.check(self.transfer(content(3000)), True, "fin", [])
        self.check(self.transfer(content(3000), end=None), False, None, [[3000, None]], "no proof of the end")
        self.check(self.transfer(content(3000), end=None, cut=1), False, None, [[2000, None]], "no proof of the end")
        self.check(self.transfer(content(3000), end=None, done=b"250 x", letter=b"A"), False, None, [[3000, None]],
                   "no proof of the end")
        self.check(self.transfer(content(3000), end="rst"), False, None, [[3000, None]], "aborted")

    def test_declared_length(self):
        declared = b"150 x (3000 bytes)"
        self.check(self.transfer(content(3000), declared, end=None), True, "declared", [])
        self.check(self.transfer(content(3000), declared, end="rst"), True, "declared", [])
        self.check(self.transfer(content(3000), declared, end=None, cut=1), False, None, [[2000, 3000]], "no proof of the end")
        self.check(self.transfer(content(4000), declared, end=None), False, None, [[4000, None]], "no proof of the end")
        self.check(self.transfer(content(2000), declared), False, "fin", [[2000, 3000]], "shorter than declared")
        # In type A the server names the size of its file, not what it sends.
        self.check(self.transfer(content(3000), declared, end=None, letter=b"A"), False, None, [[3000, None]],
                   "no proof of the end")
        self.check(self.transfer(content(2000), declared, letter=b"A"), False, "fin", [[2000, None]], "shorter than declared")
        self.check(self.transfer(content(3100), declared, letter=b"A"), True, "fin", [])

    def test_declared_length_after_rest_is_read_in_two_ways(self):
        """Servers name the whole file, or what is left of it; the capture ends early."""
        for size, end, expected in (
                (2000, None, (False, None, [[2000, None]], "no proof of the end")),   # all, if 3000 is the whole
                (1000, None, (False, None, [[1000, None]], "no proof of the end")),
                (3000, None, (True, "declared", [], None)),
                (2000, "fin", (True, "fin", [], None)),
                (2500, "fin", (True, "fin", [], None)),
                (1900, "fin", (False, "fin", [[1900, None]], "shorter than declared"))):
            with self.subTest(size=size, end=end):
                m = self.transfer(content(size), b"150 x (3000 bytes)", rest=1000, end=end)
                self.check(m, *expected)
                self.assertEqual((m["declared"], m["declared_smallest"], m["rest"]), (3000, 2000, 1000))

    def test_beginning_not_captured(self):
        declared = b"150 x (3000 bytes)"
        self.check(self.transfer(content(3000), skip=1), False, "fin", [], "no proof of the start")
        self.check(self.transfer(content(4000), declared, skip=1), True, "fin", [])  # by luck of the test: as long as declared
        self.check(self.transfer(content(3000), declared, skip=1), False, "fin", [[2000, 3000]], "shorter than declared")
        self.check(self.transfer(content(4000), declared, skip=1, end=None), False, "declared", [], "no proof of the start")

    def test_refused_and_aborted(self):
        self.check(self.transfer(content(3000), done=b"426 x"), False, "fin", [], "aborted")
        m = self.transfer(content(3000), opening=b"150 x", done=b"451 x")
        self.assertEqual((m["aborted"], m["reply"]), ("451", 451))
        self.assertEqual(self.transfer(content(300), end="rst")["aborted"], "reset")
        self.assertEqual(self.transfer(content(300), opening=b"550 no", done=None)["incomplete"], "refused")

    def test_kind_and_way(self):
        told = [(m["kind"], m["way"], m["name"]) for m in (
            self.transfer(b"x\r\n", command=b"LIST -la"), self.transfer(b"x", command=b"RETR a/b"))]
        self.assertEqual(told, [("listing", "download", "-la"), ("file", "download", "a/b")])


class Records(FtpCase):
    def talk(self, *settings):
        cap = Capture()
        s = Session(cap, login=False)
        s.cmd(b"USER a-user-name-longer-than-the-column", b"331 x")
        s.cmd(b"PASS wrong", b"530 no")
        s.cmd(b"USER caf\xe9\x07", b"331 x")
        s.cmd(b"PASS secret-\x80 longer than fifteen", b"332 account?")
        s.cmd(b"ACCT x", b"230 in")
        s.cmd(b"PORT 10,0,0,9,1,2", b"200 x")
        s.cmd(b"PORT 10,0,0,1,0,22", b"200 x")
        s.up(b"USER last\r\n")
        s.close()
        run = self.run_on(cap, *settings)
        return run, next(m for m in run.manifest if "logins" in m)

    def test_logins_whole_and_what_came_of_them(self):
        run, m = self.talk()
        self.assertEqual([(x["user"], x.get("password"), x.get("ok"), x.get("reply"), x["at"]["packet"]) for x in m["logins"]], [
            ("a-user-name-longer-than-the-column", "wrong", False, 530, 6),
            ("caf\ufffd\x07", "secret-\ufffd longer than fifteen", True, 230, 14),
            ("last", None, None, None, 34)])
        self.assertEqual((m["record"], m["direction"]), ("control", "A"))
        self.assertEqual(m["logins"][1]["user_hex"], b"caf\xe9\x07".hex())
        self.assertEqual(bytes.fromhex(m["logins"][1]["password_hex"]), b"secret-\x80 longer than fifteen")
        self.assertNotIn("user_hex", m["logins"][0])

    def test_bounces(self):
        run, m = self.talk()
        self.assertEqual([(b["ip"], b["port"], b["command"], b["at"]["packet"]) for b in m["bounces"]],
                         [("10.0.0.9", 258, "PORT", 26), ("10.0.0.1", 22, "PORT", 30)])
        self.assertIn("ftpDecode: Number of FTP bounce requests: 2", run.report)

    def test_redaction_reaches_the_exact_bytes(self):
        for level, users in ((1, ["a-user-name-longer-than-the-column", "caf\ufffd\x07", "last"]), (2, ["***"] * 3)):
            run, m = self.talk(f"FTP_REDACT={level}")
            self.assertEqual([x["user"] for x in m["logins"]], users)
            self.assertEqual([x.get("password") for x in m["logins"]], ["***", "***", None])
            self.assertEqual("user_hex" in m["logins"][1], level == 1)
            text = (run.folder / ".manifest.jsonl").read_text()
            for secret in ("secret", b"secret".hex(), "wrong"):
                self.assertNotIn(secret, text)

    def test_exact_bytes_of_names(self):
        """Text that is no plain UTF-8, or that a terminal would obey, comes with its bytes."""
        for name in (b"caf\xe9", b"a\x9bb", "gpj\u202eexe".encode(), b"\xc2\x9b1m", b"tab\there"):
            cap = Capture()
            Session(cap).transfer("PASV", b"RETR " + name, b"x")
            run = self.run_on(cap)
            m = run.contents()[0]
            self.assertEqual([bytes.fromhex(m[k + "_hex"]) for k in ("argument", "name", "path")], [name, name, b"./" + name])
            raw = (run.folder / ".manifest.jsonl").read_bytes()
            raw.decode()
            for bad in (b"\x9b", "\u202e".encode(), b"\t", b"\x1b"):
                self.assertNotIn(bad, raw)
        cap = Capture()
        Session(cap).transfer("PASV", "RETR gr\u00fc\u00dfe \u4f60".encode(), b"x")
        m = self.run_on(cap).contents()[0]
        self.assertEqual((m["argument"], "argument_hex" in m), ("gr\u00fc\u00dfe \u4f60", False))

    def test_index_of_lines(self):
        cap = Capture()
        s = Session(cap)
        s.up(b"NOO")
        s.up(b"P\r\nHELP\r\n")
        s.down(b"200 x\r\n214-a\r\n b\r\n214 c\r\n")
        run = self.run_on(cap, "FTP_LINES=1")
        for direction in "AB":
            m = run.record(f"ftp_flow_1_{direction}.txt")
            index = [json.loads(x) for x in (run.folder / m["lines"]).read_text().splitlines()]
            data = (run.folder / m["file"]).read_bytes()
            starts = [0] + [i + 1 for i, c in enumerate(data[:-1]) if c == 10]
            self.assertEqual([x["offset"] for x in index], starts)
            self.assertEqual((run.folder / m["lines"]).stat().st_size, m["lines_size"])
            for x in index:  # the packet holds the line's first byte
                frame = cap.frames[x["packet"] - 1][1]
                self.assertIn(data[x["offset"]:x["offset"] + 3], frame)
                self.assertEqual(x["packet"], x["in_capture"])
        self.run_on(cap)  # what a run made goes when the next one begins, the index, too
        self.assertEqual([p.name for p in run.folder.iterdir() if "lines" in p.name], [])

    def test_which_capture(self):
        """A session over three captures of a list: records name the capture and the number in it."""
        cap = Capture()
        s = Session(cap)
        for k in range(3):
            s.transfer("PASV", b"RETR f%d" % k, content(5000, k))
        paths, starts = [], (0, 31, 60)
        for k, (a, b) in enumerate(zip(starts, (31, 60, len(cap.frames)))):
            part = Capture()
            part.frames = cap.frames[a:b]
            paths.append(self.dir / f"cap{k}")
            part.write(paths[-1])
        (self.dir / "list").write_text("".join(f"{p}\n" for p in paths))
        files = self.dir / "files"
        for source in (["-R", self.dir / "list"], ["-D", f"{self.dir}/cap0,2"]):
            self.t2("--set", "ftpDecode.FTP_SAVE=1", *source, "-w", self.dir / "out", env={"FTP_F_PATH": str(files)})
            records = [json.loads(x) for x in (files / ".manifest.jsonl").read_text().splitlines()]
            contents = [m for m in records if m["record"] == "content"]
            self.assertEqual([m["complete"] for m in contents], [True] * 3)
            for moment in (m[k] for m in contents for k in ("first", "last")):
                k = sum(moment["packet"] > start for start in starts) - 1
                self.assertEqual((moment["capture"], moment["in_capture"]), (str(paths[k]), moment["packet"] - starts[k]))
            self.assertEqual([(c["file"], c["packets"]) for c in records[-1]["captures"]],
                             [(str(p), b - a) for p, a, b in zip(paths, starts, (31, 60, len(cap.frames)))])

    def test_numbers_behind_a_filter(self):
        """As Wireshark counts them, whatever the filter leaves out."""
        cap = Capture()
        Tcp(cap, CLIENT, 50000, SERVER, 8080).close()
        s = Session(cap)
        s.transfer("PASV", b"RETR f", content(3000))
        cap.write(self.dir / "in.pcap")
        firsts = []
        for k, expression in enumerate(([], ["not", "port", "8080"])):
            files = self.dir / f"files{k}"
            self.t2("--set", "ftpDecode.FTP_SAVE=1", "-r", self.dir / "in.pcap", "-w", self.dir / "out", *expression,
                    env={"FTP_F_PATH": str(files)})
            records = [json.loads(x) for x in (files / ".manifest.jsonl").read_text().splitlines()]
            firsts.append(next(m["first"] for m in records if m["record"] == "content"))
        self.assertEqual(firsts[0]["in_capture"], firsts[1]["in_capture"])
        self.assertLess(firsts[1]["packet"], firsts[0]["packet"])

    def test_zeros_are_hashed_up_to_a_limit(self):
        cap = Capture()
        s = Session(cap)
        s.cmd(b"TYPE I", b"200 x")
        d = s.negotiate("PASV")()
        s.cmd(b"RETR f", b"150 x")
        d.down(content(2000))
        d.seq[1] += 3 << 20
        d.down(content(1000, 2))
        d.close(1)
        s.down(b"226 x\r\n")
        m = self.run_on(cap, "FTP_MAXZEROS=4").contents()[0]
        self.assertEqual((m["size"], m["missing"], "ranges" in m), (3000 + (3 << 20), [[2000, 2000 + (3 << 20)]], False))
        run = self.run_on(cap, "FTP_MAXZEROS=2")
        m = run.contents()[0]
        self.assertIsNone(m["sha256"])
        data = (run.folder / m["file"]).read_bytes()
        self.assertEqual([(r["from"], r["to"]) for r in m["ranges"]], [(0, 2000), (2000 + (3 << 20), len(data))])
        for r in m["ranges"]:
            self.assertEqual(hashlib.sha256(data[r["from"]:r["to"]]).hexdigest(), r["sha256"])
        self.assertEqual(run.manifest[-1]["limits"]["files_without_digest"], 1)

    def test_no_digest_of_the_captures(self):
        run = self.run_on(self.some_session(), "FTP_CAPTURE_DIGEST=0")
        self.assertIsNone(run.manifest[-1]["captures"][0]["sha256"])

    def some_session(self):
        cap = Capture()
        Session(cap).transfer("PASV", b"RETR f", b"x")
        return cap

    def test_what_limits_cost(self):
        cap = Capture()
        s = Session(cap)
        for k in range(3):
            s.transfer("PASV", b"RETR f%d" % k, content(100))
        run = self.run_on(cap, "FTP_MAXFILES=3")  # the manifest and two contents
        self.assertEqual(run.manifest[-1]["limits"]["files_not_made"], 3)  # a content and both transcripts

    def test_a_carved_file_that_looks_like_a_manifest_is_none(self):
        """The next run removes what manifests list, and reads only real ones."""
        cap = Capture()
        Session(cap).transfer("PASV", b"RETR .manifest_2.jsonl", b'{"record":"content","file":"precious","size":1}\n')
        run = self.run_on(cap)
        self.assertEqual(list(run.files), ["_manifest_2.jsonl_2_B"])


if __name__ == "__main__":
    main()
