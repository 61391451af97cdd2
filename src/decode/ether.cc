// SPDX-License-Identifier: Apache-2.0
// Ethernet, LLC and EtherTypes (spec core 3.4).
#include <cstring>

#include "decode/numbers.h"
#include "decode/walk.h"

namespace t2::decoding {
namespace {

constexpr std::uint16_t kLlcJumbo = 0x8870;

Next arp(Walk& w, HeaderName name, flow_stat::Bit bit) {
  constexpr std::size_t kMessage = 28;  // Ethernet and IPv4 addresses
  w.push(name);
  w.set(bit);
  w.packet.pad_length = w.padding_behind(w.at + kMessage);
  return Next::kLayer2;
}

Next slow_protocol(Walk& w) {
  w.push("slow");
  switch (w.cursor().peek_u8()) {
    case 1:
      w.push("lacp");
      break;
    case 2:
      w.push("marker");
      break;
    case 3:
      w.push("oampdu");
      break;
    case 10:
      w.push("ossp");
      break;
    default:
      break;
  }
  return Next::kLayer2;
}

Next pppoe_session(Walk& w) {
  constexpr std::size_t kPppoeHeader = 6;
  w.set(flow_stat::kPppoeSession);
  w.push("pppoes");
  const std::size_t payload = w.at;
  Cursor c = w.cursor();
  c.skip(kPppoeHeader);
  if (!c.ok()) return Next::kLayer2;
  w.advance(c);
  w.push("ppp");
  w.tunnel().ppp = w.from(w.at);
  const Next next = ppp_protocol(w);
  if (next == Next::kLayer2) w.at = payload;
  return next;
}

Next ip(Walk& w, Next version) {
  if (w.at == w.end) {
    w.stop();
    return w.drop(flow_stat::kL3Snapped);
  }
  if (ip_version(w) == version) return version;
  w.set(flow_stat::kIpVx);
  w.push("ipvx");
  return Next::kLayer2;
}

void name_service_access_point(Walk& w, std::uint8_t dsap) {
  switch (dsap) {
    case 0x04:
    case 0x08:
    case 0x0c:
    case 0x40:
    case 0xc8:
      return w.push("sna");
    case 0x10:
    case 0xe0:
      return w.push("ipx");
    case 0x14:
    case 0x20:
    case 0x34:
    case 0x54:
    case 0xfe:
      return w.push("osi");
    case 0x42:
      return w.push("stp");
    case 0x7e:
      return w.push("x25");
    case 0x80:
      return w.push("3comxns");
    case 0x82:
      return w.push("bacnet");
    case 0xbc:
      return w.push("vines_llc");
    case 0xf0:
      return w.push("netbios");
    case 0xf8:
      return w.push("hpext");
    case 0xfc:
      return w.push("rpl");
    case 0x00:
    case 0x01:
    case 0x02:
    case 0x06:
    case 0xaa:
    case 0xff:
      return;
    default:
      w.stack.push_unknown(Unknown::kHex2, dsap);
      w.stop();
  }
}

/// The header that `type` announces, which begins at Walk::at.
Next payload(Walk& w, std::uint16_t type) {
  w.packet.ether_type = type;
  switch (type) {
    case ether_type::kIpv4:
      return ip(w, Next::kIpv4);
    case ether_type::kIpv6:
      return ip(w, Next::kIpv6);
    case ether_type::kArp:
      return arp(w, "arp", flow_stat::kArp);
    case 0x80f3:
      return arp(w, "aarp", flow_stat::kArp);
    case ether_type::kRarp:
      return arp(w, "rarp", flow_stat::kRarp);
    case kMplsUnicastType:
      w.set(flow_stat::kMplsUnicast);
      return mpls(w);
    case kMplsMulticastType:
      w.set(flow_stat::kMplsMulticast);
      return mpls(w);
    case kErspanType:
      return erspan(w, kErspan2Header);
    case kErspan3Type:
      return erspan3(w);
    case kPbbType:
      return backbone_bridged(w);
    case kFabricPathType:
      return fabric_path(w);
    case kNshType:
      return nsh(w);
    case kPppoeDiscoveryType:
      w.set(flow_stat::kPppoeDiscovery);
      w.push("pppoed");
      return Next::kLayer2;
    case kPppoeSessionType:
      return pppoe_session(w);
    case kLldpType:
      w.set(flow_stat::kLldp);
      w.push("lldp");
      return Next::kLayer2;
    case kSlowType:
      return slow_protocol(w);
    default:
      name_ether_type(w, type);
      return Next::kLayer2;
  }
}

/// Behind a link type without a length field: what would be one is a number as any other.
constexpr std::uint16_t kWithLlc = 0x0004;  // ETH_P_802_2

}  // namespace

Next ethernet(Walk& w) {
  constexpr std::size_t kHeader = 14;
  Cursor c = w.cursor();
  const Bytes header = c.bytes(kHeader);
  if (header.empty() && w.ethernet_headers == 0) return w.drop(flow_stat::kL2Snapped);
  if (header.empty() || ++w.ethernet_headers > Decoder::kMaxNesting) {
    w.stop();
    return Next::kLayer2;
  }
  Packet& p = w.packet;
  w.push("eth");
  w.l2 = w.at;
  std::memcpy(p.dst_mac.bytes.data(), &header[0], 6);
  std::memcpy(p.src_mac.bytes.data(), &header[6], 6);
  p.has_mac = true;
  w.at += kHeader;
  return announced(w, load_be16(&header[12]));
}

Next announced(Walk& w, std::uint16_t type) {
  if (type == ether_type::kIpv4) [[likely]]
    return payload(w, type);
  if (!read_tags(w, type)) return w.drop(flow_stat::kL2Snapped);
  if (type <= kMaxLlcLength) return llc(w, type);
  if (type == kLlcJumbo) return llc(w, 0);
  return payload(w, type);
}

Next protocol_type(Walk& w, std::uint16_t type) {
  if (!read_tags(w, type)) return w.drop(flow_stat::kL2Snapped);
  return type == kWithLlc || type == kLlcJumbo ? llc(w, 0) : payload(w, type);
}

Next protocol_type(Walk& w) {
  Cursor c = w.cursor();
  const std::uint16_t type = c.be16();
  if (!c.ok()) return w.drop(flow_stat::kL2Snapped);
  w.advance(c);
  return protocol_type(w, type);
}

Next llc(Walk& w, std::size_t length) {
  constexpr std::uint16_t kSnap = 0xaaaa;
  constexpr std::uint8_t kIpDsap = 0x06;
  const std::size_t start = w.at;
  Cursor c = w.cursor();
  const std::uint16_t access_points = c.be16();
  const std::uint8_t control = c.u8();
  if ((control & 3) != 3) c.skip(1);
  w.push("llc");
  w.packet.llc = true;
  w.packet.ether_type = access_points;
  if (length > 0) w.packet.pad_length = w.padding_behind(start + length);
  if (!c.ok()) return w.drop(flow_stat::kL2Snapped);

  if (access_points == kSnap) {
    c.skip(3);  // organisation code
    std::uint16_t type = c.be16();
    if (!c.ok()) return w.drop(flow_stat::kL2Snapped);
    w.advance(c);
    if (!read_tags(w, type)) return w.drop(flow_stat::kL2Snapped);
    return payload(w, type);
  }
  w.advance(c);
  const auto dsap = static_cast<std::uint8_t>(access_points >> 8);
  if (dsap == kIpDsap) {
    if (const Next next = ip_version(w); next != Next::kDrop) return next;
  }
  name_service_access_point(w, dsap);
  return Next::kLayer2;
}

}  // namespace t2::decoding
