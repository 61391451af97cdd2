# SPDX-License-Identifier: Apache-2.0
"""What clients and servers say to each other, beyond a plain transfer (spec ftpDecode 13, items 1-20 and 50-64)."""
import struct

from ftpcap import FtpCase, Session, content
from packets import ACK, PSH, Capture, Tcp
from t2run import main

URG = 0x20


class Sessions(FtpCase):
    def same_file(self, run, name, data, complete=True):
        self.same_files(run, {name: data})
        self.assertEqual(run.record(name)["complete"], complete, run.record(name))

    def test_everything_in_one_segment(self):
        cap = Capture()
        s = Session(cap, login=False)
        s.up(b"USER u\r\nPASS p\r\nTYPE I\r\nCWD /d\r\nPASV\r\nRETR f\r\n")
        s.down(b"331 x\r\n230 x\r\n200 x\r\n250 x\r\n227 (10,0,0,2,200,1)\r\n150 x\r\n")
        d = Tcp(cap, s.client, 42000, s.server, 51201)
        d.down(content(3000))
        d.close(1)
        s.down(b"226 x\r\n221 x\r\n")
        run = self.run_on(cap)
        self.same_file(run, "f_2_B", content(3000))
        self.assertEqual(run.row(1, "A")["ftpCC"], "USER;PASS;TYPE;CWD;PASV;RETR")
        self.assertEqual(run.row(1, "B")["ftpRC"], "220;331;230;200;250;227;150;226;221")
        self.assertEqual(run.contents()[0]["path"], "/d/f")

    def test_line_ends_blanks_and_letter_case(self):
        cap = Capture()
        s = Session(cap, login=False)
        s.up(b"user  u \n")
        s.down(b"331 x\n")
        s.up(b"PaSs p\r\r\n")
        s.down(b"230 x\r\n")
        s.up(b" \tpwd\r\n")
        s.down(b'257 "/home"\r\n')
        s.up(b"pasv\r\0")
        s.down(b"227 (10,0,0,2,200,1)\r\n")
        s.up(b"reTR \t f\r\n")
        d = Tcp(cap, s.client, 42000, s.server, 51201)
        s.down(b"150 x\r\n")
        d.down(content(300))
        d.close(1)
        run = self.run_on(cap)
        self.same_file(run, "f_2_B", content(300))
        self.assertEqual(run.row(1, "A")["ftpCC"], "USER;PASS;PWD;PASV;RETR")
        self.assertEqual((run.row(1, "A")["ftpUser"], run.row(1, "A")["ftpPass"]), ('"u"', '"p"'))

    def test_urgent_abort(self):
        """ABOR with Telnet's interrupt and data mark as urgent data."""
        cap = Capture()
        s = Session(cap)
        d = s.negotiate("PASV")()
        s.cmd(b"RETR f", b"150 for f (9000 bytes)")
        d.down(content(3000))
        for piece, urgent in ((b"\xff\xf4\xff", 3), (b"\xf2", 1)):
            s.segment(0, piece, ACK | PSH | URG, urgent=urgent)
            s.seq[0] += len(piece)
        s.cmd(b"ABOR", b"426 aborted", b"226 abort successful")
        d.close(1)
        s.transfer("PASV", b"RETR g", content(500))
        run = self.run_on(cap)
        self.same_files(run, {"f_2_B": content(3000), "g_3_B": content(500)})
        self.assertEqual((run.record("f_2_B")["complete"], run.record("f_2_B")["reply"]), (False, 426))
        self.assertEqual((run.record("g_3_B")["complete"], run.record("g_3_B")["reply"]), (True, 226))
        self.assertEqual(run.row(1, "A")["ftpCC"], "USER;PASS;PASV;RETR;ABOR")

    def test_names_in_utf8_and_latin1_and_with_doubled_iac(self):
        cap = Capture()
        s = Session(cap)
        s.cmd(b"OPTS UTF8 ON", b"200 ok")
        s.transfer("PASV", b"RETR gr\xc3\xbc\xc3\x9fe", content(10))
        s.transfer("PASV", b"RETR caf\xe9", content(11))
        s.transfer("PASV", b"RETR y\xff\xff", content(12))
        run = self.run_on(cap)
        self.same_files(run, {"gr\u00fc\u00dfe_2_B": content(10), "caf__3_B": content(11), "y__4_B": content(12)})

    def test_long_replies(self):
        cap = Capture()
        s = Session(cap, greet=False, login=False)
        s.down(b"220-Welcome\r\n 230 users are allowed\r\n331-inside\r\n220 ready\r\n")
        s.cmd(b"FEAT", b"211-Features:\r\n UTF8\r\n REST STREAM\r\n226 is no end\r\n MLST type*;size*;\r\n211 End")
        s.cmd(b"HELP", b"214-The following commands:\r\n USER PASS\r\n214 Help")
        s.cmd(b"USER u", b"331-first\r\n331-second\r\n331 pass")
        s.cmd(b"STAT /", b"213-Status:\r\n-rw-r--r-- 1 x\r\n213 12345 End")
        s.cmd(b"MLST f", b"250-Listing\r\n size=7; /f\r\n250 End")
        s.transfer("EPSV", b"RETR f", content(70))
        run = self.run_on(cap)
        self.assertEqual(run.row(1, "B")["ftpRC"], "220;211;214;331;213;250;229;150;226")
        self.assertEqual(run.row(1, "B")["ftpPLen"], "0")
        self.same_file(run, "f_2_B", content(70))

    def test_codes_that_are_none(self):
        cap = Capture()
        s = Session(cap)
        for line in (b"10054 reset", b"099 low", b"660 high", b"22", b"226no blank", b"hello"):
            s.down(line + b"\r\n")
        s.cmd(b"NOOP", b"120 in five minutes", b"200 ok", b"421 bye")
        run = self.run_on(cap)
        self.assertEqual(run.row(1, "B")["ftpRC"], "220;331;230;120;200;421")

    def test_several_logins(self):
        cap = Capture()
        s = Session(cap)
        s.cmd(b"CWD /one", b"250 ok")
        s.cmd(b"TYPE I", b"200 ok")
        s.cmd(b"REIN", b"220 again")
        s.cmd(b"USER second", b"331 x")
        s.cmd(b"PASS word", b"332 account")
        s.cmd(b"ACCT book", b"230 x")
        s.transfer("PASV", b"RETR f", content(40))
        run = self.run_on(cap)
        row, m = run.row(1, "A"), run.contents()[0]
        self.assertEqual((row["ftpUser"], row["ftpPass"]), ('"anonymous";"second"', '"me@example";"word"'))
        self.assertEqual((m["user"], m["path"], m["type"]), ("second", "./f", "A"))

    def test_commands_about_files(self):
        cap = Capture()
        s = Session(cap)
        s.cmd(b"HOST ftp.example.org", b"220 ok")
        s.cmd(b"MKD /new", b'257 "/new" created')
        s.cmd(b"RNFR old", b"350 x")
        s.cmd(b"RNTO young", b"250 x")
        s.cmd(b"DELE gone", b"250 x")
        s.cmd(b"RMD /dir", b"250 x")
        s.cmd(b"SITE CHMOD 600 f", b"200 x")
        s.cmd(b"MFMT 20200101000000 f", b"213 Modify=20200101000000; f")
        s.cmd(b"ALLO 99999", b"200 x")
        s.transfer("PASV", b"STOR f", content(40))
        run = self.run_on(cap)
        self.assertEqual(run.row(1, "A")["ftpCC"], "USER;PASS;HOST;MKD;RNFR;RNTO;DELE;RMD;SITE;MFMT;ALLO;PASV;STOR")
        self.assertEqual(run.row(1, "A")["ftpCP"],
                         '"/new";"old";"young";"gone";"/dir";"CHMOD 600 f";"20200101000000 f";"f"')
        self.assertEqual((run.contents()[0]["declared"], run.row(2, "A")["ftpPLen"]), (None, "0"))

    def test_types_and_structures_stay_as_on_the_wire(self):
        for setup, type_, structure in ((b"TYPE E", "E", "F"), (b"TYPE L 8", "L", "F"), (b"TYPE A N", "A", "F"), (b"STRU R", "A", "R"),
                                        (b"STRU P", "A", "P")):
            with self.subTest(setup=setup):
                cap = Capture()
                s = Session(cap)
                s.cmd(setup, b"200 ok")
                s.transfer("PASV", b"RETR f", content(200) + b"\xff\x01\xff\x02")
                run = self.run_on(cap)
                self.same_file(run, "f_2_B", content(200) + b"\xff\x01\xff\x02")
                self.assertEqual((run.contents()[0]["type"], run.contents()[0]["structure"]), (type_, structure))

    def test_parallel_connections_are_not_mixed(self):
        """GridFTP: MODE E and several connections to one announced port."""
        cap = Capture()
        s = Session(cap)
        s.cmd(b"MODE E", b"200 ok")
        s.cmd(b"SPSV", b"229-Entering Striped Passive Mode.\r\n 10,0,0,2,200,1\r\n229 End")
        s.cmd(b"PASV", b"227 (10,0,0,2,200,1)")
        s.up(b"RETR f\r\n")
        parts = [Tcp(cap, s.client, 42000 + k, s.server, 51201) for k in range(3)]
        s.down(b"150 x\r\n")
        block = lambda k, i: struct.pack("!BQQ", 0, 100, 100 * (3 * i + k)) + content(100, 10 * k + i)
        for i in range(4):
            for k, d in enumerate(parts):
                d.down(block(k, i))
        for d in parts:
            d.close(1)
        s.down(b"226 x\r\n")
        run = self.run_on(cap)
        whole = [b"".join(block(k, i) for i in range(4)) for k in range(3)]
        self.assertTrue(run.files)
        for data in run.files.values():
            self.assertIn(data, whole)

    def test_kerberos(self):
        cap = Capture()
        s = Session(cap, login=False)
        s.cmd(b"AUTH GSSAPI", b"334 Using authentication type GSSAPI; ADAT must follow")
        s.cmd(b"ADAT " + b"YIIC" * 900, b"335 ADAT=" + b"YIGZ" * 40)
        s.cmd(b"ADAT YIIB", b"235 ADAT=YIGA")
        s.cmd(b"MIC VVNFUiBhbm9ueW1vdXM=", b"631 MjMwIG9r")
        s.cmd(b"ENC VVNFUiBhbm9ueW1vdXM=", b"632 MjMwIG9r")
        run = self.run_on(cap)
        self.assertEqual(run.row(1, "A")["ftpCC"], "AUTH;ADAT;MIC;ENC")
        self.assertEqual(run.row(1, "B")["ftpRC"], "220;334;335;235;631;632")
        self.assertIn(b"MIC VVNF", run.transcripts["ftp_flow_1_A.txt"])

    def test_tls_from_the_first_byte(self):
        """Implicit FTPS is not decoded: not on its own ports, and without garbage on the control port."""
        record = b"\x16\x03\x01\x00\x20" + content(32) + b"\x17\x03\x03\x00\x40" + content(64)
        for port, stat in ((990, "0x00"), (21, "0x01")):
            with self.subTest(port=port):
                cap = Capture()
                s = Session(cap, port=port, greet=False, login=False)
                s.up(record)
                s.down(record)
                s.up(b"\x17\x03\x03\x00\x20\r\nRETR x\r\nUSER y\r\n" + content(15))
                run = self.run_on(cap)
                self.assertEqual(run.row(1, "A")["ftpStat"], stat)
                self.assertEqual((run.row(1, "A")["ftpCC"], run.row(1, "B")["ftpRC"], run.files, run.transcripts), ("", "", {}, {}))

    def test_protection_levels(self):
        for level, saved in ((b"P", False), (b"S", False), (b"E", False), (b"C", True)):
            with self.subTest(level=level):
                cap = Capture()
                s = Session(cap)
                s.cmd(b"PBSZ 0", b"200 ok")
                s.cmd(b"PROT " + level, b"200 ok")
                s.transfer("PASV", b"RETR f", content(100))
                run = self.run_on(cap)
                self.assertEqual(list(run.files), ["f_2_B"] if saved else [])
                self.assertEqual(run.row(2, "B")["ftpCDFindex"], "1")
                m = run.contents()[0]
                self.assertEqual((m.get("encrypted", False), m["complete"]), (not saved, saved))

    def test_session_begins_in_the_middle(self):
        cap = Capture()
        s = Session(cap)
        s.cmd(b"CWD /somewhere", b"250 ok")
        cap.frames.clear()
        s.up(b"TYPE I\r\n")
        s.down(b"200 ok\r\n")
        s.transfer("EPSV", b"RETR f", content(4000))
        run = self.run_on(cap)
        self.same_file(run, "f_2_B", content(4000))
        self.assertEqual(run.contents()[0]["path"], "./f")


main()
