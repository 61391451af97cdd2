// SPDX-License-Identifier: Apache-2.0
#include "t2/checksum.h"
#include "t2/protocols.h"

#include <array>

#include "decode/numbers.h"

namespace t2 {
namespace {

using namespace ip_protocol;

/// The final destination: that of a routing header with segments left, else the header's.
IpAddress final_destination(const Packet& p) {
  constexpr std::uint8_t kSourceRoute = 0, kMobility = 2, kSegments = 4;
  constexpr std::size_t kFixedPart = 8, kAddress = 16;
  if (!p.src_ip.is_v6() || p.l3_header_length <= decoding::kIpv6Header) return p.dst_ip;
  Cursor c(first(p.l3, p.l3_header_length));
  std::uint8_t protocol = c.peek_u8(6);
  c.skip(decoding::kIpv6Header);
  while (protocol == kHopByHop || protocol == kRouting || protocol == kDestination) {
    const std::uint8_t length = c.peek_u8(1);
    Cursor header(c.bytes(kFixedPart * (length + std::size_t{1})));
    if (!c.ok()) break;
    const std::uint8_t next = header.u8();
    header.skip(1);
    const std::uint8_t type = header.u8(), segments_left = header.u8();
    const bool known = type == kSourceRoute || type == kMobility || type == kSegments;
    if (protocol == kRouting && known && segments_left > 0 && length >= 2) {
      // Source routes are in travelling order, segment lists are reversed.
      const std::size_t addresses = length / 2;
      header.skip(type == kSegments ? 4 : 4 + kAddress * (addresses - 1));
      const Bytes address = header.bytes(kAddress);
      if (header.ok()) return IpAddress::v6(address.data());
    }
    protocol = next;
  }
  return p.dst_ip;
}

/// Which part of the L4 data the checksum covers, in two pieces around what it leaves out.
struct Coverage {
  Bytes front, back;
  bool pseudo_header = false;
  bool sane = true;
};

Coverage udp_lite_coverage(Bytes l4) {
  constexpr std::size_t kHeader = 8;
  Cursor c(l4);
  c.skip(4);
  const std::size_t covered = c.be16();
  if (covered == 0) return {l4, {}, true, true};
  return {first(l4, covered), {}, true, covered >= kHeader && covered <= l4.size()};
}

Coverage coverage_of(const Packet& p) {
  switch (p.l4_proto) {
    case kUdpLite:
      return udp_lite_coverage(p.l4);
    case kOspf:
      if (p.src_ip.is_v6()) return {p.l4, {}, true, true};
      return {first(p.l4, 16), skip(p.l4, 24), false, true};  // without the authentication
    case kTcp:
    case kUdp:
    case kIcmpv6:
      return {p.l4, {}, true, true};
    default:
      return {p.l4, {}, false, true};
  }
}

/// The blocks' 64-bit words, both halves of each: so no carry is lost.
[[gnu::always_inline]] inline std::uint64_t add_halves(Bytes data) {
  using Words [[gnu::vector_size(detail::kChecksumBlock)]] = std::uint64_t;
  Words sum = {};
  const std::uint8_t* at = data.data();
  for (const std::uint8_t* const end = at + data.size(); at != end; at += sizeof(Words)) {
    Words words;
    std::memcpy(&words, at, sizeof words);
    sum += (words & 0xffffffff) + (words >> 32);
  }
  std::uint64_t total = 0;
  for (std::size_t i = 0; i < sizeof(Words) / sizeof total; ++i) total += sum[i];
  return total;
}

#if defined(__x86_64__)
[[gnu::target("avx2")]] std::uint64_t add_halves_avx2(Bytes data) {
  return add_halves(data);
}
#endif

}  // namespace

std::uint64_t detail::checksum_add_blocks(Bytes data) {
#if defined(__x86_64__)
  if (__builtin_cpu_supports("avx2")) return add_halves_avx2(data);
#endif
  return add_halves(data);
}

std::uint64_t pseudo_header_sum(const Packet& packet, std::uint32_t l4_length) {
  const std::size_t size = packet.src_ip.is_v4() ? 4 : 16;
  const IpAddress to = final_destination(packet);
  return checksum_add(first(packet.src_ip.bytes, size)) +
         pseudo_header_sum(first(to.bytes, size), packet.l4_proto, l4_length);
}

ChecksumCheck verify_ip_checksum(const Packet& packet) {
  constexpr std::size_t kField = 10, kUsual = 20;
  ChecksumCheck check;
  if (!packet.src_ip.is_v4()) return check;
  const Bytes header = first(packet.l3, packet.l3_header_length);
  Cursor c(header);
  c.skip(kField);
  check.stated = c.be16();
  if (header.size() != packet.l3_header_length) return check;
  // The usual length is known to the compiler.
  const bool usual = header.size() == kUsual;
  return judge_checksum(check.stated,
                        usual ? checksum_add(header.first<kUsual>()) : checksum_add(header));
}

int l4_checksum_offset(const Packet& packet) {
  constexpr std::uint8_t kGreChecksum = 0x80;
  if (!packet.is_ip() || packet.later_fragment) return -1;
  switch (packet.l4_proto) {
    case kTcp:
      return kTcpChecksumOffset;
    case kUdp:
    case kUdpLite:
      return kUdpChecksumOffset;
    case kIcmp:
    case kIgmp:
      return 2;
    case kIcmpv6:
      return packet.src_ip.is_v6() ? 2 : -1;
    case kOspf:
      return 12;
    case kGre:
      return !packet.l4.empty() && (packet.l4[0] & kGreChecksum) != 0 ? 4 : -1;
    default:
      return -1;
  }
}

ChecksumCheck verify_l4_checksum(const Packet& packet) {
  ChecksumCheck check;
  const int offset = l4_checksum_offset(packet);
  if (offset < 0) return check;
  Cursor c(packet.l4);
  c.skip(static_cast<std::size_t>(offset));
  check.stated = c.be16();
  if (!c.ok()) return {};
  const std::size_t l4_length = packet.l3_length - packet.l3_header_length;
  if (packet.fragment || packet.l4.size() != l4_length) return check;
  if (packet.l4_proto == kUdp && packet.src_ip.is_v4() && check.stated == 0) return check;

  const Coverage covered = coverage_of(packet);
  if (!covered.sane) return check;
  std::uint64_t sum = 0;
  if (covered.pseudo_header) {
    sum = checksum_add(covered.front) +
          pseudo_header_sum(packet, static_cast<std::uint32_t>(l4_length));
  } else {
    sum = checksum_add(covered.back, checksum_add(covered.front));
  }
  const bool udp = packet.l4_proto == kUdp || packet.l4_proto == kUdpLite;
  return judge_checksum(check.stated, sum, udp);
}

}  // namespace t2
