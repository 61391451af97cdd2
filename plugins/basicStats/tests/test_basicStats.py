# SPDX-License-Identifier: Apache-2.0
"""basicStats on the example capture and on crafted packets: the examples of its specification."""
import math
import statistics

from frames import FrameCase
from packets import ACK, PSH, Talk, ether, icmp, ipv4, ipv6, put, tcp, udp
from t2run import EXAMPLE, main

A, B = "10.0.0.1", "10.0.0.2"
DEFAULT = ("pktsSnt pktsRcvd padBytesSnt l7BytesSnt l7BytesRcvd minL7PktSz maxL7PktSz avgL7PktSz stdL7PktSz minIAT maxIAT "
           "avgIAT stdIAT pktps bytps pktAsm bytAsm").split()
PACKET = "pktLen snapL3Len snapL4Len snapL7Len l3Len udpLen l7Len padLen".split()


class BasicStats(FrameCase):
    def setUp(self):
        super().setUp()
        self.activate("basicFlow", "basicStats", "txtSink")

    def row(self, direction="A"):
        return next(f for f in self.flows if f["dir"] == direction)

    def sizes(self, sizes, times=None):
        times = times or range(len(sizes))
        return [(t, ether(ipv4(A, B, 17, udp(A, B, 1, 2, b"x" * n)))) for t, n in zip(times, sizes)]

    def test_tutorial_flows(self):
        self.run_file(EXAMPLE)
        self.assertEqual(self.names[self.names.index("pktsSnt"):], DEFAULT)
        expected = {
            ("4", "A"): "2 2 0 0 0 0 0 0 0 0 0.012907 0.0064535 0.009126627 154.9547 0 0 0",
            ("4", "B"): "2 2 0 0 0 0 0 0 0 0 0.000489 0.0002445 0.0003457752 4089.979 0 0 0",
        }
        for (index, direction), cells in expected.items():
            row = next(f for f in self.flows if (f["flowInd"], f["dir"]) == (index, direction))
            wanted = dict(zip(DEFAULT, cells.split()))
            wanted["padBytesSnt"] = row["padBytesSnt"]
            self.assertEqual({n: row[n] for n in DEFAULT}, wanted)
        for direction, cells in (("A", ["0.0072925", "0.01031315", "137.1272"]), ("B", ["0.000282", "0.0003988082", "3546.099"])):
            row = next(f for f in self.flows if (f["flowInd"], f["dir"]) == ("3", direction))
            self.assertEqual([row[n] for n in ("avgIAT", "stdIAT", "pktps")], cells)
        self.assertEqual((self.packets[0]["snapL7Len"], self.packets[0]["l7Len"]), ("8", "8"))

    def test_report(self):
        self.run_file(EXAMPLE)
        lines = [line for line in self.report.split("\n") if line.startswith("basicStats: ")]
        self.assertEqual([line.split(":")[1] for line in lines],
                         [" Flow max(pktload)", " Flow max(b/s), pkts", " Biggest L3 flow talker", " Biggest L3 flow talker"])
        self.assertRegex(lines[1], r"^basicStats: Flow max\(b/s\), pkts: 2807547 \(2\.81 Mb/s\), 46$")
        self.assertRegex(lines[3], r"64170 \(64\.17 K\) \[99\.55%\] bytes$")

    def lines(self):
        return [line.removeprefix("basicStats: ") for line in self.report.split("\n") if line.startswith("basicStats: ")]

    def test_report_of_talkers(self):
        """Single directions, the first of equals; country in upper case; shares of packets and of payload."""
        (self.dir / "net.txt").write_text("192.0.2.0/24,ch,Somebody\n")
        frames = self.sizes([1000, 1000, 1]) + [(9, ether(ipv4("192.0.2.1", B, 17, udp("192.0.2.1", B, 1, 2, b"x" * 3000)))),
                                                (9.5, ether(ipv4("192.0.2.1", B, 17, udp("192.0.2.1", B, 1, 2, b"x" * 3000)))),
                                                (9.6, ether(ipv4("192.0.2.1", B, 17, udp("192.0.2.1", B, 1, 2, b"x"))))]
        subnets = f"basicFlow.BFO_SUBNET_FILE={self.dir / 'net.txt'}"
        self.run_on(frames, subnets)
        self.assertEqual(self.lines(), ["Flow max(pktload): 2000 (2.00 K)", "Flow max(b/s), pkts: 80013 (80.01 Kb/s), 3",
                                        "Biggest L3 flow talker: 10.0.0.1: 3 [50.00%] packets",
                                        "Biggest L3 flow talker: 192.0.2.1 (CH): 6001 (6.00 K) [74.99%] bytes"])
        self.assertEqual(len(self.run_on(frames, subnets, "basicStats.ANONYM_IP=1").lines()), 2)
        self.assertIn("Biggest L3 flow talker: N/A: 3 [50.00%] packets",
                      self.run_on(frames, subnets, "tranalyzer2.AGGREGATIONFLAG=4").lines())
        self.assertEqual(self.run_on(frames, subnets, "basicStats.BS_PL_STATS=0").lines()[0], "Flow max(pktload): 0")

    def test_two_sizes(self):
        row = self.run_on(self.sizes([0, 24])).row()
        self.assertEqual([row[n] for n in DEFAULT[5:9]], ["0", "24", "12", "16.97056"])

    def test_moments(self):
        sizes, times = [10, 500, 3, 77, 77, 1200], [0, 0.5, 0.6, 2, 2, 5]
        row = self.run_on(self.sizes(sizes, times), "basicStats.BS_VAR=1").row()

        def moments(values, mean):
            m = {"var": 0.0, "skew": 0.0, "kur": 0.0}
            for n, x in enumerate(values, 1):
                d = x - mean
                mean += d / n
                for name, power in (("var", 2), ("skew", 3), ("kur", 4)):
                    m[name] += (d**power - m[name]) / n
            return m
        gaps = [b - a for a, b in zip([0, *times], times)]
        for noun, values, start in (("L7PktSz", sizes, sizes[0]), ("IAT", gaps, 0)):
            m = moments(values, start)
            self.assertAlmostEqual(float(row["avg" + noun]), statistics.mean(values), delta=1e-3)
            for name, value in (("std", math.sqrt(m["var"])), ("var", m["var"]), ("skew", m["skew"] / m["var"]**1.5),
                                ("kur", m["kur"] / m["var"]**2)):
                self.assertTrue(math.isclose(float(row[name + noun]), value, rel_tol=1e-6), name + noun)
        start = self.names.index("stdL7PktSz")
        self.assertEqual(self.names[start:start + 4], ["stdL7PktSz", "varL7PktSz", "skewL7PktSz", "kurL7PktSz"])

    def test_one_packet(self):
        row = self.run_on(self.sizes([24]), "basicStats.BS_VAR=1").row()
        for name in ("stdL7PktSz", "varL7PktSz", "skewL7PktSz", "kurL7PktSz", "minIAT", "maxIAT", "avgIAT", "stdIAT", "varIAT",
                     "skewIAT", "kurIAT", "pktps", "bytps"):
            self.assertEqual(row[name], "0", name)

    def test_long_flows_keep_their_digits(self):
        """Sums of 64 bits: sizes far from 0 with a small spread, byte counts above 2^24."""
        t = [(i / 1000, ether(ipv4(A, B, 17, udp(A, B, 5000, 53, b"x" * (60000 + i % 2))))) for i in range(1000)]
        t += [(2, ether(ipv4(B, A, 17, udp(B, A, 53, 5000, b"x"))))]
        row = self.run_on(t).row()
        self.assertEqual((row["avgL7PktSz"], row["l7BytesSnt"], row["bytAsm"]), ("60000.5", "60000500", "0.9999999"))
        self.assertAlmostEqual(float(row["stdL7PktSz"]), 0.5, delta=0.005)

    def test_mean_without_deviation(self):
        row = self.run_on(self.sizes([1, 1], [0, 3]), "basicStats.BS_STDDEV=0").row()
        self.assertEqual((row["avgIAT"], "stdIAT" in row), ("1.5", False))

    def test_time_runs_back_over_a_second(self):
        row = self.run_on(self.sizes([1, 1, 1], [1.5, 0.75, 2])).row()
        self.assertEqual((row["minIAT"], row["maxIAT"]), ("-0.75", "1.25"))

    def test_exclusion(self):
        sizes = [0, 1, 10, 100, 1000]
        for mode, kept in ((0, sizes), (1, [100, 1000]), (2, [0, 1, 10]), (3, [10, 100]), (4, [0, 1, 10, 100, 1000])):
            limits = ("basicStats.BS_XMIN=10", "basicStats.BS_XMAX=100")
            row = self.run_on(self.sizes(sizes), f"basicStats.BS_XCLD={mode}", *limits).row()
            self.assertEqual((row["pktsSnt"], row["l7BytesSnt"]), ("5", "1111"))
            self.assertEqual((row["minL7PktSz"], row["maxL7PktSz"]), (str(min(kept)), str(max(kept))), mode)
            self.assertTrue(math.isclose(float(row["avgL7PktSz"]), statistics.mean(kept), rel_tol=1e-6), mode)
        row = self.run_on(self.sizes([50, 60]), "basicStats.BS_XCLD=4", env={"BS_XMIN": "10", "BS_XMAX": "100"}).row()
        self.assertEqual([row[n] for n in ("minL7PktSz", "avgL7PktSz", "minIAT", "avgIAT")], ["0", "0", "0", "0"])

    def test_modulus(self):
        self.run_on(self.sizes([15, 27]), "basicStats.BS_MOD=10")
        self.assertEqual((self.row()["l7BytesSnt"], [p["pktLenMod"] for p in self.packets]), ("12", ["5", "7"]))

    def test_other_layers(self):
        for level, n, length in (("0", "2", 14 + 28 + 5), ("1", "3", 28 + 5), ("2", "4", 8 + 5), ("3", "7", 5)):
            row = self.run_on(self.sizes([5]), f"tranalyzer2.PACKETLENGTH={level}").row()
            self.assertEqual((row[f"l{n}BytesSnt"], row[f"maxL{n}PktSz"]), (str(length), str(length)))

    def test_ip_header_of_later_fragments(self):
        """PACKETLENGTH 1 counts IP headers once per datagram, or per fragment with FRGIPPKTLENVIEW=0."""
        d = udp(A, B, 1, 2, b"x" * 32)
        frames = [(0, ether(ipv4(A, B, 17, d[:16], ident=7, fragment=0x2000))), (1, ether(ipv4(A, B, 17, d[16:], ident=7, fragment=2)))]
        for view, length in (("1", 36 + 24), ("0", 36 + 44)):
            self.run_on(frames, "tranalyzer2.PACKETLENGTH=1", f"tranalyzer2.FRGIPPKTLENVIEW={view}")
            self.assertEqual(self.row()["l3BytesSnt"], str(length), view)

    def test_lone_reply(self):
        """Only the asymmetry of packets changes its sign."""
        for payload, asymmetry in ((b"", "0"), (b"answer", "1")):
            row = self.run_on([(0, ether(ipv4(A, B, 17, udp(A, B, 53, 5000, payload))))]).row()
            self.assertEqual((row["flowStat"][-1], row["pktAsm"], row["bytAsm"]), ("1", "-1", asymmetry))

    def test_header_lengths(self):
        """What counts as header of layer 4 (spec 1; of SCTP the common header only, as in the reference's output)."""
        for proto, header, body in ((17, 8, udp(A, B, 1, 2, b"d" * 5)), (136, 8, udp(A, B, 1, 2, b"d" * 5, proto=136)), (1, 8, icmp(payload=b"d" * 5)),
                                    (6, 24, tcp(A, B, 1, 2, 3, 4, ACK, b"d" * 5, options=b"\1" * 4)), (89, 24, b"\2\1" + bytes(27)),
                                    (253, 8, bytes(13)), (132, 12, bytes(12) + bytes.fromhex("00030010") + bytes(17))):
            self.run_on([(0, ether(ipv4(A, B, proto, body)))])
            self.assertEqual((self.row()["l7BytesSnt"], self.packets[0]["l7Len"]), (str(len(body) - header),) * 2, proto)
        v3 = "2001:db8::1", "2001:db8::2"
        self.run_on([(0, ether(ipv6(*v3, 89, b"\3\1" + bytes(19))))])
        self.assertEqual(self.row()["l7BytesSnt"], "5")

    def test_asymmetry(self):
        t = Talk().send("A", 1, 1, payload=300).send("B", 1, 301, payload=100).send("A", 301, 101)
        self.run_on(t.frames)
        self.assertEqual((self.row("A")["pktAsm"], self.row("A")["bytAsm"]), ("0.3333333", "0.5"))
        self.assertEqual((self.row("B")["pktAsm"], self.row("B")["bytAsm"]), ("-0.3333333", "-0.5"))

    def test_packet_columns(self):
        igmp = put(bytes([0x16, 0, 0, 0, 224, 0, 0, 251]), 2, 0x0904)
        frames = [ether(ipv4(A, B, 17, udp(A, B, 3000, 53, b"d" * 35))), ether(ipv4(A, B, 6, tcp(A, B, 1, 2, 3, 4, PSH | ACK, b"t" * 20))),
                  ether(ipv4(A, "224.0.0.251", 2, igmp, options=bytes.fromhex("94040000")))]
        self.run_on(list(enumerate(frames)))
        start = self.packet_names.index("pktLen")
        self.assertEqual(self.packet_names[start:start + 8], PACKET)
        self.assertEqual([[p[n] for n in PACKET] for p in self.packets],
                         ["77 63 43 35 63 43 35 0".split(), "74 60 40 20 60 0 20 0".split(), "46 32 8 0 32 0 0 0".split()])

    def test_padding(self):
        frame = ether(ipv4(A, B, 1, icmp()))
        self.run_on([(0, frame.ljust(60, b"\0"))])
        self.assertEqual((self.row()["padBytesSnt"], self.packets[0]["padLen"]), ("18", "18"))

    def test_padding_of_arp_and_tagged_frames(self):
        arp = bytes.fromhex("0001080006040001") + bytes(20)
        tagged = ether(bytes.fromhex("00050800") + ipv4(A, B, 1, icmp()), 0x8100)
        self.run_on([(0, ether(arp, 0x0806).ljust(60, b"\0")), (1, tagged.ljust(64, b"\0"))])
        self.assertEqual([p["padLen"] for p in self.packets], ["18", "18"])
        for setting in ("basicStats.BS_PAD=0", "basicStats.BS_NAMES=91"):
            self.run_on([(0, tagged)], setting)
            self.assertNotIn("padBytesSnt", self.names)

    def test_packets_without_ip(self):
        arp = bytes.fromhex("0001080006040001") + bytes(20)
        self.run_on([(0, ether(arp, 0x0806), 14 + 20)])
        self.assertEqual([self.packets[0][n] for n in ("pktLen", "snapL3Len", "snapL4Len", "snapL7Len", "udpLen", "l7Len")],
                         ["42", "20", "20", "20", "0", "28"])

    def test_lengths_above_16_bits(self):
        """An offloaded packet has length 0 in its header."""
        segment = tcp(A, B, 1, 2, 3, 4, ACK, b"x" * 70000, check=0)
        self.run_on([(0, ether(ipv4(A, B, 6, segment, length=0)))])
        self.assertEqual([self.row()[n] for n in ("l7BytesSnt", "minL7PktSz", "maxL7PktSz", "avgL7PktSz")], ["70000"] * 4)
        self.assertEqual([self.packets[0][n] for n in PACKET], "70054 70040 70020 70000 70040 0 70000 0".split())

    def test_headers_longer_than_the_packet(self):
        self.run_on([(0, ether(ipv4(A, B, 6, tcp(A, B, 1, 2, 3, 4, ACK, b"ab", offset=15))))])
        self.assertEqual((self.packets[0]["l7Len"], self.packets[0]["snapL7Len"], self.row()["l7BytesSnt"]), ("0", "0", "0"))

    def test_udp_length_of_first_fragments_only(self):
        d = udp(A, B, 1, 2, b"x" * 32)
        lite = ipv4(A, B, 136, udp(A, B, 1, 2, b"xy", length=8, proto=136))
        self.run_on([(0, ether(ipv4(A, B, 17, d[:16], ident=7, fragment=0x2000))), (1, ether(ipv4(A, B, 17, d[16:], ident=7, fragment=2))),
                     (2, ether(lite))])
        self.assertEqual([p["udpLen"] for p in self.packets], ["40", "0", "8"])

    def test_snapped_packet_keeps_its_length(self):
        frame = ether(ipv4(A, B, 17, udp(A, B, 1, 2, b"x" * 500)))
        self.run_on([(0, frame, 100)])
        self.assertEqual((self.row()["l7BytesSnt"], self.packets[0]["snapL7Len"]), ("500", "58"))

    def test_sums_and_counts_only(self):
        t = Talk().send("A", 1, 1, payload=300).send("B", 1, 301, payload=100)
        row = self.run_on(t.frames, "basicStats.BS_AGGR_CNT=1", "basicStats.BS_STATS=0").row()
        start = self.names.index("pktsSnt")
        self.assertEqual(self.names[start:], "pktsSnt pktsRcvd pktsRTAggr padBytesSnt l7BytesSnt l7BytesRcvd l7BytesRTAggr".split())
        self.assertEqual((row["pktsRTAggr"], row["l7BytesRTAggr"]), ("2", "400"))
        self.assertNotIn("Flow max", self.report)

    def test_groups_of_columns(self):
        size = [n for n in DEFAULT if n.endswith("L7PktSz")]
        iat = [n for n in DEFAULT if n.endswith("IAT")]
        for settings, gone in ((("BS_PL_STATS=0",), size), (("BS_IAT_STATS=0",), iat), (("BS_REV_CNT=0",), ["pktsRcvd", "l7BytesRcvd"]),
                               (("BS_PAD=0",), ["padBytesSnt"]), (("BS_STDDEV=0",), ["stdL7PktSz", "stdIAT"])):
            self.run_on(self.sizes([1, 2]), *(f"basicStats.{s}" for s in settings))
            self.assertEqual(self.names[self.names.index("pktsSnt"):], [n for n in DEFAULT if n not in gone])
        self.run_on(self.sizes([1, 2]), "basicStats.BS_VAR=1", "basicStats.BS_SK=0")
        self.assertEqual([n for n in self.names if n[:3] in ("var", "ske", "kur")], ["varL7PktSz", "varIAT"])

    def test_old_names(self):
        self.run_on(self.sizes([1]), "basicStats.BS_NAMES=091")
        start = self.names.index("numPktsSnt")
        self.assertEqual(self.names[start:], "numPktsSnt numPktsRcvd numBytesSnt numBytesRcvd minPktSz maxPktSz avePktSize stdPktSize "
                         "minIAT maxIAT aveIAT stdIAT pktps bytps pktAsm bytAsm".split())
        self.assertEqual(self.packet_names[self.packet_names.index("pktLen"):-1], "pktLen udpLen snapL4Len snapL7Len l7Len padLen".split())

    def test_layer2(self):
        arp = bytes.fromhex("0001080006040001") + bytes(20)
        self.run_on([(0, ether(arp, 0x0806))])
        self.assertEqual((self.row()["pktsSnt"], self.row()["l7BytesSnt"]), ("1", "28"))
        self.assertIn("basicStats: Biggest L2 flow talker: 02:00:00:00:00:01: 1 [100.00%] packets\n", self.report)


if __name__ == "__main__":
    main()
