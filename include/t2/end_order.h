// SPDX-License-Identifier: Apache-2.0
// EndOrder: when a pair ended, among all pairs of the run. Ranks are numbers of packets of
// different pairs: two are equal only where one frame carried the last packets of both (A-MSDU).
#pragma once

#include <compare>
#include <cstdint>

namespace t2 {

/// Why pairs end, in the order in which they do at one packet.
enum class EndPhase : std::uint8_t {
  kClock,          // idle long enough, or the end of the input
  kDurationLimit,  // FDURLIMIT
  kTableFull,      // the oldest one, for room
};

struct EndOrder {
  std::uint64_t packet = 0;  // at whose turn; at the end of the input the last one + 1
  EndPhase phase = EndPhase::kClock;
  std::uint64_t rank = 0;
  // NOLINTNEXTLINE(modernize-use-nullptr): clang-tidy 14 reads the comparison's own 0 as a pointer
  auto operator<=>(const EndOrder&) const = default;
};

}  // namespace t2
