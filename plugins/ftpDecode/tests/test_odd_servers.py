# SPDX-License-Identifier: Apache-2.0
"""Servers, clients and networks that are unusual, yet not broken: nothing may be lost, misnamed or called complete."""
import zlib

from ftpcap import FtpCase, Session, content
from packets import ACK, FIN, PSH, RST, SYN, Capture, Tcp
from t2run import main


class OddServers(FtpCase):
    def start(self, **kw):
        self.cap = Capture()
        self.s = Session(self.cap, **kw)
        return self.s

    def passive(self, k=0, client=None, **kw):
        """A connection to the port of announce()."""
        return Tcp(self.cap, client or self.s.client, 42000 + k, self.s.server, 51201, **kw)

    def announce(self, command):
        self.s.cmd(b"PASV", b"227 (10,0,0,2,200,1)")
        self.s.up(command + b"\r\n")

    def download(self, d, data, opening=b"150 x", done=b"226 x"):
        self.s.down(opening + b"\r\n")
        d.down(data)
        d.close(1)
        if done:
            self.s.down(done + b"\r\n")

    def told(self, run):
        return [(m["argument"], m["complete"], m["reply"]) for m in sorted(run.contents(), key=lambda m: m["data_flow"])]

    # Replies

    def test_opening_said_twice(self):
        s = self.start()
        for k in range(3):
            s.transfer("PASV", b"RETR f%d" % k, content(700, k), opening=b"150 opening\r\n125 starting, f (700 bytes)")
        run = self.run_on(self.cap)
        self.same_files(run, {f"f{k}_{k + 2}_B": content(700, k) for k in range(3)})
        self.assertEqual(self.told(run), [(f"f{k}", True, 226) for k in range(3)])
        self.assertEqual([m["declared"] for m in run.contents()], [700] * 3)
        self.assertEqual(run.row(1, "A")["ftpCDFindex"], "2;3;4")

    def test_final_reply_missing_or_odd(self):
        """The replies that follow still belong to their own transfers."""
        for done in (None, b"200 done", b"220 transfer complete", b"299 ok"):
            with self.subTest(done=done):
                s = self.start()
                s.transfer("PASV", b"RETR a", content(500, 1), done=done)
                s.transfer("PASV", b"RETR b", content(500, 2))
                s.transfer("PASV", b"RETR c", content(500, 3), done=b"426 aborted")
                s.transfer("PASV", b"STOR d", content(500, 4))
                run = self.run_on(self.cap)
                self.assertEqual(self.told(run), [("a", True, None), ("b", True, 226), ("c", False, 426), ("d", True, 226)])

    def test_more_commands_in_flight_than_remembered(self):
        s = self.start()
        s.up(b"NOOP\r\n" * 1000 + b"PASV\r\nRETR f\r\n")
        s.down(b"200 ok\r\n" * 1000 + b"227 (10,0,0,2,200,1)\r\n")
        self.download(self.passive(), content(700))
        run = self.run_on(self.cap)
        self.same_files(run, {"f_2_B": content(700)})
        self.assertEqual(self.told(run), [("f", True, 226)])

    def test_abort_answered_once(self):
        """Its only reply may be that of the transfer or that of ABOR: nobody knows how much the server meant to send."""
        for end in ("fin", "rst"):
            with self.subTest(end=end):
                s = self.start()
                self.announce(b"RETR f")
                d = self.passive()
                s.down(b"150 x\r\n")
                d.down(content(3000))
                s.up(b"ABOR\r\n")
                d.close(1) if end == "fin" else d.rst(0)
                s.down(b"226 closed\r\n")
                s.transfer("PASV", b"RETR g", content(50))
                run = self.run_on(self.cap)
                self.same_files(run, {"f_2_B": content(3000), "g_3_B": content(50)})
                self.assertEqual(self.told(run), [("f", False, 226), ("g", True, 226)])

    def test_abort_after_the_last_byte(self):
        s = self.start()
        s.cmd(b"TYPE I", b"200 ok")
        self.announce(b"RETR f")
        d = self.passive()
        s.down(b"150 for f (3000 bytes)\r\n")
        d.down(content(3000))
        s.up(b"ABOR\r\n")
        d.close(1)
        s.down(b"226 x\r\n225 nothing to abort\r\n")
        self.assertEqual(self.told(self.run_on(self.cap)), [("f", True, 226)])

    def test_names_in_replies(self):
        for opening, shown in ((b"150 Opening BINARY mode data connection for f(700 bytes).", '"f"'),
                               (b"150 Opening BINARY mode data connection for f (2) (700 bytes).", '"f (2)"')):
            s = self.start()
            s.transfer("PASV", b"RETR f", content(700), opening=opening)
            row = self.run_on(self.cap, save=False).row(1, "B")
            self.assertEqual((row["ftpCP"], row["ftpPLen"]), (shown, "700"))
        for opening in (b"150 FILE: x.1", b'150 FILE: "x.1"', b"125 FILE: x.1", b"150 FILE: x.1\r\n125 now"):
            s = self.start()
            s.transfer("PASV", b"STOU", content(700), opening=opening)
            self.same_files(self.run_on(self.cap), {"x.1_2_A": content(700)})

    def test_directory_that_the_server_names(self):
        s = self.start()
        s.cmd(b"CWD sub", b'250 CWD successful. "/home/u/sub" is current directory.')
        s.transfer("PASV", b"RETR f", content(50))
        s.cmd(b"CDUP", b'200 CDUP successful. "/home/u" is current directory.')
        s.transfer("PASV", b"RETR g", content(51))
        s.cmd(b"CWD more", b'550 "/elsewhere" is no directory')
        s.transfer("PASV", b"RETR h", content(52))
        self.assertEqual([m["path"] for m in self.run_on(self.cap).contents()], ["/home/u/sub/f", "/home/u/g", "/home/u/h"])

    def test_greeting_byte_by_byte(self):
        s = self.start(port=2121, greet=False, login=False)
        for b in b"220 ready\r\n":
            s.down(bytes([b]))
        s.cmd(b"USER u", b"331 x")
        s.cmd(b"PASS p", b"230 x")
        s.transfer("PASV", b"RETR f", content(700))
        run = self.run_on(self.cap)
        self.same_files(run, {"f_2_B": content(700)})
        self.assertEqual(run.row(1, "B")["ftpRC"], "220;331;230;227;150;226")

    def test_server_on_another_port_is_remembered(self):
        """Its next connections need no greeting in the capture: here one goes on after its flow timed out."""
        s = self.start(port=2121)
        s.cmd(b"CWD /x", b"250 ok")
        self.cap.time += 700
        s.transfer("PASV", b"RETR f", content(700))
        again = Session(self.cap, cport=40001, port=2121, greet=False, login=False)
        again.transfer("PASV", b"RETR g", content(70))
        stranger = Session(self.cap, cport=40002, server="10.0.0.3", port=2121, greet=False, login=False)
        stranger.cmd(b"TYPE I", b"200 ok")
        run = self.run_on(self.cap)
        self.assertEqual(self.told(run), [("f", True, 226), ("g", True, 226)])
        self.assertEqual([r["ftpStat"] for r in run.rows if "2121" in (r["srcPort"], r["dstPort"])],
                         ["0x01", "0x01", "0x09", "0x09", "0x09", "0x09", "0x00", "0x00"])

    # Data connections

    def test_refused_and_tried_again(self):
        for how in ("PASV", "PORT"):
            with self.subTest(how=how):
                s = self.start()
                if how == "PASV":
                    self.announce(b"RETR f")
                    tries = [self.passive(k, connect=False) for k in range(3)]
                else:
                    s.cmd(b"PORT 10,0,0,1,200,1", b"200 ok")
                    s.up(b"RETR f\r\n")
                    tries = [Tcp(self.cap, s.server, 20 + k, s.client, 51201, connect=False) for k in range(3)]
                for d in tries[:2]:
                    d.segment(0, flags=SYN)
                    d.segment(1, flags=RST | ACK)
                d = tries[2]
                d.connect()
                s.down(b"150 x\r\n")
                d.send(1 if how == "PASV" else 0, content(700))
                d.close(1 if how == "PASV" else 0)
                s.down(b"226 x\r\n")
                run = self.run_on(self.cap)
                self.assertEqual(list(run.files.values()), [content(700)])
                self.assertEqual(self.told(run), [("f", True, 226)])
                self.assertEqual(run.row(1, "A")["ftpCDFindex"], "4")

    def test_stranger_on_the_announced_port(self):
        s = self.start()
        self.announce(b"RETR f")
        stranger = self.passive(7, client="10.0.0.99")
        stranger.close(0)
        self.download(self.passive(), content(700))
        run = self.run_on(self.cap)
        self.same_files(run, {"f_3_B": content(700)})
        self.assertIn("3", run.row(1, "A")["ftpCDFindex"].split(";"))

    def test_bytes_against_the_direction(self):
        """They are saved, but they are not the file."""
        s = self.start()
        self.announce(b"RETR f")
        stranger = self.passive(7, client="10.0.0.99")
        stranger.up(b"GET / HTTP/1.0\r\n\r\n")
        stranger.close(0)
        d = self.passive()
        d.up(b"?")
        self.download(d, content(700))
        run = self.run_on(self.cap)
        self.same_files(run, {"f_2_A": b"GET / HTTP/1.0\r\n\r\n", "f_3_A": b"?", "f_3_B": content(700)})
        self.assertEqual({m["file"]: m["complete"] for m in run.contents()}, {"f_2_A": False, "f_3_A": False, "f_3_B": True})
        self.assertEqual([run.row(3, x)["ftpStat"] for x in "AB"], ["0x02", "0x06"])

    def test_connection_that_stalls(self):
        """Its flow times out; the rest is another flow. Half a file is not complete, whatever the server says later."""
        s = self.start()
        self.announce(b"RETR f")
        d = self.passive()
        s.down(b"150 x\r\n")
        d.down(content(700))
        self.cap.time += 700
        d.down(content(700))
        d.close(1)
        s.down(b"226 x\r\n")
        run = self.run_on(self.cap)
        self.assertEqual(self.told(run), [("f", False, 226)])
        self.assertEqual(run.row(2, "B")["ftpStat"], "0x02")

    def test_data_in_the_syn(self):
        for accepted in (True, False):
            with self.subTest(accepted=accepted):
                s, x = self.start(), content(2500)
                self.announce(b"STOR f")
                d = self.passive(connect=False)
                d.segment(0, x[:500], flags=SYN)
                d.seq[0] += 1
                d.segment(1, flags=SYN | ACK, ack=d.seq[0] + (500 if accepted else 0))
                d.seq[1] += 1
                if accepted:
                    d.seq[0] += 500
                s.down(b"150 x\r\n")
                d.up(x[500 if accepted else 0:-100])
                d.segment(0, x[-100:], FIN | ACK | PSH)
                d.seq[0] += 101
                d.segment(1)
                d.fin(1)
                s.down(b"226 x\r\n")
                run = self.run_on(self.cap)
                self.same_files(run, {"f_2_A": x})
                self.assertEqual(self.told(run), [("f", True, 226)])

    def test_probes_with_a_byte_of_garbage(self):
        s, x = self.start(), content(3000)
        self.announce(b"RETR f")
        d = self.passive()
        s.down(b"150 x\r\n")
        d.segment(1, b"Z", seq=d.seq[1] - 1)
        d.down(x[:1000])
        d.segment(1, b"Z", seq=d.seq[1] - 1)
        for t in (s, d):
            t.segment(0, b"\0", seq=t.seq[0] - 1)
            t.segment(1, b"\0", seq=t.seq[1] - 1)
        d.segment(1, x[1000:1001])  # the window is closed: sent again below
        d.down(x[1000:])
        d.segment(1, b"Z", seq=d.seq[1] - 1)
        d.close(1)
        s.down(b"226 x\r\n")
        run = self.run_on(self.cap)
        self.same_files(run, {"f_2_B": x})
        self.assertEqual((run.record("f_2_B")["complete"], run.record("f_2_B")["conflicts"]), (True, 0))

    # Modes

    def test_mode_z_agreed_on_and_not_used(self):
        for first in (b"\x78\x00", b"plain text, "):
            s = self.start()
            s.cmd(b"MODE Z", b"200 ok")
            s.transfer("PASV", b"RETR f", first + content(3000))
            s.transfer("PASV", b"RETR g", zlib.compress(content(3000)), mss=1)
            s.transfer("PASV", b"RETR h", first + content(30), mss=1)
            run = self.run_on(self.cap)
            self.same_files(run, {"f_2_B": first + content(3000), "g_3_B": content(3000), "h_4_B": first + content(30)})
            self.assertEqual([m["complete"] for m in run.contents()], [True] * 3)

    def test_compressed_file_without_its_beginning(self):
        """Nothing can be saved; that is said."""
        s = self.start()
        s.cmd(b"MODE Z", b"200 ok")
        self.announce(b"RETR f")
        d = self.passive()
        s.down(b"150 x\r\n")
        d.seq[1] += 1000
        d.down(zlib.compress(content(3000))[1000:])
        d.close(1)
        s.down(b"226 x\r\n")
        run = self.run_on(self.cap)
        self.same_files(run, {})
        self.assertEqual(self.told(run), [("f", False, 226)])
        self.assertIsNone(run.contents()[0]["file"])
        self.assertEqual(run.row(2, "B")["ftpStat"], "0x22")


main()
