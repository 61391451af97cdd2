// SPDX-License-Identifier: Apache-2.0
// Tunnels directly over IP: GRE (RFC 2784, 2890, 2637), IP in IP, EtherIP (RFC 3378), PIM Register
// (spec core 3.5, 3.7).
#include "decode/walk.h"

namespace t2::decoding {
namespace {

constexpr std::uint8_t kIpv4InIp = 4, kIpv6InIp = 41, kGre = 47, kEtherIp = 97, kPim = 103;

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

/// RFC: draft-wilson-wrec-wccp-v2. Version 2 has a redirect header before the IP header.
Next wccp(Walk& w) {
  constexpr std::size_t kRedirectHeader = 4;
  w.set(flow_stat::kWccp);
  w.push("wccp");
  if (ip_version(w) != Next::kIpv4) w.advance(kRedirectHeader);
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

/// ERSPAN types I and II; type I has no sequence number in the GRE header and no header of its own.
Next erspan(Walk& w, bool header) {
  constexpr std::uint16_t kErspanHeader = 8;
  w.set(flow_stat::kErspan);
  w.push("erspan");
  if (header) {
    w.advance(kErspanHeader);
    w.transport_length += kErspanHeader;
  }
  return enter_ethernet(w);
}

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
  switch (type) {
    case 0x0800:
    case 0x86dd:
      return enter_ip(w);
    case 0x880b:
      return gre_ppp(w);
    case 0x6558:
      return enter_ethernet(w);
    case 0x88be:
      return erspan(w, (flags & kSequence) != 0);
    case 0x883e:
      return wccp(w);
    case 0x8847:
      w.set(flow_stat::kMplsUnicast);
      return enter(w, mpls);
    case 0x8848:
      w.set(flow_stat::kMplsMulticast);
      return enter(w, mpls);
    default:
      name_ether_type(w, type);
      w.stop();
      return Next::kTransport;
  }
}

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
    case kGre:
      if (enabled.gre) next = gre(w);
      break;
    case kIpv4InIp:
      if (enabled.ipip) next = ip_in_ip(w, Next::kIpv4);
      break;
    case kIpv6InIp:
      if (enabled.ipip) next = ip_in_ip(w, Next::kIpv6);
      break;
    case kEtherIp:
      if (enabled.etherip) next = ether_ip(w);
      break;
    case kPim:
      next = pim(w);
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
