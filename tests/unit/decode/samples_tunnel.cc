// SPDX-License-Identifier: Apache-2.0
#include <fmt/format.h>

#include "samples.h"

namespace t2::test {
namespace {

using namespace flow_stat;

PacketBuilder hex(std::string_view digits) {
  return PacketBuilder().hex(digits);
}

PacketBuilder inner_udp4() {
  return PacketBuilder()
      .ipv4({.src = "192.168.0.1", .dst = "192.168.0.2", .protocol = 17})
      .udp({.src_port = 7, .dst_port = 9})
      .text("inner");
}
PacketBuilder inner_udp6(const std::string& src = "2001:db8::9") {
  return PacketBuilder()
      .ipv6({.src = src, .next_header = 17})
      .udp({.src_port = 7, .dst_port = 9})
      .text("inner");
}
PacketBuilder inner_arp() {
  return PacketBuilder().eth(0x0806).zeros(28);
}

const Buffer kEth4 = PacketBuilder().eth().append(inner_udp4().build()).build();
const Buffer kIp4 = inner_udp4().build();
const Buffer kIp6 = inner_udp6().build();

/// `body` in IPv4 protocol `protocol`; what comes out is the inner UDP packet.
Sample entered(std::string name, std::uint8_t protocol, const PacketBuilder& body,
               std::string stack, std::uint64_t status) {
  const Buffer bytes =
      PacketBuilder().eth().ipv4({.protocol = protocol}).append(body.build()).build();
  return {std::move(name), 1, bytes, fmt::format("eth:ipv4{}", stack), status, 17, 7, 9, "inner"};
}

/// Recognised, but what comes out is the outer packet.
Sample refused(std::string name, std::uint8_t protocol, const PacketBuilder& body,
               std::string stack, std::uint64_t status, std::string payload) {
  const Buffer bytes =
      PacketBuilder().eth().ipv4({.protocol = protocol}).append(body.build()).build();
  return {std::move(name),   1,        bytes, fmt::format("eth:ipv4{}", stack),
          kV4 | status,      protocol, 0,     0,
          std::move(payload)};
}

PacketBuilder with(PacketBuilder front, const PacketBuilder& body) {
  return front.append(body.build());
}

struct Ports {
  std::uint16_t src, dst;
};

/// A UDP tunnel that is entered, over IPv4 and over IPv6.
void udp_entered(std::vector<Sample>& s, const std::string& name, Ports ports,
                 const PacketBuilder& body, const std::string& stack, std::uint64_t status) {
  const UdpFields udp{.src_port = ports.src, .dst_port = ports.dst};
  const Buffer payload = body.build();
  s.push_back(
      {name, 1, PacketBuilder().eth().ipv4({.protocol = 17}).udp(udp).append(payload).build(),
       fmt::format("eth:ipv4:udp{}", stack), status | bits({kIpv4Packet}), 17, 7, 9, "inner"});
  s.push_back(
      {name + "-over-ipv6", 1,
       PacketBuilder().eth(0x86dd).ipv6({.next_header = 17}).udp(udp).append(payload).build(),
       fmt::format("eth:ipv6:udp{}", stack), status | bits({kIpv6Packet}), 17, 7, 9, "inner"});
}

Sample udp_refused(std::string name, Ports ports, const PacketBuilder& body,
                   const std::string& stack, std::uint64_t status) {
  const Buffer payload = body.build();
  const Buffer bytes = PacketBuilder()
                           .eth()
                           .ipv4({.protocol = 17})
                           .udp({.src_port = ports.src, .dst_port = ports.dst})
                           .append(payload)
                           .build();
  return {std::move(name),
          1,
          bytes,
          fmt::format("eth:ipv4:udp{}", stack),
          kV4 | status,
          17,
          ports.src,
          ports.dst,
          std::string(as_text(payload))};
}

void add_gre(std::vector<Sample>& s) {
  const std::uint64_t gre = bits({kGre});
  s.push_back(entered("gre", 47, with(hex("0000 0800"), inner_udp4()), ":gre:ipv4:udp", kV4 | gre));
  s.push_back(entered(
      "gre-all-options", 47,
      with(hex("f000 0800 00000000 00000001 00000002 0800 0004 aabbccdd 0000 0000"), inner_udp4()),
      ":gre:ipv4:udp", kV4 | gre));
  s.push_back(entered("gre-ipv6", 47, with(hex("0000 86dd"), inner_udp6()), ":gre:ipv6:udp",
                      kV6 | gre | bits({kIpv4Packet})));
  s.push_back(entered("gre-pptp", 47,
                      with(hex("3081 880b 0021 0001 00000001 00000002 ff03 0021"), inner_udp4()),
                      ":gre:ppp:ipv4:udp", kV4 | gre | bits({kPpp})));
  s.push_back(
      entered("gre-ethernet", 47,
              with(hex("2000 6558 00000001"), PacketBuilder().eth().append(inner_udp4().build())),
              ":gre:eth:ipv4:udp", kV4 | gre));
  s.push_back(entered(
      "gre-ethernet-vlan", 47,
      with(hex("0000 6558"), PacketBuilder().eth(0x8100).vlan(44).append(inner_udp4().build())),
      ":gre:eth:vlan:ipv4:udp", kV4 | gre | bits({kVlan})));
  s.push_back(entered("gre-erspan-2", 47,
                      with(hex("1000 88be 00000001 10000000 00000000"),
                           PacketBuilder().eth().append(inner_udp4().build())),
                      ":gre:erspan:eth:ipv4:udp", kV4 | gre | bits({kErspan})));
  s.push_back(entered("gre-erspan-1", 47,
                      with(hex("0000 88be"), PacketBuilder().eth().append(inner_udp4().build())),
                      ":gre:erspan:eth:ipv4:udp", kV4 | gre | bits({kErspan})));
  s.push_back(entered("gre-wccp-1", 47, with(hex("0000 883e"), inner_udp4()), ":gre:wccp:ipv4:udp",
                      kV4 | gre | bits({kWccp})));
  s.push_back(entered("gre-wccp-2", 47, with(hex("0000 883e 00000000"), inner_udp4()),
                      ":gre:wccp:ipv4:udp", kV4 | gre | bits({kWccp})));
  s.push_back(entered("gre-mpls", 47, with(hex("0000 8847").mpls(3, true), inner_udp4()),
                      ":gre:mpls:ipv4:udp", kV4 | gre | bits({kMplsUnicast})));
  s.push_back(entered("gre-in-gre", 47,
                      with(hex("0000 0800").ipv4({.protocol = 47}).hex("0000 0800"), inner_udp4()),
                      ":gre:ipv4:gre:ipv4:udp", kV4 | gre));
  s.push_back(refused("gre-unknown", 47, hex("1000 22ec 00000001 aabb"), ":gre:UNK(0x22ec)",
                      gre | kStop, "\xaa\xbb"));
  s.push_back(entered(
      "gre-erspan-3", 47,
      with(hex("1000 22eb 00000001 2000 0001 00000000 0000 0001").zeros(8).eth(), inner_udp4()),
      ":gre:erspan:eth:ipv4:udp", kV4 | gre | bits({kErspan})));
  s.push_back(refused("gre-lldp", 47, hex("0000 88f7 aabb"), ":gre:ptp", gre | kStop, "\xaa\xbb"));
  s.push_back(refused("gre-compressed", 47, hex("0000 880b fd aabb"), ":gre:ppp:comp_data",
                      gre | kStop | bits({kPpp, kPppCompressed}), "\xfd\xaa\xbb"));
  s.push_back(
      refused("gre-acknowledgement", 47, hex("2081 880b 00000001 00000002"), ":gre", gre, ""));
  s.push_back(refused("gre-arp", 47, with(hex("1000 6558 00000001"), inner_arp()), ":gre:eth:arp",
                      gre | kStop, std::string(as_text(inner_arp().build()))));
  s.push_back(refused("gre-erspan-lost", 47, hex("1000 88be 00000001 10000000 00000000 aabb"),
                      ":gre:erspan", gre | kStop | bits({kErspan}), "\xaa\xbb"));
  s.push_back(refused("gre-cut", 47, hex("f000 0800 0000"), ":gre", bits({kL4Short}), ""));
  s.push_back(refused("gre-routing-cut", 47, hex("4000 0800 00000000 0800 00ff 00"), ":gre", 0,
                      std::string("\x08\0\0\xff\0", 5)));
}

void add_ip_in_ip(std::vector<Sample>& s) {
  const std::uint64_t ip_in_ip = bits({kIpInIp});
  s.push_back(entered("ipv4-in-ipv4", 4, inner_udp4(), ":ipv4:udp", kV4 | ip_in_ip));
  s.push_back(
      entered("ipv6-in-ipv4", 41, inner_udp6(), ":ipv6:udp", kV6 | ip_in_ip | bits({kIpv4Packet})));
  s.push_back(
      {"ipv4-in-ipv6", 1,
       PacketBuilder().eth(0x86dd).ipv6({.next_header = 4}).append(inner_udp4().build()).build(),
       "eth:ipv6:ipv4:udp", kV4 | ip_in_ip | bits({kIpv6Packet}), 17, 7, 9, "inner"});
  s.push_back({"ipv6-in-ipv6-behind-options", 1,
               PacketBuilder()
                   .eth(0x86dd)
                   .ipv6({.next_header = 0})
                   .extension(41)
                   .append(inner_udp6().build())
                   .build(),
               "eth:ipv6:ipv6.hopopts:ipv6:udp", kV6 | ip_in_ip, 17, 7, 9, "inner"});
  s.push_back(
      refused("ipv4-in-ipv4-wrong", 4, hex("60").zeros(40), "", kStop | bits({kL4Short}), ""));
  s.back().payload = std::string(1, '\0');
  s.back().status = kV4 | kStop;
  s.push_back(
      refused("ipv6-in-ipv4-cut", 41, hex("60").zeros(20), "", kStop | bits({kL4Short}), ""));
  s.push_back(entered("etherip", 97,
                      with(hex("3000"), PacketBuilder().eth().append(inner_udp4().build())),
                      ":etherip:eth:ipv4:udp", kV4 | bits({kEtherIp})));
  s.push_back(refused("etherip-arp", 97, with(hex("3000"), inner_arp()), ":etherip:eth:arp",
                      kStop | bits({kEtherIp}),
                      std::string(as_text(with(hex("3000"), inner_arp()).build())).substr(8)));
  s.push_back(
      refused("etherip-version", 97, hex("2000").zeros(8), ":etherip", 0, std::string(2, '\0')));
  s.push_back(entered("pim-register", 103, with(hex("2100 0000 00000000"), inner_udp4()),
                      ":pim:ipv4:udp", kV4));
  s.push_back(refused("pim-hello", 103, hex("2000 0000 00010002 0069"), ":pim", 0,
                      std::string("\0\x69", 2)));
}

void add_ayiya(std::vector<Sample>& s) {
  const std::uint64_t ayiya = bits({kAyiya});
  const auto ayiya_header = [](std::string_view next) {
    return hex("41 52 10").hex(next).hex("4af64c00").zeros(16 + 20);
  };
  udp_entered(s, "ayiya-ipv6", {2000, 5072}, ayiya_header("29").append(kIp6), ":ayiya:ipv6:udp",
              kV6 | ayiya);
  udp_entered(s, "ayiya-ipv4", {5072, 2000}, ayiya_header("04").append(kIp4), ":ayiya:ipv4:udp",
              kV4 | ayiya);
  s.push_back({"ayiya-tcp", 1,
               PacketBuilder()
                   .eth()
                   .ipv4()
                   .tcp({.src_port = 2000, .dst_port = 5072})
                   .append(ayiya_header("04").append(kIp4).build())
                   .build(),
               "eth:ipv4:tcp:ayiya:ipv4:udp", kV4 | ayiya, 17, 7, 9, "inner"});
  s.push_back(udp_refused("ayiya-no-payload", {2000, 5072}, ayiya_header("3b"), "", 0));
  s.push_back(udp_refused("ayiya-low-port", {1024, 5072}, ayiya_header("04").append(kIp4), "", 0));
}

void add_gtp(std::vector<Sample>& s) {
  const std::uint64_t gtp = bits({kGtp});
  udp_entered(s, "gtp-v1", {2152, 2152}, hex("30 ff 0000 00000001").append(kIp4), ":gtp:ipv4:udp",
              kV4 | gtp);
  udp_entered(s, "gtp-v1-options", {2152, 2152},
              hex("36 ff 0000 00000001 0001 00 85 02 000000000000 00").append(kIp6),
              ":gtp:ipv6:udp", kV6 | gtp);
  udp_entered(s, "gtp-v0", {3386, 3000}, hex("1e ff").zeros(18).append(kIp4), ":gtp:ipv4:udp",
              kV4 | gtp);
  s.push_back(
      udp_refused("gtp-echo", {2123, 2123}, hex("32 02 0004 00000000 0001 0000"), ":gtp", gtp));
  s.push_back(
      udp_refused("gtp-v2", {2123, 2123}, hex("48 ff 0004 00000000").append(kIp4), ":gtp", gtp));
  s.push_back(udp_refused("gtp-v4", {2123, 2123}, hex("80 ff 0004 00000000").append(kIp4), "", 0));
  s.push_back(udp_refused("gtp-not-ip", {2152, 2152}, hex("30 ff 0004 00000000 11223344"), ":gtp",
                          gtp | kStop));
  s.push_back(udp_refused("gtp-endless-extensions", {2152, 2152},
                          hex("34 ff 0004 00000000 0000 00 c0 00 c0"), ":gtp", gtp | kStop));
}

void add_vxlan(std::vector<Sample>& s) {
  const std::uint64_t vxlan = bits({kVxlan});
  udp_entered(s, "vxlan", {2000, 4789}, hex("08000000 00000100").append(kEth4),
              ":vxlan:eth:ipv4:udp", kV4 | vxlan);
  udp_entered(s, "vxlan-linux", {8472, 2000}, hex("08000000 00000100").append(kEth4),
              ":vxlan:eth:ipv4:udp", kV4 | vxlan);
  udp_entered(s, "vxlan-pppoe", {2000, 4789},
              hex("08000000 00000100").eth(0x8864).hex("11 00 0001 0000 0021").append(kIp4),
              ":vxlan:eth:pppoes:ppp:ipv4:udp", (kV4 | vxlan | bits({kPppoeSession})));
  udp_entered(s, "vxlan-next-protocol", {4789, 4789}, hex("0c000003 00000100").append(kEth4),
              ":vxlan:eth:ipv4:udp", kV4 | vxlan);
  udp_entered(s, "vxlan-gpe-ipv4", {2000, 4790}, hex("0c000001 00000100").append(kIp4),
              ":vxlan_gpe:ipv4:udp", kV4 | vxlan);
  udp_entered(s, "vxlan-gpe-ethernet", {2000, 4790}, hex("0c000003 00000100").append(kEth4),
              ":vxlan_gpe:eth:ipv4:udp", kV4 | vxlan);
  udp_entered(s, "vxlan-gpe-nsh", {2000, 4790},
              hex("0c000004 00000100 0002 01 02 00000000").append(kIp6), ":vxlan_gpe:nsh:ipv6:udp",
              kV6 | vxlan);
  udp_entered(s, "vxlan-gpe-mpls", {2000, 4790},
              hex("0c000005 00000100").mpls(4, true).append(kIp4), ":vxlan_gpe:mpls:ipv4:udp",
              kV4 | vxlan);
  udp_entered(s, "vxlan-reserved", {2000, 4789}, hex("88000100 00000101").append(kEth4),
              ":vxlan:eth:ipv4:udp", kV4 | vxlan);
  s.push_back(udp_refused("vxlan-none", {2000, 4789}, hex("80000100 00000101").zeros(20), "", 0));
  s.push_back(udp_refused("vxlan-arp", {2000, 4789},
                          hex("08000000 00000100").append(inner_arp().build()), ":vxlan:eth:arp",
                          vxlan | kStop));
  s.push_back(udp_refused("vxlan-nsh-in-nsh", {2000, 4790},
                          hex("0c000004 00000100 0002 01 04 00000000 00"), ":vxlan_gpe:nsh",
                          vxlan | kStop));
}

void add_geneve(std::vector<Sample>& s) {
  const std::uint64_t geneve = bits({kGeneve});
  udp_entered(s, "geneve", {2000, 6081}, hex("0200 6558 00000a00 0102800101020304").append(kEth4),
              ":geneve:eth:ipv4:udp", kV4 | geneve);
  s.push_back(
      udp_refused("geneve-other", {2000, 6081}, hex("0000 0801 00000a00").append(kIp4), "", kStop));
  udp_entered(s, "geneve-ipv4", {2000, 6081}, hex("0000 0800 00000a00").append(kIp4),
              ":geneve:ipv4:udp", kV4 | bits({kGeneve}));
  udp_entered(s, "geneve-reserved", {2000, 6081}, hex("0001 6558 00000aff").append(kEth4),
              ":geneve:eth:ipv4:udp", kV4 | bits({kGeneve}));
  udp_entered(s, "gre-in-udp", {2000, 4754}, hex("0000 0800").append(kIp4), ":gre:ipv4:udp",
              kV4 | bits({kGre}));
  udp_entered(s, "mpls-in-udp", {2000, 6635}, hex("00064140").append(kIp4), ":mpls:ipv4:udp",
              kV4 | bits({kMplsUnicast}));
  udp_entered(s, "lisp", {2000, 4341}, hex("80000001 00000001").append(kIp4), ":lisp-data:ipv4:udp",
              kV4);
  udp_entered(s, "tzsp", {2000, 37008}, hex("0100 0001 0a0100 01").append(kEth4),
              ":tzsp:eth:ipv4:udp", kV4);
  udp_entered(s, "l2tp-v3-ethernet", {1701, 1701}, hex("0003 0000 00000001 11223344").append(kEth4),
              ":l2tp:eth:ipv4:udp", kV4 | bits({kL2tp}));
}

void add_wireless(std::vector<Sample>& s) {
  const std::uint64_t capwap = bits({kCapwap});
  // Frame control swapped, as Cisco sends it; from the distribution system.
  const Buffer wlan4 =
      hex("02 08 0000 020000000001 020000000003 020000000002 0000 aaaa03 000000 0800")
          .append(kIp4)
          .build();
  udp_entered(s, "capwap-ethernet", {2000, 5247}, hex("00100000 00000000").append(kEth4),
              ":capwap.data:eth:ipv4:udp", kV4 | capwap);
  udp_entered(s, "capwap-wlan", {2000, 5247}, hex("00100300 00000000").append(wlan4),
              ":capwap.data:wlan:llc:ipv4:udp", kV4 | capwap);
  s.push_back(udp_refused("capwap-control", {2000, 5246}, hex("00100000 00000000 aabb"), ":capwap",
                          capwap | kStop));
  s.push_back(udp_refused("capwap-dtls", {2000, 5246}, hex("01000000 aabb"), ":capwap:dtls",
                          capwap | kStop | bits({kDtls})));
  s.push_back(udp_refused("capwap-keep-alive", {2000, 5247}, hex("00100008 00000000 aabb"),
                          ":capwap.data", capwap | kStop));
  s.push_back(udp_refused("capwap-later-fragment", {2000, 5247}, hex("00100080 00010008 aabb"),
                          ":capwap.data", capwap | kStop));
  s.push_back(udp_refused("capwap-version", {2000, 5247}, hex("10100000 00000000 aabb"), "", 0));
  udp_entered(s, "lwapp", {2000, 12222}, hex("00 00 0000 0000").append(wlan4),
              ":lwapp:wlan:llc:ipv4:udp", kV4 | capwap);
  s.push_back(udp_refused("lwapp-control", {12223, 2000}, hex("04 00 0000 0000 aa"), ":lwapp",
                          capwap | kStop));
}

void add_l2tp(std::vector<Sample>& s) {
  const std::uint64_t l2tp = bits({kL2tp, kPpp});
  udp_entered(s, "l2tp", {1701, 1701}, hex("0002 0001 0002 ff03 0021").append(kIp4),
              ":l2tp:ppp:ipv4:udp", kV4 | l2tp);
  udp_entered(s, "l2tp-all-options", {1701, 53},
              hex("4a02 0000 0001 0002 0003 0004 0002 aabb 0057").append(kIp6),
              ":l2tp:ppp:ipv6:udp", kV6 | l2tp);
  udp_entered(s, "l2tp-v3-chdlc", {1701, 1701}, hex("0003 0000 00000001 0f00 0800").append(kIp4),
              ":l2tp:chdlc:ipv4:udp", (kV4 | bits({kL2tp})));
  s.push_back(udp_refused("l2tp-control", {1701, 1701}, hex("c802 000c 0000 0000 0000 0000"),
                          ":l2tp", kStop | bits({kL2tp})));
  s.push_back(udp_refused("l2tp-multilink", {1701, 1701}, hex("0002 0001 0002 003d c0000000"),
                          ":l2tp:ppp:mp", l2tp | kStop));
  s.push_back(udp_refused("l2tp-lcp", {1701, 1701}, hex("0002 0001 0002 c021 0101"),
                          ":l2tp:ppp:lcp", l2tp | kStop));
  udp_entered(s, "l2tp-reserved", {1701, 1701}, hex("2002 0001 0002 0021").append(kIp4),
              ":l2tp:ppp:ipv4:udp", kV4 | l2tp);
  s.push_back(
      udp_refused("l2tp-none", {1701, 1701}, hex("2002 0001 0002 0023").append(kIp4), "", 0));
}

void add_teredo(std::vector<Sample>& s) {
  const std::uint64_t teredo = bits({kTeredo});
  udp_entered(s, "teredo", {2000, 3544}, PacketBuilder().append(kIp6), ":teredo:ipv6:udp",
              kV6 | teredo);
  udp_entered(s, "teredo-headers", {3544, 2000},
              hex("0001 02 01 aabb cc 0000000000000000 00 0000 1234 f5fffffd").append(kIp6),
              ":teredo:ipv6:udp", kV6 | teredo);
  udp_entered(s, "teredo-by-address", {2000, 3000},
              PacketBuilder().append(inner_udp6("2001:0:4137:9e50::1").build()), ":teredo:ipv6:udp",
              kV6 | teredo);
  s.push_back(
      udp_refused("teredo-other-address", {2000, 3000}, PacketBuilder().append(kIp6), "", 0));
  s.push_back(udp_refused("teredo-low-port", {1024, 3544}, PacketBuilder().append(kIp6), "", 0));
}

}  // namespace

std::vector<Sample> ip_tunnel_samples() {
  std::vector<Sample> s;
  add_gre(s);
  add_ip_in_ip(s);
  return s;
}

std::vector<Sample> udp_tunnel_samples() {
  std::vector<Sample> s;
  add_ayiya(s);
  add_gtp(s);
  add_vxlan(s);
  add_geneve(s);
  add_wireless(s);
  add_l2tp(s);
  add_teredo(s);
  return s;
}

std::vector<Sample> all_samples() {
  std::vector<Sample> all;
  for (auto* make :
       {link_samples, ether_samples, ip_samples, ip_tunnel_samples, udp_tunnel_samples}) {
    for (Sample& sample : make()) all.push_back(std::move(sample));
  }
  return all;
}

DecodeOptions sample_options() {
  DecodeOptions options;
  options.lapd = true;
  return options;
}

}  // namespace t2::test
