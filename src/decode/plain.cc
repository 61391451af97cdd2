// SPDX-License-Identifier: Apache-2.0
#include "decode/plain.h"

#include <pcap/dlt.h>

#include <algorithm>
#include <cstring>

#include "decode/walk.h"

namespace t2::decoding {
namespace {

constexpr std::size_t kEthernet = 14, kIpv4 = 20, kTcpFixed = 20, kUdp = 8;
constexpr std::size_t kL4 = kEthernet + kIpv4;
constexpr std::uint8_t kTcpProtocol = 6, kUdpProtocol = 17;

using Headers = std::span<const std::uint8_t, kL4>;

std::size_t total_length(Headers h) {
  return load_be16(&h[kEthernet + 2]);
}
std::size_t tcp_header_length(Bytes frame) {
  return (frame[kL4 + 12] >> 4) * std::size_t{4};
}
/// Bytes of the frame up to the end of the IPv4 packet, as captured.
std::size_t captured_end(Bytes frame, std::size_t total) {
  return std::min(frame.size(), kEthernet + total);
}

/// Ethernet II with the plainest IPv4 header, whose lengths hold.
bool plain_ip(Headers h, std::size_t wire_length) {
  // ISL (link.cc): what looks like its beginning is left to the walk.
  constexpr std::uint32_t kIsl = 0x01000c00, kIslOtherBit = 0x02000000;
  if ((load_be32(h.data()) & ~kIslOtherBit) == kIsl) return false;
  constexpr std::uint32_t kTypeAndFirstBytes = 0x08004500, kAllButTos = 0xffffff00;
  if ((load_be32(&h[kEthernet - 2]) & kAllButTos) != kTypeAndFirstBytes) return false;
  constexpr std::uint16_t kFragmentBits = 0x3fff;
  if ((load_be16(&h[kEthernet + 6]) & kFragmentBits) != 0) return false;
  return kEthernet + total_length(h) <= wire_length;
}

bool plain_tcp(Bytes frame, std::size_t end, std::size_t total, std::uint16_t src,
               std::uint16_t dst) {
  if (end < kL4 + kTcpFixed) return false;
  const std::size_t header = tcp_header_length(frame);
  if (header < kTcpFixed || kL4 + header > end || kIpv4 + header > total) return false;
  return src != kSsdpPort && dst != kSsdpPort && !may_be_port_tunnel(src, dst, kTcpProtocol);
}

/// What looks like a DTLS record (l4.cc).
bool maybe_dtls(Bytes payload) {
  return payload.size() > 2 && payload[0] >= 0x14 && payload[0] <= 0x3f &&
         (payload[1] == 0xfe || payload[1] == 0x01);
}

bool plain_udp(Bytes frame, std::size_t end, std::size_t total, std::uint16_t src,
               std::uint16_t dst) {
  if (end < kL4 + kUdp || total < kIpv4 + kUdp || src == 0 || dst == 0) return false;
  if (src > kLastWellKnownPort && dst > kLastWellKnownPort) return false;  // perhaps Teredo
  for (const std::uint16_t port : {src, dst}) {
    if (port == kSsdpPort || port == kUdpEncapsulationPort || is_tunnel_port(port)) return false;
  }
  return !maybe_dtls(frame.first(end).subspan(kL4 + kUdp));
}

}  // namespace

Plain recognise_plain(const Frame& frame) {
  const Bytes b = frame.bytes;
  if (frame.link_type != DLT_EN10MB || b.size() < kL4 + kUdp) return Plain::kNo;
  const Headers h = b.first<kL4>();
  if (!plain_ip(h, std::max<std::size_t>(frame.wire_length, b.size()))) return Plain::kNo;
  const std::size_t total = total_length(h), end = captured_end(b, total);
  const std::uint16_t src = load_be16(&b[kL4]), dst = load_be16(&b[kL4 + 2]);
  switch (h[kEthernet + 9]) {
    case kTcpProtocol:
      return plain_tcp(b, end, total, src, dst) ? Plain::kTcp : Plain::kNo;
    case kUdpProtocol:
      return plain_udp(b, end, total, src, dst) ? Plain::kUdp : Plain::kNo;
    default:
      return Plain::kNo;
  }
}

void note_checksums(Frame& frame, const ChecksumCheck& ip, const ChecksumCheck& l4) {
  if (ip.valid && ip.computed == ip.stated) frame.checked |= Packet::kIpRight;
  if (!l4.checkable) return;
  frame.checked |= l4.valid ? Packet::kL4Right : Packet::kL4Wrong;
  frame.l4_computed = l4.computed;
}

void check_plain(Frame& frame, Plain plain) {
  const Headers h = frame.bytes.first<kL4>();
  const std::size_t total = total_length(h);
  const bool udp = plain == Plain::kUdp;
  ChecksumCheck check;
  if (frame.bytes.size() >= kEthernet + total) {
    const Bytes l4 = frame.bytes.subspan(kL4, total - kIpv4);
    check.stated = load_be16(&l4[udp ? kUdpChecksumOffset : kTcpChecksumOffset]);
    if (!udp || check.stated != 0) {
      const std::uint64_t pseudo =
          pseudo_header_sum(IpAddress::v4(&h[kEthernet + 12]), IpAddress::v4(&h[kEthernet + 16]),
                            h[kEthernet + 9], static_cast<std::uint32_t>(l4.size()));
      check = judge_checksum(check.stated, checksum_add(l4, pseudo), udp);
    }
  }
  const std::uint16_t ip_stated = load_be16(&h[kEthernet + 10]);
  note_checksums(frame, judge_checksum(ip_stated, checksum_add(h.last<kIpv4>())), check);
}

void decode_plain(const Frame& frame, Plain plain, Packet& p) {
  const Bytes b = frame.bytes;
  const Headers h = b.first<kL4>();
  const std::size_t total = total_length(h), end = captured_end(b, total);
  const bool tcp = plain == Plain::kTcp;
  const std::size_t l4_header = tcp ? tcp_header_length(b) : kUdp;

  p.link_type = frame.link_type;
  p.l2 = b.first(end);
  p.l3 = p.l2.subspan(kEthernet);
  p.l4 = p.l2.subspan(kL4);
  p.l7 = skip(p.l4, l4_header);
  p.l2_length = static_cast<std::uint32_t>(kEthernet + total);
  p.l3_length = static_cast<std::uint32_t>(total);
  p.l7_length = static_cast<std::uint32_t>(total - kIpv4 - l4_header);
  p.l3_header_length = kIpv4;
  p.l4_header_length = static_cast<std::uint16_t>(l4_header);
  p.tunnel = nullptr;
  constexpr std::uint64_t kStatus =
      flow_stat::mask(flow_stat::kIpv4Packet) | flow_stat::mask(flow_stat::kIpv4Flow);
  p.status = kStatus | (end < kEthernet + total ? flow_stat::mask(flow_stat::kL3Snapped) : 0);
  std::memcpy(p.dst_mac.bytes.data(), &h[0], 6);
  std::memcpy(p.src_mac.bytes.data(), &h[6], 6);
  p.has_mac = true;
  p.ether_type = 0x0800;
  p.vlan_id = 0;
  p.vlan_count = p.vlan_depth = p.mpls_depth = 0;
  p.pad_length = padding_behind(p, kEthernet + total);
  set_v4(p.src_ip, &h[kEthernet + 12]);
  set_v4(p.dst_ip, &h[kEthernet + 16]);
  p.l4_proto = tcp ? kTcpProtocol : kUdpProtocol;
  p.ttl = h[kEthernet + 8];
  p.tos = h[kEthernet + 1];
  p.src_port = load_be16(&b[kL4]);
  p.dst_port = load_be16(&b[kL4 + 2]);
  p.fragment = p.later_fragment = p.more_fragments = false;
  p.ip_id = load_be16(&h[kEthernet + 4]);
  p.fragment_offset = 0;
  p.llc = false;
  p.dtls_records = 0;
}

}  // namespace t2::decoding
