// SPDX-License-Identifier: Apache-2.0
#include <fmt/format.h>

#include "samples.h"

namespace t2::test {
namespace {

using namespace flow_stat;

Sample layer2(std::string name, const PacketBuilder& b, std::string stack, std::uint64_t status,
              std::string payload) {
  return {std::move(name),   1, b.build(), std::move(stack), kL2 | status, -1, 0, 0,
          std::move(payload)};
}

Sample tcp_behind(std::string name, PacketBuilder b, const std::string& stack,
                  std::uint64_t status) {
  b.ipv4().tcp().text("data");
  return {std::move(name), 1, b.build(), stack + ":ipv4:tcp", kV4 | status, 6, 40000, 80, "data"};
}

PacketBuilder ether_llc(std::string_view llc) {
  const Buffer body = PacketBuilder().hex(llc).build();
  return PacketBuilder().eth(static_cast<unsigned>(body.size())).append(body);
}

struct NumberName {
  unsigned number;
  const char* name;
};

constexpr NumberName kEtherTypes[] = {
    {0x0600, "idp"},     {0x2000, "cdp"},     {0x9000, "loop"},     {0x2001, "cgmp"},
    {0x8902, "cfm"},     {0x2003, "vtp"},     {0x6003, "dec_dna"},  {0x2004, "dtp"},
    {0x6004, "lat"},     {0x8906, "fcoe:fc"}, {0x880b, "ppp"},      {0x890d, "wlan"},
    {0x8021, "ipcp"},    {0xc021, "lcp"},     {0xc223, "chap"},     {0xc029, "cbcp"},
    {0x8137, "ipx"},     {0x8038, "dec_stp"}, {0x883e, "wccp"},     {0x6558, "eth"},
    {0x6002, "dec_mop"}, {0x886f, "msnlb"},   {0x888e, "eapol"},    {0x809b, "ddp"},
    {0x88a2, "aoe"},     {0x8899, "realtek"}, {0x0bad, "vines_ip"}, {0x88bb, "lwapp"},
    {0x80fd, "ccp"},     {0x88f7, "ptp"},     {0x872d, "wlccp"},
};
constexpr NumberName kSnapTypes[] = {
    {0x0000, "wlccp"}, {0x0104, "pagp"}, {0x010b, "stp"}, {0x0111, "udld"},
    {0x01a1, "ndp"},   {0x01a2, "ndp"},  {0x00bb, "edp"},
};
constexpr NumberName kAccessPoints[] = {
    {0x04, "sna"},    {0x08, "sna"},       {0x0c, "sna"},     {0x40, "sna"},   {0xc8, "sna"},
    {0x10, "ipx"},    {0xe0, "ipx"},       {0x14, "osi"},     {0x20, "osi"},   {0x34, "osi"},
    {0x54, "osi"},    {0xfe, "osi"},       {0x42, "stp"},     {0x7e, "x25"},   {0x80, "3comxns"},
    {0x82, "bacnet"}, {0xbc, "vines_llc"}, {0xf0, "netbios"}, {0xf8, "hpext"}, {0xfc, "rpl"},
};

void add_names(std::vector<Sample>& s) {
  for (const NumberName& t : kEtherTypes) {
    s.push_back(layer2(fmt::format("ethertype-{:04x}", t.number),
                       PacketBuilder().eth(t.number).text("rest"), fmt::format("eth:{}", t.name), 0,
                       "rest"));
  }
  for (const NumberName& t : kSnapTypes) {
    s.push_back(layer2(fmt::format("snap-{:04x}", t.number),
                       ether_llc(fmt::format("aaaa03 00000c {:04x} 01", t.number)),
                       fmt::format("eth:llc:{}", t.name), 0, "\1"));
  }
  for (const NumberName& t : kAccessPoints) {
    s.push_back(layer2(fmt::format("dsap-{:02x}", t.number),
                       ether_llc(fmt::format("{:02x}00 03 01", t.number)),
                       fmt::format("eth:llc:{}", t.name), 0, "\1"));
  }
  for (const unsigned dsap : {0x00U, 0x01U, 0x02U, 0xffU}) {
    s.push_back(
        layer2("dsap-silent", ether_llc(fmt::format("{:02x}00 03 01", dsap)), "eth:llc", 0, "\1"));
  }
  s.push_back(layer2("dsap-unknown", ether_llc("0b4e 03 01"), "eth:llc:UNK(0x0b)", kStop, "\1"));
  s.push_back(layer2("llc-two-byte-control", ether_llc("4242 0102 01"), "eth:llc:stp", 0, "\1"));
  s.push_back(
      layer2("llc-jumbo", PacketBuilder().eth(0x8870).hex("4242 03 01"), "eth:llc:stp", 0, "\1"));
  s.push_back(layer2("llc-ip-not-ip", ether_llc("0606 03 01"), "eth:llc", 0, "\1"));
  s.push_back(
      layer2("unknown", PacketBuilder().eth(0x88b5).text("x"), "eth:UNK(0x88b5)", kStop, "x"));
}

void add_layer2(std::vector<Sample>& s) {
  s.push_back(layer2("arp", PacketBuilder().eth(0x0806).zeros(28), "eth:arp", bits({kArp}),
                     std::string(28, '\0')));
  s.push_back(layer2("aarp", PacketBuilder().eth(0x80f3).text("x"), "eth:aarp", bits({kArp}), "x"));
  s.push_back(
      layer2("rarp", PacketBuilder().eth(0x8035).text("x"), "eth:rarp", bits({kRarp}), "x"));
  s.push_back(
      layer2("lldp", PacketBuilder().eth(0x88cc).text("x"), "eth:lldp", bits({kLldp}), "x"));
  s.push_back(layer2("slow-lacp", PacketBuilder().eth(0x8809).hex("01"), "eth:slow:lacp", 0, "\1"));
  s.push_back(
      layer2("slow-marker", PacketBuilder().eth(0x8809).hex("02"), "eth:slow:marker", 0, "\2"));
  s.push_back(
      layer2("slow-oam", PacketBuilder().eth(0x8809).hex("03"), "eth:slow:oampdu", 0, "\3"));
  s.push_back(layer2("slow-ossp", PacketBuilder().eth(0x8809).hex("0a"), "eth:slow:ossp", 0, "\n"));
  s.push_back(layer2("slow-other", PacketBuilder().eth(0x8809).hex("04"), "eth:slow", 0, "\4"));
  s.push_back(layer2("ipv4-with-version-6", PacketBuilder().eth(0x0800).hex("60 01"), "eth:ipvx",
                     bits({kIpVx}), "\x60\1"));
  s.push_back(layer2("ipv6-with-version-4", PacketBuilder().eth(0x86dd).hex("45 01"), "eth:ipvx",
                     bits({kIpVx}), "\x45\1"));
}

void add_vlan_and_snap(std::vector<Sample>& s) {
  s.push_back(
      tcp_behind("vlan", PacketBuilder().eth(0x8100).vlan(0x6005), "eth:vlan", bits({kVlan})));
  s.push_back(tcp_behind("qinq", PacketBuilder().eth(0x88a8).vlan(13, 0x8100).vlan(10),
                         "eth:vlan{2}", bits({kVlan})));
  s.push_back(tcp_behind(
      "four-tags",
      PacketBuilder().eth(0x9100).vlan(4, 0x9200).vlan(2, 0x8100).vlan(3, 0x8100).vlan(0),
      "eth:vlan{4}", bits({kVlan, kVlanZero})));
  s.push_back(tcp_behind("qinq-9300", PacketBuilder().eth(0x9300).vlan(13, 0x8100).vlan(10),
                         "eth:vlan{2}", bits({kVlan})));
  const auto tag = [&s](const std::string& name, unsigned type, const std::string& rest,
                        const std::string& stack) {
    s.push_back(tcp_behind(name, PacketBuilder().eth(type).hex(rest + " 0800"), stack, 0));
  };
  tag("vn-tag", 0x8926, "00000014", "eth:vntag");
  tag("e-tag", 0x893f, "000000010000", "eth:etag");
  tag("metadata", 0x8909, "010100010007", "eth:cmd");
  tag("hsr", 0x892f, "00340001", "eth:hsr");
  tag("macsec", 0x88e5, "20 00 00000001 0200000000010001", "eth:macsec");
  s.push_back(layer2("macsec-encrypted", PacketBuilder().eth(0x88e5).hex("0c 00 00000001 0800"),
                     "eth:macsec", 0, std::string("\x0c\0\0\0\0\1\x08\0", 8)));
  s.push_back(
      tcp_behind("pbb", PacketBuilder().eth(0x88e7).be32(7).eth(), "eth:ieee8021ah:eth", 0));
  s.push_back(
      tcp_behind("fabric-path", PacketBuilder().eth(0x8903).be16(7).eth(), "eth:cfp:eth", 0));
  s.push_back(
      tcp_behind("nsh", PacketBuilder().eth(0x894f).hex("0fc2 0201 00000001"), "eth:nsh", 0));
  s.push_back(layer2("vlan-llc", PacketBuilder().eth(0x8100).vlan(9, 4).hex("4242 03 01"),
                     "eth:vlan:llc:stp", bits({kVlan}), "\1"));
  s.push_back(tcp_behind("snap-ipv4", ether_llc("aaaa03 000000 0800"), "eth:llc", 0));
  s.push_back(tcp_behind("snap-vlan", ether_llc("aaaa03 000000 8100 0005 0800"), "eth:llc:vlan",
                         bits({kVlan})));
  s.push_back(tcp_behind("llc-ip", ether_llc("0606 03"), "eth:llc", 0));
}

void add_mpls(std::vector<Sample>& s) {
  const std::uint64_t unicast = bits({kMplsUnicast});
  s.push_back(tcp_behind("mpls", PacketBuilder().eth(0x8847).mpls(100, true), "eth:mpls", unicast));
  s.push_back(tcp_behind("mpls-three",
                         PacketBuilder().eth(0x8848).mpls(1, false).mpls(2, false).mpls(3, true),
                         "eth:mpls{3}", bits({kMplsMulticast})));
  s.push_back(tcp_behind("mpls-pseudowire",
                         PacketBuilder().eth(0x8847).mpls(1, true).hex("00000001").eth(),
                         "eth:mpls:pwethcw:eth", unicast));
  s.push_back(tcp_behind(
      "mpls-ethernet",
      PacketBuilder().eth(0x8847).mpls(1, true).hex("82").hex("0000000001 020000000002 0800"),
      "eth:mpls:eth", unicast));
  s.push_back({"mpls-ipv6", 1, PacketBuilder().eth(0x8847).mpls(1, true).ipv6().tcp().build(),
               "eth:mpls:ipv6:tcp", kV6 | unicast, 6, 40000, 80, ""});
  s.push_back(tcp_behind("erspan-over-ethernet", PacketBuilder().eth(0x88be).zeros(8).eth(),
                         "eth:erspan:eth", bits({kErspan})));
}

void add_pppoe(std::vector<Sample>& s) {
  s.push_back(layer2("pppoe-discovery", PacketBuilder().eth(0x8863).text("x"), "eth:pppoed",
                     bits({kPppoeDiscovery}), "x"));
  s.push_back(tcp_behind("pppoe", PacketBuilder().eth(0x8864).hex("11 00 0001 002f 0021"),
                         "eth:pppoes:ppp", bits({kPppoeSession})));
  s.push_back({"pppoe-ipv6", 1,
               PacketBuilder().eth(0x8864).hex("11 00 0001 0000 0057").ipv6().tcp().build(),
               "eth:pppoes:ppp:ipv6:tcp", kV6 | bits({kPppoeSession}), 6, 40000, 80, ""});
  s.push_back(layer2("pppoe-lcp", PacketBuilder().eth(0x8864).hex("11 00 0001 0006 c021 0101"),
                     "eth:pppoes:ppp:lcp", bits({kPppoeSession}),
                     std::string("\x11\0\0\1\0\6\xc0\x21\1\1", 10)));
}

}  // namespace

std::vector<Sample> ether_samples() {
  std::vector<Sample> s;
  add_names(s);
  add_layer2(s);
  add_vlan_and_snap(s);
  add_mpls(s);
  add_pppoe(s);
  return s;
}

}  // namespace t2::test
