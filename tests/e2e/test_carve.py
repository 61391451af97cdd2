# SPDX-License-Identifier: Apache-2.0
"""The switch --carve: one folder and one manifest for all protocols, limits over all of them."""
import hashlib
import json
import os
import unittest
from pathlib import Path

from ftpcap import Session
from packets import Capture, Tcp
from t2run import EXAMPLE, Sandbox, main


def exchange(tcp, path, body, fields=b""):
    tcp.up(b"GET %s HTTP/1.1\r\nHost: a.example\r\n\r\n" % path)
    tcp.down(b"HTTP/1.1 200 OK\r\nContent-Length: %d\r\n%s\r\n" % (len(body), fields) + body)


class Carve(Sandbox):
    def setUp(self):
        super().setUp()
        self.activate("basicFlow", "tcpStates", "ftpDecode", "httpSniffer", "txtSink")
        self.files = self.dir / "files"

    def carve(self, *args, pcap=None, **kw):
        return self.t2("--carve", self.files, *args, "-r", pcap or self.pcap, "-w", self.dir / "out", **kw)

    def records(self, name="manifest.jsonl"):
        return [json.loads(line) for line in (self.files / name).read_text().splitlines()]

    def contents(self):
        return [r for r in self.records() if r["record"] == "content"]

    def both(self):
        """FTP and HTTP between the same two hosts at the same time."""
        cap = Capture()
        ftp = Session(cap)
        web = Tcp(cap, "10.0.0.1", 41000, "10.0.0.2", 80)
        exchange(web, b"/a/page.html", b"<p>hello</p>", b"Content-Type: text/html\r\n")
        ftp.transfer("PASV", b"RETR file.bin", b"ftp bytes " * 300)
        exchange(web, b"/logo.png", b"\x89PNG" + b"x" * 2000, b"Content-Type: image/png\r\n")
        web.close()
        self.pcap = self.dir / "both.pcap"
        cap.write(self.pcap)

    def test_all_protocols_share_a_folder_and_a_manifest(self):
        self.both()
        out = self.carve("--set", "ftpDecode.FTP_SAVE=1", env={"FTP_F_PATH": str(self.dir / "unused") + "/"}).stdout
        self.assertIn(f"Carved to {self.files}/: 3 contents, 3 complete", out)
        self.assertFalse((self.dir / "unused").exists())
        self.assertEqual(sorted(p.name for p in self.files.iterdir()), [".t2_carve", "ftp", "http", "manifest.jsonl"])
        records = self.records()
        self.assertEqual((records[0]["record"], records[0]["format"], records[-1]["record"]), ("run", 2, "end"))
        contents = self.contents()
        self.assertEqual(sorted((r["protocol"], r["name"]) for r in contents),
                         [("ftp", "file.bin"), ("http", "logo.png"), ("http", "page.html")])
        self.assertEqual(sorted(r["id"] for r in contents), [1, 2, 3])
        for r in contents:
            path = self.files / r["file"]
            self.assertTrue(r["file"].startswith(r["protocol"] + "/"))
            self.assertEqual(hashlib.sha256(path.read_bytes()).hexdigest(), r["sha256"])
            self.assertEqual(path.stat().st_mode & 0o777, 0o600)

    def test_only_a_folder_of_an_earlier_run_is_used_again(self):
        self.both()
        self.carve()
        first = {p: p.read_bytes() for p in self.files.rglob("*") if p.is_file()}
        self.carve()
        for path, data in first.items():
            self.assertEqual(path.read_bytes(), data)  # nothing is emptied or changed
        self.assertEqual(len(self.records("manifest_2.jsonl")), len(self.records()))
        self.files = self.dir / "mine"
        self.files.mkdir()
        (self.files / "letter.txt").write_text("mine")
        r = self.carve(check=False)
        self.assertEqual(r.returncode, 1)
        self.assertIn(f"[ERR] Option '--carve': folder '{self.files}/' is not empty, and no earlier run made it: choose a new one",
                      r.stdout + r.stderr)
        self.assertEqual(os.listdir(self.files), ["letter.txt"])
        self.files = self.dir / "mine" / "letter.txt"
        self.assertEqual(self.carve(check=False).returncode, 1)

    def test_protocols_and_types_can_be_chosen(self):
        self.both()
        self.carve("--set", "tranalyzer2.CARVE_PROTOCOLS=http", "--set", "tranalyzer2.CARVE_TYPES=image/*, application/pdf")
        self.assertEqual([r["name"] for r in self.contents()], ["logo.png"])
        self.assertFalse((self.files / "ftp").exists())

    def test_small_contents_are_not_kept(self):
        self.both()
        out = self.carve("--set", "tranalyzer2.CARVE_MINSIZE=2004", "--set", "tranalyzer2.CARVE_MAXFILES=5").stdout
        self.assertEqual([(r["name"], r["size"]) for r in self.contents()], [("file.bin", 3000), ("logo.png", 2004)])
        self.assertEqual(sorted(p.name for p in (self.files / "http").iterdir()), [Path(self.contents()[1]["file"]).name])
        self.assertEqual(self.records()[-1]["limits"]["files_too_small"], 1)
        self.assertEqual(self.records()[-1]["limits"]["files_not_made"], 0)
        self.assertIn("Contents smaller than CARVE_MINSIZE: 1\n", out)
        self.assertIn("httpSniffer: Number of files extracted: 1\n", out)
        self.assertEqual([p.suffix for p in (self.files / "ftp").iterdir() if p.stat().st_size < 2004].count(".txt"), 2)

    def test_large_contents_that_are_too_small(self):
        """On disk before their size is known."""
        cap = Capture()
        web = Tcp(cap, "10.0.0.1", 41000, "10.0.0.2", 80)
        for n in (300000, 500000):
            exchange(web, b"/%d.bin" % n, bytes(n))
        web.close()
        self.pcap = self.dir / "large.pcap"
        cap.write(self.pcap)
        self.carve("--set", "tranalyzer2.CARVE_MINSIZE=400000", "--set", "tranalyzer2.CARVE_MAXRUN=1")
        self.assertEqual([r["size"] for r in self.contents()], [500000])
        self.assertEqual([p.stat().st_size for p in (self.files / "http").iterdir()], [500000])

    def test_small_pieces_make_a_large_whole(self):
        cap = Capture()
        web = Tcp(cap, "10.0.0.1", 41000, "10.0.0.2", 80)
        for at in (0, 500):
            web.up(b"GET /x.bin HTTP/1.1\r\nHost: a\r\nRange: bytes=%d-%d\r\n\r\n" % (at, at + 499))
            web.down(b"HTTP/1.1 206 Partial Content\r\nETag: \"1\"\r\nContent-Range: bytes %d-%d/1000\r\n"
                     b"Content-Length: 500\r\n\r\n" % (at, at + 499) + bytes([at & 255]) * 500)
        web.close()
        self.pcap = self.dir / "ranges.pcap"
        cap.write(self.pcap)
        self.carve("--set", "tranalyzer2.CARVE_MINSIZE=1000")
        self.assertEqual([(r["kind"], r["size"]) for r in self.contents() if r["complete"]],
                         [("range-piece", 500), ("range-merged", 1000), ("range-piece", 500)])

    def test_limits_count_over_all_protocols(self):
        self.both()
        out = self.carve("--set", "tranalyzer2.CARVE_MAXFILES=2").stdout
        self.assertIn("Carving is incomplete: the limit on carved files was reached", out)
        self.assertGreater(self.records()[-1]["limits"]["files_not_made"], 0)

    def test_without_the_switch_plugins_do_as_they_are_set(self):
        out = self.t2("--set", "ftpDecode.FTP_SAVE=1", "-r", EXAMPLE, "-w", self.dir / "out",
                      env={"FTP_F_PATH": str(self.dir / "carved") + "/"}).stdout
        self.assertIn("ftpDecode: Number of files extracted: 1", out)
        self.assertNotIn("Carved to", out)
        self.assertTrue((self.dir / "carved" / ".manifest.jsonl").exists())

    def test_nobody_who_carves_is_told(self):
        self.both()
        for f in self.plugins.glob("3*"):
            f.unlink()
        self.assertIn("[WRN] Option '--carve': no active plugin carves. Run 't2build ftpDecode httpSniffer'", self.carve().stdout)

    def test_a_folder_that_is_a_link_is_refused(self):
        self.both()
        (self.dir / "real").mkdir()
        self.files.symlink_to(self.dir / "real")
        r = self.carve(check=False)
        self.assertEqual(r.returncode, 1)
        self.assertIn("symbolic link", r.stdout + r.stderr)


if __name__ == "__main__":
    main()
