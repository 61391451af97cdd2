# SPDX-License-Identifier: Apache-2.0
"""tp0f on crafted packets: TTL guess, p0f's grammar, hostile rule files."""
import pathlib
import unittest

from frames import FrameCase
from packets import ACK, ECE, CWR, PSH, SYN, URG, Talk, ether, icmp, ipv4, ipv6, tcp, udp
from t2run import EXAMPLE, main, table

A, B = "10.0.0.1", "10.0.0.2"
P0F = pathlib.Path("/etc/p0f/p0f.fp")
LINUX = bytes.fromhex("020405b4 0402 080a0000006400000000 01 030307".replace(" ", ""))
WINDOWS = bytes.fromhex("020405b4 01 030308 01 01 0402".replace(" ", ""))
MAC = bytes.fromhex("020405b4 01 030305 01 01 080a0000006400000000 0402 0000".replace(" ", ""))
RULES = """; a comment
classes = win,unix,other
[mtu]
label = Ethernet
sig = 1500
[tcp:request]
label = g:unix:Linux:any
sig = *:64:0:*:*,*:mss,sok,ts,nop,ws:df,id+:0
label = s:unix:Linux:made up
sig   = *:64:0:*:mss*20,7:mss,sok,ts,nop,ws:df,id+:0
sig   = *:64:0:*:mtu*4,7:mss,sok,ts,nop,ws:df,id+:0
label = s:win:Windows:7 or 8
sig   = *:128:0:*:%8192,8:mss,nop,ws,nop,nop,sok:df,id+:0
label = s:unix:Mac OS X:10.x
sys = @unix
sig = *:64:0:*:65535,5:mss,nop,ws,nop,nop,ts,sok,eol+1:df,id+:0
label = s:!:NMap:SYN scan
sig = *:64-:0:1460:1024,0:mss::0
label = s:unix:Linux:six
sig = 6:64:0:*:mss*20,7:mss,sok,ts,nop,ws:flow:0
label = s:unix:Loader:
sig = 4:192:4:*:*,*::df,id+:+
[tcp:response]
label = s:unix:Linux:3.x
sig = *:64:0:*:mss*10,0:mss,sok,ts:df,id+:0
"""
CONVERTED = "#num\tflags\n1\t0x08\t0\t0x40\t0x02\t0\t64\t0\t0\t29200,7\t5\t0x02,0x04,0x08,0x01,0x03\t0\t2\t2\t22\tunix\tLinux\tx\n"


class Tp0f(FrameCase):
    def setUp(self):
        super().setUp()
        self.activate("basicFlow", "tp0f", "txtSink")
        self.env.pop("TP0F_L34FILE", None)
        self.rules(RULES)

    def rules(self, text):
        (self.plugins / "tp0fL34.txt").write_text(text, encoding="latin-1")

    def cells(self, index=0):
        return " ".join(self.flows[index][c] for c in ("tp0fStat", "tp0fDis", "tp0fClName", "tp0fPrName", "tp0fVerName"))

    def syn(self, *settings, flags=SYN, **fields):
        return self.run_on(Talk().send("A", 7, 9 if flags & ACK else 0, flags, **fields).frames, *settings).cells()

    def test_ttl(self):
        for ttl, cells in ((0, "0x00 0 other unknown"), (8, "0x00 0 other unknown"), (9, "0x00 7 other unknown"),
                           (16, "0x00 0 other unknown"), (17, "0x00 15 win Windows"), (32, "0x00 0 win Windows"),
                           (33, "0x00 31 unix Linux"), (64, "0x00 0 unix Linux"), (65, "0x10 63 win Windows"),
                           (89, "0x10 39 win Windows"), (90, "0x00 38 win Windows"), (128, "0x00 0 win Windows"),
                           (129, "0x10 126 unix Solaris"), (255, "0x00 0 unix Solaris")):
            self.run_on([(0, ether(ipv4(A, B, 17, udp(A, B, 1, 2), ttl=ttl)))])
            self.assertEqual(self.cells(), cells + " unknown", ttl)
        self.run_on([(0, ether(ipv4(A, B, 1, icmp(), ttl=255)))])
        self.assertEqual(self.cells(), "0x00 0 unix FreeBSD unknown")

    def test_window_refines(self):
        self.assertEqual(self.syn(flags=SYN | ACK, ttl=255, window=4128), "0x00 0 unix iOS unknown")
        for ttl, window, cells in ((255, 4128, "unix iOS unknown"), (128, 65535, "win Windows XP"), (128, 8192, "win Windows 7"),
                                   (64, 65535, "unix FreeBSD unknown")):
            self.assertEqual(self.syn(ttl=ttl, window=window), f"0x00 0 {cells}")
            self.assertNotIn(cells, self.run_on(Talk().send("A", 7, 9, ACK, ttl=ttl, window=window).frames).cells())

    def test_linux(self):
        self.assertEqual(self.syn(options=LINUX, window=29200), "0x01 0 unix Linux made up")   # 20 * 1460
        self.assertEqual(self.syn(options=LINUX, window=28960), "0x01 0 unix Linux made up")   # 20 * 1448
        self.assertEqual(self.syn(options=LINUX, window=6000), "0x01 0 unix Linux made up")    # 4 * 1500
        self.assertEqual(self.syn(options=LINUX, window=64240), "0x01 0 unix Linux any")       # generic, though first
        self.assertEqual(self.syn(options=LINUX, window=29200, ttl=29), "0x01 3 unix Linux made up")
        self.assertEqual(self.syn(options=LINUX, window=29200, ttl=28), "0x00 4 win Windows unknown")
        self.assertEqual(self.syn(options=LINUX, window=29200, payload=1), "0x00 0 unix Linux unknown")

    def test_windows_and_mac(self):
        self.assertEqual(self.syn(options=WINDOWS, window=16384, ttl=120), "0x01 8 win Windows 7 or 8")
        self.assertEqual(self.syn(options=WINDOWS, window=16385, ttl=120), "0x00 8 win Windows unknown")
        self.assertEqual(self.syn(options=MAC, window=65535), "0x01 0 unix MacOSX 10.x")

    def test_application_and_ttl_maximum(self):
        mss = bytes.fromhex("020405b4")
        for ttl in (40, 64):
            talk = ether(ipv4(A, B, 6, tcp(A, B, 1, 2, 3, 0, SYN, window=1024, options=mss), fragment=0, ttl=ttl, ident=5))
            self.assertEqual(self.run_on([(0, talk)]).cells()[5:].split(" ", 1)[1], "! NMap SYN scan")

    def test_no_options_and_ip_options(self):
        frame = ether(ipv4(A, B, 6, tcp(A, B, 1, 2, 3, 0, SYN, b"p"), ttl=190, options=bytes.fromhex("94040000")))
        self.assertEqual(self.run_on([(0, frame)]).cells(), "0x11 65 unix Loader unknown")

    def test_syn_ack(self):
        opts = LINUX[:16]
        self.assertEqual(self.syn(flags=SYN | ACK, options=opts, window=14480), "0x02 0 unix Linux 3.x")
        self.assertEqual(self.syn(flags=SYN, options=opts, window=14480), "0x00 0 unix Linux unknown")

    def test_ipv6(self):
        a, b = "2001:db8::1", "2001:db8::2"
        segment = tcp(a, b, 1, 2, 3, 0, SYN, options=LINUX, window=28800)
        for flow, cells in ((5, "0x01 0 unix Linux six"), (0, "0x01 0 unix Linux made up")):
            self.assertEqual(self.run_on([(0, ether(ipv6(a, b, 6, segment, flow=flow)))]).cells(), cells)

    def test_ecn_only_fuzzy(self):
        fields = {"options": LINUX, "window": 29200, "flags": SYN | ECE | CWR}
        self.assertEqual(self.syn(**fields), "0x00 0 unix Linux unknown")
        self.assertEqual(self.syn("tp0f.TP0F_FUZZY=1", **fields), "0x01 0 unix Linux made up")

    def test_quirks(self):
        """Each quirk alone: its rule fires for the packet that has it, and for no other."""
        def frame(ident=0, fragment=0x4000, tos=0, seq=5, ack=0, flags=SYN, urgent=0, options=b"", v6=None):
            a, b = ("2001:db8::1", "2001:db8::2") if v6 is not None else (A, B)
            segment = tcp(a, b, 1, 2, seq, ack, flags, options=options, urgent=urgent)
            return ether(ipv6(a, b, 6, segment, flow=v6) if v6 is not None else ipv4(a, b, 6, segment, ident=ident, fragment=fragment, tos=tos))
        stamps = bytes.fromhex("080a00000001000000000101"), bytes.fromhex("080a00000000000000000101"), bytes.fromhex("080a00000001000000090101")
        cases = [("df", "", frame()), ("df,id+", "", frame(ident=9)), ("id-", "", frame(fragment=0)), ("", "", frame(ident=9, fragment=0)),
                 ("df,ecn", "", frame(tos=1)), ("df,0+", "", frame(fragment=0xc000)), ("df,seq-", "", frame(seq=0)), ("df,ack+", "", frame(ack=1)),
                 ("df,uptr+", "", frame(urgent=1)), ("df,urgf+", "", frame(flags=SYN | URG)), ("df,pushf+", "", frame(flags=SYN | PSH)),
                 ("df", "ts,nop,nop", frame(options=stamps[0])), ("df,ts1-", "ts,nop,nop", frame(options=stamps[1])),
                 ("df,ts2+", "ts,nop,nop", frame(options=stamps[2])), ("df", "eol+3", frame(options=b"\0\0\0\0")),
                 ("df,opt+", "eol+3", frame(options=b"\0\0\1\0")), ("df", "ws,nop", frame(options=b"\3\3\x0e\1")),
                 ("df,exws", "ws,nop", frame(options=b"\3\3\x0f\1")), ("flow", "", frame(v6=5)), ("df", "?77,nop,nop", frame(options=b"\x4d\2\1\1"))]
        self.rules("[tcp:request]\n" + "".join(f"label = s:unix:X:{i}\nsig = {'6' if 'flow' in q else '4'}:64:0:*:*,*:{layout}:{q}:0\n"
                                               for i, (q, layout, _) in enumerate(cases)))
        self.run_on([(i * 1000, f) for i, (_, _, f) in enumerate(cases)], "tp0f.TP0FHSH=0")
        self.assertIn(f"[INF] tp0f: {len(cases)} rules loaded", self.report)
        self.assertEqual([f["tp0fVerName"] for f in self.flows], [str(i) for i in range(len(cases))])

    def test_generic_windows(self):
        """ver 6 and 4 windows that are multiples of the MTU, and an MSS that is too small to be a unit."""
        self.rules("[tcp:request]\nlabel = s:unix:X:mtu\nsig = *:64:0:*:mtu*2,*:mss:df:0\nlabel = s:unix:X:mss\nsig = *:64:0:*:mss*2,*:mss:df:0\n")
        a, b = "2001:db8::1", "2001:db8::2"
        for mss, window, cells in ((1000, 2080, "mtu"), (1000, 2120, "mtu"), (1000, 3000, "mtu"), (1000, 2880, "mss"), (1000, 2000, "mss"),
                                   (1000, 2001, "unknown"), (99, 198, "unknown"), (100, 200, "mss")):
            segment = tcp(a, b, 1, 2, 3, 0, SYN, options=b"\2\4" + mss.to_bytes(2, "big"), window=window)
            self.run_on([(0, ether(ipv6(a, b, 6, segment)))])
            self.assertEqual(self.flows[0]["tp0fVerName"], cells, (mss, window))

    def test_names(self):
        """As the reference's tables spell them."""
        for label, cells in (("s:unix:Mac OS X:", "unix MacOSX unknown"), ("s:unix:MacOS X:10.x", "unix MacOSX 10.x"),
                             ("s:!:p0f:sendsyn utility", "! tp0f sendsyn utility"), ("g:other:Blue Berry 9:x y", "other BlueBerry9 x y")):
            self.rules(f"classes = win,unix\n[tcp:request]\nlabel = {label}\nsig = *:64:0:*:*,*:mss,sok,ts,nop,ws:df,id+:0\n")
            self.assertEqual(self.syn(options=LINUX), f"0x01 0 {cells}")

    def test_far_away(self):
        """0x10 is of the packet at hand, also when the address is known."""
        t = Talk().send("A", 7, 0, SYN, options=LINUX, window=29200)
        t.frames += Talk(sport=40001).send("A", 7, 0, SYN, window=5, at=1, ttl=80).frames
        self.assertEqual(self.run_on(t.frames).cells(1), "0x51 48 unix Linux made up")

    def test_age(self):
        t = Talk().send("A", 7, 0, SYN, options=LINUX, window=29200)
        t.frames += Talk(sport=40001).send("A", 7, 0, SYN, window=5, at=100).frames
        for age, status in (("99", "0x00"), ("101", "0x41"), ("0", "0x41")):
            self.assertEqual(self.run_on(t.frames, f"tp0f.TP0F_IPAGE={age}").flows[1]["tp0fStat"], status)

    def test_newer_answer_wins(self):
        """Another system behind the address is recognised by its own packet and replaces the first."""
        t = Talk().send("A", 7, 0, SYN, options=LINUX, window=29200)
        t.frames += Talk(sport=40001).send("A", 7, 0, SYN, options=WINDOWS, window=16384, ttl=128, at=1).frames
        t.frames += Talk(sport=40002).send("A", 7, 0, SYN, window=5, at=2).frames
        self.run_on(t.frames)
        self.assertEqual([f["tp0fPrName"] for f in self.flows], ["Linux", "Windows", "Windows"])

    def test_option_limit(self):
        self.assertEqual(self.syn("tp0f.TCPOPTMAX=5", options=LINUX, window=29200), "0x01 0 unix Linux made up")
        self.assertEqual(self.syn("tp0f.TCPOPTMAX=4", options=LINUX, window=29200), "0x00 0 unix Linux unknown")

    def test_rule_file_from_the_environment(self):
        (self.dir / "mine.fp").write_text("[tcp:request]\nlabel = s:unix:Mine:1\nsig = *:64:0:*:*,*:mss,sok,ts,nop,ws:df,id+:0\n")
        self.env["TP0F_L34FILE"] = str(self.dir / "mine.fp")
        self.assertEqual(self.syn(options=LINUX), "0x01 0 unix Mine 1")
        self.assertEqual(self.syn("tp0f.TP0F_L34FILE=tp0fL34.txt", options=LINUX, window=29200), "0x01 0 unix Linux made up")

    def test_columns(self):
        self.syn("tp0f.TP0FRC=1")
        first = self.names.index("tp0fStat")
        self.assertEqual(self.names[first:first + 9], "tp0fStat tp0fDis tp0fRN tp0fClass tp0fProg tp0fVer tp0fClName tp0fPrName tp0fVerName".split())
        first = self.packet_names.index("tp0fStat")
        self.assertEqual(self.packet_names[first:first + 4], ["tp0fStat", "tp0fDis", "tp0fPrName", "tp0fVerName"])

    def test_known_address(self):
        t = Talk().send("A", 7, 0, SYN, options=LINUX, window=29200)
        for port, at in ((40001, 10), (40002, 5000)):
            t.frames += Talk(sport=port).send("A", 7, 0, SYN, window=5, at=at).frames
        self.run_on(t.frames)
        self.assertEqual([self.cells(i) for i in range(3)],
                         ["0x01 0 unix Linux made up", "0x41 0 unix Linux made up", "0x00 0 unix Linux unknown"])
        self.assertIn("tp0f: Aggregated tp0fStat=0x41\ntp0f: Number of p0f rule matches: 2 [66.67%]\n", self.report)
        self.run_on(t.frames, "tp0f.TP0FHSH=0")
        self.assertEqual(self.cells(1), "0x00 0 unix Linux unknown")

    def test_late_syn(self):
        t = Talk().send("A", 7, 0, ACK).send("A", 7, 0, SYN, options=LINUX, window=29200)
        self.assertEqual(self.run_on(t.frames).cells(), "0x01 0 unix Linux made up")
        self.assertEqual([p["tp0fStat"] for p in self.packets], ["0x00", "0x01"])

    def test_broken_options(self):
        for options in ("02000000", "02010000", "02ff0000", "fefefefe", "010101fe"):
            self.assertTrue(self.syn(options=bytes.fromhex(options)).startswith("0x80 "), options)
        self.assertTrue(self.syn(options=b"\x01" * 40).startswith("0x00 "))
        self.assertTrue(self.syn(offset=15).startswith("0x80 "))
        self.assertTrue(self.syn(offset=4).startswith("0x80 "))

    def test_layer2(self):
        self.run_on([(0, ether(bytes.fromhex("0001080006040001") + bytes(20), 0x0806))])
        self.assertEqual(self.cells(), "0x00 0 ! unknown unknown")
        self.assertEqual([self.packets[0][c] for c in ("tp0fStat", "tp0fDis", "tp0fPrName", "tp0fVerName")], ["0x00", "", "", ""])

    def test_numbers(self):
        self.syn("tp0f.TP0FRC=1", options=LINUX, window=29200)
        self.assertEqual([self.flows[0][c] for c in ("tp0fRN", "tp0fClass", "tp0fProg", "tp0fVer")], ["2", "2", "2", "0"])
        self.syn("tp0f.TP0FRC=1", options=WINDOWS, window=16384, ttl=128)
        self.assertEqual([self.flows[0][c] for c in ("tp0fRN", "tp0fClass", "tp0fProg", "tp0fVer")], ["4", "1", "1", "31"])

    def test_rules_off(self):
        self.assertEqual(self.syn("tp0f.TP0FRULES=0", options=LINUX, window=29200), "0x00 0 unix Linux unknown")

    def test_converted_rules(self):
        self.rules(CONVERTED)
        self.assertEqual(self.syn(options=LINUX, window=29200), "0x01 0 unix Linux 3.11 and newer")
        self.assertIn("[INF] tp0f: 1 rules loaded", self.report)

    def test_hostile_rules(self):
        lines = ["sig = 4", "sig = *:0:0:*:*,*:mss:df:0", "sig = *:999:0:*:*,*:mss:df:0", "sig = *:64:0:*:mss*0,0:mss:df:0",
                 "sig = *:64:0:*:%0,0:mss:df:0", "sig = *:64:0:*:*,*:wat:df:0", "sig = *:64:0:*:*,*:mss:nope:0",
                 "sig = *:64:0:*:*,*:mss:df:7", "sig = *:64:0:*:*," + "mss," * 100 + ":df:0",
                 "sig = *:64:0:*:*,*:" + "nop," * 50 + "nop:df:0", "sig", "=", "label = ", "label = s:unix", "[", "[x", "\0\xff",
                 "sig = *:64:99999999999999999999:*:*,*:mss:df:0", "sig = *:255+255:0:*:*,*:mss:df:0", ":" * 1000]
        self.rules(RULES + "\n".join(["label = s:unix:X:y"] + lines) + "\n")
        self.assertEqual(self.syn(options=LINUX, window=29200), "0x01 0 unix Linux made up")
        self.assertRegex(self.report, r"\[WRN\] tp0f: \d+ line\(s\) of '.*tp0fL34.txt' break the grammar and were skipped")
        self.assertIn("[INF] tp0f: 9 rules loaded", self.report)

    def test_rule_files_without_rules(self):
        for text in ("", "garbage\n" * 100, "\t" * 5000, "[tcp:request]\n", "1\t2\t3\n", CONVERTED.replace("29200", "x")):
            self.rules(text)
            self.assertEqual(self.syn(options=LINUX, window=29200), "0x00 0 unix Linux unknown")
            self.assertIn("[INF] tp0f: 0 rules loaded", self.report)
        (self.plugins / "tp0fL34.txt").unlink()
        (self.plugins / "tp0fL34.txt").mkdir()
        self.assertEqual(self.syn(options=LINUX, window=29200), "0x00 0 unix Linux unknown")
        self.assertIn("[WRN] tp0f: Failed to open file", self.report)

    def test_tutorial(self):
        (self.plugins / "tp0fL34.txt").unlink()
        self.t2("-r", EXAMPLE, "-w", self.dir / "o")
        _, self.flows = table(self.dir / "o_flows.txt")
        got = {(f["flowInd"], f["dir"]): self.cells(i) for i, f in enumerate(self.flows)}
        for index in "34":
            self.assertEqual(got[index, "A"], "0x00 0 win Windows unknown")
            self.assertEqual(got[index, "B"], "0x00 12 unix Linux unknown")

    @unittest.skipUnless(P0F.exists(), "p0f is not installed")
    def test_database_of_p0f(self):
        (self.plugins / "tp0fL34.txt").unlink()
        self.assertEqual(self.syn(options=LINUX, window=29200), "0x01 0 unix Linux 3.11 and newer")
        self.assertIn("[INF] tp0f: 192 rules loaded", self.report)
        self.assertNotIn("[WRN] tp0f", self.report)


if __name__ == "__main__":
    main()
