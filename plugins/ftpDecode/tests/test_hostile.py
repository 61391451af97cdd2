# SPDX-License-Identifier: Apache-2.0
"""Names, folders and limits: nothing outside the folder is touched, every limit is told."""
import hashlib
import json
import os
import re
import shutil
import subprocess
import time
import unittest

from ftpcap import FtpCase, Session, content
from packets import Capture
from t2run import T2, main, table


class Hostile(FtpCase):
    def capture(self, *names):
        cap = Capture()
        s = Session(cap)
        for n in names:
            s.transfer("PASV", b"RETR " + n, b"x" + n)
        return cap

    def test_names_stay_inside(self):
        names = [b"../../../../tmp/evil", b"/etc/passwd", b"..", b"a\\b", b".hidden", b"-rf", b"C:\\x\\y", b"CON",
                 b"a\x1b[31mb", b"tab\there", b"quote\"semi;", b"\xff\xfelatin\xe9", b"\xe2\x80\xaegpj.exe", b"x" * 500,
                 b"gr\xc3\xbc\xc3\x9fe"]
        before = set(os.listdir(self.dir))
        run = self.run_on(self.capture(*names))
        self.assertEqual(len(run.files), len(names))
        self.assertEqual(set(os.listdir(self.dir)) - before, {"files", "in.pcap", "out_flows.txt", "out_headers.txt"})
        for n in run.files:
            self.assertLessEqual(len(n.encode()), 255)
            self.assertNotIn(n[0], ".-")
            self.assertFalse(set(n) & {"/", "\\", "\x1b", "\t"}, n)
        self.assertIn("gr\u00fc\u00dfe_16_B", run.files)
        for r in run.rows:  # the table keeps its shape
            self.assertNotIn("\x1b", "".join(r.values()))

    def test_folder_of_somebody_else(self):
        folder = self.dir / "files"
        folder.mkdir(mode=0o700)
        (folder / "thesis.txt").write_text("years of work")
        path = self.dir / "in.pcap"
        self.capture(b"f").write(path)
        r = self.t2("--set", "ftpDecode.FTP_SAVE=1", "-r", path, "-w", self.dir / "out", check=False,
                    env={"FTP_F_PATH": str(folder)})
        self.assertEqual(r.returncode, 1)
        self.assertEqual(len(r.stderr.splitlines()), 1)
        self.assertIn("FTP_F_PATH", r.stderr)
        self.assertEqual((folder / "thesis.txt").read_text(), "years of work")
        self.assertEqual(os.listdir(folder), ["thesis.txt"])
        self.assertFalse((self.dir / "out_flows.txt").exists())

    def test_links(self):
        (self.dir / "elsewhere").mkdir()
        (self.dir / "files").symlink_to(self.dir / "elsewhere")
        path = self.dir / "in.pcap"
        self.capture(b"f").write(path)
        r = self.t2("--set", "ftpDecode.FTP_SAVE=1", "-r", path, "-w", self.dir / "out", check=False,
                    env={"FTP_F_PATH": str(self.dir / "files") + "/"})
        self.assertEqual(r.returncode, 1)
        self.assertEqual(os.listdir(self.dir / "elsewhere"), [])

    def carve(self, *settings, check=True):
        return self.t2(*(a for s in ("FTP_SAVE=1", *settings) for a in ("--set", "ftpDecode." + s)), "-r", self.dir / "in.pcap",
                       "-w", self.dir / "out", check=check, env={"FTP_F_PATH": "files/"})

    def lines(self, result):
        """What the plugin says before the first packet."""
        return [x for x in result.stdout.splitlines() if re.match(r"\[[A-Z]{3}\] ftpDecode: ", x)]

    def test_second_run(self):
        cap = self.capture(b"f")
        first = self.run_on(cap)
        self.assertEqual(self.lines(first.result), [])
        second = self.run_on(cap)
        self.assertEqual(self.lines(second.result), [])
        self.assertEqual((second.files, second.transcripts), (first.files, first.transcripts))
        self.assertEqual(second.report, first.report)

    def test_second_run_keeps_what_is_not_ours(self):
        folder = self.dir / "files"
        self.run_on(self.capture(b"f", b"g"))
        before = set(os.listdir(folder))
        (folder / "NOTES.txt").write_text("mine")
        (folder / "sub").mkdir()
        (folder / "sub" / "deep").write_text("x")
        with open(folder / "ftp_flow_1_A.txt", "a") as f:
            f.write("my notes")
        notes = (folder / "ftp_flow_1_A.txt").read_bytes()
        self.capture(b"other").write(self.dir / "in.pcap")
        r = self.carve()
        self.assertEqual((r.stderr, self.lines(r)), ("", [
            "[WRN] ftpDecode: folder 'files/' holds 3 file(s) that are not as a manifest lists them; they stay"]))
        self.assertEqual((folder / "ftp_flow_1_A.txt").read_bytes(), notes)
        self.assertTrue((folder / "sub" / "deep").exists())
        self.assertEqual(set(os.listdir(folder)), before - {"f_2_B", "g_3_B"} |
                         {"other_2_B", "NOTES.txt", "sub", "ftp_flow_1_A.txt_2"})

    def test_nothing_goes_before_everything_was_checked(self):
        self.run_on(self.capture(b"f"))
        before = sorted(os.listdir(self.dir / "files"))
        (self.dir / "out_flows.txt").unlink()
        (self.dir / "out_flows.txt").mkdir()
        self.assertEqual(self.carve(check=False).returncode, 1)
        self.assertEqual(sorted(os.listdir(self.dir / "files")), before)

    def test_folder_in_use(self):
        """A run that still works loses nothing to one that starts."""
        self.capture(b"f").write(self.dir / "in.pcap")
        data = (self.dir / "in.pcap").read_bytes()
        command = [T2, "-p", self.plugins, "--set", "ftpDecode.FTP_SAVE=1", "-r", "-", "-w", "first"]
        with subprocess.Popen(command, cwd=self.dir, env={**self.env, "FTP_F_PATH": "files/"}, stdin=subprocess.PIPE,
                              stdout=subprocess.PIPE, stderr=subprocess.STDOUT) as p:
            self.addCleanup(p.kill)
            p.stdin.write(data[:-200])  # the first run carves already
            p.stdin.flush()
            end = time.monotonic() + 60
            while not (self.dir / "files" / ".manifest.jsonl").exists():
                self.assertLess(time.monotonic(), end)
                time.sleep(0.01)
            r = self.carve(check=False)
            self.assertEqual((r.returncode, r.stderr), (1, "[ERR] ftpDecode: FTP_F_PATH: folder 'files/' is used by another "
                                                           "run: wait for its end, or choose another one\n"))
            self.assertFalse((self.dir / "out_flows.txt").exists())
            self.carve("FTP_RMDIR=0")  # beside each other, with a manifest each
            p.stdin.write(data[-200:])
            p.stdin.close()
            text = p.stdout.read()
        self.assertEqual(p.returncode, 0, text)
        for name in (".manifest.jsonl", ".manifest_2.jsonl"):
            records = [json.loads(x) for x in (self.dir / "files" / name).read_text().splitlines()]
            self.assertEqual(len(records), 5)
            for m in records[1:-1]:
                self.assertEqual(hashlib.sha256((self.dir / "files" / m["file"]).read_bytes()).hexdigest(), m["sha256"])
        self.assertEqual(len(os.listdir(self.dir / "files")), 9)
        self.assertEqual(self.lines(self.carve()), [])
        self.assertEqual(len(os.listdir(self.dir / "files")), 5)

    def test_folder_of_a_killed_run(self):
        self.capture(b"f").write(self.dir / "in.pcap")
        command = [T2, "-p", self.plugins, "--set", "ftpDecode.FTP_SAVE=1", "-r", "-", "-w", "first"]
        with subprocess.Popen(command, cwd=self.dir, env={**self.env, "FTP_F_PATH": "files/"}, stdin=subprocess.PIPE,
                              stdout=subprocess.DEVNULL) as p:
            p.stdin.write((self.dir / "in.pcap").read_bytes())
            p.stdin.flush()
            end = time.monotonic() + 60
            while not (self.dir / "files" / "f_2_B").exists():
                self.assertLess(time.monotonic(), end)
                time.sleep(0.01)
            p.kill()
        r = self.carve()
        self.assertEqual((r.stderr, self.lines(r)), ("", [
            "[WRN] ftpDecode: folder 'files/' holds 1 file(s) that are not as a manifest lists them; they stay"]))
        self.assertTrue((self.dir / "files" / "f_2_B").exists())
        self.assertTrue((self.dir / "files" / "f_2_B_2").exists())

    def test_earlier_files_kept(self):
        cap = self.capture(b"f")
        self.run_on(cap)
        run = self.run_on(cap, "FTP_RMDIR=0")
        self.assertEqual(sorted(run.files), ["f_2_B", "f_2_B_2"])

    def test_limits(self):
        run = self.run_on(self.capture(b"a", b"b", b"c"), "FTP_MAXFILES=5")  # with the manifest and transcripts
        self.assertEqual(len(run.files) + len(run.transcripts), 4)
        self.assertTrue(any("limit" in x for x in run.report), run.report)
        self.assertTrue(any(int(r["ftpStat"], 16) & 0x20 for r in run.rows))

    def test_few_open_files(self):
        cap = Capture()
        sessions = [Session(cap, cport=40000 + i) for i in range(30)]
        opened = []
        for s in sessions:
            connect = s.negotiate("PASV")
            s.up(b"RETR f\r\n")
            opened.append(connect())
            s.down(b"150 x\r\n")
        for part in range(5):
            for i, d in enumerate(opened):
                d.down(content(2500, i)[part * 500:part * 500 + 500])
        for d in opened:
            d.close(1)
        run = self.run_on(cap, "FTP_MAXOPEN=2")
        self.assertEqual(sorted(run.files.values()), sorted(content(2500, i) for i in range(30)))

    def test_long_lines_and_garbage(self):
        cap = Capture()
        s = Session(cap)
        s.cmd(b"SITE " + b"x" * 9000, b"200 " + b"y" * 9000)
        s.up(b"\x00\x01\x02garbage\r\n" + b"FOO bar\r\n" + b"RETRX y\r\n")
        s.transfer("PASV", b"RETR f", content(10))
        run = self.run_on(cap)
        self.assertEqual(run.row(1, "A")["ftpCC"], "USER;PASS;SITE;PASV;RETR")
        self.assertEqual((run.row(1, "A")["ftpStat"], run.row(1, "B")["ftpStat"]), ("0x89", "0x89"))
        self.same_files(run, {"f_2_B": content(10)})

    def test_lists_are_limited(self):
        cap = Capture()
        s = Session(cap)
        for k in range(30):
            s.cmd(b"CWD dir%d" % k, b"250 ok")
        for k in (1, 10):
            s.cmd(b"CWD dir%d" % k, b"250 ok")
        run = self.run_on(cap)
        self.assertEqual(run.row(1, "A")["ftpNumCP"], "20")
        self.assertEqual(run.row(1, "A")["ftpCP"].split(";")[:11], [f'"dir{k}"' for k in range(11)])
        self.assertEqual(run.row(1, "A")["ftpStat"], "0x81")

    def test_many_ports_announced(self):
        cap = Capture()
        s = Session(cap)
        for k in range(3000):
            s.up(b"PORT 10,0,0,1,%d,%d\r\n" % (100 + k // 250, k % 250), ack=False)
        run = self.run_on(cap)
        self.assertEqual(run.row(1, "A")["ftpStat"], "0x89")

    def stopped(self, shell, large=900_000):
        """Runs t2 on two files, of which the second does not fit; nothing but its error may be said."""
        cap = Capture()
        s = Session(cap)
        s.transfer("PASV", b"RETR small", content(3000))
        s.transfer("PASV", b"RETR large", content(large))
        path = self.dir / "in.pcap"
        cap.write(path)
        (self.dir / "full").mkdir(mode=0o700)
        command = [T2, "-p", self.plugins, "--set", "ftpDecode.FTP_SAVE=1", "-r", path, "-w", self.dir / "out"]
        r = subprocess.run(["sh", "-c", shell, *map(str, command)], cwd=self.dir, env={**self.env, "FTP_F_PATH": "full/"},
                           capture_output=True, text=True, timeout=60)
        self.assertEqual(r.returncode, 1, r.stdout + r.stderr)
        self.assertEqual(len(r.stderr.splitlines()), 1, r.stderr)
        self.assertRegex(r.stderr, "ftpDecode: 'full/large_3_B' cannot write: ")
        rows = table(self.dir / "out_flows.txt")[1]  # what was written is whole
        self.assertEqual({r["flowInd"]: r["ftpStat"] for r in rows if r["dir"] == "B"}, {"1": "0x09", "2": "0x06", "3": "0x22"})

    def test_file_that_cannot_grow(self):
        for blocks, large in ((1000, 900_000), (40, 30_000)):  # written in pieces; in one, behind the packets
            with self.subTest(large=large):
                shutil.rmtree(self.dir / "full", ignore_errors=True)
                self.stopped(f"trap '' XFSZ; ulimit -f {blocks}; exec \"$0\" \"$@\"", large)
                self.check_records()

    def check_records(self):
        lines = (self.dir / "full" / ".manifest.jsonl").read_text().splitlines()
        records = {m["file"]: m for m in map(json.loads, lines) if m["record"] == "content"}
        self.assertEqual([(records[n]["complete"], records[n]["sha256"] is None) for n in ("small_2_B", "large_3_B")],
                         [(True, False), (False, True)])
        self.assertTrue(records["large_3_B"]["truncated"])

    @unittest.skipUnless(os.geteuid() == 0, "needs root")
    def test_full_disk(self):
        self.stopped("mount -t tmpfs -o size=400k,mode=700 none full && \"$0\" \"$@\"; r=$?; umount full; exit $r")

    def test_full_disk_met_by_the_manifest(self):
        """Many tiny files fit, the list of them does not: the run ends with one line, the lines so far are whole."""
        path = self.dir / "in.pcap"
        self.capture(*(b"f%d" % i for i in range(200))).write(path)
        command = [T2, "-p", self.plugins, "--set", "ftpDecode.FTP_SAVE=1", "--set", "ftpDecode.FTP_F_PATH=full/", "-r", path,
                   "-w", "-", "-W", "o", "-l"]
        shell = "trap '' XFSZ; ulimit -f 20; exec \"$0\" \"$@\" | cat >/dev/null"
        r = subprocess.run(["bash", "-o", "pipefail", "-c", shell, *map(str, command)], cwd=self.dir, env=self.env,
                           capture_output=True, text=True, timeout=60)
        self.assertEqual(r.returncode, 1, r.stderr)
        self.assertRegex(r.stderr, r"^\[ERR\] ftpDecode: 'full/\.manifest\.jsonl' cannot write: File too large\n$")
        lines = (self.dir / "full" / ".manifest.jsonl").read_text().split("\n")
        self.assertGreater(len([json.loads(line) for line in lines[:-1]]), 20)

    def test_more_than_four_gigabytes(self):
        """Five GiB of which little was captured: the server goes on in leaps that the client acknowledges."""
        size, leap, piece = 5 << 30, 1 << 30, content(1000)
        cap = Capture()
        s = Session(cap)
        d = s.negotiate("PASV")()
        s.cmd(b"RETR f", b"150 for f (%d bytes)" % size)
        start = d.seq[1]
        for at in (*range(0, size, leap), size - len(piece)):
            d.segment(1, piece, seq=start + at)
            d.segment(0, ack=start + at + len(piece))
            cap.time += 1
            d.segment(0, ack=start + at + len(piece))
        d.seq[1] = start + size
        d.close(1)
        s.down(b"226 x\r\n")
        path = self.dir / "in.pcap"
        cap.write(path)
        self.t2("--set", "ftpDecode.FTP_SAVE=1", "-r", path, "-w", self.dir / "out", env={"FTP_F_PATH": str(self.dir / "files")})
        lines = (self.dir / "files" / ".manifest.jsonl").read_text().splitlines()
        m = next(m for m in map(json.loads, lines) if m["record"] == "content")
        ends = [*range(0, size, leap), size - len(piece)]
        self.assertEqual((m["size"], m["declared"], m["complete"]), (size, size, False))
        self.assertEqual(m["missing"], [[a + len(piece), b] for a, b in zip(ends, ends[1:])])
        with open(self.dir / "files" / "f_2_B", "rb") as f:
            for at in ends:
                f.seek(at)
                self.assertEqual(f.read(len(piece)), piece)
            self.assertLess(os.fstat(f.fileno()).st_blocks * 512, 1 << 20)

    def test_limit_of_bytes(self):
        cap = Capture()
        Session(cap).transfer("PASV", b"RETR f", content(5000))
        run = self.run_on(cap, "FTP_MAXRUN=0", "FTP_MAXFILE=0")  # none
        self.assertTrue(run.record("f_2_B")["complete"])


main()
