// SPDX-License-Identifier: Apache-2.0
// Checksums of packets: the Internet checksum (RFC 1071), in pieces or of a whole packet, and those
// of SCTP. The core verifies none by itself; plugins do.
#pragma once

#include <bit>
#include <cstdint>
#include <cstring>

#include "t2/bytes.h"
#include "t2/packet.h"

namespace t2 {

namespace detail {

/// From this size on checksum_add() leaves the work to checksum_add_blocks().
inline constexpr std::size_t kChecksumBlock = 32;
/// Adds `data`, of whole blocks, as checksum_add() does.
std::uint64_t checksum_add_blocks(Bytes data);

/// Adds the word at `at`, with the carry: 2^64 is 1 modulo 2^16 - 1.
template <class Word>
void checksum_add_word(const std::uint8_t* at, std::uint64_t& sum) {
  Word word = 0;
  std::memcpy(&word, at, sizeof word);
  sum += word;
  sum += sum < word;
}

}  // namespace detail

/// Adds `data` to a one's complement sum of 16-bit words. Pieces may follow one another as long as
/// all but the last have even length; a last odd byte is padded with zero. The sum is in no
/// particular byte order: only fold it.
inline std::uint64_t checksum_add(Bytes data, std::uint64_t sum = 0) {
  using detail::checksum_add_word;
  std::uint64_t total = 0;
  const std::uint8_t* at = data.data();
  const std::uint8_t* const end = at + data.size();
  if (const std::size_t rest = data.size() % detail::kChecksumBlock; rest < data.size()) {
    total = detail::checksum_add_blocks(data.first(data.size() - rest));
    at = end - rest;
  }
  for (; end - at >= 8; at += 8) checksum_add_word<std::uint64_t>(at, total);
  if ((data.size() & 4) != 0) checksum_add_word<std::uint32_t>(at, total);
  if ((data.size() & 2) != 0) checksum_add_word<std::uint16_t>(end - data.size() % 4, total);
  std::uint16_t last = 0;
  if (data.size() % 2 != 0) std::memcpy(&last, end - 1, 1);
  // Folding keeps a chain of pieces from overflow.
  return (sum & 0xffffffff) + (sum >> 32) + (total & 0xffffffff) + (total >> 32) + last;
}

/// The same sum in 32 bits; not 0 unless all that was added was.
inline std::uint32_t checksum_fold32(std::uint64_t sum) {
  sum = (sum & 0xffffffff) + (sum >> 32);
  return static_cast<std::uint32_t>((sum & 0xffffffff) + (sum >> 32));
}

/// The 16-bit one's complement sum in host order: 0xffff for data that include a right checksum.
inline std::uint16_t checksum_fold(std::uint64_t sum) {
  std::uint32_t folded = checksum_fold32(sum);
  folded = (folded & 0xffff) + (folded >> 16);
  folded = (folded & 0xffff) + (folded >> 16);
  const auto word = static_cast<std::uint16_t>(folded);
  return std::endian::native == std::endian::little ? __builtin_bswap16(word) : word;
}

/// The checksum to write into a header (whose field was zero in `sum`), in host order.
inline std::uint16_t checksum_of(std::uint64_t sum) {
  return static_cast<std::uint16_t>(~checksum_fold(sum));
}

/// Where the field begins in the header of TCP and of UDP or UDP-Lite, bytes.
inline constexpr int kTcpChecksumOffset = 16, kUdpChecksumOffset = 6;

/// What a 32-bit field with this value adds to a sum.
inline std::uint32_t checksum_of_field(std::uint32_t value) {
  return std::endian::native == std::endian::little ? __builtin_bswap32(value) : value;
}

/// The sum of a pseudo header (RFC 9293 3.1, RFC 8200 8.1). `addresses`: both, as in the IP header.
inline std::uint64_t pseudo_header_sum(Bytes addresses, std::uint8_t protocol,
                                       std::uint32_t l4_length) {
  return checksum_add(addresses) + checksum_of_field(l4_length) + checksum_of_field(protocol);
}

/// The same for a packet: with the last address of an IPv6 routing header that is not yet used up.
std::uint64_t pseudo_header_sum(const Packet& packet, std::uint32_t l4_length);

/// What verifying a checksum gave. All values are in host order.
struct ChecksumCheck {
  std::uint16_t stated = 0;    // in the header; 0 if that part was not captured
  std::uint16_t computed = 0;  // as it should be; 0 unless checkable
  bool checkable = false;  // there is a checksum, it is used, and all that it covers was captured
  bool valid = false;      // only if checkable: 0x0000 and 0xffff in the header are the same

  bool wrong() const { return checkable && !valid; }
};

/// Judges the sum of all that a checksum covers, its field included. `zero_is_none`: as in UDP, a
/// checksum of zero is written as 0xffff.
inline ChecksumCheck judge_checksum(std::uint16_t stated, std::uint64_t sum,
                                    bool zero_is_none = false) {
  const bool valid = checksum_fold(sum) == 0xffff;
  if (valid && stated != 0 && stated != 0xffff) return {stated, stated, true, true};
  // Taking the field out again: adding its complement.
  auto complement = static_cast<std::uint16_t>(~stated);
  if constexpr (std::endian::native == std::endian::little) {
    complement = __builtin_bswap16(complement);
  }
  const std::uint16_t computed = checksum_of(sum + complement);
  return {stated, zero_is_none && computed == 0 ? std::uint16_t{0xffff} : computed, true, valid};
}

/// As check_ip_checksum and check_l4_checksum below, from the packet's bytes alone.
ChecksumCheck verify_ip_checksum(const Packet& packet);
ChecksumCheck verify_l4_checksum(const Packet& packet);

/// The IPv4 header's own checksum; for IPv6 not checkable.
inline ChecksumCheck check_ip_checksum(const Packet& packet) {
  if ((packet.checked & Packet::kIpRight) == 0) return verify_ip_checksum(packet);
  const std::uint16_t stated = load_be16(&packet.l3[10]);
  return {stated, stated, true, true};
}

/// TCP, UDP, UDP-Lite, ICMP, ICMPv6, IGMP, GRE (C bit), OSPF: spec tcpFlags 5.5. Not checkable:
/// fragments, snapped packets, UDP over IPv4 with checksum 0, a UDP-Lite coverage that makes no
/// sense.
inline ChecksumCheck check_l4_checksum(const Packet& packet) {
  if ((packet.checked & (Packet::kL4Right | Packet::kL4Wrong)) == 0) {
    return verify_l4_checksum(packet);
  }
  const std::uint16_t stated =
      load_be16(&packet.l4[packet.is_tcp() ? kTcpChecksumOffset : kUdpChecksumOffset]);
  return {stated, packet.l4_computed, true, (packet.checked & Packet::kL4Right) != 0};
}

/// Where the checksum field begins in the L4 header of `packet` (bytes), or -1 if it has none.
int l4_checksum_offset(const Packet& packet);

}  // namespace t2
