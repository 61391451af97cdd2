// SPDX-License-Identifier: Apache-2.0
// Bins: sums over equal lengths of time, only those in which something was, over any span of time
// in bounded memory: when there would be too many, the width doubles and neighbours are joined.
#pragma once

#include <cstddef>
#include <cstdint>
#include <vector>

#include "t2/types.h"

namespace t2::time_bins {

struct Bin {
  std::int64_t number = 0;  // covers [number * width, (number + 1) * width)
  std::uint64_t packets = 0, bytes = 0;
};

class Bins {
 public:
  /// `width` > 0, in nanoseconds.
  Bins(Nanoseconds width, std::size_t most)
      : most_(most), width_(static_cast<std::uint64_t>(width)) {}

  void add(Nanoseconds t, std::uint64_t bytes) {
    // Most packets come into the bin of the one before. Unsigned: also for times before `from_`.
    if (static_cast<std::uint64_t>(t) - from_ >= open_) [[unlikely]]
      return add_to_other(t, bytes);
    ++packets_;
    bytes_ += bytes;
  }
  /// Adds all of `other`, whose width was the same at first. What comes out is what one of them
  /// would hold that everything had been added to.
  void merge(Bins other);
  /// After the last packet, before all().
  void finish() { close_bin(); }

  Nanoseconds width() const { return static_cast<Nanoseconds>(width_); }
  /// In order of time.
  const std::vector<Bin>& all() const { return bins_; }
  /// When a bin begins; the earliest time that there is, if it would begin before.
  Nanoseconds begin(const Bin& b) const;

 private:
  void add_to_other(Nanoseconds t, std::uint64_t bytes);
  void find(Nanoseconds t);
  void close_bin();
  void widen();
  void join_neighbours();

  std::uint64_t from_ = 0, open_ = 0;      // of the current bin; open_: its width, 0 without one
  std::uint64_t packets_ = 0, bytes_ = 0;  // to be added to it
  std::size_t current_ = 0;
  std::vector<Bin> bins_;
  std::size_t most_;
  std::uint64_t width_;
};

}  // namespace t2::time_bins
