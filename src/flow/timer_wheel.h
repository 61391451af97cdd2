// SPDX-License-Identifier: Apache-2.0
// TimerWheel: finds pairs whose deadline has come, without work per packet. A pair is filed once
// under its deadline; packets that move the deadline back do not touch the wheel: when the old
// deadline comes, the pair is simply filed again. Only a deadline that moves closer than where the
// pair is filed is filed anew at once.
#pragma once

#include <array>
#include <cstdint>
#include <vector>

#include "flow/slab.h"
#include "t2/types.h"

namespace t2 {

class TimerWheel {
 public:
  explicit TimerWheel(Slab& slab) : slab_(slab), heads_(kBuckets, 0) {}

  /// When nothing can be due before. Compare with the clock before calling advance().
  Nanoseconds next_check() const { return next_check_; }

  /// Files the pair, of which `f` is the direction that stands in the table.
  void schedule(FlowSlot& f);
  void cancel(FlowSlot& f);
  /// To be called when a timeout was lowered or the clock went back.
  void moved_closer(FlowSlot& f);

  /// Appends all pairs that are due at `now` to `due`, in no particular order, and forgets them.
  void advance(Nanoseconds now, std::vector<FlowSlot*>& due);

  /// Never more than twice the most pairs that were filed at once, or a few.
  std::size_t entries_in_heap() const { return heap_.size(); }

  /// When both directions have been idle long enough.
  static Nanoseconds deadline(const FlowSlot& f);

 private:
  static constexpr unsigned kTickBits = 26;  // 67 ms
  static constexpr std::int64_t kBuckets = 16384;
  static constexpr std::uint32_t kUnfiled = 0, kInHeap = 1, kFirstBucket = 2;

  struct Entry {
    Nanoseconds deadline;
    FlowRef flow;
    bool operator>(const Entry& o) const { return deadline > o.deadline; }
  };

  static constexpr std::size_t kFewEntries = 1024;

  static std::int64_t tick(Nanoseconds t) { return t >> kTickBits; }
  FlowSlot* valid(const Entry& e) const;
  bool is_met_before(const FlowSlot& f, Nanoseconds deadline) const;
  void push(FlowSlot& f, Nanoseconds deadline);
  void drop_stale();
  void file(FlowSlot& f, Nanoseconds deadline);
  void unlink(FlowSlot& f);
  void sweep(std::int64_t bucket);
  void sweep_until(std::int64_t last_tick);
  void update_next_check();

  Slab& slab_;
  std::vector<std::uint32_t> heads_;                 // first slot per bucket
  std::array<std::uint64_t, kBuckets / 64> used_{};  // one bit per bucket that is not empty
  // Deadlines up to this tick are in the heap, later ones in the buckets.
  std::int64_t swept_tick_ = INT64_MIN;
  // A pair in the heap keeps the deadline of its entry. Entries with another one, and those of
  // pairs that ended, are stale: dropped when they come up, or all at once when the heap has become
  // long.
  std::vector<Entry> heap_;
  std::size_t long_heap_ = kFewEntries;
  Nanoseconds next_check_ = INT64_MAX;
};

}  // namespace t2
