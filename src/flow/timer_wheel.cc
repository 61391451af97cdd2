// SPDX-License-Identifier: Apache-2.0
#include "flow/timer_wheel.h"

#include <algorithm>
#include <bit>
#include <functional>

namespace t2 {
namespace {

Nanoseconds idle_end(const FlowSlot& f) {
  Nanoseconds t = 0;
  return __builtin_add_overflow(f.last_seen, f.timeout, &t) ? INT64_MAX : t;
}

// In the heap a pair has no neighbours: their place holds the deadline of its entry.
void set_entry_deadline(FlowSlot& f, Nanoseconds deadline) {
  const auto bits = static_cast<std::uint64_t>(deadline);
  f.schedule_prev = static_cast<std::uint32_t>(bits);
  f.schedule_next = static_cast<std::uint32_t>(bits >> 32);
}

Nanoseconds entry_deadline(const FlowSlot& f) {
  return static_cast<Nanoseconds>(std::uint64_t{f.schedule_next} << 32 | f.schedule_prev);
}

}  // namespace

Nanoseconds TimerWheel::deadline(const FlowSlot& f) {
  const Nanoseconds t = idle_end(f);
  return f.opposite ? std::max(t, idle_end(*f.other())) : t;
}

void TimerWheel::schedule(FlowSlot& f) {
  if (swept_tick_ == INT64_MIN) swept_tick_ = tick(f.last_seen);
  file(f, deadline(f));
}

void TimerWheel::cancel(FlowSlot& f) {
  if (f.schedule_bucket >= kFirstBucket) unlink(f);
  f.schedule_bucket = kUnfiled;
}

void TimerWheel::moved_closer(FlowSlot& f) {
  const Nanoseconds end = deadline(f);
  if (is_met_before(f, end)) return;
  cancel(f);
  file(f, end);
}

/// Where the pair is filed it is looked at in time for this deadline.
bool TimerWheel::is_met_before(const FlowSlot& f, Nanoseconds deadline) const {
  if (f.schedule_bucket == kInHeap) return entry_deadline(f) <= deadline;
  if (f.schedule_bucket == kUnfiled) return false;
  const std::int64_t next = swept_tick_ + 1, bucket = f.schedule_bucket - kFirstBucket;
  return next + ((bucket - next) & (kBuckets - 1)) <= tick(deadline);
}

/// The pair of an entry, or null if the entry is stale.
FlowSlot* TimerWheel::valid(const Entry& e) const {
  FlowSlot* f = slab_.find(e.flow);
  const bool filed_here =
      f != nullptr && f->schedule_bucket == kInHeap && entry_deadline(*f) == e.deadline;
  return filed_here ? f : nullptr;
}

void TimerWheel::push(FlowSlot& f, Nanoseconds deadline) {
  if (heap_.size() >= long_heap_) drop_stale();
  f.schedule_bucket = kInHeap;
  set_entry_deadline(f, deadline);
  heap_.push_back({deadline, ref(f)});
  std::push_heap(heap_.begin(), heap_.end(), std::greater<>());
}

void TimerWheel::drop_stale() {
  std::erase_if(heap_, [this](const Entry& e) {
    FlowSlot* f = valid(e);
    if (f == nullptr) return true;
    f->schedule_bucket = kUnfiled;  // a second entry with the same deadline is stale, too
    return false;
  });
  for (const Entry& e : heap_) slab_.find(e.flow)->schedule_bucket = kInHeap;
  std::make_heap(heap_.begin(), heap_.end(), std::greater<>());
  long_heap_ = std::max(kFewEntries, 2 * heap_.size());
}

void TimerWheel::file(FlowSlot& f, Nanoseconds deadline) {
  const std::int64_t t = std::min(tick(deadline), swept_tick_ + kBuckets);
  if (t <= swept_tick_) {
    push(f, deadline);
    next_check_ = std::min(next_check_, deadline);
    return;
  }
  const auto bucket = static_cast<std::uint32_t>(t & (kBuckets - 1));
  const std::uint32_t head = heads_[bucket];
  f.schedule_bucket = bucket + kFirstBucket;
  f.schedule_prev = 0;
  f.schedule_next = head;
  if (head != 0) slab_.at(head).schedule_prev = f.slot;
  heads_[bucket] = f.slot;
  used_[bucket / 64] |= std::uint64_t{1} << (bucket % 64);
  next_check_ = std::min(next_check_, (swept_tick_ + 1) << kTickBits);
}

void TimerWheel::unlink(FlowSlot& f) {
  const std::uint32_t bucket = f.schedule_bucket - kFirstBucket;
  if (f.schedule_next != 0) slab_.at(f.schedule_next).schedule_prev = f.schedule_prev;
  if (f.schedule_prev != 0) {
    slab_.at(f.schedule_prev).schedule_next = f.schedule_next;
    return;
  }
  heads_[bucket] = f.schedule_next;
  if (f.schedule_next == 0) used_[bucket / 64] &= ~(std::uint64_t{1} << (bucket % 64));
}

/// Files every pair of the bucket again: in the heap if it is due soon, else further on.
void TimerWheel::sweep(std::int64_t bucket) {
  const auto b = static_cast<std::size_t>(bucket);
  std::uint32_t slot = heads_[b];
  heads_[b] = 0;
  used_[b / 64] &= ~(std::uint64_t{1} << (b % 64));
  while (slot != 0) {
    FlowSlot& f = slab_.at(slot);
    slot = f.schedule_next;
    file(f, deadline(f));
  }
}

void TimerWheel::sweep_until(std::int64_t last_tick) {
  const std::int64_t from = swept_tick_ + 1;
  const std::int64_t n = std::min(last_tick - swept_tick_, kBuckets);
  swept_tick_ = last_tick;
  for (std::int64_t i = 0; i < n;) {
    const std::int64_t bucket = (from + i) & (kBuckets - 1);
    const std::uint64_t word = used_[static_cast<std::size_t>(bucket / 64)] >> (bucket % 64);
    if (word == 0) {
      i += 64 - bucket % 64;
      continue;
    }
    i += std::countr_zero(word);
    if (i >= n) break;
    sweep((from + i) & (kBuckets - 1));
    ++i;
  }
}

void TimerWheel::update_next_check() {
  next_check_ = (swept_tick_ + 1) << kTickBits;
  if (!heap_.empty()) next_check_ = std::min(next_check_, heap_.front().deadline);
}

void TimerWheel::advance(Nanoseconds now, std::vector<FlowSlot*>& due) {
  if (now < next_check_) return;
  if (tick(now) > swept_tick_) sweep_until(tick(now));
  while (!heap_.empty() && heap_.front().deadline <= now) {
    FlowSlot* f = valid(heap_.front());
    std::pop_heap(heap_.begin(), heap_.end(), std::greater<>());
    heap_.pop_back();
    if (f == nullptr) continue;
    const Nanoseconds end = deadline(*f);
    if (end <= now) {
      f->schedule_bucket = kUnfiled;
      due.push_back(f);
    } else {
      file(*f, end);
    }
  }
  update_next_check();
}

}  // namespace t2
