// SPDX-License-Identifier: Apache-2.0
// The progress line of long runs on a terminal: percentage, packets, time left.
#pragma once

#include <chrono>
#include <cstdint>
#include <optional>

#include "engine/console.h"

namespace t2 {

/// What --carve has made so far.
struct CarvedSoFar {
  std::uint64_t contents = 0, bytes = 0;
};

class Progress {
 public:
  using Clock = std::chrono::steady_clock;

  explicit Progress(Console& console)
      : console_(console), started_(Clock::now()), next_(started_ + std::chrono::seconds(1)) {}

  /// Shows the line at most four times a second, first after one second. `total` 0: unknown.
  void update(Clock::time_point now, std::uint64_t read, std::uint64_t total, std::uint64_t packets,
              const std::optional<CarvedSoFar>& carved);

 private:
  Console& console_;
  Clock::time_point started_, next_;
};

}  // namespace t2
