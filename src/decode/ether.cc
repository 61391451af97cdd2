// SPDX-License-Identifier: Apache-2.0
// Ethernet, VLAN tags, LLC and EtherTypes (spec core 3.4).
#include <cstring>

#include "decode/walk.h"

namespace t2::decoding {
namespace {

constexpr std::uint16_t kMaxLlcLength = 1500;
constexpr std::uint16_t kLlcJumbo = 0x8870;
constexpr std::uint16_t kIpv4Type = 0x0800;

bool is_vlan(std::uint16_t type) {
  return type == 0x8100 || type == 0x88a8 || type == 0x9100 || type == 0x9200;
}

void note_tag(Packet& p, const VlanTag& tag) {
  if (p.vlan_count < Packet::kMaxVlanTags) p.vlans[p.vlan_count++] = tag;
  if (p.vlan_depth < 0xff) ++p.vlan_depth;
  p.vlan_id = tag.tci & kVlanIdBits;
}

/// Tags from the first one's TCI on; leaves the EtherType behind them in `type`. False: cut off.
bool vlan_tags(Walk& w, std::uint16_t& type) {
  Cursor c = w.cursor();
  std::uint32_t tags = 0;
  while (is_vlan(type)) {
    VlanTag tag{type, c.be16(), c.be16()};
    if (!c.ok()) break;
    ++tags;
    note_tag(w.packet, tag);
    if (w.packet.vlan_id == 0) w.set(flow_stat::kVlanZero);
    type = tag.ether_type;
  }
  w.set(flow_stat::kVlan);
  w.stack.push_run("vlan", tags);
  w.advance(c);
  return c.ok();
}

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

/// Cisco's ERSPAN straight over Ethernet.
Next erspan(Walk& w) {
  constexpr std::size_t kErspanHeader = 8;
  w.set(flow_stat::kErspan);
  w.push("erspan");
  w.advance(kErspanHeader);
  return ethernet(w);
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
    case kIpv4Type:
      return ip(w, Next::kIpv4);
    case 0x86dd:
      return ip(w, Next::kIpv6);
    case 0x0806:
      return arp(w, "arp", flow_stat::kArp);
    case 0x80f3:
      return arp(w, "aarp", flow_stat::kArp);
    case 0x8035:
      return arp(w, "rarp", flow_stat::kRarp);
    case 0x8847:
      w.set(flow_stat::kMplsUnicast);
      return mpls(w);
    case 0x8848:
      w.set(flow_stat::kMplsMulticast);
      return mpls(w);
    case 0x88be:
      return erspan(w);
    case 0x8863:
      w.set(flow_stat::kPppoeDiscovery);
      w.push("pppoed");
      return Next::kLayer2;
    case 0x8864:
      return pppoe_session(w);
    case 0x88cc:
      w.set(flow_stat::kLldp);
      w.push("lldp");
      return Next::kLayer2;
    case 0x8809:
      return slow_protocol(w);
    default:
      name_ether_type(w, type);
      return Next::kLayer2;
  }
}

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

Next ether_type(Walk& w) {
  Cursor c = w.cursor();
  const std::uint16_t type = c.be16();
  if (!c.ok()) return w.drop(flow_stat::kL2Snapped);
  w.advance(c);
  return announced(w, type);
}

Next announced(Walk& w, std::uint16_t type) {
  if (type == kIpv4Type) [[likely]]
    return payload(w, type);
  if (is_vlan(type) && !vlan_tags(w, type)) return w.drop(flow_stat::kL2Snapped);
  if (type <= kMaxLlcLength) return llc(w, type);
  if (type == kLlcJumbo) return llc(w, 0);
  return payload(w, type);
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
    if (is_vlan(type) && !vlan_tags(w, type)) return w.drop(flow_stat::kL2Snapped);
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
