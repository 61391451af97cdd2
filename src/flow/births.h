// SPDX-License-Identifier: Apache-2.0
// Births: begins and ends what ordered parts see of directions, in packet order, whichever shard
// made them; numbers the pairs and counts those that live.
#pragma once

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <vector>

#include "flow/slot.h"

namespace t2 {

class Births {
 public:
  /// At the first packet of a direction, whose opposite was `other` then, or null. `continues`:
  /// FlowTracker::Assigned.
  void begin(OrderedSlot& f, OrderedSlot* other, bool continues) {
    if (f.place_ >= living_.size()) living_.resize(std::size_t{f.place_} * 2 + 1);
    living_[f.place_] = f.generation_;
    max_live_ = std::max(max_live_, ++live_);
    if (other == nullptr) {
      f.index = continues ? last_ended_ : ++last_index_;
      return;
    }
    f.opposite = other;
    other->opposite = &f;
    f.index = other->index;
  }
  /// From now on no OrderedRef finds them. `second` may be null. A direction at whose first packet
  /// a shard part threw is numbered only now.
  void end(OrderedSlot& first, OrderedSlot* second) {
    if (!lives(first)) begin(first, second != nullptr && lives(*second) ? second : nullptr, false);
    if (second != nullptr && !lives(*second)) begin(*second, &first, false);
    last_ended_ = first.index;
    end(first);
    if (second != nullptr) end(*second);
  }
  /// The flow if it has not ended. Of one that has, memory is not looked at: the shard may have
  /// made another flow there, of which nobody has heard yet.
  OrderedFlow* find(const OrderedRef& r) const {
    return r && lives(r.place, r.generation) ? r.flow : nullptr;
  }

  /// Directions, now and at most.
  std::uint64_t live() const { return live_; }
  std::uint64_t max_live() const { return max_live_; }

 private:
  bool lives(std::uint32_t place, std::uint32_t generation) const {
    return place < living_.size() && living_[place] == generation;
  }
  bool lives(const OrderedSlot& f) const { return lives(f.place_, f.generation_); }
  void end(const OrderedSlot& f) {
    living_[f.place_] = 0;
    --live_;
  }

  std::vector<std::uint32_t> living_;  // generation by place, 0: none lives there
  std::uint64_t last_index_ = 0, last_ended_ = 0;
  std::uint64_t live_ = 0, max_live_ = 0;
};

}  // namespace t2
