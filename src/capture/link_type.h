// SPDX-License-Identifier: Apache-2.0
// Link types: capture files number them as LINKTYPE_*, the decoder and libpcap's filters as DLT_*.
// The two differ for the few numbers that the BSDs never agreed on.
#pragma once

#include <cstdint>

namespace t2 {

inline constexpr std::uint16_t kDltEthernet = 1;

/// The DLT number of Linux for the link type field of a pcap header or an interface description.
/// The upper 16 bits (length of the frame check sequence) are ignored.
constexpr std::uint16_t dlt_from_linktype(std::uint32_t field) {
  const auto linktype = static_cast<std::uint16_t>(field);
  switch (linktype) {
    case 100:
      return 11;  // ATM_RFC1483
    case 101:
      return 12;  // RAW
    case 102:
      return 15;  // SLIP_BSDOS
    case 103:
      return 16;  // PPP_BSDOS
    case 106:
      return 19;  // ATM_CLIP
    default:
      return linktype;
  }
}

}  // namespace t2
