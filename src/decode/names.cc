// SPDX-License-Identifier: Apache-2.0
// Names of headers that are described but not followed (spec core 3.4, 3.5).
#include <array>
#include <span>

#include "decode/walk.h"

namespace t2::decoding {
namespace {

struct NumberName {
  std::uint16_t number;
  HeaderName name;
};

constexpr std::array kEtherTypes{
    NumberName{0x0000, "wlccp"},
    NumberName{0x0104, "pagp"},
    NumberName{0x010b, "stp"},
    NumberName{0x0111, "udld"},
    NumberName{0x01a1, "ndp"},
    NumberName{0x01a2, "ndp"},
    NumberName{0x0600, "idp"},
    NumberName{0x0bad, "vines_ip"},
    NumberName{0x00bb, "edp"},
    NumberName{0x2000, "cdp"},
    NumberName{0x2001, "cgmp"},
    NumberName{0x2003, "vtp"},
    NumberName{0x2004, "dtp"},
    NumberName{0x6002, "dec_mop"},
    NumberName{0x6003, "dec_dna"},
    NumberName{0x6004, "lat"},
    NumberName{0x6558, "eth"},
    NumberName{0x8021, "ipcp"},
    NumberName{0x8038, "dec_stp"},
    NumberName{0x809b, "ddp"},
    NumberName{0x80fd, "ccp"},
    NumberName{0x8137, "ipx"},
    NumberName{0x872d, "wlccp"},
    NumberName{0x880b, "ppp"},
    NumberName{0x883e, "wccp"},
    NumberName{0x886f, "msnlb"},
    NumberName{0x888e, "eapol"},
    NumberName{0x8899, "realtek"},
    NumberName{0x88a2, "aoe"},
    NumberName{0x88bb, "lwapp"},
    NumberName{0x88e5, "macsec"},
    NumberName{0x88f7, "ptp"},
    NumberName{0x88fb, "hsr_prp_supervision"},
    NumberName{0x8902, "cfm"},
    NumberName{0x8906, "fcoe"},
    NumberName{0x890d, "wlan"},
    NumberName{0x9000, "loop"},
    NumberName{0xc021, "lcp"},
    NumberName{0xc029, "cbcp"},
    NumberName{0xc223, "chap"},
};

constexpr std::array kPppProtocols{
    NumberName{0x0021, "ipv4"},      NumberName{0x0023, "osi"},  NumberName{0x0057, "ipv6"},
    NumberName{0x00fd, "comp_data"}, NumberName{0x0207, "cdp"},  NumberName{0x0281, "mpls"},
    NumberName{0x0283, "mpls"},      NumberName{0x8021, "ipcp"}, NumberName{0x80fd, "ccp"},
    NumberName{0xc021, "lcp"},       NumberName{0xc023, "pap"},  NumberName{0xc223, "chap"},
};

constexpr std::array kIpProtocols{
    NumberName{0, "ipv6.hopopts"},  NumberName{1, "icmp"},          NumberName{2, "igmp"},
    NumberName{6, "tcp"},           NumberName{8, "egp"},           NumberName{9, "igp"},
    NumberName{17, "udp"},          NumberName{33, "dccp"},         NumberName{36, "xtp"},
    NumberName{37, "ddp"},          NumberName{43, "ipv6.routing"}, NumberName{44, "ipv6.fraghdr"},
    NumberName{45, "idrp"},         NumberName{46, "rsvp"},         NumberName{47, "gre"},
    NumberName{48, "dsr"},          NumberName{50, "esp"},          NumberName{51, "ah"},
    NumberName{53, "swipe"},        NumberName{54, "nhrp"},         NumberName{58, "icmpv6"},
    NumberName{60, "ipv6.dstopts"}, NumberName{80, "osi"},          NumberName{83, "vines"},
    NumberName{88, "eigrp"},        NumberName{89, "ospf"},         NumberName{93, "ax25"},
    NumberName{97, "etherip"},      NumberName{103, "pim"},         NumberName{108, "ipcomp"},
    NumberName{112, "vrrp"},        NumberName{113, "pgm"},         NumberName{115, "l2tp"},
    NumberName{132, "sctp"},        NumberName{134, "rsvp-e2ei"},   NumberName{135, "mipv6"},
    NumberName{136, "udplite"},     NumberName{137, "mpls"},        NumberName{139, "hip"},
    NumberName{140, "shim6"},
};

const HeaderName* find(std::span<const NumberName> table, std::uint16_t number) {
  for (const NumberName& entry : table) {
    if (entry.number == number) return &entry.name;
  }
  return nullptr;
}

}  // namespace

void name_ether_type(Walk& w, std::uint16_t type) {
  const HeaderName* name = find(kEtherTypes, type);
  if (name == nullptr) {
    w.stack.push_unknown(Unknown::kHex4, type);
    w.stop();
    return;
  }
  w.push(*name);
  if (type == 0x8906) w.push("fc");
}

void name_ppp_protocol(Walk& w, std::uint16_t protocol) {
  const HeaderName* name = find(kPppProtocols, protocol);
  if (name == nullptr) {
    w.stack.push_unknown(Unknown::kHex4, protocol);
    w.stop();
    return;
  }
  w.push(*name);
}

void name_ip_protocol(Walk& w, std::uint8_t protocol, bool ipv6) {
  using namespace ip_protocol;
  if (protocol == kNoNext || protocol == kIpv4 || protocol == kIpv6) return;
  if (ipv6 && is_extension_header(protocol)) return;  // cut off or too many: named where it was met
  if (const HeaderName* name = find(kIpProtocols, protocol); name != nullptr) {
    w.push(*name);
  } else if (!ipv6) {  // the reference names no unknown protocol behind IPv6
    w.stack.push_unknown(Unknown::kDecimal, protocol);
    w.stop();
  }
}

}  // namespace t2::decoding
