// SPDX-License-Identifier: Apache-2.0
// What basicStats keeps per direction: counts, and one-pass estimators of sizes and times.
#pragma once

#include <array>
#include <cmath>
#include <cstddef>
#include <cstdint>
#include <memory>

#include "t2/types.h"

namespace t2::basic_stats {

/// What is measured of packets: sizes in bytes, inter-arrival times in seconds.
enum Quantity : std::size_t { kSize, kIat, kQuantities };
using Values = std::array<double, kQuantities>;

/// Mean and second moment in one pass, as spec basicStats 3 defines them: every deviation is taken
/// from the mean before the value, so that the second moment is no population variance. Both
/// quantities side by side, for they are computed together.
struct Moments {
  Values mean{}, variance{};

  /// Takes the n-th values with share = 1 / n, n from 1. Returns their deviations.
  Values add(const Values& x, double share) {
    Values d;
    for (std::size_t i = 0; i < kQuantities; ++i) {
      d[i] = x[i] - mean[i];
      mean[i] += d[i] * share;
      variance[i] += (d[i] * d[i] - variance[i]) * share;
    }
    return d;
  }
  double deviation(Quantity q) const { return std::sqrt(variance[q]); }
};

/// Third and fourth moment.
struct HigherMoments {
  double skew = 0, kurtosis = 0;

  void add(double d, double share) {
    skew += (d * d * d - skew) * share;
    kurtosis += (d * d * d * d - kurtosis) * share;
  }
};

/// Only with BS_XCLD or BS_SK.
struct Extra {
  std::uint64_t packets = 0, bytes = 0;  // those that BS_XCLD lets through
  std::array<HigherMoments, kQuantities> moments;
};

struct State {
  std::uint64_t packets = 0;
  std::uint64_t bytes = 0;
  std::uint64_t padding = 0;
  std::uint32_t min_size = 0, max_size = 0;
  Moments moments;
  Nanoseconds min_iat = 0, max_iat = 0;
  Nanoseconds last = 0;  // time of the previous packet that counted
  std::unique_ptr<Extra> extra;
};
static_assert(sizeof(State) <= 96, "part of the memory budget per flow");

}  // namespace t2::basic_stats
