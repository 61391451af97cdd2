// SPDX-License-Identifier: Apache-2.0
// What stands between the addresses of an Ethernet frame and its EtherType: VLAN tags and the tags
// of switches; and headers behind an EtherType of their own that wrap a whole frame.
#include "decode/numbers.h"
#include "decode/walk.h"

namespace t2::decoding {
namespace {

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

/// Bytes of a tag of constant size between its own EtherType and the next one; 0: `type` is none.
std::size_t fixed_tag(Walk& w, std::uint16_t type) {
  switch (type) {
    case 0x8909:  // Cisco MetaData: version, length, option, security group
      w.push("cmd");
      return 6;
    case 0x8926:  // Cisco VN-Tag: direction, source and destination interface
      w.push("vntag");
      return 4;
    case 0x892f:  // IEC 62439-3, 5: path, size, sequence number
      w.push("hsr");
      return 4;
    case 0x893f:  // IEEE 802.1BR, 7: E-TAG
      w.push("etag");
      return 6;
    default:
      return 0;
  }
}

/// Octets of the SecTAG of an unencrypted frame (IEEE 802.1AE, 9.3), without its EtherType; 0 if
/// the frame is encrypted. Its check value stays behind the payload as a trailer.
std::size_t open_macsec(const Walk& w) {
  constexpr std::uint8_t kChannel = 0x20, kEncrypted = 0x08, kChanged = 0x04;
  const std::uint8_t control = w.cursor().peek_u8();
  if ((control & (kEncrypted | kChanged)) != 0) return 0;
  return (control & kChannel) != 0 ? 14 : 6;
}

/// The headers of RFC 8300, one in the other; gives the protocol number behind the last one.
std::uint8_t nsh_headers(Walk& w) {
  constexpr std::uint8_t kNsh = 4;
  constexpr std::size_t kBaseHeader = 8;
  for (;;) {
    const Cursor c = w.cursor();
    const std::size_t length = (c.peek_u8(1) & 0x3fU) * 4;
    const std::uint8_t next = c.peek_u8(3);
    if (length < kBaseHeader || length > c.left()) return 0;
    w.push("nsh");
    w.advance(length);
    if (next != kNsh) return next;
  }
}

}  // namespace

bool read_tags(Walk& w, std::uint16_t& type) {
  constexpr std::uint16_t kMacsecType = 0x88e5;
  for (;;) {
    std::size_t size = 0;
    if (is_vlan(type)) {
      if (!vlan_tags(w, type)) return false;
      continue;
    }
    if (type == kMacsecType) {
      size = open_macsec(w);
      if (size == 0) return true;  // what it carries cannot be read
      w.push("macsec");
    } else {
      size = fixed_tag(w, type);
      if (size == 0) return true;
    }
    Cursor c = w.cursor();
    c.skip(size);
    type = c.be16();
    w.advance(c);
    if (!c.ok()) return false;
  }
}

Next backbone_bridged(Walk& w) {
  constexpr std::size_t kServiceTag = 4;  // priority, flags, I-SID
  w.push("ieee8021ah");
  w.advance(kServiceTag);
  return ethernet(w);
}

Next fabric_path(Walk& w) {
  constexpr std::size_t kTag = 2;  // forwarding tag, TTL
  w.push("cfp");
  w.advance(kTag);
  return ethernet(w);
}

Next nsh(Walk& w) {
  return gpe_payload(w, nsh_headers(w));
}

Next gpe_payload(Walk& w, std::uint8_t protocol) {
  constexpr std::uint8_t kIpv4 = 1, kIpv6 = 2, kEthernet = 3, kNsh = 4, kMpls = 5;
  switch (protocol) {
    case kIpv4:
    case kIpv6:
      if (const Next next = ip_version(w); next != Next::kDrop) return next;
      break;
    case kEthernet:
      return ethernet(w);
    case kNsh:
      return nsh(w);
    case kMpls:
      return mpls(w);
    default:
      break;
  }
  w.stop();
  return Next::kLayer2;
}

Next erspan(Walk& w, std::size_t header) {
  w.set(flow_stat::kErspan);
  w.push("erspan");
  w.advance(header);
  return ethernet(w);
}

Next erspan3(Walk& w) {
  constexpr std::size_t kHeader = 12, kPlatform = 8, kLast = 10;
  constexpr std::uint16_t kFrameType = 0x7c00, kIpFrame = 0x0800, kHasPlatform = 0x0001;
  const std::uint16_t last = w.cursor().peek_be16(kLast);
  const std::size_t length = kHeader + ((last & kHasPlatform) != 0 ? kPlatform : 0);
  if ((last & kFrameType) != kIpFrame) return erspan(w, length);
  w.set(flow_stat::kErspan);
  w.push("erspan");
  w.advance(length);
  return gpe_payload(w, 1);
}

}  // namespace t2::decoding
