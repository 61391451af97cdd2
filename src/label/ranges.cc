// SPDX-License-Identifier: Apache-2.0
#include "label/ranges.h"

#include <fmt/format.h>

#include <algorithm>

namespace t2 {

AddressNumber to_number(const IpAddress& a) {
  if (a.is_v4()) return AddressNumber{0xffff} << 32 | a.v4_value();
  return AddressNumber{load_be64(a.bytes.data())} << 64 | load_be64(a.bytes.data() + 8);
}

void RangeTable::add(AddressNumber first, AddressNumber last, std::uint32_t label) {
  added_.push_back({first, last, label});
}

/// From `at` on the label holds; a later call with the same start replaces it.
void RangeTable::open(AddressNumber at, std::uint32_t label) {
  if (!flat_.empty() && flat_.back().first == at) {
    flat_.back().label = label;
  } else {
    flat_.push_back({at, label});
  }
}

Result<void> RangeTable::build() {
  flat_.clear();
  std::vector<Range> order = added_;
  std::stable_sort(order.begin(), order.end(), [](const Range& x, const Range& y) {
    return x.first != y.first ? x.first < y.first : x.last > y.last;
  });
  std::vector<Range> open_ranges;
  const auto close_until = [&](AddressNumber at) {
    while (!open_ranges.empty() && open_ranges.back().last < at) {
      const AddressNumber next = open_ranges.back().last + 1;
      open_ranges.pop_back();
      open(next, open_ranges.empty() ? 0 : open_ranges.back().label);
    }
  };
  for (const Range& r : order) {
    close_until(r.first);
    if (!open_ranges.empty() && r.last > open_ranges.back().last) {
      return Error{"two ranges overlap without one lying in the other"};
    }
    open(r.first, r.label);
    open_ranges.push_back(r);
  }
  // Everything still open ends; the highest address has no next one.
  while (!open_ranges.empty()) {
    const AddressNumber last = open_ranges.back().last;
    open_ranges.pop_back();
    if (last != ~AddressNumber{0})
      open(last + 1, open_ranges.empty() ? 0 : open_ranges.back().label);
  }
  return {};
}

std::uint32_t RangeTable::find(AddressNumber a) const {
  const auto it = std::upper_bound(flat_.begin(), flat_.end(), a,
                                   [](AddressNumber x, const Start& s) { return x < s.first; });
  return it == flat_.begin() ? 0 : std::prev(it)->label;
}

}  // namespace t2
