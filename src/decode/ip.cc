// SPDX-License-Identifier: Apache-2.0
// IPv4 (RFC 791) and IPv6 with its extension headers (RFC 8200), spec core 3.2, 3.5, 3.6.
#include <cstring>

#include "decode/numbers.h"
#include "decode/walk.h"

namespace t2::decoding {
namespace {

constexpr std::size_t kNextHeader = 6;
using namespace ip_protocol;

/// Notes the L3 length, `announced` by the IP header, and cuts padding and outer trailers off.
void set_l3_length(Walk& w, std::size_t announced, bool zero) {
  const std::size_t on_wire = w.wire_end - w.at;
  const std::size_t length = zero || announced > on_wire ? on_wire : announced;
  if (zero) w.set(flow_stat::kIpLengthZero);
  if (w.end - w.at < length) w.set(flow_stat::kL3Snapped);
  if (length < kIpv4Header) w.set(flow_stat::kL3Short);
  w.wire_end = w.at + length;
  w.end = std::min(w.end, w.wire_end);
  w.packet.l3_length = static_cast<std::uint32_t>(length);
}

/// The outermost fragment of the frame; what it carries comes whole when it does.
void note_fragment(Walk& w, bool ports) {
  Packet& p = w.packet;
  if (p.part != nullptr || !w.options.fragmentation) return;
  if (w.l3 < w.subframe) return;  // outside of an A-MSDU: taken with the frame's first packet
  const std::size_t datagram = std::min(w.datagram, w.end);
  IpFragment& f = w.rare.fragments.next();
  f.header = w.from(w.l3).first(datagram - w.l3);
  f.header_length = static_cast<std::uint16_t>(w.datagram - w.l3);
  f.payload = w.from(datagram);
  if (w.wire_end > w.datagram) f.length = static_cast<std::uint32_t>(w.wire_end - w.datagram);
  f.offset = p.fragment_offset;
  f.transport = static_cast<std::uint32_t>(w.at - datagram);
  f.id = p.ip_id;
  f.next_header = static_cast<std::uint16_t>(w.announced - w.l3);
  f.more = p.more_fragments;
  f.protocol = p.l4_proto;
  if (ports) f.src_port = p.src_port, f.dst_port = p.dst_port;
  f.vlan_id = p.vlan_id;
  f.src = p.src_ip;
  f.dst = p.dst_ip;
  p.part = &f;
}

/// Tells apart what the innermost header carries: a further tunnel, or the transport.
Next carried(Walk& w, std::uint8_t protocol) {
  w.packet.l4_proto = protocol;
  const bool ports = !w.packet.later_fragment && read_ports(w, protocol);
  if (w.packet.fragment) note_fragment(w, ports);
  if (w.packet.later_fragment) {
    w.stop();
    return Next::kTransport;
  }
  if (!ports) return ip_tunnel(w, protocol);
  const bool tunnel = may_be_port_tunnel(w.packet.src_port, w.packet.dst_port, protocol);
  return tunnel ? port_tunnel(w, protocol) : Next::kTransport;
}

}  // namespace

bool is_extension_header(std::uint8_t protocol) {
  switch (protocol) {
    case kHopByHop:
    case kDestination:
    case kRouting:
    case kFragment:
    case kAh:
      return true;
    default:
      return false;
  }
}

Next ipv4(Walk& w) {
  Packet& p = w.packet;
  w.push("ipv4");
  w.set(flow_stat::kIpv4Packet);
  ++w.ip_headers;
  w.l3 = w.at;
  p.ether_type = ether_type::kIpv4;

  Cursor c = w.cursor();
  const Bytes h = c.bytes(kIpv4Header);
  if (h.empty()) {
    w.stop();
    return w.drop(flow_stat::kL3Snapped);
  }
  const std::size_t header_length = (h[0] & 0x0fU) * 4;
  if (header_length < kIpv4Header) return w.drop(flow_stat::kIpHeaderShort);
  const std::uint16_t total_length = load_be16(&h[2]);
  set_l3_length(w, total_length, total_length == 0);

  const std::uint16_t fragment = load_be16(&h[6]);
  p.l3_header_length = static_cast<std::uint16_t>(header_length);
  p.tos = h[1];
  p.ip_id = load_be16(&h[4]);
  p.more_fragments = (fragment & 0x2000) != 0;
  p.fragment_offset = (fragment & 0x1fffU) * 8;
  p.later_fragment = p.fragment_offset != 0;
  p.fragment = p.more_fragments || p.later_fragment;
  p.ttl = h[8];
  set_v4(p.src_ip, &h[12]);
  set_v4(p.dst_ip, &h[16]);
  w.datagram = w.at + header_length;
  w.announced = w.l3;
  w.advance(header_length);
  return carried(w, h[9]);
}

namespace {

/// From its third byte on.
void fragment_header(Walk& w, Cursor& c) {
  Packet& p = w.packet;
  const std::uint16_t fragment = c.be16();
  const std::uint32_t id = c.be32();
  if (!c.ok()) return;
  p.ip_id = id;
  p.more_fragments = (fragment & 1) != 0;
  p.fragment_offset = fragment & 0xfff8U;
  p.later_fragment = p.fragment_offset != 0;
  p.fragment = p.more_fragments || p.later_fragment;  // else an atomic fragment, RFC 6946
}

void name_extension_header(Walk& w, std::uint8_t protocol) {
  switch (protocol) {
    case kHopByHop:
      w.push("ipv6.hopopts");
      break;
    case kDestination:
      w.push("ipv6.dstopts");
      break;
    case kRouting:
      w.push("ipv6.routing");
      break;
    case kFragment:
      w.push("ipv6.fraghdr");
      break;
    default:
      w.push("ah");
      w.set(flow_stat::kAh);
  }
}

/// Walks the extension headers, at most MAXHDRCNT. Gives the protocol behind the last one.
std::uint8_t extension_headers(Walk& w, std::uint8_t protocol) {
  std::size_t announced = w.l3 + kNextHeader;
  for (int i = 0; i < w.options.max_extension_headers && is_extension_header(protocol); ++i) {
    Cursor c = w.cursor();
    const std::uint8_t next = c.u8();
    const std::size_t length = c.u8();
    if (!c.ok()) break;
    name_extension_header(w, protocol);
    if (protocol == kFragment) {
      fragment_header(w, c);
      w.datagram = w.at + c.offset();
      w.announced = announced;
    } else {
      c.skip(protocol == kAh ? length * 4 + 6 : length * 8 + 6);
    }
    announced = w.at;
    w.advance(c);  // a header that is cut off leaves nothing for the transport
    if (!c.ok()) w.stop();
    protocol = next;
    if (!c.ok() || w.packet.later_fragment) return protocol;
  }
  if (is_extension_header(protocol)) w.stop();
  return protocol;
}

}  // namespace

Next ipv6(Walk& w) {
  Packet& p = w.packet;
  w.push("ipv6");
  w.set(flow_stat::kIpv6Packet);
  ++w.ip_headers;
  w.l3 = w.at;
  p.ether_type = ether_type::kIpv6;

  Cursor c = w.cursor();
  const Bytes h = c.bytes(kIpv6Header);
  if (h.empty()) {
    w.stop();
    return w.drop(flow_stat::kL3Snapped);
  }
  const std::uint16_t payload_length = load_be16(&h[4]);
  set_l3_length(w, kIpv6Header + payload_length, payload_length == 0);

  p.tos = static_cast<std::uint8_t>(load_be16(&h[0]) >> 4);
  p.ttl = h[7];
  p.ip_id = 0;
  p.fragment = p.more_fragments = p.later_fragment = false;
  p.fragment_offset = 0;
  p.src_ip = IpAddress::v6(&h[8]);
  p.dst_ip = IpAddress::v6(&h[24]);
  w.advance(kIpv6Header);
  const std::uint8_t protocol = extension_headers(w, h[6]);
  p.l3_header_length = static_cast<std::uint16_t>(std::min<std::size_t>(w.at - w.l3, 0xffff));
  return carried(w, protocol);
}

}  // namespace t2::decoding
