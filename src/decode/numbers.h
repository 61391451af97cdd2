// SPDX-License-Identifier: Apache-2.0
// Numbers of protocols that more than one step asks for, besides those of t2/protocols.h:
// EtherTypes (IEEE registry; those of tags by the standards named in tags.cc), PPP protocols
// (IANA), sizes of headers.
#pragma once

#include <cstddef>
#include <cstdint>

namespace t2::decoding {

inline constexpr std::uint16_t kMaxLlcLength = 1500;

inline constexpr std::uint16_t kBridgedType = 0x6558, kSlowType = 0x8809, kMplsUnicastType = 0x8847,
                               kMplsMulticastType = 0x8848, kPppoeDiscoveryType = 0x8863,
                               kPppoeSessionType = 0x8864, kEapolType = 0x888e,
                               kErspanType = 0x88be, kErspan3Type = 0x22eb, kLldpType = 0x88cc,
                               kPbbType = 0x88e7, kCfmType = 0x8902, kFabricPathType = 0x8903,
                               kNshType = 0x894f, kLoopType = 0x9000;

inline constexpr std::uint16_t kPppIpv4 = 0x0021, kPppMultilink = 0x003d, kPppIpv6 = 0x0057,
                               kPppMplsUnicast = 0x0281, kPppMplsMulticast = 0x0283;

/// Bytes of headers without options.
inline constexpr std::size_t kEthernetHeader = 14, kVlanTag = 4, kIpv4Header = 20, kIpv6Header = 40,
                             kFragmentHeader = 8, kTcpHeader = 20, kUdpHeader = 8;

/// A tag of IEEE 802.1Q, or one of the types that stand for its outer tag (802.1ad and older).
constexpr bool is_vlan(std::uint16_t type) {
  return type == 0x8100 || type == 0x88a8 || type == 0x9100 || type == 0x9200 || type == 0x9300;
}

}  // namespace t2::decoding
