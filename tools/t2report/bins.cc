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
  const std::uint64_t packets = c.packets() / parts, bytes = c.bytes() / parts;
  auto at = bins_.try_emplace(from).first;
  at->second.of[k].flows += 1;
  for (std::int64_t n = from;; ++n) {
    Bin::Sums& sums = at->second.of[k];
    sums.packets += packets;
    sums.bytes += bytes;
    if (n == to) break;
    if (++at == bins_.end() || at->first != n + 1) at = bins_.try_emplace(at, n + 1);
  }
  Bin::Sums& last = at->second.of[k];
  last.packets += c.packets() % parts;
  last.bytes += c.bytes() % parts;
  while (bins_.size() > kMost) widen();
}

}  // namespace t2::report
