// SPDX-License-Identifier: Apache-2.0
#include "bins.h"

namespace t2::report {

std::int64_t Bins::number(Nanoseconds t) const {
  const std::int64_t n = t / width_;
  return t % width_ < 0 ? n - 1 : n;
}

void Bins::widen() {
  width_ *= 2;
  std::map<std::int64_t, Bin> wider;
  for (const auto& [n, bin] : bins_) {
    Bin& to = wider[n >> 1];
    for (std::size_t c = 0; c < kClasses; ++c) {
      to.of[c].flows += bin.of[c].flows;
      to.of[c].packets += bin.of[c].packets;
      to.of[c].bytes += bin.of[c].bytes;
    }
  }
  bins_.swap(wider);
}

void Bins::add(const Conversation& c, Class cls) {
  const auto k = static_cast<std::size_t>(cls);
  // One conversation never makes more bins than there may be.
  while (number(c.last) - number(c.first) >= static_cast<std::int64_t>(kMost)) widen();
  const std::int64_t from = number(c.first), to = number(c.last);
  const auto parts = static_cast<std::uint64_t>(to - from + 1);
  bins_[from].of[k].flows += 1;
  for (std::uint64_t i = 0; i < parts; ++i) {
    Bin::Sums& sums = bins_[from + static_cast<std::int64_t>(i)].of[k];
    const bool last = i + 1 == parts;
    sums.packets += c.packets() / parts + (last ? c.packets() % parts : 0);
    sums.bytes += c.bytes() / parts + (last ? c.bytes() % parts : 0);
  }
  while (bins_.size() > kMost) widen();
}

}  // namespace t2::report
