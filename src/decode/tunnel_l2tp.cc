// SPDX-License-Identifier: Apache-2.0
// L2TP: version 2 (RFC 2661) carries PPP, version 3 (RFC 3931, over UDP or straight over IP) PPP,
// Cisco HDLC, Ethernet (RFC 4719) or IP.
#include "decode/numbers.h"
#include "decode/plausible.h"
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

Next ip_in_pseudowire(Walk& w) {
  return ip_version(w);
}

Next inner_ppp(Walk& w) {
  constexpr std::uint8_t kUnicast = 0x0f, kMulticast = 0x8f;  // Cisco HDLC addresses
  constexpr std::uint16_t kAllStations = 0xff03;
  const Cursor c = w.cursor();
  if (c.peek_u8() == kUnicast || c.peek_u8() == kMulticast) {
    w.push("chdlc");
    w.advance(2);
    return protocol_type(w);
  }
  w.push("ppp");
  w.set(flow_stat::kPpp);
  w.tunnel().ppp = c.rest();
  if (c.peek_be16() == kAllStations) w.advance(2);
  if (w.cursor().peek_be16() == kPppMultilink) {
    w.advance(2);
    return ppp_multilink(w);
  }
  return ppp_protocol(w);
}

/// Where Ethernet or IP begins behind the session: a cookie of 0, 4 or 8 bytes (RFC 3931, 4.1) and
/// a sublayer of 0 or 4 (4.6) stand before it as the ends have agreed. Null: nowhere.
struct Pseudowire {
  Next (*step)(Walk&) = nullptr;
  std::size_t at = 0;
};

Pseudowire find_pseudowire(Bytes b, std::size_t on_wire) {
  for (std::size_t at = 0; at <= 12 && at < on_wire; at += 4) {
    if (likely_ethernet(skip(b, at), on_wire - at) >= Likely::kYes) return {ethernet, at};
    if (likely_ip(skip(b, at), on_wire - at) == Likely::kYes) return {ip_in_pseudowire, at};
  }
  return {};
}

void note_outer(Walk& w, bool over_udp) {
  TunnelHeaders& tunnel = w.tunnel();
  tunnel.l2tp = w.from(w.at);
  tunnel.l2tp_over_udp = over_udp;
  tunnel.l2tp_src = w.packet.src_ip;
  tunnel.l2tp_dst = w.packet.dst_ip;
}

}  // namespace

Next l2tp(Walk& w) {
  Cursor c = w.cursor();
  const std::uint16_t flags = c.be16();
  const unsigned version = flags & kVersion;
  if (version != 2 && version != 3) return Next::kTransport;
  skip_header(c, flags);
  if (!c.ok()) return Next::kTransport;
  const std::size_t on_wire = w.wire_end - w.at - c.offset();
  // Reserved bits are ignored (RFC 2661, 3.1) where the content shows that it is L2TP.
  if ((flags & kReserved) != 0 && likely_ppp(c.rest(), on_wire) == Likely::kNo) {
    return Next::kTransport;
  }
  recognised(w, "l2tp", flow_stat::kL2tp);
  note_outer(w, true);
  if ((flags & kControl) != 0) {
    w.stop();
    return Next::kTransport;
  }
  w.advance(c);
  const bool chdlc = (w.cursor().peek_u8() & 0x7f) == 0x0f;
  if (version == 3 && !chdlc) {
    if (const Pseudowire found = find_pseudowire(w.from(w.at), on_wire); found.step != nullptr) {
      w.advance(found.at);
      return enter(w, found.step);
    }
  }
  return enter(w, inner_ppp);
}

Next l2tp_over_ip(Walk& w) {
  Cursor c = w.cursor();
  const std::uint32_t session = c.be32();
  if (!c.ok() || session == 0) return Next::kTransport;  // 0: a control message
  const std::size_t on_wire = w.wire_end - w.at - c.offset();
  const Pseudowire found = find_pseudowire(c.rest(), on_wire);
  if (found.step == nullptr) return Next::kTransport;
  w.push("l2tp");
  w.set(flow_stat::kL2tp);
  w.transport_named = true;
  note_outer(w, false);
  w.advance(c);
  w.advance(found.at);
  return enter(w, found.step);
}

}  // namespace t2::decoding
