# SPDX-License-Identifier: Apache-2.0
"""tcpFlags on crafted packets: what it finds in and behind IP headers, checksums, fragments."""
import struct

from flagcase import A, A6, B, B6, TcpFlagsCase
from packets import ACK, FIN, Talk, checksum, ether, icmp, ipv4, ipv6, packed, pseudo, put, tcp, udp
from t2run import main


class IpPart(TcpFlagsCase):
    def test_tutorial_checksums(self):
        """An address with the constraint of spec 5.5 gives the eight checksums of packets 88 to 91."""
        client, server = "67.180.72.76", "128.121.136.217"
        out, back = (client, server, 4071, 21), (server, client, 21, 4071)
        packets = ((out, 2886500455, 785817037, FIN | ACK, 17218, 34267, 128, "0xdfa1", "0xce2a"),
                   (back, 785817037, 2886500456, ACK, 33580, 20400, 52, "0x61cd", "0x8e40"),
                   (back, 785817037, 2886500456, FIN | ACK, 33580, 20401, 52, "0x61cc", "0x8e3f"),
                   (out, 2886500456, 785817038, ACK, 17218, 34268, 128, "0xdfa0", "0xce29"))
        self.ip_run([ipv4(e[0], e[1], 6, tcp(*e, seq, ack, flags, window=window), ident=ident, ttl=ttl)
                     for e, seq, ack, flags, window, ident, ttl, _, _ in packets])
        for p, wanted in zip(self.packets, packets, strict=True):
            self.assertEqual([p[c] for c in ("ipHdrChkSum", "ipCalChkSum", "l4HdrChkSum", "l4CalChkSum", "ipFlags")],
                             [wanted[7], wanted[7], wanted[8], wanted[8], "0x0040"])

    def test_ip_id(self):
        ids = (10, 12, 65535, 5, 4, 60000)
        self.ip_run([ipv4(A, B, 17, udp(A, B, 1, 2), ident=i) for i in ids])
        self.assertEqual(self.column("ipIDDiff"), ["0", "2", "65523", "-65530", "-1", "59996"])
        self.assertEqual([int(x, 16) & 6 for x in self.column("ipFlags")], [0, 0, 0, 4, 2, 0])
        self.assertEqual((self.flow("A")["ipMindIPID"], self.flow("A")["ipMaxdIPID"]), ("2", "65523"))

    def test_wrong_checksums(self):
        bad_ip = ipv4(A, B, 17, udp(A, B, 1, 2), check=1)
        bad_udp = ipv4(A, B, 17, udp(A, B, 1, 2, check=1))
        no_udp = ipv4(A, B, 17, udp(A, B, 1, 2, check=0))
        bad_icmp = ipv4(A, B, 1, put(icmp(), 2, 1))
        frames = [bad_ip, bad_udp, no_udp, bad_icmp]
        self.ip_run(frames)
        self.assertEqual([int(x, 16) & 0x0c00 for x in self.column("ipFlags")], [0x400, 0x800, 0, 0x800])
        self.ip_run(frames, "tcpFlags.IPCHECKSUM=1")
        self.assertEqual([int(x, 16) & 0x0c00 for x in self.column("ipFlags")], [0x400, 0, 0, 0])
        self.assertEqual(self.column("l4CalChkSum"), ["0x0000"] * 4)
        self.assertEqual(self.column("l4HdrChkSum"), ["0x%04x" % struct.unpack(">H", f[at:at + 2]) for f, at in zip(frames, (26, 26, 26, 22))])
        self.ip_run(frames, "tcpFlags.IPCHECKSUM=0")
        self.assertEqual([int(x, 16) & 0x0c00 for x in self.column("ipFlags")], [0, 0, 0, 0])
        self.assertEqual(self.column("ipCalChkSum"), ["0x0000"] * 4)

    def test_total_length_within_the_header(self):
        """The IPv4 header names a length in which it does not fit itself."""
        packets = [ether(ipv4(A, B, proto, body, length=n, options=options, ident=n))
                   for proto, body in ((6, tcp(A, B, 1, 2, 1, 1, ACK, b"x" * 30)), (17, udp(A, B, 1, 2, b"y" * 20)), (1, icmp()))
                   for n in range(64) for options in (b"", b"\1" * 20)]
        for checksums in (0, 1, 2):
            self.run_on([(i / 100, p) for i, p in enumerate(packets)], f"tcpFlags.IPCHECKSUM={checksums}")
            self.assertEqual(len(self.packets), len(packets))
            self.assertEqual(self.column("ipTTL"), ["64"] * len(packets))

    def test_protocols_without_check(self):
        """SCTP and whatever is not in the table of spec 5.5, and headers that end before their checksum."""
        sctp = struct.pack(">HHII", 1, 2, 3, 0x12345678) + bytes.fromhex("00030010") + bytes(12)
        for proto, body in ((132, sctp), (50, bytes(40)), (6, b"\0" * 10), (1, b"\0"), (17, b"\0" * 4), (89, b"\2\1" + bytes(8))):
            p = self.ip_run([ipv4(A, B, proto, body)]).packets[0]
            self.assertEqual((int(p["ipFlags"], 16) & 0x0800, p["l4HdrChkSum"], p["l4CalChkSum"]), (0, "0x0000", "0x0000"), proto)

    def test_snapped_packet_is_no_checksum_error(self):
        frame = ether(ipv4(A, B, 17, udp(A, B, 1, 2, b"x" * 100)))
        p = self.run_on([(0, frame, 60)]).packets[0]
        self.assertEqual((p["ipFlags"], p["l4CalChkSum"]), ("0x1040", "0x0000"))

    def fragments(self, good=True):
        data = bytes(range(256)) * 4
        d = udp(A, B, 7, 8, data, check=None if good else 0x1234)
        return [ipv4(A, B, 17, d[:512], ident=7, fragment=0x2000), ipv4(A, B, 17, d[512:1000], ident=7, fragment=0x2040),
                ipv4(A, B, 17, d[1000:], ident=7, fragment=125)]

    def test_fragments(self):
        self.ip_run(self.fragments())
        self.assertEqual(self.column("ipFlags"), ["0x0020", "0x0020", "0x0000"])
        self.assertEqual([a == b for a, b in zip(self.column("l4HdrChkSum"), self.column("l4CalChkSum"))],
                         [False, True, True])
        self.assertNotEqual(self.column("l4CalChkSum")[2], "0x0000")
        self.assertEqual(self.flow("A")["tcpFStat"], "0x1001")
        self.ip_run(self.fragments(good=False))
        self.assertEqual(self.column("ipFlags"), ["0x0020", "0x0020", "0x0800"])
        first, second, last = self.fragments(good=False)
        self.ip_run([first, last, second])  # out of order: not judged
        self.assertEqual(int(self.flow("A")["ipFlags"], 16) & 0x0800, 0)
        self.assertEqual(int(self.packets[1]["ipFlags"], 16) & 0x0100, 0x0100)

    def test_tcp_fragments_have_no_header(self):
        """Offsets of 32 units and their multiples are later fragments as any other."""
        segment = tcp(A, B, 1, 2, 5, 6, ACK, b"p" * 800)
        self.ip_run([ipv4(A, B, 6, segment[at:at + 256], ident=7, fragment=0x2000 | at // 8) for at in (0, 256, 512)])
        self.assertEqual(self.column("seq"), ["5", "", ""])
        self.assertEqual(self.column("tcpFStat"), ["0x1010", "0x0000", "0x0000"])

    def test_fin_while_fragments_are_missing(self):
        """0x0200 goes to the direction that owes a fragment."""
        data = udp(A, B, 1, 2, b"x" * 32)
        t = Talk().handshake()
        segment = tcp(B, A, 8000, 40000, 901, 101, ACK, b"p" * 100)
        t.frames += [(0.1, ether(ipv4(B, A, 6, segment[:64], ident=9, fragment=0x2000)))]
        t.send("A", 101, 901, FIN | ACK, at=0.2)
        self.run_on(t.frames)
        self.assertEqual([int(self.flow(d)["ipFlags"], 16) & 0x0200 for d in "AB"], [0, 0x0200])
        self.run_on(t.frames, "tcpFlags.FRAG_ANALYZE=0")
        self.assertEqual([int(self.flow(d)["ipFlags"], 16) & 0x0200 for d in "AB"], [0, 0])
        self.ip_run([ipv4(A, B, 17, data[:16], ident=7, fragment=0x2000)], "tcpFlags.FRAG_ANALYZE=0")
        self.assertEqual(self.column("ipFlags"), ["0x0020"])

    def test_reserved_bits(self):
        self.ip_run([ipv4(A, B, 17, udp(A, B, 1, 2), fragment=0x8000)])
        self.assertEqual((self.column("ipFlags"), self.column("ipFrag")), (["0x0080"], ["0x8000"]))
        for word in (0x0002, 0x0004):
            self.ip_run([ipv6(A6, B6, 44, struct.pack(">BBHI", 17, 0, word, 99) + udp(A6, B6, 7, 8))])
            self.assertEqual(self.column("ipFlags"), ["0x0040"])

    def test_small_and_impossible_fragments(self):
        d = udp(A, B, 7, 8, b"x" * 600)
        self.ip_run([ipv4(A, B, 17, d[:16], ident=7, fragment=0x2000),
                     ipv4(A, B, 17, d[16:], ident=7, fragment=0x1fff)])
        self.assertEqual([int(x, 16) & 0x18 for x in self.column("ipFlags")], [8, 0x10])

    def test_ipv4_options(self):
        self.ip_run([ipv4(A, B, 17, udp(A, B, 1, 2), options=bytes.fromhex("94040000"))])
        a = self.flow("A")
        self.assertEqual((a["ipOptCnt"], a["ipOptCpCl_Num"]), ("1", "0x80_0x00100000"))
        self.assertEqual((self.packets[0]["ipOptLen"], self.packets[0]["ipOpts"]), ("4", "0x94;0x04;0x00;0x00"))
        for options in ("94000000", "94ff0000"):
            self.ip_run([ipv4(A, B, 17, udp(A, B, 1, 2), options=bytes.fromhex(options))])
            self.assertEqual(int(self.column("ipFlags")[0], 16) & 1, 1)
        self.run_on([(0, ether(ipv4(A, B, 17, udp(A, B, 1, 2), options=b"\1" * 8)), 14 + 24)])  # captured in part
        self.assertEqual((int(self.column("ipFlags")[0], 16) & 0x1401, self.flow("A")["ipOptCnt"]), (0x1401, "0"))
        # Kind 0 ends; kind 1 has no length. Numbers and classes are kept apart.
        self.ip_run([ipv4(A, B, 17, udp(A, B, 1, 2), options=bytes.fromhex("0144030500830000"))])
        self.assertEqual(self.cells("A", "ipOptCnt", "ipOptCpCl_Num"), ["2", "0x40_0x00000012"])

    def test_ipv6_options(self):
        hop = bytes([60, 0, 0, 0, 5, 2, 0, 0])      # two Pad1, router alert
        dest = bytes([17, 0, 1, 4, 0, 0, 0, 0])     # PadN
        self.ip_run([ipv6(A6, B6, 0, hop + dest + udp(A6, B6, 1, 2), hops=255, tos=3)])
        a, p = self.flow("A"), self.packets[0]
        self.assertEqual((a["ip6OptCntHH_D"], a["ip6OptHH_D"]), ("1_1", "0x00000020_0x00000002"))
        self.assertEqual((p["ip6HHOptLen"], p["ip6DOptLen"], p["ip6DOpts"]), ("6", "6", "0x01;0x04;0x00;0x00;0x00;0x00"))
        self.assertEqual((p["ipToS"], p["ipTTL"], p["ipFlags"], p["ipOptLen"], p["ipHdrChkSum"]),
                         ("0x03", "255", "0x0000", "0", "0x0000"))
        bad = bytes([17, 0, 5, 200, 0, 0, 0, 0])
        self.ip_run([ipv6(A6, B6, 0, bad + udp(A6, B6, 1, 2))])
        self.assertEqual(int(self.column("ipFlags")[0], 16) & 1, 1)

    def test_ipv6_fragments(self):
        d = udp(A6, B6, 7, 8, b"y" * 200)
        def piece(offset, more, data):
            return ipv6(A6, B6, 44, struct.pack(">BBHI", 17, 0, offset | more, 99) + data)
        self.ip_run([piece(0, 1, d[:104]), piece(104, 0, d[104:])])
        self.assertEqual(self.column("ipFrag"), ["0x0001", "0x0068"])
        self.assertEqual(self.column("ipFlags"), ["0x0020", "0x0000"])
        self.assertEqual(self.packets[1]["l4HdrChkSum"], self.packets[1]["l4CalChkSum"])

    def test_udp_lite(self):
        for coverage, bad in ((0, False), (8, False), (3, True), (500, True)):
            body = put(struct.pack(">HHHH", 1, 2, coverage, 0) + b"abcd", 6, 0)
            covered = body if coverage == 0 else body[:coverage]
            check = checksum(pseudo(packed(A), packed(B), 136, len(body)) + covered)
            self.ip_run([ipv4(A, B, 136, put(body, 6, check))])
            self.assertEqual(self.flow("A")["tcpFStat"], "0x2001" if bad else "0x0001", coverage)
            self.assertEqual(int(self.column("ipFlags")[0], 16) & 0x0800, 0, coverage)

    def test_udp_length(self):
        self.ip_run([ipv4(A, B, 17, udp(A, B, 1, 2, b"abcd", length=9))])
        self.assertEqual(int(self.column("ipFlags")[0], 16) & 0x2000, 0x2000)


if __name__ == "__main__":
    main()
