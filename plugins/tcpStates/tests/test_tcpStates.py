# SPDX-License-Identifier: Apache-2.0
"""tcpStates on crafted packets: which flows show a scan (0x80)."""
from packets import ACK, FIN, PSH, RST, URG, Talk, write_pcap
from t2run import Sandbox, main, table


class Scans(Sandbox):
    def setUp(self):
        super().setUp()
        self.activate("basicFlow", "tcpStates", "txtSink")

    def flags(self, talk, *settings):
        write_pcap(self.dir / "in.pcap", talk.frames)
        more = [word for s in settings for word in ("--set", s)]
        self.report = self.t2("-s", "-r", self.dir / "in.pcap", "-w", self.dir / "o", *more).stdout
        self.packets = [p["tcpStatesAFlags"] for p in table(self.dir / "o_packets.txt")[1]]
        return [f["tcpStatesAFlags"] for f in sorted(table(self.dir / "o_flows.txt")[1], key=lambda f: f["dir"])]

    def closing(self):
        """The end of a connection, as in the tutorial's flows 3 and 4."""
        return Talk().send("A", 100, 900, FIN | ACK).send("B", 900, 101).send("B", 900, 101, FIN | ACK).send("A", 101, 901)

    def test_scans(self):
        for what, talk, expected in (
                ("end of a connection", self.closing(), ["0x83", "0x03"]),
                ("NULL", Talk().send("A", 100, 0, 0), ["0x83"]),
                ("Xmas", Talk().send("A", 100, 0, FIN | PSH | URG), ["0x83"]),
                ("Xmas, refused", Talk().send("A", 100, 0, FIN | PSH | URG, 5).send("B", 0, 106, RST | ACK), ["0x83", "0x43"]),
                ("FIN", Talk().send("A", 100, 0, FIN), ["0x83"]),
                ("FIN-ACK, refused", Talk().send("A", 100, 900, FIN | ACK).send("B", 900, 0, RST), ["0x83", "0x43"]),
                ("RST", Talk().send("A", 100, 0, RST), ["0xc3"]),
                ("RST with a text", Talk().send("A", 100, 0, RST, 20), ["0xc3"])):
            for rule in ("0", "1"):
                with self.subTest(what, rule=rule):
                    self.assertEqual(self.flags(talk, f"tcpStates.SCAN_REFRULE={rule}"), expected)

    def test_conversations_are_no_scans(self):
        late = Talk().send("A", 100, 900, FIN | ACK).send("B", 900, 101).send("B", 900, 101, FIN | ACK, gap=9.998).send("A", 101, 901)
        for what, talk, expected, reference in (
                ("last bytes with the FIN", Talk().send("A", 100, 900, FIN | ACK, 10).send("B", 900, 111), ["0x03", "0x03"], ["0x83", "0x03"]),
                ("its one side", Talk().send("A", 100, 900, FIN | ACK, 10), ["0x03"], ["0x83"]),
                ("answer behind the FIN", Talk().send("A", 100, 900, FIN | ACK).send("B", 900, 101).send("B", 900, 101, payload=50)
                 .send("B", 950, 101, payload=50), ["0x03", "0x03"], ["0x83", "0x03"]),
                ("closed late", late.send("B", 901, 102), ["0x03", "0x03"], ["0x83", "0x03"]),
                ("Xmas in a conversation", Talk().handshake().send("A", 101, 901, payload=10).send("B", 901, 111, payload=10)
                 .send("A", 111, 911, FIN | PSH | URG), ["0x06", "0x06"], ["0x86", "0x06"])):
            with self.subTest(what):
                self.assertEqual(self.flags(talk), expected)
                self.assertNotIn("tcpStatesAFlags=0x8", self.report)
                self.assertEqual(self.flags(talk, "tcpStates.SCAN_REFRULE=1"), reference)

    def test_packets_show_what_is_known_then(self):
        self.flags(Talk().handshake().send("A", 101, 901, payload=10).send("B", 901, 111).send("A", 111, 901, 0))
        self.assertEqual(self.packets, ["0x00"] * 5 + ["0x84"])


if __name__ == "__main__":
    main()
