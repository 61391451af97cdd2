# SPDX-License-Identifier: Apache-2.0
"""tcpFlags on crafted packets: the vectors of its specification for TCP; IP is in test_ip_part.py."""
import json
import struct

from flagcase import A, B, TcpFlagsCase
from packets import ACK, CWR, ECE, FIN, PSH, RST, SYN, URG, Talk, ether, ipv4, udp, write_pcap
from t2run import main, table


class TcpFlags(TcpFlagsCase):
    def test_flag_combinations(self):
        for flags, shown in ((FIN | ACK, "0x0111"), (SYN | ACK, "0x0212"), (RST | ACK, "0x0414"), (URG | ACK | PSH, "0x0038"), (0, "0x0800"),
                             (ECE | CWR, "0x08c0"), (SYN | FIN, "0x1003"), (SYN | FIN | PSH, "0x100b"), (SYN | FIN | RST, "0x2007"),
                             (FIN | RST, "0x4005"), (FIN | PSH | URG, "0x8029"), (SYN | ECE | CWR, "0x00c2"), (SYN | FIN | ACK, "0x0013")):
            self.run_on(Talk().send("A", 100, 1, flags).frames)
            self.assertEqual((self.column("tcpFlags"), self.flow("A")["tcpFlags"]), ([shown], shown))

    # Sequence numbers, spec 8 and 14

    def lossy(self):
        t = Talk().handshake()
        t.send("A", 101, 901, payload=100).send("A", 301, 901, payload=100)
        t.send("B", 901, 201).send("B", 901, 201)
        t.send("A", 201, 901, payload=100)
        t.send("B", 901, 401).send("A", 301, 901, payload=100, gap=0.5)
        return t.send("B", 901, 999)

    def test_retransmissions(self):
        self.run_on(self.lossy().frames)
        self.assertEqual(self.column("tcpAnomaly", 3),
                         ["0x0000", "0x0200", "0x0000", "0x0008", "0x0044", "0x0000", "0x00c2", "0x0100"])
        a, b = self.flow("A"), self.flow("B")
        self.assertEqual((a["tcpSeqFaultCnt"], b["tcpAckFaultCnt"]), ("2", "2"))
        self.assertIn("tcpFlags: Number of TCP SYN retries, seq retries: 0, 2\n", self.report)

    def test_sequence_numbers_wrap(self):
        top = 2**32
        t = Talk().handshake(isn_a=top - 51)
        t.send("A", top - 50, 901, payload=100).send("B", 901, 50).send("A", 50, 901, payload=100).send("B", 901, 150)
        self.run_on(t.frames)
        self.assertEqual(set(self.column("tcpAnomaly")), {"0x0000"})
        self.assertEqual(self.column("seqDiff")[-2], "100")
        self.assertEqual(self.flow("A")["tcpSeqSntBytes"], "100")

    def test_zero_window(self):
        t = Talk().handshake()
        t.send("B", 901, 101, window=0).send("A", 101, 901, payload=1).send("B", 901, 101, window=0)
        t.send("B", 901, 101, window=2000)
        self.run_on(t.frames)
        self.assertEqual(self.column("tcpFStat", 3), ["0x0131", "0x0051", "0x0191", "0x0831"])
        self.assertEqual(int(self.flow("A")["tcpFStat"], 16) & 0x0040, 0x0040)
        self.assertEqual(int(self.flow("B")["tcpFStat"], 16) & 0x0080, 0x0080)
        self.assertEqual(self.flow("B")["tcpWinSzChgDirCnt"], "1")
        self.assertIn("tcpFlags: Number WinSz below 1: 2 [28.57%]\n", self.report)

    def test_keep_alive(self):
        t = Talk().handshake().send("A", 101, 901, payload=10).send("B", 901, 111)
        t.send("A", 110, 901).send("B", 901, 111)
        self.run_on(t.frames)
        self.assertEqual(self.column("tcpAnomaly", 5), ["0x0010", "0x0020"])

    def test_numbers_of_a_transfer(self):
        """Sequence and acknowledgement columns before the update, the last payload not counted (spec 7)."""
        t = Talk().handshake().send("A", 101, 901, payload=100).send("A", 201, 901, payload=50).send("B", 901, 251, payload=7)
        t.send("A", 251, 908).send("A", 251, 908, FIN | ACK).send("B", 908, 252)
        self.run_on(t.frames)
        names = "seqMax seqDiff ackDiff seqLen ackLen seqFlowLen ackFlowLen tcpMLen tcpBFlgt".split()
        self.assertEqual([" ".join(p[n] for n in names) for p in self.packets],
                         ["100 0 0 0 0 0 0 0 0", "900 0 0 0 0 0 0 0 0", "101 1 0 0 0 0 0 0 0", "101 0 0 0 0 0 0 100 100",
                          "201 100 0 100 0 100 0 150 150", "901 1 150 0 150 0 150 7 7", "251 50 7 50 7 150 7 150 0",
                          "251 0 0 0 0 150 7 150 0", "908 7 1 7 0 7 150 7 0"])
        names = ("tcpISeqN", "tcpPSeqCnt", "tcpSeqSntBytes", "tcpSeqFaultCnt", "tcpPAckCnt", "tcpFlwLssAckRcvdBytes", "tcpAckFaultCnt",
                 "tcpBFlgtMx")
        self.assertEqual(self.cells("A", *names), ["100", "5", "150", "0", "5", "7", "0", "150"])
        self.assertEqual(self.cells("B", *names), ["900", "3", "7", "0", "3", "150", "0", "7"])

    def test_window_full(self):
        """Only once the sender's SYN was seen, and not in a probe."""
        t = Talk().handshake().send("B", 901, 101, window=150).send("A", 101, 901, payload=100).send("A", 201, 901, payload=50)
        self.run_on(t.frames)
        self.assertEqual([int(x, 16) & 0x0400 for x in self.column("tcpFStat")], [0, 0, 0, 0, 0, 0x0400])
        self.run_on(t.frames[1:])
        self.assertEqual([int(x, 16) & 0x0400 for x in self.column("tcpFStat")], [0, 0, 0, 0, 0])

    def test_scan_hides_retransmissions(self):
        """Once a flow has 0x1000, its packets show no bits 0x003f."""
        t = Talk().send("A", 100, 0, SYN).send("A", 100, 0, SYN).send("B", 900, 101, SYN | ACK).send("A", 101, 901)
        t.send("A", 101, 901)
        self.assertEqual(self.run_on(t.frames).column("tcpAnomaly"), ["0x0000", "0x1000", "0x0000", "0x0000", "0x0000"])
        self.assertEqual(self.run_on(t.frames[1:]).column("tcpAnomaly")[-1], "0x0008")

    def test_short_exchange_is_a_scan(self):
        """A whole connection with three packets in B (spec 9), and not one with four in both directions."""
        t = Talk().handshake().send("A", 101, 901, FIN | ACK).send("B", 901, 102, FIN | ACK).send("A", 102, 902)
        t.send("A", 102, 902).send("B", 902, 102)
        self.run_on(t.frames)
        self.assertEqual([self.flow(d)["tcpAnomaly"][:4] for d in "AB"], ["0x20", "0x30"])
        t.send("B", 902, 102)
        self.run_on(t.frames)
        self.assertEqual([int(self.flow(d)["tcpAnomaly"], 16) & 0x3000 for d in "AB"], [0, 0])

    def test_repeated_syn(self):
        for gap, anomaly in ((0.95, "0x0001"), (0.1, "0x1000")):
            t = Talk().send("A", 100, 0, SYN).send("A", 100, 0, SYN, gap=gap)
            self.assertEqual(self.run_on(t.frames).column("tcpAnomaly"), ["0x0000", anomaly])

    def test_single_packets(self):
        for flags, payload, anomaly, tcp_flags, flow in ((SYN, 3, "0x4000", "0x0002", "0x5000"),
                                                         (0, 0, "0x1000", "0x0800", "0x1000"),
                                                         (FIN | PSH | URG, 0, "0x1000", "0x8029", "0x1000")):
            self.run_on(Talk().send("A", 100, 0, flags, payload).frames)
            self.assertEqual((self.column("tcpAnomaly"), self.column("tcpFlags")), ([anomaly], [tcp_flags]))
            self.assertEqual((self.flow("A")["tcpAnomaly"], self.flow("A")["tcpFStat"]), (flow, "0x0011"))
            self.assertEqual(self.column("tcpFStat"), ["0x0010"])

    def test_null_scan_is_counted(self):
        self.run_on(Talk().send("A", 100, 0, 0).frames)
        self.assertIn("tcpFlags: Number of TCP scans attempted, successful: 1, 0 [0.00%]\n", self.report)

    def test_refused_connection(self):
        t = Talk().send("A", 100, 0, SYN).send("B", 0, 101, RST | ACK, gap=0.25)
        self.run_on(t.frames)
        a, b = self.flow("A"), self.flow("B")
        self.assertEqual((a["tcpAnomaly"], b["tcpAnomaly"]), ("0x3000", "0x2000"))
        self.assertEqual((a["tcpFlags"], b["tcpFlags"]), ("0x0002", "0x0414"))
        self.assertEqual((a["tcpSSASAATrip"], a["tcpRTTSseqAA"], b["tcpRTTSseqAA"]), ("0.25",) * 3)
        self.assertIn("tcpFlags: Aggregated tcpAnomaly=0x3000\n", self.report)
        self.assertIn("attempted, successful: 1, 1 [100.00%]\n", self.report)

    def test_both_directions_show_a_successful_scan(self):
        """Only B is short: A must show the bit, too."""
        t = Talk().handshake().send("A", 101, 901, FIN | ACK).send("A", 102, 901)
        self.run_on(t.frames)
        self.assertEqual(int(self.flow("A")["tcpAnomaly"], 16) & 0x2000, 0x2000)
        self.assertEqual(self.flow("B")["tcpAnomaly"], "0x3000")

    def judge(self, talk, *settings):
        """0x3000 of tcpAnomaly in both directions."""
        self.run_on(talk.frames, *settings)
        return [int(f["tcpAnomaly"], 16) & 0x3000 for f in sorted(self.flows, key=lambda f: f["dir"])]

    def scans(self):
        """(what, packets, result): nobody takes payload, and the connection is refused or closed at once."""
        def begun():
            return Talk().handshake()
        yield "connect scan", begun().send("A", 101, 901, RST | ACK), [0x3000, 0x2000]
        yield "closed by both", begun().send("A", 101, 901, FIN | ACK).send("B", 901, 102, RST), [0x3000, 0x2000]
        yield "half open", Talk().send("A", 100, 0, SYN).send("B", 900, 101, SYN | ACK).send("A", 101, 0, RST), [0x3000, 0x2000]
        yield "half open, no RST", Talk().send("A", 100, 0, SYN).send("B", 900, 101, SYN | ACK), [0x3000, 0x2000]
        yield "refused", Talk().send("A", 100, 0, SYN).send("B", 0, 101, RST | ACK), [0x3000, 0x2000]
        yield "refused with payload", Talk().send("A", 100, 0, SYN, 9).send("B", 0, 110, RST | ACK), [0x3000, 0x2000]
        yield "ACK probe", Talk().send("A", 100, 77, FIN | ACK, 9).send("B", 77, 0, RST), [0x3000, 0x2000]
        yield "not answered", Talk().send("A", 100, 0, SYN), [0x1000]
        yield "not answered, with payload", Talk().send("A", 100, 0, SYN, 9), [0x1000]
        yield "text of a RST", begun().send("A", 101, 901, RST | ACK, 20), [0x3000, 0x2000]

    def conversations(self):
        """(what, packets, result of the reference): each lacks one thing that a scan has."""
        def begun():
            return Talk().handshake()
        query = begun().send("A", 101, 901, PSH | ACK, 60).send("B", 901, 161, FIN | PSH | ACK, 80).send("A", 161, 982, RST | ACK)
        yield "query and answer", query, [0x2000, 0x3000]
        data = begun().send("B", 901, 101, FIN | PSH | ACK, 500).send("A", 101, 1402, FIN | ACK).send("B", 1402, 102)
        yield "one small file", data, [0x3000, 0x2000]
        yield "payload that is reset", begun().send("A", 101, 901, PSH | ACK, 60).send("B", 901, 0, RST), [0x3000, 0x2000]
        yield "still open", begun(), [0x3000, 0x2000]
        late = begun().send("A", 101, 901, FIN | ACK, gap=10.1).send("B", 901, 102, FIN | ACK)
        yield "closed late", late, [0x3000, 0x2000]
        yield "one side of it", Talk().send("A", 101, 901, FIN | PSH | ACK, 60), [0x1000]

    def test_scans(self):
        for what, talk, result in self.scans():
            for rule in ("0", "1"):
                with self.subTest(what, rule=rule):
                    self.assertEqual(self.judge(talk, f"tcpFlags.SCAN_REFRULE={rule}"), result)

    def test_conversations_are_no_scans(self):
        for what, talk, reference in self.conversations():
            with self.subTest(what):
                self.assertEqual(self.judge(talk), [0] * len(reference))
                self.assertNotIn("TCP scans", self.report)
                self.assertEqual(self.judge(talk, "tcpFlags.SCAN_REFRULE=1"), reference)
                self.assertIn("Number of TCP scans attempted", self.report)

    def test_closed_at_once_ends_after_ten_seconds(self):
        # The handshake takes 2 ms from its first packet on.
        for gap, result in ((9.998, [0x3000, 0x2000]), (9.999, [0, 0])):
            self.assertEqual(self.judge(Talk().handshake().send("A", 101, 901, FIN | ACK, gap=gap)), result)

    def test_repeated_syn_of_a_conversation(self):
        """Its packet has 0x1000, for nobody knows then; its flow has what that had hidden instead."""
        t = Talk().send("A", 100, 0, SYN).send("A", 100, 0, SYN).send("B", 900, 101, SYN | ACK).send("A", 101, 901)
        t.send("A", 101, 901).send("A", 101, 901, payload=10).send("B", 901, 111, payload=10)
        self.assertEqual(self.judge(t), [0, 0])
        self.assertEqual(self.column("tcpAnomaly")[:5], ["0x0000", "0x1000", "0x0000", "0x0000", "0x0000"])
        self.assertEqual(self.flow("A")["tcpAnomaly"], "0x0008")
        self.assertNotIn("TCP scans", self.report)
        self.assertEqual(self.judge(t, "tcpFlags.SCAN_REFRULE=1"), [0x3000, 0x2000])
        self.assertEqual(self.flow("A")["tcpAnomaly"], "0x3000")

    def test_scan_detector_off(self):
        t = Talk().send("A", 100, 0, SYN).send("B", 0, 101, RST | ACK)
        self.assertEqual(self.run_on(t.frames, "tcpFlags.SCAN_DETECTOR=0").flow("A")["tcpAnomaly"], "0x0000")

    # Trips

    def udp_talk(self):
        ends = ((A, B, 5000, 6000), (B, A, 6000, 5000))
        return [(i * 0.01, ether(ipv4(s, d, 17, udp(s, d, sp, dp, b"hello"), ident=i + 1)))
                for i in range(4) for s, d, sp, dp in (ends[i % 2],)]

    def test_udp_trips(self):
        self.run_on(self.udp_talk())
        for d in "AB":
            f = self.flow(d)
            self.assertEqual([f[c] for c in ("tcpSSASAATrip", "tcpRTTAckTripMin", "tcpRTTAckTripMax", "tcpRTTAckTripAve",
                                             "tcpRTTSseqAA", "tcpRTTAckJitAve", "tcpFStat", "tcpFlags")],
                             ["0.01", "0.01", "0.01", "0.01", "0.02", "0", "0x0001", "0x0000"])
        self.assertEqual(set(self.column("tcpFStat")), {"0x0000"})
        self.assertEqual(set(self.column("seq") + self.column("tcpFlags")), {""})
        self.assertEqual(set(self.column("tcpOptLen")), {"0"})

    def test_handshake_trips(self):
        t = Talk().send("A", 100, 0, SYN).send("B", 900, 101, SYN | ACK, gap=0.25).send("A", 101, 901, gap=0.5)
        self.run_on(t.frames)
        names = ("tcpSSASAATrip", "tcpRTTAckTripMin", "tcpRTTAckTripMax", "tcpRTTAckTripAve", "tcpRTTAckTripJitAve", "tcpRTTSseqAA",
                 "tcpRTTAckJitAve")
        self.assertEqual(self.cells("A", *names), ["0.25", "0.25", "0.25", "0.25", "0", "0.75", "0"])
        self.assertEqual(self.cells("B", *names), ["0.5", "0.5", "0.5", "0.5", "0", "0.75", "0"])

    def test_fixed_time_without_trips(self):
        """RTT_ESTIMATE=0: a repetition after more than a second is a timeout."""
        for gap, anomaly in ((0.9, "0x00c0"), (1.1, "0x00c2")):
            t = Talk().handshake().send("A", 101, 901, payload=10).send("B", 901, 111).send("A", 101, 901, payload=10, gap=gap)
            self.assertEqual(self.run_on(t.frames, "tcpFlags.RTT_ESTIMATE=0").column("tcpAnomaly")[-1], anomaly)

    def test_no_answer_prints_65535(self):
        self.assertEqual(self.run_on(self.udp_talk()[:1]).flow("A")["tcpRTTAckTripMin"], "65535")

    # Options

    def test_options(self):
        opts = bytes.fromhex("020405b4 0402 080a00000064 00000000 01 030307".replace(" ", ""))
        t = Talk().handshake(options=opts).send("A", 101, 901, window=10)
        self.run_on(t.frames)
        a = self.flow("A")
        self.assertEqual([a[c] for c in ("tcpOptPktCnt", "tcpOptCnt", "tcpOptions", "tcpMSS", "tcpWS", "tcpTmS")],
                         ["1", "5", "0x0000011e", "1460", "128", "100"])
        self.assertEqual(self.column("tcpWin"), ["1000", "1000", "128000", "1280"])
        self.assertEqual(self.packets[0]["tcpOptLen"], "20")
        self.assertTrue(self.packets[0]["tcpOpts"].startswith("0x02;0x04;0x05;0xb4;0x04;0x02;0x08"))
        self.assertEqual(int(a["tcpFStat"], 16) & 0x0202, 0x0202)

    def test_option_kinds(self):
        """Kind 0 ends the walk uncounted; 31 and above share the last bit; SACK blocks have a status bit."""
        opts = bytes.fromhex("050a0000000100000002 fd04abcd 1f02 00 0204".replace(" ", "")).ljust(20, b"\xff")
        self.run_on(Talk().send("A", 1, 2, options=opts).frames)
        self.assertEqual(self.cells("A", "tcpOptPktCnt", "tcpOptCnt", "tcpOptions", "tcpMSS", "tcpFStat"),
                         ["1", "3", "0x80000020", "0", "0x4011"])

    def test_windows(self):
        """The state machine of spec 6.3 and the recursive mean of 6.2."""
        t = Talk()
        mean = 1000.0
        for w in (1000, 900, 900, 800, 950, 1200, 1100, 1000, 1300):
            t.send("A", 1, 2, window=w)
            mean = mean * 0.7 + w * 0.3
        self.run_on(t.frames, "tcpFlags.WINMIN=900")
        self.assertEqual(self.cells("A", "tcpInitWinSz", "tcpMinWinSz", "tcpMaxWinSz", "tcpWinSzDwnCnt", "tcpWinSzUpCnt", "tcpWinSzChgDirCnt",
                                    "tcpWinSzThRt"), ["1000", "800", "1300", "4", "3", "3", "0.1111111"])
        self.assertAlmostEqual(float(self.flow("A")["tcpAveWinSz"]), mean, delta=1e-3)
        self.assertEqual([int(x, 16) & 0x0900 for x in self.column("tcpFStat")],
                         [0, 0, 0, 0x0100, 0x0800, 0x0800, 0, 0, 0x0800])
        self.assertIn("tcpFlags: Number WinSz below 900: 1 [11.11%]\n", self.report)
        self.run_on(Talk().send("A", 1, 2, window=0).frames, "tcpFlags.WINMIN=0")
        self.assertEqual((self.column("tcpFStat"), self.flow("A")["tcpWinSzThRt"]), (["0x0010"], "0"))
        self.assertNotIn("WinSz", self.report)

    def test_broken_options(self):
        for options in ("02ff0000", "03000000", "08010000", "fe"):
            opts = bytes.fromhex(options).ljust(4, b"\xfe")
            self.run_on(Talk().send("A", 1, 2, options=opts).frames)
            self.assertEqual(int(self.column("tcpFStat")[0], 16) & 0x0008, 0x0008, options)

    def test_options_captured_in_part(self):
        frame = Talk().send("A", 1, 2, options=bytes.fromhex("020405b401010101")).frames[0][1]
        self.run_on([(0, frame, len(frame) - 2)])
        self.assertEqual(self.cells("A", "tcpFStat", "tcpOptPktCnt", "tcpMSS"), ["0x0019", "0", "0"])

    def test_header_shorter_than_allowed(self):
        """Data offsets below 5 must be survived by every plugin."""
        self.activate("tcpStates", "tp0f", "basicStats")
        for offset in range(5):
            for flags in (SYN, SYN | ACK, ACK):
                self.run_on(Talk().send("A", 1, 2, flags, payload=40, offset=offset).frames)
                self.assertEqual(int(self.column("tcpFStat")[0], 16) & 0x0008, 0x0008)

    def test_window_shift_is_limited(self):
        t = Talk().handshake(options=b"\x03\x03\xff\x01").send("A", 101, 901, window=1)
        self.assertEqual(self.run_on(t.frames).column("tcpWin")[-1], "16384")

    def test_window_of_a_repeated_syn_is_not_scaled(self):
        """RFC 7323, 2.2."""
        opts = b"\x03\x03\x07\x01"
        t = Talk().handshake(options=opts).send("B", 900, 101, SYN | ACK, window=1000, options=opts).send("A", 101, 901, window=10)
        self.assertEqual(self.run_on(t.frames).column("tcpWin")[-2:], ["1000", "1280"])
        self.assertEqual([f["tcpMaxWinSz"] for f in self.flows][1], "1000")

    def test_window_scale_is_of_this_flow_only(self):
        t = Talk().handshake(options=b"\x03\x03\x07\x01")
        other = Talk(sport=40001).send("A", 1, 2, at=400)
        self.run_on(t.frames + other.frames)
        self.assertEqual([f["tcpWS"] for f in self.flows], ["128", "128", "0"])

    def test_mptcp(self):
        capable = bytes.fromhex("1e0c0081 0102030405060708".replace(" ", ""))
        dss = bytes.fromhex("1e042005")
        add = bytes.fromhex("1e043407")
        t = Talk().send("A", 1, 0, SYN, options=capable).send("A", 2, 1, options=dss).send("A", 2, 1, options=add)
        a = self.run_on(t.frames).flow("A")
        self.assertEqual([a[c] for c in ("tcpMPTBF", "tcpMPF", "tcpMPAID", "tcpMPDSSF")], ["0x000d", "0x81", "7", "0x05"])
        self.assertEqual(self.column("tcpMPTyp"), ["0", "2", "3"])
        self.assertIn("tcpFlags: Aggregated MPTCP subtypes: tcpMPTBF=0x000d\n", self.report)
        self.assertIn("tcpFlags: Number of MPTCP packets: 3 [100.00%]\n", self.report)

    def test_mptcp_address_of_join_and_priority(self):
        join, long_join, priority = bytes.fromhex("1e0c1305"), bytes.fromhex("1e181307"), bytes.fromhex("1e045109")
        t = Talk().send("A", 1, 0, SYN, options=join.ljust(12, b"\0")).send("A", 2, 1, options=long_join.ljust(24, b"\0"))
        t.send("A", 2, 1, options=priority)
        self.run_on(t.frames)
        self.assertEqual([self.column(c) for c in ("tcpMPTyp", "tcpMPF", "tcpMPAID")],
                         [["1", "1", "5"], ["0x03", "0x00", "0x01"], ["5", "0", "9"]])
        self.assertEqual(self.cells("A", "tcpMPTBF", "tcpMPF", "tcpMPAID", "tcpFStat"), ["0x0022", "0x03", "9", "0x8011"])
        self.assertIn("tcpFlags: Aggregated MPTCP flags: tcpMPF=0x03\n", self.report)

    def test_ticks(self):
        """Measured ticks are rounded to usual ones; without progress the TTL decides (spec 10)."""
        def stamp(v):
            return b"\x01\x01\x08\x0a" + struct.pack(">II", v, 0)
        for tick, usual in ((0.0005, "0.001"), (0.0019, "0.001"), (0.003, "0.004"), (0.01, "0.01"), (0.05, "0.1"), (0.5, "0.1"), (1.1, "1")):
            t = Talk().send("A", 1, 2, at=0, options=stamp(7)).send("A", 1, 2, at=100 * tick, options=stamp(107))
            self.assertEqual(self.run_on(t.frames).cells("A", "tcpEcI", "tcpTmS"), [usual, "107"])
        for ttl, usual in ((255, "0.1"), (128, "0.1"), (127, "0.004"), (64, "0.004"), (63, "0.01"), (33, "0.01"), (32, "0.001")):
            self.run_on(Talk().send("A", 1, 2, options=stamp(7), ttl=ttl).frames)
            self.assertEqual(self.flow("A")["tcpEcI"], usual, ttl)

    def test_boot_time(self):
        def stamp(v):
            return b"\x01\x01\x08\x0a" + struct.pack(">II", v, 0)
        t = Talk().send("A", 1, 2, at=0, options=stamp(5000)).send("A", 1, 2, at=5, options=stamp(5050))
        a = self.run_on(t.frames).flow("A")
        self.assertEqual((a["tcpEcI"], a["tcpUtm"], a["tcpBtm"]), ("0.1", "505.000000", "1599999500.000000000"))
        t = Talk().send("A", 1, 2, at=0, options=stamp(3999999999)).send("A", 1, 2, at=9, options=stamp(4000000000))
        a = self.run_on(t.frames).flow("A")
        self.assertEqual((a["tcpUtm"], a["tcpBtm"]), ("4000000000.000000", "0.000000000"))
        t = Talk().send("A", 1, 2, options=stamp(10)).send("A", 1, 2, options=stamp(9))
        self.assertEqual(self.run_on(t.frames).column("tcpFStat"), ["0x0012", "0x0017"])


    def test_time_runs_back_over_a_second(self):
        frame = ether(ipv4(A, B, 17, udp(A, B, 1, 2)))
        self.run_on([(1.1, frame), (0.9, frame), (0.9, frame)])
        self.assertEqual([int(x, 16) & 0xc000 for x in self.column("ipFlags")], [0, 0x8000, 0x4000])
        self.assertEqual(int(self.flow("A")["flowStat"], 16) & 0x0008000000000000, 0x0008000000000000)

    def test_ttl_and_tos(self):
        packets = [ipv4(A, B, 17, udp(A, B, 1, 2), ttl=t, tos=s) for t, s in ((60, 0xb8), (64, 1), (64, 0), (50, 0))]
        a = self.ip_run(packets).flow("A")
        self.assertEqual([a[c] for c in ("ipMinTTL", "ipMaxTTL", "ipTTLChg", "ipToS")], ["50", "64", "2", "0xb9"])
        self.assertIn("tcpFlags: Aggregated ipToS=0xb9\n", self.report)
        self.assertEqual(self.ip_run(packets, "tcpFlags.IPTOS=1").flow("A")["ipToSDscp_ecn"], "46_1")
        self.assertEqual(self.ip_run(packets, "tcpFlags.IPTOS=2").column("ipToSPrec_ecn")[:2], ["5_0", "0_1"])

    def test_counters_stop(self):
        """ipTTLChg has eight bits and does not wrap."""
        self.ip_run([ipv4(A, B, 17, udp(A, B, 1, 2), ttl=60 + i % 2) for i in range(300)])
        self.assertEqual(self.flow("A")["ipTTLChg"], "255")

    # Settings

    def test_layer2_flow_has_empty_packet_cells(self):
        arp = bytes.fromhex("0001080006040001") + bytes(20)
        self.run_on([(0, ether(arp, 0x0806))])
        first = self.packet_names.index("ipToS")
        self.assertEqual({self.packets[0][n] for n in self.packet_names[first:-1]}, {""})
        self.assertEqual((self.flow("A")["tcpFStat"], self.flow("A")["ipMindIPID"]), ("0x0000", "65535"))

    def test_columns_can_be_dropped(self):
        self.run_on(self.lossy().frames, *(f"tcpFlags.{s}=0" for s in (
            "RTT_ESTIMATE", "WINDOWSIZE", "SEQ_ACK_NUM", "NAT_BT_EST", "MPTCP")))
        start = self.names.index("tcpFStat")
        self.assertEqual(len(self.names) - start, 51 - 7 - 8 - 8 - 5 - 4)
        for gone in ("tcpISeqN", "tcpInitWinSz", "tcpTmS", "tcpMPF", "tcpSSASAATrip"):
            self.assertNotIn(gone, self.names)
        for gone in ("seq", "tcpBFlgt", "tcpTmS", "tcpMPTyp"):
            self.assertNotIn(gone, self.packet_names)

    def test_names_of_0_9_3(self):
        opts = bytes.fromhex("020405b4 0402 080a00000064 00000000 01 030307".replace(" ", ""))
        t = Talk().handshake(options=opts)
        self.run_on(t.frames, "tcpFlags.TCP_NAMES=93", "tcpFlags.TCPJA4T=1", "tcpFlags.TCPFLGCNT=1")
        for name in ("tcpAvgWinSz", "tcpRTTAckTripAvg", "tcpRTTAckTripJitAvg", "tcpRTTAckJitAvg"):
            self.assertIn(name, self.names)
        self.assertEqual(self.flow("A")["tcpJA4T"], "1000_2-4-8-1-3_1460_7")
        self.assertEqual(self.flow("A")["tcpCntF_S_R_P_A_U_E_C_FA_SA_RA_N_SF_SFR_RF_X"], "0_1_0_0_1_0_0_0_0_0_0_0_0_0_0_0")

    def test_flag_texts(self):
        for setting, text in (("91", "SYN_FIN_RST flag"), ("93", "SYN-FIN-RST flag")):
            plugins = json.loads(self.t2("--describe", "--set", f"tcpFlags.TCP_NAMES={setting}").stdout)["plugins"]
            column = next(c for p in plugins for c in p["flowColumns"] if c["name"] == "tcpFlags")
            self.assertTrue(column["bits"][13]["text"].startswith(text))

    def test_ja4t(self):
        """No options, no scaling; the options of the first SYN only, at most JA4TOPTMX."""
        self.run_on(Talk().send("A", 1, 0, SYN).frames, "tcpFlags.TCPJA4T=1")
        self.assertEqual(self.flow("A")["tcpJA4T"], "1000_00_00_00")
        t = Talk().send("A", 1, 0, SYN, options=bytes.fromhex("020405b4")).send("A", 1, 0, SYN, options=bytes.fromhex("020405b401010402"))
        self.assertEqual(self.run_on(t.frames, "tcpFlags.TCPJA4T=1").flow("A")["tcpJA4T"], "1000_2_1460_00")
        t = Talk().send("A", 1, 0, SYN, options=bytes.fromhex("020405b401010402"))
        self.assertEqual(self.run_on(t.frames, "tcpFlags.TCPJA4T=1", "tcpFlags.JA4TOPTMX=2").flow("A")["tcpJA4T"], "1000_2-1_1460_00")

    def test_ja4t_of_many(self):
        """Rows are made by two threads: each has the text of its own flow."""
        talks = [Talk(sport=1024 + i).send("A", 1, 0, SYN, window=i, at=i / 1e4) for i in range(20000)]
        write_pcap(self.dir / "in.pcap", [t.frames[0] for t in talks])
        for _ in range(3):
            self.t2("-r", self.dir / "in.pcap", "-w", self.dir / "o", "--set", "tcpFlags.TCPJA4T=1")
            _, flows = table(self.dir / "o_flows.txt")
            self.assertEqual([f["tcpJA4T"] for f in flows], [f"{int(f['srcPort']) - 1024}_00_00_00" for f in flows])

    def test_relative_and_hexadecimal_numbers(self):
        t = Talk().handshake()
        self.run_on(t.frames, "tcpFlags.SPKTMD_SEQACKREL=1")
        self.assertEqual([(p["seq"], p["ack"], p["seqMax"]) for p in self.packets[1:]], [("0", "1", "0"), ("1", "1", "1")])
        self.run_on(Talk().send("A", 5, 70).send("A", 9, 72).frames, "tcpFlags.SPKTMD_SEQACKREL=1")  # no opposite: its own first ack
        self.assertEqual([(p["seq"], p["ack"]) for p in self.packets], [("0", "0"), ("4", "2")])
        self.run_on(t.frames, "tcpFlags.SPKTMD_SEQACKHEX=1")
        self.assertEqual(self.packets[2]["seq"], "0x00000065")


if __name__ == "__main__":
    main()
