// SPDX-License-Identifier: Apache-2.0
// The link types that the decoder knows (spec core 3.3).
#pragma once

#include <cstdint>

namespace t2::decoding {

/// LINKTYPE_RAW in files; libpcap's DLT_RAW is 12 on Linux.
inline constexpr std::uint16_t kLinktypeRaw = 101;
/// What OpenBSD's libpcap wrote instead.
inline constexpr std::uint16_t kOpenBsdRaw = 14;

bool is_supported(std::uint16_t link_type);
/// ISDN types are only decoded when LAPD_ACTIVATE is set.
bool is_lapd(std::uint16_t link_type);

}  // namespace t2::decoding
