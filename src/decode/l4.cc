// SPDX-License-Identifier: Apache-2.0
// The transport header (spec core 3.5): names, ports, header length, and what its ports give away.
#include "decode/numbers.h"
#include "decode/walk.h"

namespace t2::decoding {
namespace {

using namespace ip_protocol;
constexpr std::size_t kSctpHeader = 12, kSctpChunk = 4, kIcmpHeader = 8;

/// Notes the header length and whether enough of the header was captured.
void set_header(Walk& w, std::size_t length) {
  w.packet.l4_header_length = static_cast<std::uint16_t>(length);
  if (w.end - w.at < length) w.set(flow_stat::kL4Short);
}

/// The transport payload that was captured.
Cursor payload(const Walk& w) {
  Cursor c = w.cursor();
  c.skip(w.packet.l4_header_length);
  return c;
}

bool between(const Packet& p, std::uint16_t port) {
  return (p.src_port == port && p.dst_port > kLastWellKnownPort) ||
         (p.dst_port == port && p.src_port > kLastWellKnownPort);
}

void find_ssdp(Walk& w) {
  if (!between(w.packet, kSsdpPort)) return;
  w.push("ssdp");
  w.set(flow_stat::kSsdp);
}

void tcp(Walk& w) {
  if (!w.transport_named) w.push("tcp");
  const Cursor c = w.cursor();
  std::size_t length = kTcpHeader;
  if (c.left() >= kTcpHeader) length = (c.peek_u8(12) >> 4) * std::size_t{4};
  if (length < kTcpHeader) w.set(flow_stat::kL4Short);
  set_header(w, std::max(length, kTcpHeader));
  find_ssdp(w);
}

/// IPsec behind NAT, RFC 3948.
void find_udp_encapsulation(Walk& w) {
  constexpr std::uint16_t kPort = kUdpEncapsulationPort;
  if (w.packet.src_port != kPort && w.packet.dst_port != kPort) return;
  w.push("udpencap");
  Cursor c = payload(w);
  const std::uint32_t start = c.be32();
  if (!c.ok()) return;  // keep-alive
  if (start == 0) {
    w.push("isakmp");
    return;
  }
  w.push("esp");
  w.set(flow_stat::kEsp);
}

/// DTLS records: type, version, epoch, sequence number, length.
void find_dtls(Walk& w) {
  Cursor c = payload(w);
  while (c.left() > 0) {
    const std::uint8_t type = c.u8();
    const std::uint16_t version = c.be16();
    c.skip(2 + 6);
    const std::uint16_t length = c.be16();
    if (!c.ok() || type < 0x14 || type > 0x3f) return;
    if (version == 0xfeff || version == 0x0100) {
      w.push("dtls1.0");
    } else if (version == 0xfefd) {
      w.push("dtls1.2");
    } else {
      return;
    }
    w.set(flow_stat::kDtls);
    if (w.packet.dtls_records < 0xff) ++w.packet.dtls_records;
    c.skip(length);
  }
}

void sctp(Walk& w) {
  w.push("sctp");
  w.set(flow_stat::kSctp);
  set_header(w, kSctpHeader);
}

void udp(Walk& w, HeaderName name) {
  if (!w.transport_named) w.push(name);
  set_header(w, kUdpHeader);
  find_ssdp(w);
  find_udp_encapsulation(w);
  find_dtls(w);
}

void igmp(Walk& w) {
  constexpr std::uint8_t kDvmrp = 0x13, kPim = 0x14, kFirstRgmp = 0xfc;
  constexpr std::uint32_t kRgmpGroup = 0xe0000019;
  w.push("igmp");
  const Packet& p = w.packet;
  const std::uint8_t type = w.cursor().peek_u8();
  if (type == kDvmrp) w.push("dvmrp");
  if (type == kPim) w.push("pim");
  if (type >= kFirstRgmp && p.dst_ip.is_v4() && p.dst_ip.v4_value() == kRgmpGroup) w.push("rgmp");
}

std::size_t ospf_header(const Walk& w) {
  constexpr std::size_t kVersion2 = 24, kVersion3 = 16;
  return w.cursor().peek_u8() == 2 ? kVersion2 : kVersion3;
}

/// The inner header of an IP-in-IP packet that is not entered.
std::size_t inner_ip_header(const Walk& w) {
  const std::uint8_t start = w.cursor().peek_u8();
  if (start >> 4 == 6) return 40;
  return start >> 4 == 4 ? (start & 0x0fU) * 4 : 0;
}

void other(Walk& w, std::uint8_t protocol) {
  const bool v6 = w.packet.src_ip.is_v6();
  std::size_t length = v6 ? 0 : kIcmpHeader;
  switch (protocol) {
    case kIgmp:
      igmp(w);
      break;
    case kEsp:
      w.push("esp");
      w.set(flow_stat::kEsp);
      break;
    case kAh:
      if (v6) break;
      w.push("ah");
      w.set(flow_stat::kAh);
      if (w.at < w.end) name_ip_protocol(w, w.cursor().peek_u8(), false);
      break;
    case kL2tp: {
      w.push("l2tp");
      w.set(flow_stat::kL2tp);
      TunnelHeaders& tunnel = w.tunnel();
      tunnel.l2tp = w.from(w.at);
      tunnel.l2tp_src = w.packet.src_ip;
      tunnel.l2tp_dst = w.packet.dst_ip;
      break;
    }
    case kIcmp:
    case kIcmpv6:
      name_ip_protocol(w, protocol, v6);
      length = kIcmpHeader;
      break;
    case kOspf:
      name_ip_protocol(w, protocol, v6);
      length = ospf_header(w);
      break;
    case kIpv4:
    case kIpv6:
      length = inner_ip_header(w);
      break;
    default:
      if (!w.transport_named) name_ip_protocol(w, protocol, v6);
      if (w.transport_length > 0) length = w.transport_length;
  }
  set_header(w, length);
}

/// A later fragment: all of it is payload, but it is described like the first one.
void later_fragment(Walk& w, std::uint8_t protocol) {
  w.packet.l4_header_length = 0;
  if (w.packet.src_ip.is_v6()) return;
  name_ip_protocol(w, protocol, false);
  switch (protocol) {
    case kEsp:
      w.set(flow_stat::kEsp);
      break;
    case kAh:
      w.set(flow_stat::kAh);
      break;
    case kL2tp:
      w.set(flow_stat::kL2tp);
      break;
    case kSctp:
      w.set(flow_stat::kSctp);
      break;
    default:
      break;
  }
}

/// The shortest datagram that a protocol with ports may have; 0 for one without.
std::size_t smallest_datagram(std::uint8_t protocol) {
  switch (protocol) {
    case kTcp:
      return kTcpHeader;
    case kUdp:
    case kUdpLite:
      return kUdpHeader;
    case kSctp:
      return kSctpHeader + kSctpChunk;
    default:
      return 0;
  }
}

}  // namespace

bool read_ports(Walk& w, std::uint8_t protocol) {
  const std::size_t smallest = smallest_datagram(protocol);
  if (smallest == 0) return false;
  // As in the reference; of a snapped one they are read, and of a first fragment, which may be
  // shorter than the transport header.
  constexpr std::size_t kPorts = 4;
  const std::size_t on_wire = w.wire_end - w.at;
  if (on_wire < (w.packet.more_fragments ? kPorts : smallest)) {
    w.set(flow_stat::kL4Short);
    const bool whole_header = protocol == kSctp && on_wire >= kSctpHeader;  // without any chunk
    if (!whole_header) return true;
  }
  Cursor c = w.cursor();
  w.packet.src_port = c.be16();
  w.packet.dst_port = c.be16();
  return true;
}

void transport(Walk& w, std::uint8_t protocol) {
  if (w.packet.later_fragment) return later_fragment(w, protocol);
  switch (protocol) {
    case kTcp:
      return tcp(w);
    case kUdp:
      return udp(w, "udp");
    case kUdpLite:
      return udp(w, "udplite");
    case kSctp:
      return sctp(w);
    default:
      return other(w, protocol);
  }
}

}  // namespace t2::decoding
