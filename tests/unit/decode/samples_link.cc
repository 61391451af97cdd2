// SPDX-License-Identifier: Apache-2.0
#include "samples.h"

namespace t2::test {
namespace {

using namespace flow_stat;

PacketBuilder tcp_in_ipv4(PacketBuilder b) {
  b.ipv4().tcp({.src_port = 1234, .dst_port = 80}).text("hello");
  return b;
}

/// A sample that carries tcp_in_ipv4 behind `front`.
Sample carries_tcp(std::string name, std::uint16_t link_type, const PacketBuilder& front,
                   const std::string& stack, std::uint64_t status) {
  return {std::move(name),
          link_type,
          tcp_in_ipv4(front).build(),
          stack + ":ipv4:tcp",
          kV4 | status,
          6,
          1234,
          80,
          "hello"};
}

PacketBuilder start(std::string_view hex) {
  return PacketBuilder().hex(hex);
}

const std::string kLlcIpv4 = "aa aa 03 00 00 00 08 00";
const std::string kWlanFromDs =
    "08 02 00 00 02 00 00 00 00 01 02 00 00 00 00 03 02 00 00 00 00 02 00 00";
const std::string kWlanQosToDs =
    "88 01 00 00 02 00 00 00 00 03 02 00 00 00 00 02 02 00 00 00 00 01 00 00 00 00";
const std::string kWlanHtControl =
    "88 82 00 00 02 00 00 00 00 01 02 00 00 00 00 03 02 00 00 00 00 02 00 00 00 00 11 22 33 44";
const std::string kWlanFourAddresses =
    "08 03 00 00 02 00 00 00 00 03 02 00 00 00 00 04 02 00 00 00 00 01 00 00 02 00 00 00 00 02";

void add_ethernet_and_ip(std::vector<Sample>& s) {
  s.push_back(carries_tcp("ethernet", 1, PacketBuilder().eth(), "eth", 0));
  s.push_back(carries_tcp(
      "isl", 1, start("01000c000000 020000000002 0000 aaaa03 00000c 0001 0000 0000").eth(),
      "isl:eth", 0));
  s.push_back(carries_tcp("mpacket", 274, start("55 55 55 55 55 55 55 d5").eth(), "fpp:eth", 0));
  s.push_back(carries_tcp("ppi-ethernet", 192, start("00 00 0800 01000000").eth(), "ppi:eth", 0));
  s.push_back(
      carries_tcp("ppi-fields", 192, start("00 00 0c00 65000000 00000000"), "ppi:raw", kRaw));
  s.push_back(carries_tcp("null-little-endian", 0, start("02 00 00 00"), "null", kRaw));
  s.push_back(carries_tcp("null-big-endian", 0, start("00 00 00 02"), "null", kRaw));
  for (const char* family : {"0a", "17", "18", "1a", "1c", "1e"}) {
    s.push_back(
        {"null-ipv6", 0,
         start(std::string(family) + "000000").ipv6({.next_header = 17}).udp().text("x").build(),
         "null:ipv6:udp", kV6 | kRaw, 17, 40000, 50000, "x"});
  }
  s.push_back({"null-wrong-version", 0, start("02000000 60").zeros(50).build(), "null:ipvx",
               kL2 | kRaw | bits({kIpVx}), -1, 0, 0, std::string(1, 0x60).append(50, 0)});
  s.push_back({"null-unknown-family", 0, start("07000000 abcd").build(), "null", kL2 | kRaw | kStop,
               -1, 0, 0, "\xab\xcd"});
  s.push_back(carries_tcp("raw", 12, {}, "raw", kRaw));
  s.push_back(carries_tcp("raw-linktype", 101, {}, "raw", kRaw));
  s.push_back({"raw-neither", 12, start("00 01 02").build(), "raw:ipvx", kL2 | kRaw | bits({kIpVx}),
               -1, 0, 0, std::string("\0\1\2", 3)});
  s.push_back({"ipv4", 228, tcp_in_ipv4({}).build(), "ipv4:tcp", kV4 | kRaw, 6, 1234, 80, "hello"});
  s.push_back({"ipv6", 229, PacketBuilder().ipv6().tcp().build(), "ipv6:tcp", kV6 | kRaw, 6, 40000,
               80, ""});
  s.push_back(carries_tcp("sll", 113, start("0000 0001 0006 020000000002 0000 0800"), "sll", 0));
  s.push_back(carries_tcp("sll-vlan", 113, start("0000 0001 0006 020000000002 0000 8100").vlan(7),
                          "sll:vlan", bits({kVlan})));
  s.push_back(carries_tcp("sll2", 276, start("0800 0000 00000003 0001 04 06 020000000002 0000"),
                          "sll2", 0));
  s.push_back({"sll2-arp", 276,
               start("0806 0000 00000003 0001 00 06 020000000002 0000 abcd").build(), "sll2:arp",
               kL2 | bits({kArp}), -1, 0, 0, "\xab\xcd"});
}

void add_ppp(std::vector<Sample>& s) {
  const std::uint64_t ppp = kRaw | bits({kPpp});
  s.push_back(carries_tcp("ppp", 9, start("0021"), "ppp", ppp));
  s.push_back(carries_tcp("ppp-hdlc-framing", 50, start("ff03 0021"), "ppp", ppp));
  s.push_back(carries_tcp("ppp-direction", 204, start("00 ff03 0021"), "ppp", ppp));
  s.push_back(carries_tcp("ppp-chdlc", 50, start("0f00 0800"), "ppp:chdlc", ppp));
  s.push_back(carries_tcp("ppp-mpls", 9, start("0281").mpls(5, false).mpls(6, true), "ppp:mpls{2}",
                          ppp | bits({kMplsUnicast})));
  s.push_back({"ppp-lcp", 9, start("c021 0101").build(), "ppp:lcp", kL2 | ppp, -1, 0, 0, "\1\1"});
  s.push_back(
      {"ppp-multilink", 9, start("003d 0101").build(), "ppp:ppp:mp", kL2 | ppp, -1, 0, 0, "\1\1"});
  s.push_back({"ppp-unknown", 9, start("8057 0101").build(), "ppp:UNK(0x8057)", kL2 | ppp | kStop,
               -1, 0, 0, "\1\1"});
  s.push_back(
      {"ppp-not-ip", 9, start("0021 0101").build(), "ppp", kL2 | ppp | kStop, -1, 0, 0, "\1\1"});
  s.push_back(carries_tcp("chdlc", 104, start("0f00 0800"), "chdlc", kRaw));
  s.push_back(carries_tcp("chdlc-direction", 205, start("01 0f00 0800"), "chdlc", kRaw));
  s.push_back(carries_tcp("frame-relay", 107, start("1841 0800"), "fr", kRaw));
  s.push_back(carries_tcp("frame-relay-direction", 206, start("01 1841 0800"), "fr", kRaw));
}

void add_juniper_and_symantec(std::vector<Sample>& s) {
  s.push_back(carries_tcp("juniper-ether", 178, start("4d4743 00").eth(), "juniper:eth", 0));
  s.push_back(carries_tcp("juniper-extension", 178, start("4d4743 80 0006 020109 010102").eth(),
                          "juniper:eth", 0));
  s.push_back(carries_tcp("juniper-no-l2", 167, start("4d4743 02 02000000"), "juniper", kRaw));
  s.push_back(
      carries_tcp("juniper-atm", 137, start("4d4743 00 00000001" + kLlcIpv4), "juniper:llc", 0));
  s.push_back({"juniper-unknown", 178, start("4d4743 02 00000063 01").build(), "juniper",
               kL2 | kStop, -1, 0, 0, "\1"});
  s.push_back(
      carries_tcp("symantec-v2", 99, start("000000000000 0800").zeros(36), "symantec", kRaw));
  s.push_back(carries_tcp("symantec-v3", 99, start("0800").zeros(54), "symantec", kRaw));
}

void add_wlan(std::vector<Sample>& s) {
  s.push_back(carries_tcp("wlan-from-ds", 105, start(kWlanFromDs + kLlcIpv4), "wlan:llc", 0));
  s.push_back(carries_tcp("wlan-qos-to-ds", 105, start(kWlanQosToDs + kLlcIpv4), "wlan:llc", 0));
  s.push_back(
      carries_tcp("wlan-four-addresses", 105, start(kWlanFourAddresses + kLlcIpv4), "wlan:llc", 0));
  s.push_back(carries_tcp("radiotap", 127, start("00000a00 00000000 0000" + kWlanFromDs + kLlcIpv4),
                          "radiotap:wlan:llc", 0));
  s.push_back(carries_tcp("prism", 119, PacketBuilder().zeros(144).hex(kWlanFromDs + kLlcIpv4),
                          "prism:wlan:llc", 0));
  s.push_back(carries_tcp("wlan-ht-control", 105, start(kWlanHtControl + kLlcIpv4), "wlan:llc", 0));
  s.push_back({"wlan-beacon", 105, start("80 00").zeros(30).build(), "wlan", kStop, -1, 0, 0, "",
               Decoder::Outcome::kNoFlow});
  s.push_back({"wlan-protected", 105, start("08 42").zeros(40).build(), "wlan", kStop, -1, 0, 0, "",
               Decoder::Outcome::kNoFlow});
  s.push_back({"ppi-unsupported", 192, start("00 00 0800 8c000000 00").build(), "ppi", kStop, -1, 0,
               0, "", Decoder::Outcome::kNoFlow});
}

void add_lapd(std::vector<Sample>& s) {
  const std::uint64_t lapd = kL2 | kRaw | bits({kLapd});
  s.push_back({"lapd-information", 203, start("00 81 02 04 aabb").build(), "lapd", lapd, -1, 0, 0,
               "\xaa\xbb"});
  s.push_back({"lapd-unnumbered", 177, PacketBuilder().zeros(16).hex("00 81 03 aabb").build(),
               "lapd", lapd, -1, 0, 0, "\xaa\xbb"});
}

/// Headers of capturing programs and of old networks; tests/e2e/test_links.py has more of each.
void add_pseudo_links(std::vector<Sample>& s) {
  s.push_back(carries_tcp("loop", 108, start("00000002"), "null", kRaw));
  s.push_back(carries_tcp("null-ether-type", 0, start("00000800"), "null", kRaw));
  s.push_back(carries_tcp(
      "nflog", 239, start("02000000 0800010008000000 05000a0000000000 3100 0900"), "nflog", kRaw));
  s.push_back({"nflog-no-packet", 239, start("02000000 0800010008000000").build(), "nflog",
               kStop | kRaw | bits({kL2Snapped}), -1, 0, 0, "", Decoder::Outcome::kNoFlow});
  s.push_back(carries_tcp("enc", 109, start("02000000 00000001 00000000"), "enc", kRaw));
  s.push_back(carries_tcp("pflog", 117, start("3d02").zeros(62), "pflog", kRaw));
  s.push_back({"pflog-family", 117, start("3d03").zeros(62).hex("aa").build(), "pflog",
               kL2 | kRaw | kStop, -1, 0, 0, "\xaa"});
  s.push_back(carries_tcp("avs", 163,
                          start("80211001 00000040").zeros(56).hex(kWlanFromDs + kLlcIpv4),
                          "wlancap:wlan:llc", 0));
  s.push_back(carries_tcp("netanalyzer", 240, start("00000000").eth(), "netanalyzer:eth", 0));
  s.push_back(carries_tcp(
      "erf", 197,
      PacketBuilder().zeros(8).hex("82 04 0100 0000 0040 01").zeros(7).hex("0000").eth(), "erf:eth",
      0));
  s.push_back({"erf-unknown", 197, PacketBuilder().zeros(8).hex("15 04 0100 0000 0040").build(),
               "erf", kStop, -1, 0, 0, "", Decoder::Outcome::kNoFlow});
  s.push_back(carries_tcp("pktap", 258, start("0c000000 01000000 01000000").eth(), "pktap:eth", 0));
  s.push_back({"pktap-in-pktap", 258, start("0c000000 01000000 02010000").build(), "pktap", kStop,
               -1, 0, 0, "", Decoder::Outcome::kNoFlow});
  s.push_back(carries_tcp("ppp-ethernet", 51, start("1100 0001 0000 21"), "pppoes:ppp",
                          kRaw | bits({kPppoeSession})));
  s.push_back(
      carries_tcp("fddi", 10, start("50 020000000002 020000000001" + kLlcIpv4), "fddi:llc", 0));
  s.push_back(carries_tcp(
      "token-ring", 6, start("1040 020000000002 820000000001 0400 0012" + kLlcIpv4), "tr:llc", 0));
  s.push_back(carries_tcp("sunatm", 123, start("02000021" + kLlcIpv4), "llc", kRaw));
  s.push_back(carries_tcp("ipoib", 242, PacketBuilder().zeros(40).hex("0800 0000"), "ipoib", kRaw));
  s.push_back(carries_tcp("frame-relay-nlpid", 107, start("1841 03cc"), "fr", kRaw));
  s.push_back(carries_tcp("frame-relay-bridged", 107, start("1841 0300 80 0080c2 0007").eth(),
                          "fr:eth", kRaw));
  s.push_back({"frame-relay-unknown", 107, start("1841 0381 aa").build(), "fr:UNK(0x81)",
               kL2 | kRaw | kStop, -1, 0, 0, "\xaa"});
  s.push_back({"hdlc-slarp", 104, start("8f00 8035 00000002").build(), "chdlc:slarp", kL2 | kRaw,
               -1, 0, 0, std::string("\0\0\0\2", 4)});
  s.push_back(carries_tcp("radiotap-padded", 127,
                          start("00000900 02000000 20" + kWlanQosToDs + "0000" + kLlcIpv4),
                          "radiotap:wlan:llc", 0));
  s.push_back(carries_tcp("ppp-compressed", 9, start("21"), "ppp", kRaw | bits({kPpp})));
  s.push_back(carries_tcp("ppp-multilink-whole", 9, start("003d c0000001 21"), "ppp:ppp:mp",
                          kRaw | bits({kPpp})));
}

}  // namespace

std::vector<Sample> link_samples() {
  std::vector<Sample> s;
  add_ethernet_and_ip(s);
  add_ppp(s);
  add_juniper_and_symantec(s);
  add_wlan(s);
  add_lapd(s);
  add_pseudo_links(s);
  return s;
}

}  // namespace t2::test
