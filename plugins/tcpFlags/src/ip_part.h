// SPDX-License-Identifier: Apache-2.0
// What not every packet has in or behind its IP header: options, extension headers, fragments,
// checksums that were not found right before (spec tcpFlags 5).
#pragma once

#include "packet.h"

namespace t2::tcp_flags {

inline constexpr std::size_t kIpv4Header = 20, kIpv6Header = 40;

/// Bits that a packet adds to ipFlags and tcpFStat.
struct IpMarks {
  std::uint16_t flags = 0, stat = 0;
};

/// Whether look_at_rare_ip() has nothing to do. Right checksums are only shown in packet rows.
inline bool plain_ip(const PacketOptions& options, const Packet& p) {
  if (p.fragment || options.rows) return false;
  const bool v4 = p.src_ip.is_v4();
  if (p.l3_header_length > (v4 ? kIpv4Header : kIpv6Header)) return false;
  const unsigned needed = v4 ? options.ipv4_checks : options.ipv6_checks;
  return (p.checked & needed) == needed;
}

/// Updates `me` and, for a packet row, fills `facts`.
IpMarks look_at_rare_ip(const PacketOptions& options, State& me, const Packet& p,
                        PacketFacts& facts);

/// Bytes behind the IP headers, by the length that they name.
inline std::size_t l4_length(const Packet& p) {
  return p.l3_length > p.l3_header_length ? p.l3_length - p.l3_header_length : 0;
}

/// A word of an IPv4 header; 0 if it lies behind the total length that the header itself names.
inline std::uint16_t ipv4_word(const Packet& p, std::size_t at) {
  Cursor c(p.l3);
  c.skip(at);
  return c.be16();
}

}  // namespace t2::tcp_flags
