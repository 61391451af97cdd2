# SPDX-License-Identifier: Apache-2.0
"""basicStats on the example capture and on crafted packets: the examples of its specification."""
import math
import statistics

from packets import ACK, PSH, Talk, ether, icmp, ipv4, put, tcp, udp, write_pcap
from t2run import EXAMPLE, Sandbox, main, table

A, B = "10.0.0.1", "10.0.0.2"
DEFAULT = ("pktsSnt pktsRcvd padBytesSnt l7BytesSnt l7BytesRcvd minL7PktSz maxL7PktSz avgL7PktSz stdL7PktSz minIAT maxIAT "
           "avgIAT stdIAT pktps bytps pktAsm bytAsm").split()
PACKET = "pktLen snapL3Len snapL4Len snapL7Len l3Len udpLen l7Len padLen".split()


class BasicStats(Sandbox):
    def setUp(self):
        super().setUp()
        self.activate("basicFlow", "basicStats", "txtSink")

    def run_file(self, path, *settings, env=None):
        more = [word for s in settings for word in ("--set", s)]
        self.report = self.t2("-s", "-r", path, "-w", self.dir / "o", *more, env=env).stdout
        self.names, self.flows = table(self.dir / "o_flows.txt")
        self.packet_names, self.packets = table(self.dir / "o_packets.txt")
        return self

    def run_on(self, frames, *settings, env=None):
        write_pcap(self.dir / "in.pcap", frames)
        return self.run_file(self.dir / "in.pcap", *settings, env=env)

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

    def test_lone_reply(self):
        answer = ipv4(A, B, 17, udp(A, B, 53, 5000))
        row = self.run_on([(0, ether(answer))]).row()
        self.assertEqual((row["flowStat"][-1], row["pktAsm"], row["bytAsm"]), ("1", "-1", "0"))

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

    def test_old_names(self):
        self.run_on(self.sizes([1]), "basicStats.BS_NAMES=091")
        start = self.names.index("numPktsSnt")
        self.assertEqual(self.names[start:], "numPktsSnt numPktsRcvd numBytesSnt numBytesRcvd minPktSz maxPktSz avePktSize stdPktSize "
                         "minIAT maxIAT aveIAT stdIAT pktps bytps pktAsm bytAsm".split())

    def test_layer2(self):
        arp = bytes.fromhex("0001080006040001") + bytes(20)
        self.run_on([(0, ether(arp, 0x0806))])
        self.assertEqual((self.row()["pktsSnt"], self.row()["l7BytesSnt"]), ("1", "28"))
        self.assertIn("basicStats: Biggest L2 flow talker: 02:00:00:00:00:01: 1 [100.00%] packets\n", self.report)


if __name__ == "__main__":
    main()
