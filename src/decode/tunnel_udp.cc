// SPDX-License-Identifier: Apache-2.0
// Tunnels over UDP ports (spec core 3.7). Each reader begins at the transport payload and returns
// kTransport, with nothing noted, when the first check fails: then it is ordinary UDP.
#include "decode/tunnel_udp.h"

#include "decode/numbers.h"
#include "decode/plausible.h"
#include "decode/walk.h"

namespace t2::decoding {
namespace {

/// Anything in Anything, draft-massar-v6ops-ayiya.
Next ayiya(Walk& w) {
  Cursor c = w.cursor();
  const std::size_t identity = std::size_t{1} << (c.u8() >> 4);
  const std::size_t signature = (c.u8() >> 4) * std::size_t{4};
  c.skip(1);
  const std::uint8_t next_header = c.u8();
  c.skip(4 + identity + signature);  // first the epoch
  if (!c.ok() || (next_header != ip_protocol::kIpv4 && next_header != ip_protocol::kIpv6))
    return Next::kTransport;
  const unsigned version = next_header == ip_protocol::kIpv4 ? 4 : 6;
  if (c.peek_u8() >> 4 != version) return Next::kTransport;
  w.push(w.packet.l4_proto == ip_protocol::kTcp ? HeaderName("tcp") : HeaderName("udp"));
  w.push("ayiya");
  w.set(flow_stat::kAyiya);
  w.transport_named = true;
  w.advance(c);
  return enter_ip(w);
}

/// 3GPP TS 29.060 (version 0: GSM 09.60). Only user data, message type 255, is entered.
Next gtp(Walk& w) {
  constexpr std::uint8_t kUserData = 0xff, kOptions = 0x07, kExtension = 0x04;
  constexpr std::size_t kVersion0Header = 20, kVersion1Header = 8;
  Cursor c = w.cursor();
  const std::uint8_t flags = c.u8();
  const std::uint8_t type = c.u8();
  const unsigned version = flags >> 5;
  if (version > 2) return Next::kTransport;
  c.skip((version == 0 ? kVersion0Header : kVersion1Header) - 2);
  if (!c.ok()) return Next::kTransport;
  recognised(w, "gtp", flow_stat::kGtp);
  if (type != kUserData || version == 2) return Next::kTransport;

  if (version == 1 && (flags & kOptions) != 0) {
    c.skip(3);  // sequence number, N-PDU number
    std::uint8_t extension = c.u8();
    if ((flags & kExtension) == 0) extension = 0;
    while (extension != 0 && c.ok()) {
      const std::size_t length = c.u8() * std::size_t{4};
      if (length == 0) break;
      c.skip(length - 2);
      extension = c.u8();
    }
  }
  w.advance(c);
  return enter_ip(w);
}

/// RFC 7348 and its generic protocol extension, draft-ietf-nvo3-vxlan-gpe: that one has a port of
/// its own or a flag, and the number of the protocol inside.
/// Reserved bits are ignored: those of the group policy extension (draft-smith-vxlan-group-policy)
/// are among them. Only where the flag of a valid network (I) is missing, too, the content must
/// tell.
Next vxlan(Walk& w, bool gpe_port) {
  constexpr std::uint8_t kNextProtocol = 0x04, kValidNetwork = 0x08;
  Cursor c = w.cursor();
  const std::uint8_t flags = c.u8();
  const std::uint16_t reserved = c.be16();
  const std::uint8_t protocol = c.u8();
  const std::uint32_t network = c.be32();
  if (!c.ok()) return Next::kTransport;
  if (gpe_port) {
    recognised(w, "vxlan_gpe", flow_stat::kVxlan);
    w.advance(c);
    return enter_gpe(w, protocol);
  }
  const bool extended = (flags & kNextProtocol) != 0 && protocol != 0;
  const bool strict = reserved == 0 && (network & 0xff) == 0 && (extended || protocol == 0);
  const std::size_t on_wire = w.wire_end - w.at - c.offset();
  if (c.left() < kEthernetHeader) return Next::kTransport;
  if ((flags & kValidNetwork) == 0 && !strict &&
      likely_ethernet(c.rest(), on_wire) < Likely::kYes) {
    return Next::kTransport;
  }
  recognised(w, "vxlan", flow_stat::kVxlan);
  w.advance(c);
  return extended ? enter_gpe(w, protocol) : enter_ethernet(w);
}

/// RFC 8926; reserved bits are ignored (3.4).
Next geneve(Walk& w) {
  constexpr std::size_t kVersion = 14;
  Cursor c = w.cursor();
  const std::uint16_t start = c.be16();
  const std::uint16_t type = c.be16();
  c.skip(4);  // network, reserved
  c.skip((start >> 8 & 0x3fU) * 4);
  if (!c.ok() || start >> kVersion != 0 || c.left() < kEthernetHeader) return Next::kTransport;
  switch (type) {
    case kBridgedType:
    case ether_type::kIpv4:
    case ether_type::kIpv6:
    case kMplsUnicastType:
    case kMplsMulticastType:
    case kNshType:
      recognised(w, "geneve", flow_stat::kGeneve);
      w.advance(c);
      return enter_type(w, type);
    default:
      w.stop();
      return Next::kTransport;
  }
}

/// GRE of version 0, RFC 8086.
Next gre_in_udp(Walk& w) {
  constexpr std::uint16_t kReservedAndVersion = 0x4fff;
  const Cursor c = w.cursor();
  if (c.left() < 4 || (c.peek_be16() & kReservedAndVersion) != 0) return Next::kTransport;
  w.push("udp");
  const Next next = gre(w);
  w.transport_named = true;
  return next;
}

/// RFC 7510. A stack whose labels have no end is none.
Next mpls_in_udp(Walk& w) {
  constexpr std::uint8_t kBottom = 0x01;
  constexpr std::size_t kLabel = 4, kMostLabels = 16;
  const Cursor c = w.cursor();
  std::size_t labels = 1;
  while (labels <= kMostLabels && (c.peek_u8(labels * kLabel - 2) & kBottom) == 0) ++labels;
  if (labels > kMostLabels) return Next::kTransport;
  w.push("udp");
  w.set(flow_stat::kMplsUnicast);
  w.transport_named = true;
  return enter(w, mpls);
}

/// RFC 9300, 5.1: eight bytes, then IP, which must show.
Next lisp(Walk& w) {
  constexpr std::size_t kHeader = 8;
  const Bytes rest = w.from(w.at);
  const std::size_t on_wire = w.wire_end - w.at;
  if (on_wire <= kHeader || likely_ip(skip(rest, kHeader), on_wire - kHeader) == Likely::kNo) {
    return Next::kTransport;
  }
  w.push("udp");
  w.push("lisp-data");
  w.transport_named = true;
  w.advance(kHeader);
  return enter_ip(w);
}

Next sniffed_wlan(Walk& w) {
  return wlan(w);
}

/// TaZmen Sniffer Protocol: version 1, kind, protocol, tags up to the one that ends them, a frame.
Next tzsp(Walk& w) {
  constexpr std::uint8_t kPadding = 0, kLast = 1;
  constexpr std::uint16_t kEthernet = 1, kWlan = 18;
  Cursor c = w.cursor();
  const std::uint8_t version = c.u8();
  const std::uint8_t kind = c.u8();
  const std::uint16_t protocol = c.be16();
  if (version != 1 || kind > 1 || (protocol != kEthernet && protocol != kWlan)) {
    return Next::kTransport;
  }
  for (std::uint8_t tag = c.u8(); tag != kLast && c.ok(); tag = c.u8()) {
    if (tag != kPadding) c.skip(c.u8());
  }
  if (!c.ok()) return Next::kTransport;
  w.push("udp");
  w.push("tzsp");
  w.transport_named = true;
  w.advance(c);
  return protocol == kEthernet ? enter_ethernet(w) : enter(w, sniffed_wlan);
}

/// RFC 4380: optional authentication and origin headers, then IPv6.
Next teredo(Walk& w, bool on_teredo_port) {
  constexpr std::uint16_t kAuthentication = 0x0001, kOrigin = 0x0000;
  constexpr std::uint32_t kPrefix = 0x20010000;
  constexpr std::size_t kOriginHeader = 8;
  Cursor c = w.cursor();
  if (c.left() < kIpv6Header) return Next::kTransport;
  Bytes origin;
  if (c.peek_be16() == kAuthentication) {
    c.skip(2);
    const std::size_t client = c.u8(), value = c.u8();
    c.skip(client + value + 8 + 1);  // nonce, confirmation
  }
  if (c.ok() && c.peek_be16() == kOrigin) origin = c.bytes(kOriginHeader);
  const Bytes inner = c.rest();
  if (!c.ok() || inner.size() < kIpv6Header || inner[0] >> 4 != 6) return Next::kTransport;
  const bool teredo_address = load_be32(&inner[8]) == kPrefix || load_be32(&inner[24]) == kPrefix;
  if (!on_teredo_port && !teredo_address) return Next::kTransport;
  recognised(w, "teredo", flow_stat::kTeredo);
  w.tunnel().teredo = w.from(w.at);
  w.tunnel().teredo_origin = origin;
  w.advance(c);
  return enter_ip(w);
}

/// What is read on a port; kAyiya also over TCP.
struct Service {
  Next (*read)(Walk& w);
  bool DecodeOptions::*enabled = nullptr;  // null: always
};
constexpr Service kAyiya{ayiya, &DecodeOptions::ayiya}, kGtp{gtp, &DecodeOptions::gtp},
    kVxlan{[](Walk&w) { return vxlan(w, false); }, &DecodeOptions::vxlan},
    kVxlanGpe{[](Walk&w) { return vxlan(w, true); }, &DecodeOptions::vxlan},
    kGeneve{geneve, &DecodeOptions::geneve},
    kCapwap{[](Walk&w) { return capwap(w, false); }, &DecodeOptions::capwap},
    kCapwapData{[](Walk&w) { return capwap(w, true); }, &DecodeOptions::capwap},
    kLwapp{lwapp, &DecodeOptions::lwapp}, kL2tp{l2tp, &DecodeOptions::l2tp},
    kGre{gre_in_udp, &DecodeOptions::gre}, kMpls{mpls_in_udp}, kLisp{lisp}, kTzsp{tzsp};

/// Null: none.
const Service* service_of(std::uint16_t port) {
  switch (port) {
    case 1701:
      return &kL2tp;
    case 2123:
    case 2152:
    case 3386:
      return &kGtp;
    case 4789:
    case 8472:
      return &kVxlan;
    case 4341:
      return &kLisp;
    case 4754:
      return &kGre;
    case 4790:
      return &kVxlanGpe;
    case kAyiyaPort:
      return &kAyiya;
    case 5246:
      return &kCapwap;
    case 5247:
      return &kCapwapData;
    case 6081:
      return &kGeneve;
    case 6635:
      return &kMpls;
    case 12222:
    case 12223:
      return &kLwapp;
    case 37008:
      return &kTzsp;
    default:
      return nullptr;
  }
}

Next read_service(Walk& w, const Service& service, std::uint8_t protocol) {
  if (protocol == ip_protocol::kTcp && &service != &kAyiya) return Next::kTransport;
  const bool enabled = service.enabled == nullptr || w.options.*service.enabled;
  return enabled ? service.read(w) : Next::kTransport;
}

/// Bytes of the transport header, 0 if it is cut off.
std::size_t header_length(Cursor c, std::uint8_t protocol) {
  constexpr std::size_t kOffsetField = 12;
  const std::size_t length =
      protocol == ip_protocol::kTcp ? (c.peek_u8(kOffsetField) >> 4) * std::size_t{4} : kUdpHeader;
  return length <= c.left() ? length : 0;
}

/// A service on one of the ports, if the other one fits; null: none.
const Service* service_between(std::uint16_t src, std::uint16_t dst) {
  const Service* const at_dst = service_of(dst);
  const bool fits = src > kLastWellKnownPort || src == 0;
  if (at_dst != nullptr && (fits || at_dst == &kL2tp)) return at_dst;
  const Service* const at_src = service_of(src);
  return dst > kLastWellKnownPort || at_src == &kL2tp ? at_src : nullptr;
}

}  // namespace

void recognised(Walk& w, HeaderName name, flow_stat::Bit bit) {
  w.push("udp");
  w.push(name);
  w.set(bit);
  w.transport_named = true;
}

bool is_tunnel_port(std::uint16_t port) {
  return service_of(port) != nullptr;
}

Next port_tunnel(Walk& w, std::uint8_t protocol) {
  constexpr std::uint16_t kTeredoPort = 3544;
  const std::uint16_t src = w.packet.src_port, dst = w.packet.dst_port;
  const Service* const service = service_between(src, dst);
  const bool maybe_teredo = protocol != ip_protocol::kTcp && src > kLastWellKnownPort &&
                            dst > kLastWellKnownPort && w.options.teredo;
  if (service == nullptr && !maybe_teredo) return Next::kTransport;

  const std::size_t start = w.at;
  const std::size_t header = header_length(w.cursor(), protocol);
  if (header == 0) return Next::kTransport;
  w.advance(header);
  Next next = service == nullptr ? Next::kTransport : read_service(w, *service, protocol);
  if (next == Next::kTransport && !w.transport_named && maybe_teredo) {
    next = teredo(w, src == kTeredoPort || dst == kTeredoPort);
  }
  if (next == Next::kTransport) {
    w.at = start;
  } else {
    w.packet.src_port = w.packet.dst_port = 0;
    w.transport_named = false;
  }
  return next;
}

}  // namespace t2::decoding
