// SPDX-License-Identifier: Apache-2.0
// Numbers and flags of protocols that more than one place asks for, under the names of the field.
#pragma once

#include <cstddef>
#include <cstdint>

namespace t2 {

/// Protocol and next header numbers of IP (IANA "Assigned Internet Protocol Numbers").
namespace ip_protocol {
inline constexpr std::uint8_t kHopByHop = 0, kIcmp = 1, kIgmp = 2, kIpv4 = 4, kTcp = 6, kUdp = 17,
                              kIpv6 = 41, kRouting = 43, kFragment = 44, kGre = 47, kEsp = 50,
                              kAh = 51, kIcmpv6 = 58, kNoNext = 59, kDestination = 60, kOspf = 89,
                              kEtherIp = 97, kPim = 103, kL2tp = 115, kSctp = 132, kUdpLite = 136;

/// Whether its header begins with a source and a destination port that flows are told apart by.
constexpr bool has_ports(std::uint8_t protocol) {
  return protocol == kTcp || protocol == kUdp || protocol == kSctp || protocol == kUdpLite;
}
}  // namespace ip_protocol

/// EtherTypes (IEEE registry).
namespace ether_type {
inline constexpr std::uint16_t kIpv4 = 0x0800, kArp = 0x0806, kRarp = 0x8035, kIpv6 = 0x86dd;
}

/// Byte 13 of a TCP header (RFC 9293, 3.1; ECE and CWR: RFC 3168).
namespace tcp_flag {
inline constexpr std::size_t kByte = 13;
inline constexpr std::uint8_t kFin = 0x01, kSyn = 0x02, kRst = 0x04, kPsh = 0x08, kAck = 0x10,
                              kUrg = 0x20, kEce = 0x40, kCwr = 0x80;
inline constexpr std::uint8_t kSynAck = kSyn | kAck, kSynFinRst = kSyn | kFin | kRst,
                              kAckSynFinRst = kAck | kSynFinRst;
}  // namespace tcp_flag

}  // namespace t2
