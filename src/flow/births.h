// SPDX-License-Identifier: Apache-2.0
// Births: begins and ends what ordered parts see of directions, in packet order, whichever shard
// made them; numbers the pairs and counts those that live.
#pragma once

#include <algorithm>
#include <cstdint>

#include "flow/slot.h"

namespace t2 {

class Births {
 public:
  /// At the first packet of a direction. `continues`: FlowTracker::Assigned.
  void begin(FlowSlot& f, bool continues) {
    OrderedSlot& o = f.ordered;
    o.generation_ = f.generation;
    o.inverted_ = f.inverted();
    max_live_ = std::max(max_live_, ++live_);
    if (f.opposite == nullptr) {
      o.index = continues ? last_ended_ : ++last_index_;
      return;
    }
    OrderedSlot& other = f.other()->ordered;
    o.opposite = &other;
    other.opposite = &o;
    o.index = other.index;
  }
  /// From now on no OrderedRef finds them. `second` may be null.
  void end(OrderedSlot& first, OrderedSlot* second) {
    last_ended_ = first.index;
    end(first);
    if (second != nullptr) end(*second);
  }

  /// The most directions that lived at once.
  std::uint64_t max_live() const { return max_live_; }

 private:
  void end(OrderedSlot& o) {
    o.generation_ = 0;
    --live_;
  }

  std::uint64_t last_index_ = 0, last_ended_ = 0;
  std::uint64_t live_ = 0, max_live_ = 0;
};

}  // namespace t2
