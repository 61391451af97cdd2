// SPDX-License-Identifier: Apache-2.0
// Offers: packets that a shard holds ready for Join because ordered parts may want them. A shard is
// ahead of Join and does not know yet what these parts make of a flow; of most packets it turns out
// that nobody wants them, and then they cost Join nothing (docs/many-cores.md).
#pragma once

#include <cstddef>
#include <cstdint>
#include <limits>
#include <span>
#include <vector>

#include "engine/block.h"
#include "engine/interest.h"

namespace t2 {

/// Of the block at hand. Join's.
class Offers {
 public:
  /// Outlives it.
  explicit Offers(const Interest& interest) : interest_(interest) {}

  /// A block of so many frames. What is wanted as things stand is taken up. The results stay until
  /// the next call.
  void begin(std::span<const ShardResult> results, std::size_t frames);
  /// The direction has begun at the `at`th frame: from the next one on, what the pair wants now.
  void follow(OrderedSlot& f, std::size_t at);
  /// Of the frames below `until` that were taken up and not told yet, the first.
  struct Wanted {
    OrderedSlot* flow = nullptr;  // null: there is none
    std::size_t at = 0;
  };
  Wanted next(std::size_t until) {
    if (next_ >= until) return {};
    const Wanted found{flows_[next_], next_};
    next_ = marked_from(next_ + 1);
    return found;
  }
  /// The one some way behind those told, so that its memory can be asked for.
  Wanted ahead();

 private:
  static constexpr std::size_t kBits = 64;  // of a word
  static constexpr std::size_t kNone = std::numeric_limits<std::size_t>::max();

  std::size_t marked_from(std::size_t at) const;
  void take_up(const ShardResult& result, const Offer& offer, std::size_t from);
  void take_up(OrderedSlot& f, std::size_t from);

  const Interest& interest_;
  std::span<const ShardResult> results_;
  std::vector<OrderedSlot*> flows_;       // by frame, of those marked
  std::vector<std::uint64_t> marked_;     // a bit per frame
  std::size_t next_ = kNone, ahead_ = 0;  // the first one marked; what ahead() has told
};

}  // namespace t2
