// SPDX-License-Identifier: Apache-2.0
// Names of headers that are described but not followed (spec core 3.4, 3.5).
#include <span>

#include "decode/walk.h"

namespace t2::decoding {
namespace {

struct NumberName {
  std::uint16_t number;
  HeaderName name;
};

constexpr NumberName kEtherTypes[] = {
    {0x0000, "wlccp"},   {0x0104, "pagp"},     {0x010b, "stp"},
    {0x0111, "udld"},    {0x01a1, "ndp"},      {0x01a2, "ndp"},
    {0x0600, "idp"},     {0x0bad, "vines_ip"}, {0x00bb, "edp"},
    {0x2000, "cdp"},     {0x2001, "cgmp"},     {0x2003, "vtp"},
    {0x2004, "dtp"},     {0x6002, "dec_mop"},  {0x6003, "dec_dna"},
    {0x6004, "lat"},     {0x6558, "eth"},      {0x8021, "ipcp"},
    {0x8038, "dec_stp"}, {0x809b, "ddp"},      {0x80fd, "ccp"},
    {0x8137, "ipx"},     {0x872d, "wlccp"},    {0x880b, "ppp"},
    {0x883e, "wccp"},    {0x886f, "msnlb"},    {0x888e, "eapol"},
    {0x8899, "realtek"}, {0x88a2, "aoe"},      {0x88bb, "lwapp"},
    {0x88e5, "macsec"},  {0x88f7, "ptp"},      {0x88fb, "hsr_prp_supervision"},
    {0x8902, "cfm"},     {0x8906, "fcoe"},     {0x890d, "wlan"},
    {0x9000, "loop"},    {0xc021, "lcp"},      {0xc029, "cbcp"},
    {0xc223, "chap"}};

constexpr NumberName kPppProtocols[] = {{0x0021, "ipv4"},      {0x0023, "osi"},  {0x0057, "ipv6"},
                                        {0x00fd, "comp_data"}, {0x0207, "cdp"},  {0x0281, "mpls"},
                                        {0x0283, "mpls"},      {0x8021, "ipcp"}, {0x80fd, "ccp"},
                                        {0xc021, "lcp"},       {0xc023, "pap"},  {0xc223, "chap"}};

constexpr NumberName kIpProtocols[] = {
    {0, "ipv6.hopopts"},  {1, "icmp"},          {2, "igmp"},     {6, "tcp"},    {8, "egp"},
    {9, "igp"},           {17, "udp"},          {33, "dccp"},    {36, "xtp"},   {37, "ddp"},
    {43, "ipv6.routing"}, {44, "ipv6.fraghdr"}, {45, "idrp"},    {46, "rsvp"},  {47, "gre"},
    {48, "dsr"},          {50, "esp"},          {51, "ah"},      {53, "swipe"}, {54, "nhrp"},
    {58, "icmpv6"},       {60, "ipv6.dstopts"}, {80, "osi"},     {83, "vines"}, {88, "eigrp"},
    {89, "ospf"},         {93, "ax25"},         {97, "etherip"}, {103, "pim"},  {108, "ipcomp"},
    {112, "vrrp"},        {113, "pgm"},         {115, "l2tp"},   {132, "sctp"}, {134, "rsvp-e2ei"},
    {135, "mipv6"},       {136, "udplite"},     {137, "mpls"},   {139, "hip"},  {140, "shim6"}};

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
