// SPDX-License-Identifier: Apache-2.0
#include "bins.h"

#include <algorithm>
#include <limits>
#include <utility>

namespace t2::time_bins {
namespace {

/// Rounded down, also before 1970.
std::int64_t number_of(Nanoseconds t, std::uint64_t width) {
  const auto w = static_cast<std::int64_t>(width);
  return t / w - (t % w < 0 ? 1 : 0);
}

}  // namespace

Nanoseconds Bins::begin(const Bin& b) const {
  const auto w = static_cast<std::int64_t>(width_);
  constexpr auto kEarliest = std::numeric_limits<Nanoseconds>::min();
  return b.number < kEarliest / w ? kEarliest : b.number * w;
}

void Bins::close_bin() {
  if (open_ == 0) return;
  bins_[current_].packets += std::exchange(packets_, 0);
  bins_[current_].bytes += std::exchange(bytes_, 0);
}

void Bins::add_to_other(Nanoseconds t, std::uint64_t bytes) {
  close_bin();
  find(t);
  packets_ = 1;
  bytes_ = bytes;
}

void Bins::find(Nanoseconds t) {
  std::int64_t number = number_of(t, width_);
  auto at = bins_.end();
  if (!bins_.empty() && number <= bins_.back().number)
    at = std::ranges::lower_bound(bins_, number, {}, &Bin::number);
  if (at == bins_.end() || at->number != number) at = bins_.insert(at, Bin{number});
  if (bins_.size() > most_) {
    while (bins_.size() > most_) widen();
    number = number_of(t, width_);
    at = std::ranges::lower_bound(bins_, number, {}, &Bin::number);
  }
  current_ = static_cast<std::size_t>(at - bins_.begin());
  // Modulo 2^64, as in add(): a bin may begin before the earliest time that there is.
  from_ = static_cast<std::uint64_t>(number) * width_;
  open_ = width_;
}

void Bins::widen() {
  width_ *= 2;
  for (Bin& b : bins_) b.number >>= 1;
  join_neighbours();
}

/// Bins of one number become one.
void Bins::join_neighbours() {
  std::size_t kept = 0;
  for (const Bin& b : bins_) {
    if (kept > 0 && bins_[kept - 1].number == b.number) {
      bins_[kept - 1].packets += b.packets;
      bins_[kept - 1].bytes += b.bytes;
    } else {
      bins_[kept++] = b;
    }
  }
  bins_.resize(kept);
}

void Bins::merge(Bins other) {
  close_bin();
  open_ = 0;
  other.close_bin();
  while (width_ < other.width_) widen();
  while (other.width_ < width_) other.widen();
  const auto middle = static_cast<std::ptrdiff_t>(bins_.size());
  bins_.insert(bins_.end(), other.bins_.begin(), other.bins_.end());
  std::inplace_merge(bins_.begin(), bins_.begin() + middle, bins_.end(),
                     [](const Bin& a, const Bin& b) { return a.number < b.number; });
  join_neighbours();
  while (bins_.size() > most_) widen();
}

}  // namespace t2::time_bins
