// SPDX-License-Identifier: Apache-2.0
// Tunnel headers of a flow's first packet (spec basicFlow A.3 to A.6).
#include "state.h"
#include "t2/bytes.h"

namespace t2::basic_flow {
namespace {

void note_l2tp(L2tpHeader& h, const TunnelHeaders& t) {
  h.src = t.l2tp_src;
  h.dst = t.l2tp_dst;
  Cursor c(t.l2tp);
  h.flags.value = c.be16();
  if (!t.l2tp_over_udp) {  // protocol 115: the session ID stands alone
    Cursor session(t.l2tp);
    h.flags = {};
    h.connection = session.be32();
    return;
  }
  if ((h.flags.value & 0x000f) == 3) {
    c.skip(2);
    h.connection = c.be32();
    return;
  }
  if (h.flags.value & 0x4000) c.skip(2);  // length
  h.tunnel = c.be16();
  h.session = c.be16();
}

IpAddress inverted_v4(const std::uint8_t* p) {
  std::uint8_t b[4];
  for (int i = 0; i < 4; ++i) b[i] = static_cast<std::uint8_t>(~p[i]);
  return IpAddress::v4(b);
}

void note_teredo_end(TeredoEnd& e, const IpAddress& a) {
  if (!a.is_v6() || load_be32(a.bytes.data()) != 0x20010000) return;
  e.flags.value = a.bytes[8] & 0xc3;
  e.server = IpAddress::v4(&a.bytes[4]);
  e.client_port = static_cast<std::uint16_t>(~load_be16(&a.bytes[10]));
  e.client = inverted_v4(&a.bytes[12]);
}

void note_teredo(TeredoHeader& h, const TunnelHeaders& t, const Packet& p) {
  if (t.teredo_origin.size() == 8) {
    h.origin_port = static_cast<std::uint16_t>(~load_be16(&t.teredo_origin[2]));
    h.origin = inverted_v4(&t.teredo_origin[4]);
  }
  note_teredo_end(h.src, p.src_ip);
  note_teredo_end(h.dst, p.dst_ip);
}

}  // namespace

void note_tunnels(Extra& e, const TunnelHeaders& t, const Packet& p) {
  for (std::size_t i = 0; i + 4 <= t.mpls.size(); i += 4) e.mpls.push_back(load_be32(&t.mpls[i]));
  if (t.ppp.size() >= 4) e.ppp.value = load_be32(t.ppp.data());
  if (t.lapd.size() >= 2) {
    e.sapi = t.lapd[0] >> 2;
    e.tei = t.lapd[1] >> 1;
  }
  if (!t.l2tp.empty()) note_l2tp(e.l2tp, t);
  if (t.gre.size() >= 4) e.gre = {Hex32{load_be32(t.gre.data())}, t.gre_src, t.gre_dst, 0, 0};
  if (!t.teredo.empty()) note_teredo(e.teredo, t, p);
}

}  // namespace t2::basic_flow
