# SPDX-License-Identifier: Apache-2.0
"""Every way to move a file (spec ftpDecode 13, items 21-58): names, links, bytes, completeness."""
import struct
import zlib

from ftpcap import FtpCase, Session, content
from packets import Capture, Tcp
from t2run import main

MODES = ("PASV", "EPSV", "LPSV", "PORT", "EPRT", "LPRT")


class Transfers(FtpCase):
    def only_file(self, run, name, data, complete=True):
        self.assertEqual({n: len(b) for n, b in run.files.items()}, {name: len(data)})
        self.same(run.files[name], data)
        self.assertEqual(run.record(name)["complete"], complete, run.record(name))

    def test_all_negotiations(self):
        for family, client, server in ((4, "10.0.0.1", "10.0.0.2"), (6, "2001:db8::1", "2001:db8::2")):
            for how in MODES:
                if family == 6 and how in ("PASV", "PORT"):
                    continue
                with self.subTest(family=family, how=how):
                    cap = Capture()
                    s = Session(cap, client, server)
                    get, put = content(3001, 1), content(1999, 2)
                    s.transfer(how, b"RETR /pub/get.bin", get)
                    s.transfer(how, b"STOR put.bin", put)
                    s.cmd(b"QUIT", b"221 bye")
                    s.close()
                    run = self.run_on(cap)
                    passive = how in ("PASV", "EPSV", "LPSV")
                    # From port 20 the server's direction is B, too (spec core 4.2).
                    down, up = ("B", "A") if passive else ("B", "A")
                    self.same_files(run, {f"_pub_get.bin_2_{down}": get, f"put.bin_3_{up}": put})
                    for m in run.contents():
                        self.assertTrue(m["complete"], m)
                        self.assertEqual(m["reply"], 226)
                    self.assertEqual(run.row(1, "A")["ftpCDFindex"], "2;3")
                    for i in (2, 3):
                        for d in "AB":
                            self.assertEqual(run.row(i, d)["ftpCDFindex"], "1")
                    self.assertEqual(run.row(2, "B" if passive else "A")["ftpCP"], '"/pub/get.bin"')
                    self.assertEqual({run.row(1, d)["ftpStat"] for d in "AB"}, {"0x09"})
                    self.assertEqual(sorted(run.row(2, d)["ftpStat"] for d in "AB"), ["0x02", "0x06"])

    def test_listings_and_uploads_of_all_kinds(self):
        cap = Capture()
        s = Session(cap)
        s.transfer("PASV", b"LIST", b"-rw-r--r-- 1 x\r\n")
        s.transfer("PASV", b"LIST -a", b"total 0\r\n")
        s.transfer("EPSV", b"NLST pub", b"a\r\nb\r\n")
        s.transfer("PORT", b"MLSD", b"type=file; a\r\n")
        s.transfer("PASV", b"APPE log.txt", b"more\n")
        s.transfer("PASV", b"STOU", b"unique\n", opening=b"150 FILE: uniq.7")
        s.transfer("PASV", b"STOU hint", b"hinted\n", done=b"226 ok (Unique file name: hint.1).")
        run = self.run_on(cap)
        self.same_files(run, {
            "nudel_2_B": b"-rw-r--r-- 1 x\r\n", "_a_3_B": b"total 0\r\n", "pub_4_B": b"a\r\nb\r\n",
            "nudel_5_B": b"type=file; a\r\n", "log.txt_6_A": b"more\n", "uniq.7_7_A": b"unique\n", "hint_8_A": b"hinted\n"})
        self.assertEqual([m["command"] for m in run.contents()], ["LIST", "LIST", "NLST", "MLSD", "APPE", "STOU", "STOU"])
        self.assertEqual(run.record("hint_8_A")["name_in_reply"], "hint.1")
        self.assertEqual(run.row(1, "A")["ftpCC"], "USER;PASS;PASV;LIST;EPSV;NLST;PORT;MLSD;APPE;STOU")

    def test_setting_noname(self):
        cap = Capture()
        Session(cap).transfer("PASV", b"LIST", b"x\r\n")
        self.assertEqual(list(self.run_on(cap, "FTP_NONAME=none").files), ["none_2_B"])

    def test_tiny_files(self):
        for n in (1, 2, 3, 1001, 1002, 1003):
            with self.subTest(n=n):
                cap = Capture()
                Session(cap).transfer("PASV", b"RETR t", content(n))
                self.only_file(self.run_on(cap), "t_2_B", content(n))

    def test_empty_file(self):
        cap = Capture()
        Session(cap).transfer("PASV", b"RETR empty", b"")
        run = self.run_on(cap)
        self.same_files(run, {})
        self.assertEqual(run.row(2, "A")["ftpStat"], "0x02")

    def test_data_before_the_opening_reply(self):
        cap = Capture()
        s = Session(cap)
        connect = s.negotiate("PASV")
        s.up(b"RETR early\r\n")
        d = connect()
        d.down(content(5000))
        d.close(1)
        s.down(b"150 late\r\n226 done\r\n")
        self.only_file(self.run_on(cap), "early_2_B", content(5000))

    def test_data_before_the_command(self):
        cap = Capture()
        s = Session(cap)
        d = s.negotiate("PASV")()
        d.down(content(5000))
        d.close(1)
        s.cmd(b"RETR early", b"150 x", b"226 done")
        self.only_file(self.run_on(cap), "early_2_B", content(5000))

    def test_connection_before_its_announcement(self):
        """A capture whose control packets lag behind: found by looking back."""
        for how in ("PASV", "PORT"):
            for save in (True, False):
                with self.subTest(how=how, save=save):
                    cap = Capture()
                    s = Session(cap)
                    before = len(cap.frames)
                    connect = s.negotiate(how)
                    control = cap.frames[before:]
                    del cap.frames[before:]
                    d = connect()
                    d.send(1 if how == "PASV" else 0, content(4000))
                    d.close(1 if how == "PASV" else 0)
                    cap.frames += control
                    s.cmd(b"RETR f", b"150 x", b"226 x")
                    run = self.run_on(cap, save=save)
                    self.assertEqual(run.row(1, "A")["ftpCDFindex"], "2")
                    if save:
                        self.only_file(run, "f_2_B", content(4000), complete=True)

    def test_done_before_the_last_data(self):
        cap = Capture()
        s = Session(cap)
        d = s.negotiate("PASV")()
        s.cmd(b"RETR f", b"150 for f (3000 bytes)")
        d.down(content(2000))
        s.down(b"226 done\r\n")
        d.down(content(3000)[2000:])
        d.close(1)
        self.only_file(self.run_on(cap), "f_2_B", content(3000))

    def test_without_done(self):
        cap = Capture()
        Session(cap).transfer("PASV", b"RETR f", content(3000), done=None)
        self.only_file(self.run_on(cap), "f_2_B", content(3000))

    def test_250_instead_of_226(self):
        cap = Capture()
        Session(cap).transfer("PASV", b"RETR f", content(30), done=b"250 ok")
        self.assertEqual(self.run_on(cap).contents()[0]["reply"], 250)

    def test_reset_after_all_bytes(self):
        """Only a length that counts these bytes proves that they are all, not what the server says of its own doing."""
        for declared, letter, complete in ((b" (3000 bytes)", b"I", True), (b" (3000 bytes)", b"A", False), (b"", b"I", False)):
            cap = Capture()
            s = Session(cap)
            s.cmd(b"TYPE " + letter, b"200 x")
            d = s.negotiate("PASV")()
            s.cmd(b"RETR f", b"150 for f" + declared)
            d.down(content(3000))
            d.rst(1)
            s.down(b"226 done\r\n")
            self.only_file(self.run_on(cap), "f_2_B", content(3000), complete)

    def test_aborted(self):
        for code in (b"426 aborted", b"451 error", b"552 full"):
            cap = Capture()
            s = Session(cap)
            d = s.negotiate("PASV")()
            s.cmd(b"RETR f", b"150 for f (9000 bytes)")
            d.down(content(3000))
            s.up(b"\xff\xf4\xff\xf2ABOR\r\n")
            d.close(1)
            s.down(code + b"\r\n226 abort ok\r\n")
            run = self.run_on(cap)
            self.only_file(run, "f_2_B", content(3000), complete=False)
            self.assertEqual(run.row(2, "B")["ftpStat"], "0x02")
            self.assertIn("ABOR", run.row(1, "A")["ftpCC"])

    def test_ended_early_is_not_complete(self):
        cap = Capture()
        Session(cap).transfer("PASV", b"RETR f", content(3000), opening=b"150 for f (3001 bytes)")
        self.only_file(self.run_on(cap), "f_2_B", content(3000), complete=False)

    def test_refused_connection(self):
        cap = Capture()
        s = Session(cap)
        s.negotiate("PORT")
        s.cmd(b"RETR f", b"425 cannot open")
        s.transfer("PASV", b"RETR f", content(100))
        run = self.run_on(cap)
        self.only_file(run, "f_2_B", content(100))
        self.assertEqual(run.row(1, "B")["ftpStat"], "0x09")

    def test_no_data_connection_captured(self):
        cap = Capture()
        s = Session(cap)
        s.negotiate("PASV")
        s.cmd(b"RETR f", b"150 x", b"226 x")
        run = self.run_on(cap)
        self.assertEqual((run.row(1, "A")["ftpStat"], run.row(1, "B")["ftpStat"]), ("0x09", "0x49"))

    def test_rest(self):
        whole = content(9000)
        cap = Capture()
        s = Session(cap)
        s.cmd(b"TYPE I", b"200 ok")
        s.cmd(b"SIZE f", b"213 9000")
        s.cmd(b"REST 4000", b"350 ok")
        s.transfer("PASV", b"RETR f", whole[4000:])
        run = self.run_on(cap)
        self.only_file(run, "f_2_B", whole[4000:])
        self.assertEqual((run.contents()[0]["rest"], run.contents()[0]["declared"]), (4000, 9000))

    def test_several_transfers_and_sessions(self):
        cap = Capture()
        sessions = [Session(cap, cport=40000 + i) for i in range(20)]
        for k in range(3):
            for i, s in enumerate(sessions):
                s.transfer("EPSV", b"RETR same", content(500 + i, k))
        run = self.run_on(cap)
        self.assertEqual(len(run.files), 60)
        self.assertTrue(all(m["complete"] for m in run.contents()))
        for m in run.contents():
            i = m["client"]["port"] - 40000
            self.assertEqual((m["control_flow"], m["size"]), (i + 1, 500 + i))
        for r in run.rows:
            if r["ftpStat"] == "0x06":
                self.assertEqual(len(r["ftpCDFindex"].split(";")), 1)

    def test_linked_flows_are_limited_to_ten(self):
        cap = Capture()
        s = Session(cap)
        for k in range(12):
            s.transfer("PASV", b"STOR f%d" % k, content(100, k))
        run = self.run_on(cap)
        self.assertEqual(len(run.files), 12)
        self.assertEqual(run.row(1, "A")["ftpCDFindex"], "2;3;4;5;6;7;8;9;10;13")
        self.assertEqual(run.row(1, "A")["ftpStat"], "0x89")

    def test_passive_port_used_again(self):
        cap = Capture()
        s = Session(cap)
        for k in range(3):
            s.cmd(b"PASV", b"227 (10,0,0,2,200,1)")
            s.up(b"RETR f%d\r\n" % k)
            d = Tcp(cap, s.client, 42000 + k, s.server, 51201)
            s.down(b"150 x\r\n")
            d.down(content(700, k))
            d.close(1)
            s.down(b"226 x\r\n")
        run = self.run_on(cap)
        self.same_files(run, {f"f{k}_{k + 2}_B": content(700, k) for k in range(3)})

    def test_same_ports_again(self):
        """The whole 5-tuple again within the flow's timeout: one flow, several files."""
        for save in (True, False):
            cap = Capture()
            s = Session(cap)
            for k in range(3):
                s.cmd(b"PORT 10,0,0,1,200,1", b"200 ok")
                s.cmd(b"RETR f%d" % k, b"150 x")
                d = Tcp(cap, s.server, 20, s.client, 51201, isn=(1000 + 70000 * k, 5000 + 90000 * k))
                d.up(content(700, k))
                d.close(0)
                s.down(b"226 x\r\n")
            run = self.run_on(cap, save=save)
            self.assertEqual(run.row(1, "A")["ftpCDFindex"], "2;2;2")
            self.assertEqual(run.row(2, "B")["ftpCP"], '"f0";"f1";"f2"')
            if save:
                self.same_files(run, {"f0_2_B": content(700, 0), "f1_2_B_2": content(700, 1),
                                             "f2_2_B_3": content(700, 2)})
                self.assertEqual([m["complete"] for m in run.contents()], [True] * 3)

    def test_default_data_port(self):
        cap = Capture()
        s = Session(cap)
        s.cmd(b"RETR f", b"150 x")
        d = Tcp(cap, s.server, 20, s.client, s.cport)
        d.up(content(700))
        d.close(0)
        self.only_file(self.run_on(cap), "f_2_B", content(700))

    def test_active_from_any_port(self):
        cap = Capture()
        s = Session(cap)
        s.cmd(b"PORT 10,0,0,1,200,1", b"200 ok")
        s.cmd(b"RETR f", b"150 x")
        d = Tcp(cap, s.server, 61000, s.client, 51201)
        d.up(content(700))
        d.close(0)
        self.only_file(self.run_on(cap), "f_2_A", content(700))

    def test_addresses_behind_nat(self):
        for told in (b"192,168,7,7", b"0,0,0,0", b"127,0,0,1", b"10,0,0,2"):
            cap = Capture()
            s = Session(cap)
            s.cmd(b"PASV", b"227 (" + told + b",200,1)")
            s.up(b"RETR f\r\n")
            d = Tcp(cap, s.client, 42000, s.server, 51201)
            s.down(b"150 x\r\n")
            d.down(content(700))
            d.close(1)
            self.only_file(self.run_on(cap), "f_2_B", content(700))

    def test_between_two_servers(self):
        cap = Capture()
        one, two = Session(cap, server="10.0.0.2"), Session(cap, server="10.0.0.3", cport=40001)
        one.cmd(b"PASV", b"227 (10,0,0,2,200,1)")
        two.cmd(b"PORT 10,0,0,2,200,1", b"200 ok")
        one.up(b"STOR copy\r\n")
        two.up(b"RETR original\r\n")
        d = Tcp(cap, "10.0.0.3", 20, "10.0.0.2", 51201)
        one.down(b"150 x\r\n")
        two.down(b"150 x\r\n")
        d.up(content(700))
        d.close(0)
        one.down(b"226 x\r\n")
        two.down(b"226 x\r\n")
        run = self.run_on(cap)
        self.assertEqual(list(run.files.values()), [content(700)])
        self.assertEqual(sorted(run.row(3, "B")["ftpCDFindex"].split(";")), ["1", "2"])
        self.assertEqual((run.row(1, "A")["ftpCDFindex"], run.row(2, "A")["ftpCDFindex"]), ("3", "3"))
        self.assertIn("ftpDecode: Number of FTP bounce requests: 1", run.report)

    def test_vlans_and_context(self):
        cap = Capture(vlans=(100, 200))
        s = Session(cap)
        connect = s.negotiate("PASV")
        s.up(b"RETR f\r\n")
        cap.vlans = (100, 201)
        stranger = connect()
        stranger.down(b"not FTP")
        cap.vlans = (100, 200)
        d = connect()
        s.down(b"150 x\r\n")
        d.down(content(700))
        d.close(1)
        self.only_file(self.run_on(cap), "f_3_B", content(700))

    def test_fragments(self):
        cap = Capture()
        s = Session(cap)
        d = s.negotiate("PASV")()
        s.cmd(b"RETR f", b"150 x")
        d.send(1, content(5000), fragment=400)
        d.close(1)
        s.down(b"226 x\r\n")
        self.only_file(self.run_on(cap), "f_2_B", content(5000))

    def test_block_mode(self):
        data = content(3000)
        blocks = b"".join(struct.pack("!BH", 0, 500) + data[i:i + 500] for i in range(0, 2500, 500))
        blocks += struct.pack("!BH", 16, 4) + b"mark" + struct.pack("!BH", 64, 500) + data[2500:]
        cap = Capture()
        s = Session(cap)
        s.cmd(b"MODE B", b"200 ok")
        d = s.negotiate("PASV")()
        s.cmd(b"RETR one", b"150 for one (3000 bytes)")
        d.down(blocks)
        s.down(b"226 x\r\n")
        s.cmd(b"RETR two", b"150 x")  # on the same connection
        d.down(struct.pack("!BH", 64, 3) + b"two")
        s.down(b"226 x\r\n")
        d.close(1)
        run = self.run_on(cap)
        self.same_files(run, {"one_2_B": data, "two_2_B_2": b"two"})
        self.assertEqual([m["complete"] for m in run.contents()], [True, True])
        self.assertEqual([m["command"] + m["argument"] for m in run.contents()], ["RETRone", "RETRtwo"])

    def test_compressed_and_deflated_modes(self):
        for mode, wire, data in ((b"C", b"\x03abc\x85x\xc2\x00\x40", b"abcxxxxx\0\0"),
                                 (b"Z", zlib.compress(content(30) * 1000), content(30) * 1000)):
            cap = Capture()
            s = Session(cap)
            s.cmd(b"TYPE I", b"200 ok")
            s.cmd(b"MODE " + mode, b"200 ok")
            s.transfer("PASV", b"RETR f", wire)
            self.only_file(self.run_on(cap), "f_2_B", data)

    def test_ascii_stays_as_on_the_wire(self):
        cap = Capture()
        s = Session(cap)
        s.cmd(b"TYPE A", b"200 ok")
        s.transfer("PASV", b"RETR f", b"a\r\nb\r\n", opening=b"150 for f (4 bytes)")
        self.only_file(self.run_on(cap), "f_2_B", b"a\r\nb\r\n")

    def test_more_than_four_gigabytes_declared(self):
        cap = Capture()
        s = Session(cap)
        s.cmd(b"SIZE f", b"213 5416666670")
        s.transfer("PASV", b"RETR f", content(100))
        run = self.run_on(cap)
        self.assertEqual(run.row(2, "B")["ftpPLen"], "5416666670")
        self.only_file(run, "f_2_B", content(100), complete=False)

    def test_paths(self):
        cap = Capture()
        s = Session(cap)
        s.cmd(b"PWD", b'257 "/home/a ""b""" is cwd')
        s.cmd(b"CWD sub", b"250 ok")
        s.cmd(b"CWD missing", b"550 no")
        s.transfer("PASV", b"RETR ../f", content(10))
        self.assertEqual(self.run_on(cap).contents()[0]["path"], '/home/a "b"/f')

    def test_only_one_side_of_the_control_connection(self):
        for side, name in ((0, "f_2_B"), (1, "nudel_2_B")):
            cap = Capture()
            s = Session(cap)
            kept = len(cap.frames)
            connect = s.negotiate("EPRT" if side == 0 else "EPSV")
            s.up(b"RETR f\r\n")
            s.down(b"150 Opening for f (700 bytes)\r\n")
            control = cap.frames[:]
            d = connect()
            d.send(0 if side == 0 else 1, content(700))
            d.close(0 if side == 0 else 1)
            port = struct.pack("!H", 21)
            data = cap.frames[len(control):]
            at = 36 if side == 0 else 34  # where port 21 stands in what this side sends
            cap.frames = [f for f in control if f[1][at:at + 2] == port] + data
            self.assertGreater(kept, 0)
            run = self.run_on(cap)
            self.same_files(run, {name: content(700)})

    def test_session_on_another_port(self):
        for port in (2121, 443):
            cap = Capture()
            s = Session(cap, port=port)
            s.transfer("PASV", b"RETR f", content(700))
            run = self.run_on(cap)
            self.only_file(run, "f_2_B", content(700))
            self.assertEqual(run.row(1, "A")["ftpUser"], '"anonymous"')
            self.assertEqual(run.row(1, "B")["ftpStat"], "0x09")
            self.assertTrue(run.transcripts["ftp_flow_1_B.txt"].startswith(b"220 ready\r\n331"))
            off = self.run_on(cap, "FTP_DETECT=0")
            self.assertEqual((off.row(1, "A")["ftpStat"], off.files), ("0x00", {}))
            on = self.run_on(cap, "FTP_DETECT=0", f"FTP_PORTS=21,{port}")
            self.only_file(on, "f_2_B", content(700))

    def test_mail_is_not_ftp(self):
        cap = Capture()
        s = Session(cap, port=2525, greet=False, login=False)
        s.down(b"220 mail ready\r\n")
        s.cmd(b"EHLO me", b"250 ok")
        s.cmd(b"QUIT", b"221 bye")
        run = self.run_on(cap)
        self.assertEqual((run.row(1, "A")["ftpStat"], run.transcripts, run.report), ("0x00", {}, []))

    def test_tls(self):
        hello = b"\x16\x03\x01\x00\x20" + content(32)
        app = b"\x17\x03\x03\x01\x00" + content(256)
        cap = Capture()
        s = Session(cap, login=False)
        s.cmd(b"AUTH TLS", b"234 go")
        s.up(hello)
        s.down(hello + app)
        s.up(app * 5)
        # CCC: back to clear text, the data stays encrypted.
        s.up(b"\x15\x03\x03\x00\x02\x01\x00")
        s.down(b"\x15\x03\x03\x00\x02\x01\x00")
        s.cmd(b"PWD", b'257 "/"')
        s.transfer("PASV", b"RETR secret", hello + app)
        s.cmd(b"PROT C", b"200 ok")
        s.transfer("PASV", b"RETR open", content(100))
        run = self.run_on(cap)
        self.assertEqual(run.row(1, "A")["ftpCC"], "AUTH;PWD;PASV;RETR;PROT")
        self.assertEqual(run.row(1, "B")["ftpRC"], "220;234;257;227;150;226;200")
        self.only_file(run, "open_3_B", content(100))
        self.assertNotIn(b"\x17\x03", run.transcripts["ftp_flow_1_A.txt"])
        secret = next(m for m in run.contents() if m["argument"] == "secret")
        self.assertEqual((secret["file"], secret["encrypted"]), (None, True))
        self.assertEqual(run.row(2, "B")["ftpCDFindex"], "1")
        run = self.run_on(cap, "FTP_SAVE_TLS=1")
        self.assertEqual(run.files["secret_2_B"], hello + app)

    def test_auth_refused_stays_clear(self):
        cap = Capture()
        s = Session(cap, login=False)
        s.cmd(b"AUTH TLS", b"502 no")
        s.transfer("PASV", b"RETR f", content(10))
        self.only_file(self.run_on(cap), "f_2_B", content(10))

    def test_every_occurrence(self):
        cap = Capture()
        s = Session(cap, login=False)
        for _ in range(2):
            s.cmd(b"CWD x", b"250 ok")
        run = self.run_on(cap, "FTP_CMD_AGGR=0")
        self.assertEqual((run.row(1, "A")["ftpCC"], run.row(1, "B")["ftpRC"]), ("CWD;CWD", "220;250;250"))
        self.assertEqual(run.row(1, "A")["ftpCP"], '"x"')

    def test_held_bytes_are_bounded(self):
        """An announced connection with more than a megabyte before any command: saved, without a name."""
        cap = Capture(step=0.00001)
        s = Session(cap)
        d = s.negotiate("PASV")(mss=1400)
        d.down(content(1_500_000))
        s.cmd(b"RETR late", b"150 x", b"226 x")
        d.close(1)
        run = self.run_on(cap)
        self.same_files(run, {"nudel_2_B": content(1_500_000)})
        self.assertEqual(run.contents()[0]["argument"], "late")

    def test_credentials(self):
        cap = Capture()
        s = Session(cap, login=False)
        s.cmd(b"USER administrator-with-long-name", b"331 x")
        s.cmd(b"PASS correct horse battery staple", b"230 x")
        run = self.run_on(cap)
        self.assertEqual((run.row(1, "A")["ftpUser"], run.row(1, "A")["ftpPass"]), ('"administra"', '"correct horse b"'))
        self.assertEqual(run.row(1, "A")["ftpStat"], "0x81")
        run = self.run_on(cap, "FTP_REDACT=1")
        self.assertEqual((run.row(1, "A")["ftpUser"], run.row(1, "A")["ftpPass"]), ('"administra"', '"***"'))
        self.assertNotIn(b"horse", run.transcripts["ftp_flow_1_A.txt"])
        run = self.run_on(cap, "FTP_REDACT=2")
        everything = str(run.rows) + str(run.transcripts["ftp_flow_1_A.txt"]) + str(run.manifest)
        self.assertNotIn("admin", everything)

    def test_silent_control_connection_during_a_long_transfer(self):
        cap = Capture()
        s = Session(cap)
        d = s.negotiate("PASV")()
        s.cmd(b"RETR f", b"150 x")
        for part in range(20):
            d.down(content(2000)[part * 100:part * 100 + 100])
            cap.time += 100
        d.close(1)
        s.down(b"226 x\r\n")
        s.transfer("PASV", b"RETR g", content(10))
        run = self.run_on(cap)
        self.same_files(run, {"f_2_B": content(2000), "g_3_B": content(10)})
        self.assertEqual([m["reply"] for m in run.contents()], [226, 226])
        self.assertEqual(run.row(1, "A")["ftpCDFindex"], "2;3")

    def test_a_preliminary_reply_keeps_the_connection(self):
        """Whatever it answers; what the last reply in a segment says counts."""
        for replies, flows in (((b"150 working",), 1), ((b"150 working", b"250 done"), 2), ((b"250 done",), 2)):
            cap = Capture()
            s = Session(cap)
            s.cmd(b"SITE INDEX", b"\r\n".join(replies))
            cap.time += 2000
            s.down(b"226 that is all\r\n")
            self.assertEqual(len({r["flowInd"] for r in self.run_on(cap).rows}), flows, replies)

    def test_control_connection_on_the_same_ports_again(self):
        cap = Capture()
        s = Session(cap)
        s.cmd(b"TYPE I", b"200 ok")
        s.close()
        s = Session(cap, isn=(900000, 800000), login=False)
        s.cmd(b"USER second", b"331 x")
        s.transfer("PASV", b"RETR f", content(10))
        run = self.run_on(cap)
        self.assertEqual(run.row(1, "A")["ftpUser"], '"anonymous";"second"')
        self.assertEqual((run.contents()[0]["user"], run.contents()[0]["type"]), ("second", "A"))


main()
