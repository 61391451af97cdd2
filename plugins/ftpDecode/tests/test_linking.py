# SPDX-License-Identifier: Apache-2.0
"""Who waits for a connection: sessions seen twice (NAT), ports that two servers' clients share, servers found by content."""
from ftpcap import CLIENT, SERVER, FtpCase, Session, content
from packets import Capture, Tcp
from t2run import main

OUTSIDE = "203.0.113.1"


class Linking(FtpCase):
    def both(self, passive, rewritten=True, late=False):
        """The same transfer on both sides of a NAT; rewritten: it mends what PORT says. late: data before its opening."""
        cap = Capture()
        inner, outer = Session(cap), Session(cap, client=OUTSIDE)
        for s in (inner, outer):
            if passive:
                s.cmd(b"PASV", b"227 (10,0,0,2,195,81)")
            else:
                address = OUTSIDE if s is outer and rewritten else CLIENT
                s.cmd(b"PORT " + address.replace(".", ",").encode() + b",195,81", b"200 ok")
        for s in (inner, outer):
            s.up(b"RETR a.bin\r\n")
            if not late:
                s.down(b"150 x\r\n")
        ends = [(s.client, 40001, SERVER, 50001) if passive else (SERVER, 20, s.client, 50001) for s in (inner, outer)]
        data = [Tcp(cap, *e) for e in ends]
        for d in data:
            d.send(1 if passive else 0, content(3000))
        for d in data:
            d.close(1 if passive else 0)
        for s in (inner, outer):
            if late:
                s.down(b"150 x\r\n")
            s.down(b"226 x\r\n")
        run = self.run_on(cap)
        self.assertEqual([(m["argument"], m["complete"], m["control_flow"], m["data_flow"]) for m in run.contents()],
                         [("a.bin", True, 1, 3), ("a.bin", True, 2, 4)])
        self.assertEqual([(r["flowInd"], r["ftpCDFindex"]) for r in run.rows if r["dir"] == "A"],
                         [("3", "1"), ("4", "2"), ("1", "3"), ("2", "4")])

    def test_passive_before_and_behind_a_nat(self):
        self.both(passive=True)
        self.both(passive=True, late=True)

    def test_active_before_and_behind_a_nat(self):
        self.both(passive=False)
        self.both(passive=False, rewritten=False)
        self.both(passive=False, late=True)

    def test_two_clients_of_one_server_and_one_port(self):
        """The first client's attempt never came; the server gives the port to the second one."""
        cap = Capture()
        first, second = Session(cap), Session(cap, client="10.0.0.9")
        first.cmd(b"PASV", b"227 (10,0,0,2,195,81)")
        second.cmd(b"PASV", b"227 (10,0,0,2,195,81)")
        second.up(b"RETR b\r\n")
        second.down(b"150 x\r\n")
        d = Tcp(cap, "10.0.0.9", 40001, SERVER, 50001)
        d.down(content(500))
        d.close(1)
        second.down(b"226 x\r\n")
        run = self.run_on(cap)
        self.assertEqual([(m["argument"], m["control_flow"]) for m in run.contents()], [("b", 2)])
        self.assertEqual([run.row(i, "A")["ftpCDFindex"] for i in (1, 2, 3)], ["", "3", "2"])

    def test_one_client_twice_and_one_port(self):
        """Two sessions of one client, the port given twice: the connection belongs to who was told it last."""
        cap = Capture()
        first, second = Session(cap), Session(cap, cport=40777)
        for s in (first, second):
            s.cmd(b"PASV", b"227 (10,0,0,2,195,81)")
        second.up(b"RETR b\r\n")
        second.down(b"150 x\r\n")
        d = Tcp(cap, CLIENT, 40001, SERVER, 50001)
        d.down(content(500))
        d.close(1)
        run = self.run_on(cap)
        self.assertEqual([(m["argument"], m["control_flow"]) for m in run.contents()], [("b", 2)])

    # Where the reply that names the port is not there

    def one_sided(self, *connections, command=b"STOR up.bin", before=1, others=0):
        """Only what the client sends was captured; `before` of the connections come before the command."""
        cap = Capture()
        s = Session(cap)
        d = []
        for k in range(others):
            d.append(Tcp(cap, CLIENT, 45000 + k, SERVER, 8443 + k))
        s.up(b"TYPE I\r\nPASV\r\n")
        for k, port in enumerate(connections):
            if k == before:
                s.up(command + b"\r\n")
            d.append(Tcp(cap, CLIENT, 41000 + k, SERVER, port))
        if before >= len(connections):
            s.up(command + b"\r\n")
        for t in d:
            t.up(content(600_000, 7))  # more than is held back for connections that nobody announced
            t.close()
        client = [f for f in cap.frames if f[1][26:30] == b"\x0a\0\0\1"]
        cap.frames = client
        return self.run_on(cap)

    def test_client_side_only(self):
        for before in (0, 1):
            run = self.one_sided(50001, before=before)
            self.same_files(run, {"up.bin_2_A": content(600_000, 7)})
            m = run.contents()[0]
            self.assertEqual((m["complete"], m["reply"], m["control_flow"], m["way"]), (True, None, 1, "upload"))
            self.assertEqual([run.row(i, "A")["ftpCDFindex"] for i in (1, 2)], ["2", "1"])

    def test_client_side_only_beside_other_connections(self):
        run = self.one_sided(50001, others=2)  # those were there before PASV
        self.same_files(run, {"up.bin_4_A": content(600_000, 7)})
        run = self.one_sided(443, 50001)  # nobody listens for FTP data below 1024
        self.same_files(run, {"up.bin_3_A": content(600_000, 7)})

    def test_client_side_only_and_ambiguous(self):
        run = self.one_sided(50001, 50002, before=2)
        self.assertEqual((run.files, run.row(1, "A")["ftpCDFindex"]), ({}, ""))

    def test_captures_put_together_the_data_connection_first(self):
        """Its packets come before all of the control connection, but are later: it is linked; its bytes are gone."""
        cap = Capture()
        s = Session(cap)
        connect = s.negotiate("PASV")
        s.cmd(b"RETR f", b"150 x")
        control = cap.frames
        cap.frames = []
        d = connect()
        d.down(content(3000))
        d.close(1)
        data, cap.frames = cap.frames, []
        s.down(b"226 x\r\n")
        cap.frames = data + control + cap.frames
        run = self.run_on(cap)
        self.assertEqual([run.row(i, "A")["ftpCDFindex"] for i in (1, 2)], ["2", "1"])
        self.assertEqual([m["complete"] for m in run.contents()], [])
        earlier = Capture()  # the same port in a connection that was there before the session
        Tcp(earlier, CLIENT, 41000, SERVER, 50001).down(content(100))
        s = Session(earlier)
        s.cmd(b"PASV", b"227 (10,0,0,2,195,81)")
        s.cmd(b"RETR f", b"150 x")
        self.assertEqual(self.run_on(earlier).row(1, "A")["ftpCDFindex"], "")

    def test_a_server_that_is_not_ready_yet(self):
        """120 before 220 (RFC 959 5.4) on a port that nobody knows: in one segment, in two, with a pause between them."""
        for greetings in ((b"120 wait\r\n220 ready\r\n",), (b"120 wait\r\n", b"220 ready\r\n"),
                          (b"120-wait\r\n120 soon\r\n", b"220-hi\r\n220 ready\r\n"), (b"1", b"20 wait\r\n220 ok\r\n")):
            with self.subTest(greetings=greetings):
                cap = Capture()
                s = Session(cap, port=2121, greet=False, login=False)
                for g in greetings:
                    s.down(g)
                s.cmd(b"USER u", b"331 x")
                s.cmd(b"PASS p", b"230 x")
                s.transfer("PASV", b"RETR f", content(900))
                run = self.run_on(cap)
                self.same_files(run, {"f_2_B": content(900)})
                self.assertEqual(run.row(1, "A")["ftpStat"], "0x09")

    def test_a_mail_server_that_is_not_ready_is_none(self):
        cap = Capture()
        s = Tcp(cap, CLIENT, 40000, SERVER, 2525)
        s.down(b"120 wait\r\n220 mail.example ESMTP\r\n")
        s.up(b"EHLO me\r\n")
        s.down(b"250 ok\r\n")
        self.assertEqual(self.run_on(cap).row(1, "A")["ftpStat"], "0x00")


if __name__ == "__main__":
    main()
