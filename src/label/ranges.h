// SPDX-License-Identifier: Apache-2.0
// RangeTable: address ranges with labels, the innermost range wins. Nested ranges are flattened
// once into disjoint ones, so a look-up is one binary search.
#pragma once

#include <cstdint>
#include <vector>

#include "t2/result.h"
#include "t2/types.h"

namespace t2 {

/// An address as a number; IPv4 as ::ffff:a.b.c.d, so that one table serves both families.
using AddressNumber = __uint128_t;
AddressNumber to_number(const IpAddress& a);

class RangeTable {
 public:
  void add(AddressNumber first, AddressNumber last, std::uint32_t label);
  /// Flattens. Ranges that overlap without one lying in the other are refused: the index of the
  /// later one of such a pair, in the order of add(), is returned as an error by its number.
  Result<void> build();
  /// 0 when no range holds the address.
  std::uint32_t find(AddressNumber a) const;
  std::size_t size() const { return added_.size(); }
  bool empty() const { return added_.empty(); }

 private:
  struct Range {
    AddressNumber first, last;
    std::uint32_t label;
  };
  struct Start {
    AddressNumber first;
    std::uint32_t label;
  };

  void open(AddressNumber at, std::uint32_t label);

  std::vector<Range> added_;
  std::vector<Start> flat_;  // each reaches to the next one
};

}  // namespace t2
