// SPDX-License-Identifier: Apache-2.0
#include <fmt/format.h>

#include "samples.h"

namespace t2::test {
namespace {

using namespace flow_stat;

Sample in_ipv4(std::string name, std::uint8_t protocol, const PacketBuilder& body,
               std::string stack, std::uint64_t status, std::string payload) {
  const Buffer bytes =
      PacketBuilder().eth().ipv4({.protocol = protocol}).append(body.build()).build();
  return {std::move(name),   1,        bytes, fmt::format("eth:ipv4{}", stack),
          kV4 | status,      protocol, 0,     0,
          std::move(payload)};
}

Sample in_ipv6(std::string name, std::uint8_t first_header, const PacketBuilder& body,
               std::string stack, std::uint64_t status, int protocol, std::string payload) {
  const Buffer bytes =
      PacketBuilder().eth(0x86dd).ipv6({.next_header = first_header}).append(body.build()).build();
  return {std::move(name),   1,        bytes, fmt::format("eth:ipv6{}", stack),
          kV6 | status,      protocol, 0,     0,
          std::move(payload)};
}

Sample with_ports(Sample s, std::uint16_t src, std::uint16_t dst) {
  s.src_port = src;
  s.dst_port = dst;
  return s;
}

Sample udp(std::string name, std::uint16_t src, std::uint16_t dst, const PacketBuilder& body,
           const std::string& stack, std::uint64_t status) {
  const Buffer payload = body.build();
  const Buffer bytes = PacketBuilder()
                           .eth()
                           .ipv4({.protocol = 17})
                           .udp({.src_port = src, .dst_port = dst})
                           .append(payload)
                           .build();
  return {std::move(name),
          1,
          bytes,
          fmt::format("eth:ipv4:udp{}", stack),
          kV4 | status,
          17,
          src,
          dst,
          std::string(as_text(payload))};
}

PacketBuilder hex(std::string_view digits) {
  return PacketBuilder().hex(digits);
}

const std::string kEight(8, 'h');  // a header's worth
constexpr std::uint64_t kFragmented = bits({kFragment});

struct NumberName {
  std::uint8_t number;
  const char* name;
};

/// Named, but nothing more: header length 8 over IPv4, 0 over IPv6.
constexpr NumberName kProtocols[] = {
    {8, "egp"},    {9, "igp"},     {33, "dccp"},       {36, "xtp"},    {37, "ddp"},
    {45, "idrp"},  {46, "rsvp"},   {48, "dsr"},        {53, "swipe"},  {54, "nhrp"},
    {80, "osi"},   {83, "vines"},  {88, "eigrp"},      {93, "ax25"},   {108, "ipcomp"},
    {112, "vrrp"}, {113, "pgm"},   {134, "rsvp-e2ei"}, {135, "mipv6"}, {137, "mpls"},
    {139, "hip"},  {140, "shim6"},
};

void add_names(std::vector<Sample>& s) {
  for (const NumberName& p : kProtocols) {
    const PacketBuilder body = PacketBuilder().text(kEight + "rest");
    s.push_back(in_ipv4(fmt::format("ipv4-{}", p.number), p.number, body,
                        fmt::format(":{}", p.name), 0, "rest"));
    s.push_back(in_ipv6(fmt::format("ipv6-{}", p.number), p.number, body,
                        fmt::format(":{}", p.name), 0, p.number, kEight + "rest"));
  }
  for (const NumberName& p : {NumberName{0, "ipv6.hopopts"},
                              {43, "ipv6.routing"},
                              {44, "ipv6.fraghdr"},
                              {58, "icmpv6"},
                              {60, "ipv6.dstopts"}}) {
    s.push_back(in_ipv4(fmt::format("ipv4-{}", p.number), p.number,
                        PacketBuilder().text(kEight + "r"), fmt::format(":{}", p.name), 0, "r"));
  }
  s.push_back(in_ipv4("ipv4-no-next-header", 59, PacketBuilder().text(kEight + "r"), "", 0, "r"));
  s.push_back(
      in_ipv4("ipv4-unknown", 253, PacketBuilder().text(kEight + "r"), ":UNK(253)", kStop, "r"));
  s.push_back(in_ipv4("ipv4-unknown-short", 253, PacketBuilder().text("abcd"), ":UNK(253)",
                      kStop | bits({kL4Short}), ""));
  s.push_back(in_ipv6("ipv6-unknown", 253, PacketBuilder().text("abcd"), "", 0, 253, "abcd"));
  s.push_back(in_ipv6("ipv6-no-next-header", 59, PacketBuilder().text("1234"), "", 0, 59, "1234"));
}

void add_transports(std::vector<Sample>& s) {
  s.push_back(
      {"ipv4-options", 1,
       PacketBuilder().eth().ipv4({.options = std::string(8, '\1')}).tcp().text("x").build(),
       "eth:ipv4:tcp", kV4, 6, 40000, 80, "x"});
  s.push_back(
      {"tcp-options", 1,
       PacketBuilder().eth().ipv4().tcp({.options = std::string(20, '\1')}).text("x").build(),
       "eth:ipv4:tcp", kV4, 6, 40000, 80, "x"});
  s.push_back({"tcp-ssdp", 1,
               PacketBuilder().eth().ipv4().tcp({.src_port = 2000, .dst_port = 1900}).build(),
               "eth:ipv4:tcp:ssdp", kV4 | bits({kSsdp}), 6, 2000, 1900, ""});
  s.push_back(udp("udp", 53, 5353, PacketBuilder().text("q"), "", 0));
  s.push_back(udp("udp-ssdp", 1900, 1025, PacketBuilder().text("q"), ":ssdp", bits({kSsdp})));
  s.push_back(udp("udp-not-ssdp", 1900, 1024, PacketBuilder().text("q"), "", 0));
  s.push_back(udp("udpencap-esp", 4500, 9, hex("01020304 05"), ":udpencap:esp", bits({kEsp})));
  s.push_back(udp("udpencap-isakmp", 9, 4500, hex("00000000 05"), ":udpencap:isakmp", 0));
  s.push_back(udp("udpencap-keepalive", 4500, 4500, hex("ff"), ":udpencap", 0));
  s.push_back(udp("dtls-1.0", 9, 99, hex("16 feff 0000 000000000000 0002 aabb"), ":dtls1.0",
                  bits({kDtls})));
  s.push_back(udp("dtls-1.2-twice", 9, 99,
                  hex("16 fefd 0000 000000000000 0001 aa 17 fefd 0000 000000000001 0000"),
                  ":dtls1.2:dtls1.2", bits({kDtls})));
  s.push_back(udp("dtls-cut-record", 9, 99, hex("16 0100 0000 000000000000 0100 aa"), ":dtls1.0",
                  bits({kDtls})));
  s.push_back(udp("dtls-header-cut", 9, 99, hex("16 fefd 0000 000000000000 00"), "", 0));
  s.push_back(udp("dtls-other-type", 9, 99, hex("13 fefd 0000 000000000000 0000"), "", 0));
  s.push_back(with_ports(
      in_ipv4("udplite", 136, hex("0009 0063 0008 0000 aa"), ":udplite", 0, "\xaa"), 9, 99));
  s.push_back(with_ports(in_ipv4("sctp", 132, hex("0007 0009 00000001 00000000 01000004"), ":sctp",
                                 bits({kSctp}), std::string("\1\0\0\4", 4)),
                         7, 9));
  Sample no_chunk = in_ipv4("sctp-no-chunk", 132, hex("dead beef 00000001 00000000"), ":sctp",
                            bits({kSctp, kL4Short}), "");
  no_chunk.src_port = 0xdead;
  no_chunk.dst_port = 0xbeef;
  s.push_back(no_chunk);
  s.push_back(in_ipv4("udp-too-short", 17, hex("dead beef 0000"), ":udp", bits({kL4Short}), ""));
  s.push_back(in_ipv4("tcp-too-short", 6, hex("dead beef 00000000"), ":tcp", bits({kL4Short}), ""));
  s.push_back({"icmp", 1, PacketBuilder().eth().ipv4({.protocol = 1}).icmp().text("ping").build(),
               "eth:ipv4:icmp", kV4, 1, 0, 0, "ping"});
  s.push_back(in_ipv4("igmp", 2, hex("16 00 0000 e0000001"), ":igmp", 0, ""));
  s.push_back(in_ipv4("dvmrp", 2, hex("13 00 0000 e0000001"), ":igmp:dvmrp", 0, ""));
  s.push_back(in_ipv4("igmp-pim", 2, hex("14 00 0000 e0000001"), ":igmp:pim", 0, ""));
  s.push_back(in_ipv4("not-rgmp", 2, hex("fc 00 0000 e0000001"), ":igmp", 0, ""));
  s.push_back({"rgmp", 1,
               PacketBuilder()
                   .eth()
                   .ipv4({.dst = "224.0.0.25", .protocol = 2})
                   .hex("ff0000000000ffff")
                   .build(),
               "eth:ipv4:igmp:rgmp", kV4, 2, 0, 0, ""});
  s.push_back(in_ipv4("esp", 50, PacketBuilder().text(kEight + "r"), ":esp", bits({kEsp}), "r"));
  s.push_back(
      in_ipv4("ah", 51, hex("06 04 0000 00000001 aabb"), ":ah:tcp", bits({kAh}), "\xaa\xbb"));
  s.push_back(in_ipv4("l2tp-over-ip", 115, PacketBuilder().text(kEight + "r"), ":l2tp",
                      bits({kL2tp}), "r"));
  s.push_back(
      in_ipv4("ospf-v2", 89, PacketBuilder().hex("02 01").zeros(22).text("r"), ":ospf", 0, "r"));
  s.push_back(in_ipv6("ospf-v3", 89, PacketBuilder().hex("03 01").zeros(14).text("r"), ":ospf", 0,
                      89, "r"));
}

void add_ipv4_fragments(std::vector<Sample>& s) {
  s.push_back({"fragment-first", 1,
               PacketBuilder()
                   .eth()
                   .ipv4({.protocol = 17, .id = 7, .fragment = 0x2000})
                   .udp()
                   .text("12345678")
                   .build(),
               "eth:ipv4:udp", kV4 | kFragmented, 17, 40000, 50000, "12345678"});
  s.push_back({"fragment-later", 1,
               PacketBuilder()
                   .eth()
                   .ipv4({.protocol = 17, .id = 7, .fragment = 0x0002})
                   .text("12345678")
                   .build(),
               "eth:ipv4:udp", kV4 | kFragmented | kStop, 17, 0, 0, "12345678"});
  s.push_back({"fragment-later-sctp", 1,
               PacketBuilder()
                   .eth()
                   .ipv4({.protocol = 132, .id = 7, .fragment = 0x2002})
                   .text("1234")
                   .build(),
               "eth:ipv4:sctp", kV4 | kFragmented | kStop | bits({kSctp}), 132, 0, 0, "1234"});
}

void add_ipv6(std::vector<Sample>& s) {
  s.push_back({"ipv6-tcp", 1, PacketBuilder().eth(0x86dd).ipv6().tcp().text("x").build(),
               "eth:ipv6:tcp", kV6, 6, 40000, 80, "x"});
  s.push_back(in_ipv6("ipv6-icmpv6", 58, PacketBuilder().hex("80").zeros(7).text("p"), ":icmpv6", 0,
                      58, "p"));
  s.push_back(
      in_ipv6("ipv6-esp", 50, PacketBuilder().text("abcd"), ":esp", bits({kEsp}), 50, "abcd"));
  s.push_back(
      in_ipv6("ipv6-l2tp", 115, PacketBuilder().text("abcd"), ":l2tp", bits({kL2tp}), 115, "abcd"));
  s.push_back(with_ports(
      in_ipv6(
          "ipv6-extensions", 0,
          PacketBuilder().extension(60).extension(43).extension(17).udp({.length = 9}).text("x"),
          ":ipv6.hopopts:ipv6.dstopts:ipv6.routing:udp", 0, 17, "x"),
      40000, 50000));
  s.push_back(with_ports(in_ipv6("ipv6-ah", 51, hex("11 04").zeros(22).udp({.length = 9}).text("x"),
                                 ":ah:udp", bits({kAh}), 17, "x"),
                         40000, 50000));
  s.push_back(in_ipv6("ipv6-too-many-extensions", 0,
                      PacketBuilder()
                          .extension(0)
                          .extension(0)
                          .extension(0)
                          .extension(0)
                          .extension(60)
                          .extension(6)
                          .text("x"),
                      ":ipv6.hopopts:ipv6.hopopts:ipv6.hopopts:ipv6.hopopts:ipv6.hopopts", kStop,
                      60, std::string("\6\0\1\4\0\0\0\0x", 9)));
  s.push_back(in_ipv6("ipv6-extension-cut", 60, hex("11 04 0104 00000000 1111 2222"),
                      ":ipv6.dstopts", kStop | bits({kL4Short}), 17, ""));
  s.back().stack += ":udp";
  s.push_back(with_ports(
      in_ipv6("ipv6-fragment-first", 44,
              PacketBuilder().fragment_header(17, 0, true, 9).udp({.length = 100}).text("12345678"),
              ":ipv6.fraghdr:udp", kFragmented, 17, "12345678"),
      40000, 50000));
  s.push_back(in_ipv6("ipv6-fragment-later", 44,
                      PacketBuilder().fragment_header(17, 1448, false, 9).text("12345678"),
                      ":ipv6.fraghdr", kFragmented | kStop, 17, "12345678"));
  s.push_back(with_ports(
      in_ipv6("ipv6-atomic-fragment", 44,
              PacketBuilder().fragment_header(17, 0, false, 9).udp({.length = 9}).text("1"),
              ":ipv6.fraghdr:udp", 0, 17, "1"),
      40000, 50000));
}

}  // namespace

std::vector<Sample> ip_samples() {
  std::vector<Sample> s;
  add_names(s);
  add_transports(s);
  add_ipv4_fragments(s);
  add_ipv6(s);
  return s;
}

}  // namespace t2::test
