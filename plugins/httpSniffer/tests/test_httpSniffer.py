# SPDX-License-Identifier: Apache-2.0
"""HTTP made segment by segment: what the columns and the manifest say of it."""
import base64
import gzip
import hashlib
import json
import os
import re
import resource

import floods
from packets import Capture, Tcp
from t2run import T2, Sandbox, main, table

CLIENT, SERVER = "10.0.0.1", "10.0.0.2"


def get(path=b"/x", host=b"a.example", more=b""):
    return b"GET %s HTTP/1.1\r\nHost: %s\r\n%s\r\n" % (path, host, more)


def ok(body=b"", more=b"", status=b"200 OK", length=True):
    fields = b"Content-Length: %d\r\n" % len(body) if length else b""
    return b"HTTP/1.1 %s\r\n%s%s\r\n" % (status, fields, more) + body


class HttpSniffer(Sandbox):
    def setUp(self):
        super().setUp()
        self.activate("basicFlow", "tcpStates", "httpSniffer", "txtSink")
        self.cap = Capture()
        self.port = 40000
        self.runs = 0

    def tcp(self, **kw):
        self.port += 1
        return Tcp(self.cap, CLIENT, self.port, SERVER, kw.pop("dport", 8888), **kw)

    def run_t2(self, *args, carve=True, capture=None):
        self.runs += 1
        pcap, self.files = capture or self.dir / f"{self.runs}.pcap", self.dir / f"files{self.runs}"
        if capture is None:
            self.cap.write(pcap)
        switch = ["--carve", self.files] if carve else []
        self.result = self.t2(*switch, *args, "-r", pcap, "-w", self.dir / f"out{self.runs}")
        self.rows = table(self.dir / f"out{self.runs}_flows.txt")[1]
        if not carve:
            return []
        lines = [json.loads(line) for line in (self.files / "manifest.jsonl").read_text().splitlines()]
        return [r for r in lines if r["record"] == "content"]

    def row(self, direction):
        return next(r for r in self.rows if r["dir"] == direction)

    def body(self, record):
        data = (self.files / record["file"]).read_bytes()
        self.assertEqual(hashlib.sha256(data).hexdigest(), record["sha256"])
        return data

    def test_columns(self):
        t = self.tcp()
        t.up(get(b"/a.png", more=b"User-Agent: curl\r\nCookie: k=v\r\nReferer: http://r/\r\nX-Forwarded-For: 1.2.3.4\r\n"))
        t.down(ok(b"png", b"Content-Type: image/png\r\nServer: s\r\nSet-Cookie: c\r\nVia: v\r\nX-Powered-By: p\r\n"))
        t.up(b"POST /form HTTP/1.1\r\nHost: b.example\r\nContent-Type: application/x-www-form-urlencoded\r\nContent-Length: 3\r\n\r\na=b")
        t.down(ok(b"", b"Location: /next\r\n", b"302 Found"))
        t.close()
        self.run_t2(carve=False)
        a, b = self.row("A"), self.row("B")
        self.assertEqual(a["httpStat"], "0x0005")
        self.assertEqual(b["httpStat"], "0x0009")
        self.assertEqual((a["httpMethods"], a["httpGet_Post"], b["httpRSCnt"], b["httpRSCode"]), ("0x0a", "1_1", "2", "200;302"))
        self.assertEqual(a["httpURL_Via_Loc_Srv_Pwr_UAg_XFr_Ref_Cky_Mim"], "2_0_0_0_0_1_1_1_1_1")
        self.assertEqual(b["httpURL_Via_Loc_Srv_Pwr_UAg_XFr_Ref_Cky_Mim"], "0_1_1_1_1_0_0_0_1_1")
        self.assertEqual(b["httpImg_Vid_Aud_Msg_Txt_App_Unk"], "1_0_0_0_0_0_0")
        self.assertEqual(a["httpImg_Vid_Aud_Msg_Txt_App_Unk"], "0_0_0_0_0_1_0")
        self.assertEqual((a["httpHosts"], a["httpURL"]), ('"a.example";"b.example"', '"/a.png";"/form"'))
        self.assertEqual((a["httpUsrAg"], a["httpRefrr"], a["httpXFor"], a["httpCookies"]),
                         ('"curl"', '"http://r/"', '"1.2.3.4"', '"k=v"'))
        self.assertEqual((b["httpServ"], b["httpVia"], b["httpLoc"], b["httpPwr"], b["httpMimes"], b["httpImages"]),
                         ('"s"', '"v"', '"/next"', '"p"', '"image/png"', '"a.png"'))
        self.assertEqual((a["httpCFlags"], b["httpCFlags"]), ("0x64", "0x08"))
        self.assertIn("httpSniffer: Number of HTTP requests: 2", self.result.stdout)

    def test_what_is_not_http_shows_nothing(self):
        t = self.tcp()
        t.up(b"\x16\x03\x01 not HTTP")
        t.down(b"220 smtp.example ESMTP\r\n")
        t.up(b"EHLO me\r\n")
        t.close()
        self.assertEqual(self.run_t2(), [])
        self.assertEqual({r["httpStat"] for r in self.rows}, {"0x0000"})

    def test_ranges_over_connections_are_merged_when_they_fit(self):
        whole = os.urandom(5000)
        for a, b, tag in ((0, 2000, b'"v1"'), (1500, 4000, b'"v1"'), (4000, 5000, b'"v2"'), (4000, 5000, b'"v1"')):
            t = self.tcp()
            t.up(get(b"/big.bin", more=b"Range: bytes=%d-%d\r\n" % (a, b - 1)))
            data = whole[a:b] if tag == b'"v1"' else bytes(b - a)
            t.down(ok(data, b"ETag: %s\r\nContent-Range: bytes %d-%d/5000\r\n" % (tag, a, b - 1), b"206 Partial Content"))
            t.close()
        records = self.run_t2()
        merged = [r for r in records if r["kind"] == "range-merged"]
        self.assertEqual([(r["size"], r["complete"], len(r["flows"])) for r in merged], [(5000, True, 3)])
        self.assertEqual(self.body(merged[0]), whole)
        self.assertEqual(sum(r["kind"] == "range-piece" for r in records), 4)

    def test_a_download_that_was_cut_and_resumed_is_merged(self):
        whole = os.urandom(8000)
        t = self.tcp()
        t.up(get(b"/big.bin"))
        t.down(b"HTTP/1.1 200 OK\r\nContent-Length: 8000\r\nETag: \"x\"\r\n\r\n" + whole[:3000])
        t.rst(0)
        t = self.tcp()
        t.up(get(b"/big.bin", more=b"Range: bytes=3000-\r\n"))
        t.down(ok(whole[3000:], b'ETag: "x"\r\nContent-Range: bytes 3000-7999/8000\r\n', b"206 Partial Content"))
        t.close()
        records = self.run_t2()
        self.assertEqual([r["complete"] for r in records if r["kind"] == "body"], [False])
        merged = [r for r in records if r["kind"] == "range-merged"]
        self.assertEqual(self.body(merged[0]), whole)
        self.assertTrue(merged[0]["complete"])

    def test_pieces_with_a_hole_between_them_are_not_complete(self):
        for a, b in ((0, 100), (200, 300)):
            t = self.tcp()
            t.up(get(b"/h"))
            t.down(ok(b"x" * 100, b'ETag: "x"\r\nContent-Range: bytes %d-%d/300\r\n' % (a, b - 1), b"206 Partial Content"))
            t.close()
        merged = [r for r in self.run_t2() if r["kind"] == "range-merged"]
        self.assertEqual([(r["complete"], r["missing"]) for r in merged], [(False, [[100, 200]])])

    def test_byteranges_and_forms_are_taken_apart(self):
        t = self.tcp()
        t.up(get(b"/r"))
        body = b"".join(b"--B\r\nContent-Type: text/plain\r\nContent-Range: bytes %d-%d/10\r\n\r\n%s\r\n" % x
                        for x in ((0, 2, b"abc"), (5, 6, b"fg"))) + b"--B--\r\n"
        t.down(ok(body, b'Content-Type: multipart/byteranges; boundary="B"\r\n', b"206 Partial Content"))
        form = b'--B\r\nContent-Disposition: form-data; name="f"; filename="../../x;y.txt"\r\n\r\nfile\r\n--B--\r\n'
        t.up(b"POST /f HTTP/1.1\r\nContent-Type: multipart/form-data; boundary=B\r\nContent-Length: %d\r\n\r\n" % len(form) + form)
        t.close()
        records = self.run_t2()
        pieces = [r for r in records if r["kind"] == "range-piece"]
        self.assertEqual([(self.body(r), r["range"]["from"], r["complete"]) for r in pieces], [(b"abc", 0, True), (b"fg", 5, True)])
        part = next(r for r in records if r["kind"] == "part")
        self.assertEqual((self.body(part), part["name"], part["field"], part["complete"]), (b"file", "../../x;y.txt", "f", True))
        self.assertNotIn("/", part["file"].removeprefix("http/"))
        parent = next(r for r in records if r["kind"] == "body" and r["way"] == "upload")
        self.assertEqual(part["of"], parent["id"])

    def test_bodies_that_end_with_the_connection_need_its_end(self):
        for how in ("fin", "rst", "nothing"):
            t = self.tcp()
            t.up(get())
            t.down(ok(b"until the end", length=False))
            if how == "fin":
                t.close(1)
            elif how == "rst":
                t.rst(1)
        self.assertEqual([(r["complete"], r["end"]) for r in self.run_t2()], [(True, "fin"), (False, None), (False, None)])

    def test_head_interim_and_empty_answers_have_no_body(self):
        t = self.tcp()
        t.up(b"HEAD /h HTTP/1.1\r\n\r\n")
        t.down(b"HTTP/1.1 200 OK\r\nContent-Length: 500\r\n\r\n")
        t.up(get(b"/1"))
        t.down(b"HTTP/1.1 103 Early Hints\r\nLink: x\r\n\r\n" + ok(b"one"))
        t.up(get(b"/2"))
        t.down(b"HTTP/1.1 304 Not Modified\r\nContent-Length: 9\r\n\r\n")
        t.up(get(b"/3"))
        t.down(ok(b"three"))
        t.close()
        self.assertEqual([(r["uri"], self.body(r), r["complete"]) for r in self.run_t2()],
                         [("/1", b"one", True), ("/3", b"three", True)])

    def test_what_follows_an_upgrade_or_connect_is_not_http(self):
        for request, answer in ((get(more=b"Upgrade: websocket\r\n"), b"101 Switching Protocols"),
                                (b"CONNECT a:443 HTTP/1.1\r\n\r\n", b"200 Connection established")):
            t = self.tcp()
            t.up(request)
            t.down(b"HTTP/1.1 %s\r\n\r\n" % answer + b"\x81\x05hello")
            t.up(get(b"/no"))
            t.close()
        self.assertEqual(self.run_t2(), [])
        self.assertEqual({r["httpStat"] for r in self.rows if r["dir"] == "B"}, {"0x0109"})

    def test_bombs_end_their_file(self):
        bomb = gzip.compress(bytes(3 << 20))
        t = self.tcp()
        t.up(get())
        t.down(ok(bomb, b"Content-Encoding: gzip\r\n"))
        t.close()
        r = self.run_t2("--set", "httpSniffer.HTTP_BOMB=1")[0]
        self.assertEqual((r["complete"], r["truncated"], r["size"] <= 1 << 21), (False, True, True))
        self.assertEqual(int(self.row("B")["httpStat"], 16) & 0x1000, 0x1000)
        self.assertTrue(self.run_t2()[0]["complete"])

    def test_one_direction_is_enough(self):
        t = self.tcp()
        t.up(get(b"/a"), ack=False)
        t.down(ok(b"answer"), ack=False)
        t.fin(1, ack=False)
        self.cap.frames = [f for f in self.cap.frames if f[1][26:30] == bytes([10, 0, 0, 2])]
        r = self.run_t2()
        self.assertEqual([(self.body(x), x["complete"], x["way"]) for x in r], [(b"answer", True, "download")])

    def test_lost_responses_do_not_shift_names(self):
        t = self.tcp()
        for i in range(6):
            t.up(get(b"/%d" % i))
            t.down(ok(b"body %d" % i))
        t.close()
        frames = list(self.cap.frames)
        lost = [i for i, f in enumerate(frames) if b"body 1" in f[1] or b"body 3" in f[1]]
        self.cap.frames = [f for i, f in enumerate(frames) if i not in lost]
        self.assertEqual([(r["uri"], self.body(r)) for r in self.run_t2()], [(f"/{i}", b"body %d" % i) for i in (0, 2, 4, 5)])
        requests = [i for i, f in enumerate(frames) if b"GET /2" in f[1]]
        self.cap.frames = [f for i, f in enumerate(frames) if i not in requests]
        # Requests behind a hole come late: names may be unknown, none is another's.
        records = self.run_t2()
        self.assertEqual([self.body(r) for r in records], [b"body %d" % i for i in range(6)])
        for r in records:
            self.assertIn(r.get("uri"), (None, "/" + self.body(r).decode()[-1]))

    def test_contents_have_a_place_in_the_capture(self):
        t = self.tcp()
        t.up(get(b"/a"))
        t.down(ok(b"x" * 2500))
        t.close()
        r = self.run_t2()[0]
        self.assertEqual((r["first"]["packet"], r["last"]["packet"]), (6, 10))
        self.assertEqual(r["file"], "http/a_1_B_6_1")

    def test_floods_stay_within_bounds(self):
        t = self.tcp()
        t.mss = 60000
        for _ in range(40):  # pipelined, 100,000 in all
            t.up(get(b"/f") * 2500)
            t.down(ok(b"1") * 2500)
        t.close()
        for i in range(2000):  # heads that never end, side by side
            u = self.tcp()
            u.mss = 4000
            u.up(b"GET /long HTTP/1.1\r\nX: " + b"y" * 4000)
        self.run_t2("--set", "tranalyzer2.CARVE_MAXFILES=10")
        self.assertLess(self.peak(), 400_000)
        self.assertEqual(next(r for r in self.rows if r["dir"] == "B")["httpRSCnt"], "65535")
        self.assertIn("httpSniffer: Number of HTTP responses: 100000 ", self.result.stdout)

    def peak(self):
        """KiB of the largest run so far; nothing where sanitizers need memory of their own."""
        if "fsanitize" in (T2.parent.parent / "build.ninja").read_text():
            return 0
        return resource.getrusage(resource.RUSAGE_CHILDREN).ru_maxrss

    def given_up(self):
        found = re.search(r"HTTP messages given up at a limit: (\d+)", self.result.stdout)
        return int(found.group(1)) if found else 0

    def test_what_has_not_ended_is_bounded_over_all_connections(self):
        for kind, count in (("backlog", 4_000), ("windows", 2_000), ("openings", 2_000)):
            with self.subTest(kind):
                capture = self.dir / f"{kind}.pcap"
                floods.write(kind, count, capture)
                self.run_t2("--set", "httpSniffer.HTTP_MAXHELD=1", capture=capture)
                self.assertGreater(self.given_up(), 100)
                self.assertTrue(any(int(r["httpStat"], 16) & 0x0400 for r in self.rows))
                records = self.run_t2(capture=capture)
                self.assertEqual(self.given_up(), 0)
                self.assertEqual(len(records), 251 if kind == "windows" else 0)

    def test_one_packet_releases_no_more_than_memory_holds(self):
        """A hole that closes lets go of a compressed form with a million parts."""
        form = gzip.compress(b"--b\r\n\r\nx\r\n" * 1_000_000 + b"--b--\r\n")
        t = self.tcp()
        t.up(get())
        t.down(ok(form, b"Content-Encoding: gzip\r\nContent-Type: multipart/mixed; x=%s; boundary=b\r\n" % (b"y" * 9000)))
        t.up(get())
        t.down(ok(b"behind it"))
        t.close()
        first = next(i for i, f in enumerate(self.cap.frames) if b"200 OK" in f[1])
        late = self.cap.frames.pop(first)
        end = next(i for i, f in enumerate(self.cap.frames) if b"behind it" in f[1])
        self.cap.frames.insert(end + 1, late)
        records = self.run_t2("--set", "tranalyzer2.CARVE_MAXFILES=10")
        self.assertLess(self.peak(), 400_000)
        self.assertGreater(self.given_up(), 0)
        whole = next(r for r in records if r["kind"] == "body")
        self.assertEqual((whole["complete"], whole["truncated"]), (False, True))

    def test_bodies_over_http2_count_once_though_nobody_saves_them(self):
        def frame(kind, flags, payload, stream=1):
            return len(payload).to_bytes(3, "big") + bytes([kind, flags]) + stream.to_bytes(4, "big") + payload

        t = self.tcp()
        t.up(b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n" + frame(4, 0, b"", 0) + frame(1, 5, b"\x82\x86\x84"))
        t.down(frame(4, 0, b"", 0) + frame(1, 4, b"\x88") + frame(0, 0, b"one") + frame(0, 0, b"two") + frame(0, 1, b"three"))
        t.close()
        self.run_t2(carve=False)
        self.assertEqual(self.row("B")["httpImg_Vid_Aud_Msg_Txt_App_Unk"], "0_0_0_0_0_0_1")

    def test_contents_unlike_what_they_are_called(self):
        png = b"\x89PNG\r\n\x1a\n\0\0\0\rIHDR\0\0\0\1\0\0\0\1\x08\2\0\0\0\x90wS\xde" + bytes(40)
        for body, kind, name in ((png, b"image/png", b"/a.png"), (png, b"text/html", b"/b.html"), (b"<html><p>x</p></html>", b"image/gif", b"/c")):
            t = self.tcp()
            t.up(get(name))
            t.down(ok(body, b"Content-Type: %s\r\n" % kind))
            t.close()
        records = self.run_t2("--set", "httpSniffer.HTTP_DETECT=1")
        self.assertEqual([r["detected"] for r in records], ["image/png", "image/png", "text/html"])
        rows = [r for r in self.rows if r["dir"] == "B"]
        self.assertEqual([bool(int(r["httpStat"], 16) & 0x0800) for r in rows], [False, True, True])
        self.assertEqual(rows[0]["httpDetect"], '"image/png"')
        self.assertNotIn("httpDetect", self.run_t2() and self.rows[0])

    def test_parts_of_forms_are_looked_at_each(self):
        png = b"\x89PNG\r\n\x1a\n\0\0\0\rIHDR\0\0\0\1\0\0\0\1\x08\2\0\0\0\x90wS\xde" + bytes(40)
        page = b"<!DOCTYPE html><html><p>x</p></html>"
        form = b"".join(b"--b\r\nContent-Disposition: form-data; name=\"%s\"; filename=\"%s\"\r\n\r\n%s\r\n" % part
                        for part in ((b"f", b"a", png), (b"g", b"b", page))) + b"--b--\r\n"
        t = self.tcp()
        t.mss = 10  # the first bytes come in pieces
        t.up(b"POST /u HTTP/1.1\r\nHost: a\r\nContent-Type: multipart/form-data; boundary=b\r\nContent-Length: %d\r\n\r\n" % len(form) + form)
        t.close()
        records = self.run_t2("--set", "httpSniffer.HTTP_DETECT=1")
        self.assertEqual([r["detected"] for r in records if r["kind"] == "part"], ["image/png", "text/html"])

    def test_credentials_in_clear_are_told(self):
        t = self.tcp()
        t.up(get(more=b"Authorization: Basic dXNlcjpwYXNz\r\n"))
        t.down(ok(b"x"))
        t.close()
        self.run_t2(carve=False)
        self.assertEqual((self.row("A")["httpAFlags"], self.row("A")["httpCFlags"]), ("0x0200", "0x01"))

    def test_logins_stand_beside_what_came_of_them(self):
        def basic(user, word):
            return b"Basic " + base64.b64encode(b"%s:%s" % (user, word)) + b"\r\n"

        t = self.tcp()
        for login, status in ((basic(b"anna", b"wrong"), b"401 Unauthorized"), (basic(b"anna", b"a:b"), b"200 OK"),
                              (basic(b"anna", b"a:b"), b"200 OK"), (b"Basic ???\r\n", b"200 OK"), (b"Bearer x\r\n", b"200 OK")):
            t.up(get(more=b"Authorization: " + login))
            t.down(ok(b"x", status=status))
        t.up(get(more=b"Proxy-Authorization: " + basic(b"proxy", b"pw")))
        t.close()
        for level, users, passwords in ((0, '"anna";"anna";"proxy"', '"wrong";"a:b";"pw"'), (1, '"anna";"proxy"', '"***";"***"'),
                                        (2, '"***"', '"***"')):
            self.run_t2("--set", f"httpSniffer.HTTP_REDACT={level}", carve=False)
            a = self.row("A")
            self.assertEqual((a["httpUser"], a["httpPass"]), (users, passwords))
            self.assertEqual(a["httpAuthRC"], ("401;200;0", "200;0", "200")[level])
            self.assertEqual(self.row("B")["httpUser"], "")
            self.assertEqual((self.dir / f"out{self.runs}_flows.txt").stat().st_mode & 0o777 == 0o600, level < 2)

    def test_a_content_that_is_not_kept_is_not_called_complete(self):
        t = self.tcp()
        t.up(get())
        t.down(ok(b"small"))
        t.close()
        self.assertEqual(self.run_t2("--set", "tranalyzer2.CARVE_MINSIZE=10"), [])
        self.assertEqual(self.row("B")["httpStat"], "0x0009")
        self.assertEqual(len(self.run_t2("--set", "tranalyzer2.CARVE_MINSIZE=5")), 1)
        self.assertEqual(self.row("B")["httpStat"], "0x0019")

    def test_the_report_counts_bytes_that_were_written(self):
        t = self.tcp()
        t.up(get())
        t.down(ok(b"x" * 9000))
        t.close()
        lost = [i for i, f in enumerate(self.cap.frames) if b"xxxx" in f[1]][3:6]
        self.cap.frames = [f for i, f in enumerate(self.cap.frames) if i not in lost]
        r = self.run_t2()[0]
        self.assertEqual((r["size"], sum(b - a for a, b in r["missing"])), (9000, 3000))
        self.assertIn(": 1 contents, 0 complete, 6000 bytes\n", self.result.stdout)

    def test_saving_by_class_without_the_switch(self):
        t = self.tcp()
        t.up(get(b"/a.png"))
        t.down(ok(b"png", b"Content-Type: image/png\r\n"))
        t.up(get(b"/b.txt"))
        t.down(ok(b"text", b"Content-Type: text/plain\r\n"))
        t.close()
        folder = self.dir / "own"
        self.run_t2("--set", "httpSniffer.HTTP_SAVE_IMAGE=1", "--set", f"httpSniffer.HTTP_F_PATH={folder}/", carve=False)
        self.assertEqual(sorted(p.name.split("_")[0] for p in folder.iterdir() if not p.name.startswith(".")), ["a.png"])


if __name__ == "__main__":
    main()
