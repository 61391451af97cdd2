// SPDX-License-Identifier: Apache-2.0
// Compares packets field by field, for tests and fuzz targets.
#pragma once

#include <string>

#include "t2/packet.h"

namespace t2::test {

inline bool same(Bytes a, Bytes b) {
  return a.size() == b.size() && (a.empty() || a.data() == b.data());
}

inline bool same(const TunnelHeaders& a, const TunnelHeaders& b) {
  return same(a.mpls, b.mpls) && same(a.ppp, b.ppp) && same(a.lapd, b.lapd) &&
         same(a.l2tp, b.l2tp) && same(a.gre, b.gre) && same(a.teredo, b.teredo) &&
         same(a.teredo_origin, b.teredo_origin) && a.l2tp_over_udp == b.l2tp_over_udp &&
         a.l2tp_src == b.l2tp_src && a.l2tp_dst == b.l2tp_dst && a.gre_src == b.gre_src &&
         a.gre_dst == b.gre_dst;
}

/// Empty if all fields are equal, else the name of the first that differs.
inline std::string difference(const Packet& a, const Packet& b) {
#define T2_SAME(field) \
  if (!(a.field == b.field)) return #field
  T2_SAME(number);
  T2_SAME(time);
  T2_SAME(wire_length);
  T2_SAME(link_type);
  T2_SAME(checked);
  T2_SAME(l2_length);
  T2_SAME(l3_length);
  T2_SAME(l7_length);
  T2_SAME(length);
  T2_SAME(pad_length);
  T2_SAME(l3_header_length);
  T2_SAME(l4_header_length);
  T2_SAME(headers->text);
  T2_SAME(headers->depth);
  T2_SAME(headers->overrun);
  T2_SAME(status);
  T2_SAME(src_mac);
  T2_SAME(dst_mac);
  T2_SAME(has_mac);
  T2_SAME(ether_type);
  T2_SAME(vlan_id);
  T2_SAME(vlan_count);
  T2_SAME(vlan_depth);
  T2_SAME(mpls_depth);
  T2_SAME(src_ip);
  T2_SAME(dst_ip);
  T2_SAME(l4_proto);
  T2_SAME(ttl);
  T2_SAME(tos);
  T2_SAME(src_port);
  T2_SAME(dst_port);
  T2_SAME(fragment);
  T2_SAME(later_fragment);
  T2_SAME(more_fragments);
  T2_SAME(ip_id);
  T2_SAME(fragment_offset);
  T2_SAME(llc);
  T2_SAME(dtls_records);
  T2_SAME(encrypted);
  T2_SAME(further);
#undef T2_SAME
  for (std::size_t i = 0; i < a.vlan_count; ++i) {
    if (a.vlans[i].tci != b.vlans[i].tci || a.vlans[i].tpid != b.vlans[i].tpid ||
        a.vlans[i].ether_type != b.vlans[i].ether_type) {
      return "vlans";
    }
  }
  if (!same(a.frame, b.frame) || !same(a.l2, b.l2) || !same(a.l3, b.l3) || !same(a.l4, b.l4) ||
      !same(a.l7, b.l7)) {
    return "views";
  }
  if ((a.part == nullptr) != (b.part == nullptr)) return "part";
  if ((a.tunnel == nullptr) != (b.tunnel == nullptr)) return "tunnel";
  if (a.tunnel != nullptr && !same(*a.tunnel, *b.tunnel)) return "tunnel content";
  return "";
}

}  // namespace t2::test
