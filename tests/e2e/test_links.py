# SPDX-License-Identifier: Apache-2.0
"""Links, tags and tunnels around one packet: what every other tool decodes. One capture, one line per header."""
from packets import (ether, ipv4, ipv6, joined, radiotap, snap, subframes, tagged, udp, wlan, write_pcap,
                     write_pcapng)
from t2run import Sandbox, main, table

IN4 = ipv4("10.1.0.1", "10.1.0.2", 17, udp("10.1.0.1", "10.1.0.2", 5000, 6000, b"hello world"))
IN6 = ipv6("2001:db8::1", "2001:db8::2", 17, udp("2001:db8::1", "2001:db8::2", 5000, 6000, b"hello world"))
OTHER = ipv4("10.1.0.3", "10.1.0.4", 17, udp("10.1.0.3", "10.1.0.4", 7000, 8000, b"second"))
ETH = ether(IN4)
# The addresses begin as an IPv4 header, as an IPv6 header, and as a control word.
LIKE_IP4, LIKE_IP6 = joined("45c0002e0002 60c000000001 0800", IN4), joined("60c000000002 45c000000001 86dd", IN6)
LIKE_WORD = joined("00000c814000 001b21112233 0800", IN4)
WORD = "00000000"


def over_udp(port, *parts, source=54321):
    return ether(ipv4("192.0.2.1", "192.0.2.2", 17, udp("192.0.2.1", "192.0.2.2", source, port, joined(*parts))))


def over_ip(protocol, *parts):
    return ether(ipv4("192.0.2.1", "192.0.2.2", protocol, joined(*parts)))


def over_ip6(protocol, *parts):
    return ether(ipv6("2001:db8:f::1", "2001:db8:f::2", protocol, joined(*parts)))


def mpls(*parts):
    return tagged("8847", "00064040 000c8140", *parts)


# (kind, link type, frame, header stack); what comes out is the inner UDP packet.
FRAMES = [
    ("vxlan group policy", 1, over_udp(4789, "88000064 00002a00", ETH), "eth:ipv4:udp:vxlan:eth:ipv4:udp"),
    ("vxlan policy bits", 1, over_udp(4789, "88480064 00002a00", ETH), "eth:ipv4:udp:vxlan:eth:ipv4:udp"),
    ("vxlan last byte", 1, over_udp(4789, "08000000 00002a01", ETH), "eth:ipv4:udp:vxlan:eth:ipv4:udp"),
    ("vxlan Linux port", 1, over_udp(8472, "08ffffff 00002aff", ETH), "eth:ipv4:udp:vxlan:eth:ipv4:udp"),
    ("vxlan no valid network", 1, over_udp(4789, "80000064 00000000", ETH), "eth:ipv4:udp:vxlan:eth:ipv4:udp"),
    ("vxlan all flags", 1, over_udp(4789, "ff000000 00002a00", ETH), "eth:ipv4:udp:vxlan:eth:ipv4:udp"),
    ("vxlan gpe reserved", 1, over_udp(4790, "0cffff03 00002aff", ETH), "eth:ipv4:udp:vxlan_gpe:eth:ipv4:udp"),
    ("vxlan source port 0", 1, over_udp(4789, "08000000 00002a00", ETH, source=0), "eth:ipv4:udp:vxlan:eth:ipv4:udp"),
    ("geneve reserved", 1, over_udp(6081, "003f6558 00002aff", ETH), "eth:ipv4:udp:geneve:eth:ipv4:udp"),
    ("geneve ipv4", 1, over_udp(6081, "00000800 00002a00", IN4), "eth:ipv4:udp:geneve:ipv4:udp"),
    ("geneve ipv6 and an option", 1, over_udp(6081, "014086dd 00002a00 01020300", IN6), "eth:ipv4:udp:geneve:ipv6:udp"),
    ("geneve mpls", 1, over_udp(6081, "00008847 00002a00 00064140", IN4), "eth:ipv4:udp:geneve:mpls:ipv4:udp"),
    ("ppp protocol compressed", 50, joined("ff03 21", IN4), "ppp:ipv4:udp"),
    ("ppp both compressed", 9, joined("21", IN4), "ppp:ipv4:udp"),
    ("ppp ipv6 compressed", 9, joined("57", IN6), "ppp:ipv6:udp"),
    ("ppp pppd", 166, joined("01 ff03 21", IN4), "ppp:ipv4:udp"),
    ("pptp compressed", 1, over_ip(47, "3001880b", len(IN4).to_bytes(2, "big"), "0007 00000001 21", IN4), "eth:ipv4:gre:ppp:ipv4:udp"),
    ("l2tp compressed", 1, over_udp(1701, "0002 0001 0002 21", IN4), "eth:ipv4:udp:l2tp:ppp:ipv4:udp"),
    ("l2tp reserved bits", 1, over_udp(1701, "2002 0001 0002 ff030021", IN4), "eth:ipv4:udp:l2tp:ppp:ipv4:udp"),
    ("pppoe compressed", 1, tagged("8864 1100 0001", (len(IN4) + 1).to_bytes(2, "big"), "21", IN4), "eth:pppoes:ppp:ipv4:udp"),
    ("multilink long", 50, joined("ff03 003d c0000001 0021", IN4), "ppp:ppp:mp:ipv4:udp"),
    ("multilink short", 50, joined("ff03 3d c001 21", IN4), "ppp:ppp:mp:ipv4:udp"),
    ("multilink in l2tp", 1, over_udp(1701, "0002 0001 0002 003d c0000001 57", IN6), "eth:ipv4:udp:l2tp:ppp:mp:ipv6:udp"),
    ("wlan data pad", 127, radiotap(wlan(snap(IN4), "8802", qos="0000", extra="0000"), 0x20), "radiotap:wlan:llc:ipv4:udp"),
    ("wlan data pad behind a time", 127, radiotap(wlan(snap(IN4), "8802", qos="0000", extra="0000"), 0x20, clock=True),
     "radiotap:wlan:llc:ipv4:udp"),
    ("wlan data pad, two words", 127, radiotap(wlan(snap(IN6), "8802", qos="0000", extra="0000"), 0x20, True, True),
     "radiotap:wlan:llc:ipv6:udp"),
    ("wlan four addresses need no pad", 127, radiotap(wlan(snap(IN4), "8803", 4, "0000"), 0x20), "radiotap:wlan:llc:ipv4:udp"),
    ("wlan HT control", 105, wlan(snap(IN4), "8882", qos="0000", extra="11223344"), "wlan:llc:ipv4:udp"),
    ("wlan mesh", 105, wlan(snap(IN4), "8803", 4, "0001", "001f00000001"), "wlan:llc:ipv4:udp"),
    ("wlan mesh with an address", 105, wlan(snap(IN4), "8802", qos="0001", extra="011f00000001 020000000009"), "wlan:llc:ipv4:udp"),
    ("wlan no mesh for all that", 105, wlan(snap(IN4), "8802", qos="0001"), "wlan:llc:ipv4:udp"),
    ("wlan data and CF-Ack", 105, wlan(snap(IN4), "1802"), "wlan:llc:ipv4:udp"),
    ("wlan AVS", 163, joined("80211001 00000040", bytes(56), wlan(snap(IN4))), "wlancap:wlan:llc:ipv4:udp"),
    ("wlan AVS as Prism", 119, joined("80211001 00000040", bytes(56), wlan(snap(IN4))), "wlancap:wlan:llc:ipv4:udp"),
    ("mpls, address like IPv4", 1, mpls(LIKE_IP4), "eth:mpls{2}:eth:ipv4:udp"),
    ("mpls, address like IPv6", 1, mpls(LIKE_IP6), "eth:mpls{2}:eth:ipv6:udp"),
    ("mpls, address like a word", 1, mpls(LIKE_WORD), "eth:mpls{2}:eth:ipv4:udp"),
    ("mpls, control word", 1, mpls("00000001", LIKE_WORD), "eth:mpls{2}:pwethcw:eth:ipv4:udp"),
    ("mpls, control word, address like IPv4", 1, mpls(WORD, LIKE_IP4), "eth:mpls{2}:pwethcw:eth:ipv4:udp"),
    ("mpls, no word, VLAN", 1, mpls("00000c814000 001b21112233 8100 0065 0800", IN4), "eth:mpls{2}:eth:vlan:ipv4:udp"),
    ("mpls, IP", 1, mpls(IN4), "eth:mpls{2}:ipv4:udp"),
    ("mpls, channel with IPv4", 1, mpls("10000021", IN4), "eth:mpls{2}:pwach:ipv4:udp"),
    ("mpls in udp", 1, over_udp(6635, "00064140", IN4), "eth:ipv4:udp:mpls:ipv4:udp"),
    ("mpls in gre", 1, over_ip(47, "00008847 00064140", LIKE_WORD), "eth:ipv4:gre:mpls:eth:ipv4:udp"),
    ("frame relay IPv4", 107, joined("1841 03cc", IN4), "fr:ipv4:udp"),
    ("frame relay IPv6", 107, joined("1841 038e", IN6), "fr:ipv6:udp"),
    ("frame relay pad", 107, joined("1841 0300cc", IN4), "fr:ipv4:udp"),
    ("frame relay SNAP", 107, joined("1841 0300 80 000000 0800", IN4), "fr:ipv4:udp"),
    ("frame relay bridged", 107, joined("1841 0300 80 0080c2 0007", ETH), "fr:eth:ipv4:udp"),
    ("frame relay four octets", 107, joined("18408003 03cc", IN4), "fr:ipv4:udp"),
    ("frame relay Cisco", 107, joined("1841 0800", IN4), "fr:ipv4:udp"),
    ("frame relay PPP", 107, joined("1841 03cf 21", IN4), "fr:ppp:ipv4:udp"),
    ("hdlc IPv6", 104, joined("0f00 86dd", IN6), "chdlc:ipv6:udp"),
    ("hdlc VLAN", 104, joined("0f00 8100 0065 0800", IN4), "chdlc:vlan:ipv4:udp"),
    ("null EtherType, network order", 0, joined("00000800", IN4), "null:ipv4:udp"),
    ("null EtherType, little-endian", 0, joined("00080000", IN4), "null:ipv4:udp"),
    ("null EtherType of IPv6", 0, joined("000086dd", IN6), "null:ipv6:udp"),
    ("null family in two bytes", 0, joined("00020000", IN4), "null:ipv4:udp"),
    ("null PPP", 0, joined("ff030021", IN4), "null:ppp:ipv4:udp"),
    ("loop", 108, joined("00000002", IN4), "null:ipv4:udp"),
    ("loop IPv6", 108, joined("00000018", IN6), "null:ipv6:udp"),
    ("sll VLAN", 113, joined("0000 0001 0006 0200000000010000 8100 0065 0800", IN4), "sll:vlan:ipv4:udp"),
    ("sll of radiotap", 113, joined("0000 0323 0006 0200000000010000 0004", radiotap(wlan(snap(IN4)))), "sll:radiotap:wlan:llc:ipv4:udp"),
    ("sll2 with LLC", 276, joined("0004 0000 00000003 0001 00 06 0200000000010000", snap(IN4)), "sll2:llc:ipv4:udp"),
    ("VN-Tag", 1, tagged("8926 00000014 0800", IN4), "eth:vntag:ipv4:udp"),
    ("VN-Tag and VLAN", 1, tagged("8926 00000014 8100 0065 0800", IN4), "eth:vntag:vlan:ipv4:udp"),
    ("VLAN, VN-Tag, VLAN", 1, tagged("8100 0064 8926 00000014 8100 0065 86dd", IN6), "eth:vlan:vntag:vlan:ipv6:udp"),
    ("VN-Tag and SNAP", 1, tagged("8926 00000014", len(snap(IN4)).to_bytes(2, "big"), snap(IN4)), "eth:vntag:llc:ipv4:udp"),
    ("E-TAG", 1, tagged("893f 000000010000 0800", IN4), "eth:etag:ipv4:udp"),
    ("MetaData", 1, tagged("8909 010100010007 0800", IN4), "eth:cmd:ipv4:udp"),
    ("HSR", 1, tagged("892f 00340001 0800", IN4), "eth:hsr:ipv4:udp"),
    ("PRP trailer", 1, tagged("0800", IN4, "0001a02e88fb"), "eth:ipv4:udp"),
    ("MACsec", 1, tagged("88e5 00 00 00000001 0800", IN4, bytes(16)), "eth:macsec:ipv4:udp"),
    ("MACsec with channel", 1, tagged("88e5 20 00 00000001 0200000000010001 0800", IN4, bytes(16)), "eth:macsec:ipv4:udp"),
    ("MACsec and VLAN", 1, tagged("88e5 00 00 00000001 8100 0065 0800", IN4, bytes(16)), "eth:macsec:vlan:ipv4:udp"),
    ("backbone bridges", 1, tagged("88a8 0064 88e7 00000001", ETH), "eth:vlan:ieee8021ah:eth:ipv4:udp"),
    ("FabricPath", 1, tagged("8903 0041", ETH), "eth:cfp:eth:ipv4:udp"),
    ("QinQ 9100", 1, tagged("9100 0064 8100 0065 0800", IN4), "eth:vlan{2}:ipv4:udp"),
    ("QinQ 9200", 1, tagged("9200 0064 8100 0065 0800", IN4), "eth:vlan{2}:ipv4:udp"),
    ("QinQ 9300", 1, tagged("9300 0064 88a8 0066 8100 0065 0800", IN4), "eth:vlan{3}:ipv4:udp"),
    ("nsh", 1, tagged("894f 0fc2 0201 00000001", IN4), "eth:nsh:ipv4:udp"),
    ("nsh with Ethernet", 1, tagged("894f 0fc2 0203 00000001", ETH), "eth:nsh:eth:ipv4:udp"),
    ("nsh in nsh", 1, tagged("894f 0fc2 0204 00000001 0fc2 0202 00000001", IN6), "eth:nsh:nsh:ipv6:udp"),
    ("nsh in gre", 1, over_ip(47, "0000894f 0fc2 0201 00000001", IN4), "eth:ipv4:gre:nsh:ipv4:udp"),
    ("erspan 3", 1, over_ip(47, "100022eb 00000001 2000 0001 00000000 0000 0000", ETH), "eth:ipv4:gre:erspan:eth:ipv4:udp"),
    ("erspan 3 with platform", 1, over_ip(47, "100022eb 00000001 2000 0001 00000000 0000 0001", bytes(8), ETH),
     "eth:ipv4:gre:erspan:eth:ipv4:udp"),
    ("erspan 3 with IP", 1, over_ip(47, "100022eb 00000001 2000 0001 00000000 0000 0800", IN4), "eth:ipv4:gre:erspan:ipv4:udp"),
    ("erspan 3 over IPv6", 1, over_ip6(47, "100022eb 00000001 2000 0001 00000000 0000 0000", ETH),
     "eth:ipv6:gre:erspan:eth:ipv4:udp"),
    ("wccp redirect header like IPv4", 1, over_ip(47, "0000883e 45050001", IN4), "eth:ipv4:gre:wccp:ipv4:udp"),
    ("wccp", 1, over_ip(47, "0000883e 00050001", IN4), "eth:ipv4:gre:wccp:ipv4:udp"),
    ("wccp version 1", 1, over_ip(47, "0000883e", IN4), "eth:ipv4:gre:wccp:ipv4:udp"),
    ("gre with key and sequence", 1, over_ip(47, "30000800 00000001 00000002", IN4), "eth:ipv4:gre:ipv4:udp"),
    ("gre of Aruba", 1, over_ip(47, "00008200", wlan(snap(IN4))), "eth:ipv4:gre:wlan:llc:ipv4:udp"),
    ("gre in udp", 1, over_udp(4754, "00000800", IN4), "eth:ipv4:udp:gre:ipv4:udp"),
    ("lisp", 1, over_udp(4341, "80000001 00000001", IN4), "eth:ipv4:udp:lisp-data:ipv4:udp"),
    ("lisp IPv6", 1, over_udp(4341, "80000001 00000001", IN6), "eth:ipv4:udp:lisp-data:ipv6:udp"),
    ("tzsp", 1, over_udp(37008, "0100 0001 0a0100 01", ETH), "eth:ipv4:udp:tzsp:eth:ipv4:udp"),
    ("tzsp wlan", 1, over_udp(37008, "0100 0012 01", wlan(snap(IN4))), "eth:ipv4:udp:tzsp:wlan:llc:ipv4:udp"),
    ("l2tp 3 over IP", 1, over_ip(115, "00000007", ETH), "eth:ipv4:l2tp:eth:ipv4:udp"),
    ("l2tp 3, cookie and sublayer", 1, over_ip(115, "00000007 1122334455667788 40000001", ETH), "eth:ipv4:l2tp:eth:ipv4:udp"),
    ("l2tp 3 over UDP", 1, over_udp(1701, "00030000 00000007 11223344", ETH), "eth:ipv4:udp:l2tp:eth:ipv4:udp"),
    ("nflog", 239, joined("02000000 0800010008000000 0500020000000000", (4 + len(IN4)).to_bytes(2, "little"), "0900", IN4),
     "nflog:ipv4:udp"),
    ("nflog IPv6", 239, joined("0a000000", (4 + len(IN6)).to_bytes(2, "little"), "0900", IN6), "nflog:ipv6:udp"),
    ("nflog of a big-endian machine", 239, joined("02000000", (4 + len(IN4)).to_bytes(2, "big"),
                                                  "0009", IN4), "nflog:ipv4:udp"),
    ("pflog", 117, joined("3d02", bytes(62), IN4), "pflog:ipv4:udp"),
    ("enc", 109, joined("02000000 00000001 00000000", IN4), "enc:ipv4:udp"),
    ("netanalyzer", 240, joined("00000000", ETH), "netanalyzer:eth:ipv4:udp"),
    ("netanalyzer transparent", 241, joined("00000000 55555555555555d5", ETH), "netanalyzer:eth:ipv4:udp"),
    ("erf", 197, joined(bytes(8), "02 04 0100 0000 0040 0000", ETH), "erf:eth:ipv4:udp"),
    ("erf with extension headers", 197, joined(bytes(8), "82 04 0100 0000 0040", "81", bytes(7), "01", bytes(7), "0000", ETH),
     "erf:eth:ipv4:udp"),
    ("erf of SONET", 197, joined(bytes(8), "01 04 0100 0000 0040 ff030021", IN4), "erf:ppp:ipv4:udp"),
    ("erf IPv4", 197, joined(bytes(8), "16 04 0100 0000 0040", IN4), "erf:ipv4:udp"),
    ("pktap", 258, joined("6c000000 01000000 01000000", bytes(96), ETH), "pktap:eth:ipv4:udp"),
    ("ppp over Ethernet", 51, joined("1100 0001 0029 0021", IN4), "pppoes:ppp:ipv4:udp"),
    ("fddi", 10, joined("50 020000000002 020000000001", snap(IN4)), "fddi:llc:ipv4:udp"),
    ("token ring", 6, joined("1040 020000000002 020000000001", snap(IN4)), "tr:llc:ipv4:udp"),
    ("token ring with route", 6, joined("1040 020000000002 820000000001 0600 0011 0012", snap(IN4)), "tr:llc:ipv4:udp"),
    ("atm", 100, snap(IN4), "llc:ipv4:udp"),
    ("sunatm", 123, joined("02000021", snap(IN4)), "llc:ipv4:udp"),
    ("fibre channel", 122, joined(bytes(16), snap(IN4)), "llc:ipv4:udp"),
    ("infiniband", 242, joined(bytes(40), "0800 0000", IN4), "ipoib:ipv4:udp"),
]


class Mixed(Sandbox):
    def setUp(self):
        super().setUp()
        self.activate("basicFlow", "txtSink")

    def rows(self, frames, *args, **kw):
        """The packet table of a capture of (link type, frame)."""
        capture = self.dir / "c.pcapng"
        write_pcapng(capture, [(0.001 * i, link, frame) for i, (link, frame) in enumerate(frames)])
        self.result = self.t2("-s", "-r", capture, "-w", self.dir / "o", *args, **kw)
        return table(self.dir / "o_packets.txt")[1]


class Links(Mixed):
    def test_each(self):
        rows = {int(row["pktNo"]): row for row in self.rows([(link, frame) for _, link, frame, _ in FRAMES])}
        for number, (kind, _, _, stack) in enumerate(FRAMES, 1):
            with self.subTest(kind):
                row = rows.get(number, {})
                source = "2001:db8::" if stack.endswith(":ipv6:udp") else "10.1.0."
                self.assertEqual(row.get("hdrDesc"), stack)
                self.assertEqual([row["srcIP"], row["dstIP"], row["srcPort"], row["dstPort"], row["l4Proto"]],
                                 [source + "1", source + "2", "5000", "6000", "17"])
                self.assertEqual(row["l7Content"], "hello world")

    def test_vlan_is_the_innermost_tag(self):
        rows = self.rows([(1, tagged("8100 0064 8926 00000014 8100 0065 0800", IN4)), (1, tagged("9300 0064 8100 0066 0800", IN4))])
        self.assertEqual([row["vlanID"].split(";")[-1] for row in rows], ["101", "102"])

    def test_every_subframe_is_a_packet(self):
        aggregate = subframes(snap(IN4), snap(OTHER), snap(IN6))
        rows = self.rows([(127, radiotap(wlan(aggregate, "8801", qos="8000"))), (127, radiotap(wlan(snap(IN4))))])
        self.assertEqual([(row["pktNo"], row["srcIP"], row["l7Content"]) for row in rows],
                         [("1", "10.1.0.1", "hello world"), ("1", "10.1.0.3", "second"), ("1", "2001:db8::1", "hello world"),
                          ("2", "10.1.0.1", "hello world")])
        self.assertEqual(rows[1]["srcMac"], "02:00:00:00:00:11")
        report = self.result.stdout
        self.assertIn("Number of processed packets: 2\n", report)
        self.assertIn("Number of further packets in A-MSDUs: 2\n", report)
        self.assertNotIn("packets without flow", report)

    def test_subframes_wherever_they_are(self):
        pair = subframes(snap(IN4), snap(OTHER))
        both = ["10.1.0.1", "10.1.0.3"]
        kinds = {
            "no radiotap": (105, wlan(pair, "8802", qos="8000")),
            "four addresses, filled up": (127, radiotap(wlan(pair, "8803", 4, "8000"), 0x20)),
            "three addresses, filled up": (127, radiotap(wlan(pair, "8801", qos="8000", extra="0000"), 0x20)),
            "HT control": (105, wlan(pair, "8882", qos="8000", extra="11223344")),
            "GRE of Aruba": (1, over_ip(47, "00008200", wlan(pair, "8802", qos="8000"))),
            "TZSP": (1, over_udp(37008, "0100 0012 01", wlan(pair, "8802", qos="8000"))),
        }
        for kind, frame in kinds.items():
            with self.subTest(kind):
                rows = self.rows([frame])
                self.assertEqual([row["srcIP"] for row in rows], both)
                self.assertEqual([row["l7Content"] for row in rows], ["hello world", "second"])
        cut = wlan(pair, "8802", qos="8000")[:-len(OTHER) - 4]  # nothing of the second subframe's IP header
        self.assertEqual([row["srcIP"] for row in self.rows([(105, cut)])], both[:1])

    def test_encrypted_frames_are_counted(self):
        self.rows([(105, wlan(bytes(40), "0842")), (105, wlan(snap(IN4)))])
        self.assertIn("Number of encrypted 802.11 packets: 1 [50.00%]\n", self.result.stdout)

    def test_no_length_no_padding(self):
        stp = "424203 0000000000"
        frames = [(113, joined("0000 0001 0006 0200000000010000 0004", stp, bytes(20))),
                  (276, joined("0004 0000 00000003 0001 00 06 0200000000010000", stp, bytes(20))),
                  (104, joined("0f00 0010", bytes(30))), (107, joined("1841 0010", bytes(30)))]
        self.rows(frames)
        self.assertNotIn("pad bytes", self.result.stdout)

    def test_slarp_is_no_rarp(self):
        rows = self.rows([(104, joined("8f00 8035 00000002", bytes(14)))])
        self.assertEqual(rows[0]["hdrDesc"], "chdlc:slarp")
        self.assertNotIn("RARP", self.result.stdout)


class Unsupported(Mixed):
    USB, MTP = 220, 140

    def test_first_interface(self):
        rows = self.rows([(self.USB, bytes(64)), (1, ETH), (self.MTP, bytes(20)), (self.USB, bytes(64))])
        self.assertEqual([row["pktNo"] for row in rows], ["2"])
        text = self.result.stdout + self.result.stderr
        self.assertEqual(text.count("not supported"), 1)
        self.assertIn("3 packets have a link-layer type that is not supported: 1 of SS7 MTP2 [MTP2/140], "
                      "2 of USB with padded Linux header [USB_LINUX_MMAPPED/220]", text)

    def test_first_interface_with_filter(self):
        rows = self.rows([(self.USB, bytes(64)), (1, ETH)], "udp")
        self.assertEqual(len(rows), 1)

    def test_nothing_else(self):
        capture = self.dir / "u.pcapng"
        write_pcapng(capture, [(0, self.USB, bytes(64))])
        r = self.t2("-r", capture, "-w", self.dir / "o", check=False)
        self.assertEqual(r.returncode, 1)
        self.assertIn("Unsupported link-layer type: USB with padded Linux header [USB_LINUX_MMAPPED/220]", r.stderr)

    def test_list(self):
        write_pcapng(self.dir / "u.pcapng", [(0, self.USB, bytes(64))])
        write_pcap(self.dir / "e.pcap", [(1, ETH)])
        (self.dir / "list").write_text("u.pcapng\ne.pcap\n")
        r = self.t2("-R", "list", "-w", self.dir / "o")
        self.assertIn("1 packets have a link-layer type", r.stdout + r.stderr)
        self.assertEqual(len(table(self.dir / "o_flows.txt")[1]), 1)


class Salvage(Mixed):
    def test_passes_over(self):
        write_pcap(self.dir / "c.pcap", [(i, ETH) for i in range(10)])
        data = bytearray((self.dir / "c.pcap").read_bytes())
        record = 16 + len(ETH)
        data[24 + 4 * record:24 + 4 * record] = b"\xff" * 100
        (self.dir / "c.pcap").write_bytes(data)
        r = self.t2("-r", "c.pcap", "-w", self.dir / "o")
        self.assertIn("the rest is not read", r.stdout + r.stderr)
        self.assertIn("Number of processed packets: 4\n", r.stdout)
        r = self.t2("--salvage", "-r", "c.pcap", "-w", self.dir / "o")
        self.assertIn("100 bytes passed over", r.stdout + r.stderr)
        self.assertIn("Number of processed packets: 10\n", r.stdout)

    def test_only_of_whole_files(self):
        r = self.t2("--salvage", "-i", "lo", check=False)
        self.assertEqual(r.returncode, 1)
        self.assertIn("Option '--salvage' is for captures that are complete: '-r' and '-R'", r.stderr)


if __name__ == "__main__":
    main()
