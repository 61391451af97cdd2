// SPDX-License-Identifier: Apache-2.0
// Tunnels directly over IP: GRE (RFC 2784, 2890, 2637), IP in IP, EtherIP (RFC 3378), PIM Register
// (spec core 3.5, 3.7).
#include "decode/numbers.h"
#include "decode/plausible.h"
#include "decode/walk.h"

namespace t2::decoding {
namespace {

// GRE flags.
constexpr std::uint16_t kChecksum = 0x8000, kRouting = 0x4000, kKey = 0x2000, kSequence = 0x1000,
                        kAcknowledge = 0x0080, kVersion = 0x0007;

/// The optional fields that `flags` announces.
void skip_gre_options(Cursor& c, std::uint16_t flags) {
  if ((flags & (kChecksum | kRouting)) != 0) c.skip(4);
  if ((flags & kKey) != 0) c.skip(4);
  if ((flags & kSequence) != 0) c.skip(4);
  if ((flags & kVersion) == 1 && (flags & kAcknowledge) != 0) c.skip(4);
  if ((flags & kRouting) == 0) return;
  while (c.ok()) {  // source route entries: address family, offset, length, ...; zeros at the end
    const std::uint16_t family = c.be16();
    c.skip(1);
    const std::uint8_t length = c.u8();
    if (family == 0 && length == 0) return;
    c.skip(length);
  }
}

/// draft-wilson-wrec-wccp-v2, 3.12: version 2 has a redirect header before the IP header.
Next wccp(Walk& w) {
  constexpr std::size_t kRedirectHeader = 4;
  w.set(flow_stat::kWccp);
  w.push("wccp");
  const Bytes rest = w.from(w.at);
  const std::size_t on_wire = w.wire_end - w.at;
  const Likely bare = likely_ip(rest, on_wire);
  const bool shifted = on_wire > kRedirectHeader &&
                       likely_ip(skip(rest, kRedirectHeader), on_wire - kRedirectHeader) > bare;
  const bool neither = bare == Likely::kNo && ip_version(w) != Next::kIpv4;
  if (shifted || neither) w.advance(kRedirectHeader);
  return enter_ip(w);
}

Next gre_ppp(Walk& w) {
  constexpr std::uint8_t kCompressed = 0xfd;   // protocol field compression: one byte
  if (w.at == w.end) return Next::kTransport;  // a mere acknowledgement
  w.set(flow_stat::kPpp);
  w.push("ppp");
  if (w.cursor().peek_u8() == kCompressed) {
    w.tunnel().ppp = w.from(w.at);
    w.set(flow_stat::kPppCompressed);
    w.push("comp_data");
    w.stop();
    return Next::kTransport;
  }
  return enter(w, ppp_frame);
}

/// Type I has no sequence number in the GRE header and no header of its own.
Next erspan_1(Walk& w) {
  return erspan(w, 0);
}
Next erspan_2(Walk& w) {
  return erspan(w, kErspan2Header);
}

/// Aruba's access points: the type's middle digits tell the tunnel, the content is IEEE 802.11.
bool is_aruba(std::uint16_t type) {
  return (type & 0xfe0f) == 0x8200;
}
Next inner_wlan(Walk& w) {
  return wlan(w);
}

}  // namespace

Next gre(Walk& w) {
  Cursor c = w.cursor();
  const std::uint16_t flags = c.be16();
  const std::uint16_t type = c.be16();
  skip_gre_options(c, flags);
  if (!c.ok()) return Next::kTransport;

  w.set(flow_stat::kGre);
  w.push("gre");
  w.transport_named = true;
  w.transport_length = static_cast<std::uint16_t>(std::min<std::size_t>(c.offset(), 0xffff));
  TunnelHeaders& tunnel = w.tunnel();
  tunnel.gre = w.from(w.at);
  tunnel.gre_src = w.packet.src_ip;
  tunnel.gre_dst = w.packet.dst_ip;
  w.advance(c);
  if (is_aruba(type)) return enter(w, inner_wlan);
  switch (type) {
    case 0x880b:
      return gre_ppp(w);
    case kErspanType:
      if ((flags & kSequence) == 0) return enter(w, erspan_1);
      w.transport_length += kErspan2Header;
      return enter(w, erspan_2);
    case kErspan3Type:
      return enter(w, erspan3);
    case 0x883e:
      return wccp(w);
    default:
      return enter_type(w, type);
  }
}

namespace {

Next ip_in_ip(Walk& w, Next version) {
  if (ip_version(w) != version) {
    w.stop();
    return Next::kTransport;
  }
  const Next next = enter_ip(w);
  if (next != Next::kTransport) w.set(flow_stat::kIpInIp);
  return next;
}

Next ether_ip(Walk& w) {
  constexpr std::size_t kEtherIpHeader = 2;
  if (w.cursor().peek_u8() >> 4 < 3 || w.end - w.at < kEtherIpHeader) return Next::kTransport;
  w.set(flow_stat::kEtherIp);
  w.push("etherip");
  w.transport_named = true;
  w.advance(kEtherIpHeader);
  return enter_ethernet(w);
}

/// A Register message carries a multicast packet to the rendezvous point (RFC 7761, 4.9.3).
Next pim(Walk& w) {
  constexpr std::uint8_t kVersion2Register = 0x21;
  constexpr std::size_t kRegisterHeader = 8;
  if (w.cursor().peek_u8() != kVersion2Register) return Next::kTransport;
  w.push("pim");
  w.transport_named = true;
  w.advance(kRegisterHeader);
  return enter_ip(w);
}

}  // namespace

Next ip_tunnel(Walk& w, std::uint8_t protocol) {
  const DecodeOptions& enabled = w.options;
  const std::size_t start = w.at;
  Next next = Next::kTransport;
  switch (protocol) {
    case ip_protocol::kGre:
      if (enabled.gre) next = gre(w);
      break;
    case ip_protocol::kIpv4:
      if (enabled.ipip) next = ip_in_ip(w, Next::kIpv4);
      break;
    case ip_protocol::kIpv6:
      if (enabled.ipip) next = ip_in_ip(w, Next::kIpv6);
      break;
    case ip_protocol::kEtherIp:
      if (enabled.etherip) next = ether_ip(w);
      break;
    case ip_protocol::kPim:
      next = pim(w);
      break;
    case ip_protocol::kL2tp:
      if (enabled.l2tp) next = l2tp_over_ip(w);
      break;
    default:
      break;
  }
  if (next == Next::kTransport) {
    w.at = start;
  } else {
    w.transport_named = false;
    w.transport_length = 0;
  }
  return next;
}

}  // namespace t2::decoding
