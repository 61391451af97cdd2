// SPDX-License-Identifier: Apache-2.0
// L2TP over UDP: version 2 (RFC 2661) carries PPP, version 3 (RFC 3931) PPP or Cisco HDLC.
#include "decode/tunnel_udp.h"

namespace t2::decoding {
namespace {

constexpr std::uint16_t kControl = 0x8000, kLength = 0x4000, kSequence = 0x0800, kOffset = 0x0200,
                        kReserved = 0x34f0, kVersion = 0x000f;

void skip_header(Cursor& c, std::uint16_t flags) {
  if ((flags & kVersion) == 3) {
    c.skip(2 + 4);  // reserved, session
    return;
  }
  if ((flags & kLength) != 0) c.skip(2);
  c.skip(4);  // tunnel and session
  if ((flags & kSequence) != 0) c.skip(4);
  if ((flags & kOffset) != 0) c.skip(c.be16());
}

Next inner_ppp(Walk& w) {
  constexpr std::uint8_t kUnicast = 0x0f, kMulticast = 0x8f;  // Cisco HDLC addresses
  constexpr std::uint16_t kAllStations = 0xff03, kMultilink = 0x003d;
  const Cursor c = w.cursor();
  if (c.peek_u8() == kUnicast || c.peek_u8() == kMulticast) {
    w.push("chdlc");
    w.advance(2);
    return ether_type(w);
  }
  w.push("ppp");
  w.set(flow_stat::kPpp);
  w.tunnel().ppp = c.rest();
  if (c.peek_be16() == kAllStations) w.advance(2);
  if (w.cursor().peek_be16() == kMultilink) {
    w.push("mp");
    return Next::kLayer2;
  }
  return ppp_protocol(w);
}

}  // namespace

Next l2tp(Walk& w) {
  Cursor c = w.cursor();
  const std::uint16_t flags = c.be16();
  const unsigned version = flags & kVersion;
  if ((version != 2 && version != 3) || (flags & kReserved) != 0) return Next::kTransport;
  skip_header(c, flags);
  if (!c.ok()) return Next::kTransport;

  recognised(w, "l2tp", flow_stat::kL2tp);
  TunnelHeaders& tunnel = w.tunnel();
  tunnel.l2tp = w.from(w.at);
  tunnel.l2tp_over_udp = true;
  tunnel.l2tp_src = w.packet.src_ip;
  tunnel.l2tp_dst = w.packet.dst_ip;
  if ((flags & kControl) != 0) {
    w.stop();
    return Next::kTransport;
  }
  w.advance(c);
  return enter(w, inner_ppp);
}

}  // namespace t2::decoding
