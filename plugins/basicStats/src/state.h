// SPDX-License-Identifier: Apache-2.0
// What basicStats keeps per direction: counts, and one-pass estimators of sizes and times.
#pragma once

#include <cmath>
#include <cstdint>
#include <memory>

#include "t2/types.h"

namespace t2::basic_stats {

/// Mean and second moment in one pass, as spec basicStats 3 defines them: every deviation is taken
/// from the mean before the value, so that the second moment is no population variance.
struct Moments {
  double mean = 0, variance = 0;

  /// Takes the n-th value with share = 1 / n, n from 1. Returns its deviation.
  double add(double x, double share) {
    const double d = x - mean;
    mean += d * share;
    variance += (d * d - variance) * share;
    return d;
  }
  double deviation() const { return std::sqrt(variance); }
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
  HigherMoments size, iat;
};

struct State {
  std::uint64_t packets = 0;
  std::uint64_t bytes = 0;
  std::uint64_t padding = 0;
  std::uint32_t min_size = 0, max_size = 0;
  Moments size, iat;  // bytes, seconds
  Nanoseconds min_iat = 0, max_iat = 0;
  Nanoseconds last = 0;  // time of the previous packet that counted
  std::unique_ptr<Extra> extra;
};
static_assert(sizeof(State) <= 96, "part of the memory budget per flow");

}  // namespace t2::basic_stats
