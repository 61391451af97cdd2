// SPDX-License-Identifier: Apache-2.0
#include "decode/plain.h"

#include <pcap/dlt.h>

#include <algorithm>
#include <cstring>

#include "decode/numbers.h"
#include "decode/walk.h"
#include "t2/protocols.h"

namespace t2::decoding {
namespace {

constexpr std::uint16_t kVlanType = 0x8100;

/// The headers of a plain frame up to the transport's, all of known size.
template <bool kWithTag, bool kVersion6>
struct Headers {
  static constexpr bool kTagged = kWithTag, kV6 = kVersion6;
  static constexpr std::size_t kL3 = kEthernetHeader + (kTagged ? kVlanTag : 0);
  static constexpr std::size_t kIp = kV6 ? kIpv6Header : kIpv4Header;
  static constexpr std::size_t kL4 = kL3 + kIp;
  static constexpr std::size_t kSource = kL3 + (kV6 ? 8 : 12);
  static constexpr std::size_t kDestination = kSource + (kV6 ? 16 : 4);

  explicit Headers(Bytes frame) : h(frame.first<kL4>()) {}

  /// As the IP header states it, with that header.
  std::size_t total_length() const {
    return kV6 ? kIpv6Header + load_be16(&h[kL3 + 4]) : load_be16(&h[kL3 + 2]);
  }
  std::uint8_t protocol() const { return h[kL3 + (kV6 ? 6 : 9)]; }
  std::uint8_t ttl() const { return h[kL3 + (kV6 ? 7 : 8)]; }
  std::uint8_t tos() const {
    return kV6 ? static_cast<std::uint8_t>(load_be16(&h[kL3]) >> 4) : h[kL3 + 1];
  }
  Bytes addresses() const { return h.template last<2 * (kL4 - kDestination)>(); }

  std::span<const std::uint8_t, kL4> h;
};

/// Calls `function` with the headers of that kind of plain frame.
template <class Function>
auto with_headers(Plain plain, Bytes frame, Function function) {
  if (!is_tagged(plain)) {
    return is_ipv6(plain) ? function(Headers<false, true>(frame))
                          : function(Headers<false, false>(frame));
  }
  return is_ipv6(plain) ? function(Headers<true, true>(frame))
                        : function(Headers<true, false>(frame));
}

std::size_t tcp_header_length(Bytes frame, std::size_t l4) {
  return (frame[l4 + 12] >> 4) * std::size_t{4};
}

/// The plainest header of its version, whose lengths hold.
template <class H>
bool plain_ip(const H& headers, std::size_t wire_length) {
  const auto& h = headers.h;
  if constexpr (H::kV6) {
    if (h[H::kL3] >> 4 != 6 || load_be16(&h[H::kL3 + 4]) == 0) return false;
  } else {
    constexpr std::uint16_t kFragmentBits = 0x3fff;
    if (h[H::kL3] != 0x45 || (load_be16(&h[H::kL3 + 6]) & kFragmentBits) != 0) return false;
  }
  return H::kL3 + headers.total_length() <= wire_length;
}

/// `end`: of the IP packet's captured bytes in the frame. `l4_length`: on the wire.
bool plain_tcp(Bytes frame, std::size_t l4, std::size_t end, std::size_t l4_length,
               std::uint16_t src, std::uint16_t dst) {
  if (end < l4 + kTcpHeader) return false;
  const std::size_t header = tcp_header_length(frame, l4);
  if (header < kTcpHeader || l4 + header > end || header > l4_length) return false;
  return src != kSsdpPort && dst != kSsdpPort && !may_be_port_tunnel(src, dst, ip_protocol::kTcp);
}

/// What looks like a DTLS record (l4.cc).
bool maybe_dtls(Bytes payload) {
  return payload.size() > 2 && payload[0] >= 0x14 && payload[0] <= 0x3f &&
         (payload[1] == 0xfe || payload[1] == 0x01);
}

bool plain_udp(Bytes frame, std::size_t l4, std::size_t end, std::size_t l4_length,
               std::uint16_t src, std::uint16_t dst) {
  if (end < l4 + kUdpHeader || l4_length < kUdpHeader || src == 0 || dst == 0) return false;
  if (src > kLastWellKnownPort && dst > kLastWellKnownPort) return false;  // perhaps Teredo
  for (const std::uint16_t port : {src, dst}) {
    if (port == kSsdpPort || port == kUdpEncapsulationPort || is_tunnel_port(port)) return false;
  }
  return !maybe_dtls(frame.first(end).subspan(l4 + kUdpHeader));
}

template <class H>
Plain recognise(const Frame& frame) {
  const Bytes b = frame.bytes;
  if (b.size() < H::kL4 + kUdpHeader) return Plain::kNo;
  const H headers(b);
  if (!plain_ip(headers, std::max<std::size_t>(frame.wire_length, b.size()))) return Plain::kNo;
  const std::size_t total = headers.total_length();
  if (total < H::kIp) return Plain::kNo;
  const std::size_t end = std::min(b.size(), H::kL3 + total), l4_length = total - H::kIp;
  const std::uint16_t src = load_be16(&b[H::kL4]), dst = load_be16(&b[H::kL4 + 2]);
  const bool udp = headers.protocol() == ip_protocol::kUdp;
  const bool plain = udp ? plain_udp(b, H::kL4, end, l4_length, src, dst)
                         : headers.protocol() == ip_protocol::kTcp &&
                               plain_tcp(b, H::kL4, end, l4_length, src, dst);
  return plain ? plain_kind(udp, H::kV6, H::kTagged) : Plain::kNo;
}

/// In place and with one store: see set_v4().
template <class H>
void set_address(IpAddress& to, const std::uint8_t* from) {
  if constexpr (H::kV6) {
    std::memcpy(to.bytes.data(), from, to.bytes.size());
    to.family = Family::kIpv6;
  } else {
    set_v4(to, from);
  }
}

template <class H>
void set_tag(const H& headers, Packet& p) {
  p.vlan_id = 0;
  p.vlan_count = p.vlan_depth = 0;
  if constexpr (H::kTagged) {
    const std::uint16_t tci = load_be16(&headers.h[kEthernetHeader]);
    p.vlans[0] = {kVlanType, tci, H::kV6 ? ether_type::kIpv6 : ether_type::kIpv4};
    p.vlan_id = tci & kVlanIdBits;
    p.vlan_count = p.vlan_depth = 1;
  }
}

template <class H>
constexpr std::uint64_t plain_status() {
  using namespace flow_stat;
  const std::uint64_t ip =
      H::kV6 ? mask(kIpv6Packet) | mask(kIpv6Flow) : mask(kIpv4Packet) | mask(kIpv4Flow);
  return ip | (H::kTagged ? mask(kVlan) : 0);
}

template <class H>
bool decode(const H& headers, const Frame& frame, bool udp, Packet& p) {
  const Bytes b = frame.bytes;
  const auto& h = headers.h;
  const std::size_t total = headers.total_length(), end = std::min(b.size(), H::kL3 + total);
  const std::size_t l4_header = udp ? kUdpHeader : tcp_header_length(b, H::kL4);
  if (l4_header < (udp ? kUdpHeader : kTcpHeader) || end < H::kL4 + l4_header) [[unlikely]]
    return false;

  p.link_type = frame.link_type;
  p.l2 = b.first(end);
  p.l3 = p.l2.subspan(H::kL3);
  p.l4 = p.l2.subspan(H::kL4);
  p.l7 = skip(p.l4, l4_header);
  p.l2_length = static_cast<std::uint32_t>(H::kL3 + total);
  p.l3_length = static_cast<std::uint32_t>(total);
  p.l7_length = static_cast<std::uint32_t>(total - H::kIp - l4_header);
  p.l3_header_length = H::kIp;
  p.l4_header_length = static_cast<std::uint16_t>(l4_header);
  p.tunnel = nullptr;
  p.status = plain_status<H>() | (end < H::kL3 + total ? mask(flow_stat::kL3Snapped) : 0);
  std::memcpy(p.dst_mac.bytes.data(), &h[0], 6);
  std::memcpy(p.src_mac.bytes.data(), &h[6], 6);
  p.has_mac = true;
  p.ether_type = H::kV6 ? ether_type::kIpv6 : ether_type::kIpv4;
  set_tag(headers, p);
  p.mpls_depth = 0;
  p.pad_length = padding_behind(p, H::kL3 + total);
  set_address<H>(p.src_ip, &h[H::kSource]);
  set_address<H>(p.dst_ip, &h[H::kDestination]);
  p.l4_proto = udp ? ip_protocol::kUdp : ip_protocol::kTcp;
  p.ttl = headers.ttl();
  p.tos = headers.tos();
  p.src_port = load_be16(&b[H::kL4]);
  p.dst_port = load_be16(&b[H::kL4 + 2]);
  p.fragment = p.later_fragment = p.more_fragments = false;
  p.ip_id = H::kV6 ? 0 : load_be16(&h[H::kL3 + 4]);
  p.fragment_offset = 0;
  p.llc = p.encrypted = false;
  p.dtls_records = 0;
  p.further = 0;
  p.part = nullptr;
  return true;
}

template <class H>
void check(const H& headers, Frame& frame, bool udp) {
  const std::size_t total = headers.total_length();
  if (total < H::kIp + (udp ? kUdpHeader : kTcpHeader)) return;  // see decode_plain()
  ChecksumCheck l4;
  if (frame.bytes.size() >= H::kL3 + total) {
    const Bytes segment = frame.bytes.subspan(H::kL4, total - H::kIp);
    l4.stated = load_be16(&segment[udp ? kUdpChecksumOffset : kTcpChecksumOffset]);
    const bool unused = udp && !H::kV6 && l4.stated == 0;
    if (!unused) {
      const std::uint64_t pseudo = pseudo_header_sum(headers.addresses(), headers.protocol(),
                                                     static_cast<std::uint32_t>(segment.size()));
      l4 = judge_checksum(l4.stated, checksum_add(segment, pseudo), udp);
    }
  }
  ChecksumCheck ip;  // IPv6 has none
  if constexpr (!H::kV6) {
    ip = judge_checksum(load_be16(&headers.h[H::kL3 + 10]),
                        checksum_add(headers.h.template last<H::kIp>()));
  }
  note_checksums(frame, ip, l4);
}

}  // namespace

Plain recognise_plain(const Frame& frame) {
  const Bytes b = frame.bytes;
  if (frame.link_type != DLT_EN10MB || b.size() < kEthernetHeader + kVlanTag) return Plain::kNo;
  // ISL (link.cc): what looks like its beginning is left to the walk.
  constexpr std::uint32_t kIsl = 0x01000c00, kIslOtherBit = 0x02000000;
  if ((load_be32(b.data()) & ~kIslOtherBit) == kIsl) return Plain::kNo;
  const std::uint16_t type = load_be16(&b[kEthernetHeader - 2]);
  if (type == ether_type::kIpv4) return recognise<Headers<false, false>>(frame);
  if (type == ether_type::kIpv6) return recognise<Headers<false, true>>(frame);
  if (type != kVlanType || (load_be16(&b[kEthernetHeader]) & kVlanIdBits) == 0) return Plain::kNo;
  const std::uint16_t behind = load_be16(&b[kEthernetHeader + kVlanTag - 2]);
  if (behind == ether_type::kIpv4) return recognise<Headers<true, false>>(frame);
  return behind == ether_type::kIpv6 ? recognise<Headers<true, true>>(frame) : Plain::kNo;
}

void note_checksums(Frame& frame, const ChecksumCheck& ip, const ChecksumCheck& l4) {
  if (ip.valid && ip.computed == ip.stated) frame.checked |= Packet::kIpRight;
  if (!l4.checkable) return;
  frame.checked |= l4.valid ? Packet::kL4Right : Packet::kL4Wrong;
  frame.l4_computed = l4.computed;
}

void check_plain(Frame& frame, Plain plain) {
  with_headers(plain, frame.bytes,
               [&](const auto& headers) { check(headers, frame, is_udp(plain)); });
}

unsigned group_of(const Frame& frame, Plain plain) {
  return with_headers(plain, frame.bytes, [&](const auto& headers) {
    using H = std::remove_cvref_t<decltype(headers)>;
    const auto word = [&](std::size_t at, auto zero) {
      std::memcpy(&zero, &headers.h[at], sizeof zero);
      return std::uint64_t{zero};
    };
    const std::uint64_t ports =
        std::uint64_t{load_be16(&frame.bytes[H::kL4])} + load_be16(&frame.bytes[H::kL4 + 2]);
    if constexpr (H::kV6) {
      constexpr std::uint64_t kHalf = 0;
      return FlowKey::group_of(word(H::kSource, kHalf) + word(H::kDestination, kHalf),
                               word(H::kSource + 8, kHalf) + word(H::kDestination + 8, kHalf),
                               ports);
    } else {
      constexpr std::uint32_t kWhole = 0;
      return FlowKey::group_of(word(H::kSource, kWhole) + word(H::kDestination, kWhole), 0, ports);
    }
  });
}

bool decode_plain(const Frame& frame, Plain plain, Packet& p) {
  return with_headers(plain, frame.bytes, [&](const auto& headers) {
    return decode(headers, frame, is_udp(plain), p);
  });
}

}  // namespace t2::decoding
