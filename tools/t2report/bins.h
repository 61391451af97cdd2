// SPDX-License-Identifier: Apache-2.0
// When something happened, over any span of time in bounded memory: bins of equal width, only those
// in which something was. When there are too many, the width doubles.
#pragma once

#include <array>
#include <cstdint>
#include <map>

#include "services.h"

namespace t2::report {

struct Bin {
  struct Sums {
    std::uint64_t flows = 0, packets = 0, bytes = 0;
  };
  std::array<Sums, kClasses> of{};
};

class Bins {
 public:
  static constexpr std::size_t kMost = 4096;

  /// Bytes and packets are spread evenly over the life of a conversation, whole numbers with the
  /// rest in the last bin; it counts as a flow in the bin in which it begins.
  void add(const Conversation& c, Class cls);

  Nanoseconds width() const { return width_; }
  /// By number; bin i covers [i * width, (i + 1) * width).
  const std::map<std::int64_t, Bin>& all() const { return bins_; }

 private:
  std::int64_t number(Nanoseconds t) const;
  void widen();

  std::map<std::int64_t, Bin> bins_;
  Nanoseconds width_ = 1'000'000;
};

}  // namespace t2::report
