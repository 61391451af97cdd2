// SPDX-License-Identifier: Apache-2.0
// Timer wheel: who is due when, with any clock, and what it keeps meanwhile.
#include "flow/timer_wheel.h"

#include <gtest/gtest.h>

#include <map>
#include <random>
#include <set>

#include "release.h"

namespace t2 {
namespace {

struct Wheel : testing::Test {
  /// As the tracker does with a packet: the pair's deadline becomes its time plus the timeout.
  void see(FlowSlot& f, Nanoseconds time) {
    advance(time);
    const bool backwards = time < f.last_seen;
    f.last_seen = time;
    if (backwards) wheel.moved_closer(f);
  }
  FlowSlot& begin(Nanoseconds time) {
    FlowSlot& f = slab.make();
    f.timeout = 10 * kSecond;
    f.first_seen = f.last_seen = time;
    wheel.schedule(f);
    return f;
  }
  void advance(Nanoseconds time) {
    due.clear();
    wheel.advance(time, due);
  }

  Slab slab{SlotLayout()};
  TimerWheel wheel{slab};
  std::vector<FlowSlot*> due;
};

/// One packet dated far ahead: from then on all deadlines are near ones. Packets that come a little
/// out of order, or ever earlier, leave nothing behind.
TEST_F(Wheel, ClockFarAheadOnce) {
  begin(1'000'000 * kSecond);
  advance(1'000'000 * kSecond);
  FlowSlot& f = begin(0);
  for (int i = 1; i < 20000; ++i) see(f, i * 1000 - (i % 2) * 3000);
  EXPECT_EQ(wheel.entries_in_heap(), 2U);
  for (int i = 0; i < 20000; ++i) see(f, 1'000'000 - i);
  EXPECT_LE(wheel.entries_in_heap(), 1024U);
  advance(f.last_seen + f.timeout - 1);
  EXPECT_TRUE(due.empty());
  advance(f.last_seen + f.timeout);
  EXPECT_EQ(due, std::vector<FlowSlot*>{&f});
}

/// Pairs that end before their deadlines, as when the table is full.
TEST_F(Wheel, ManyPairsTakenOut) {
  begin(1'000'000 * kSecond);
  advance(1'000'000 * kSecond);
  for (int i = 0; i < 20000; ++i) {
    FlowSlot& f = begin(i);
    wheel.cancel(f);
    release(slab, f);
    ASSERT_LE(wheel.entries_in_heap(), 1024U);
  }
}

/// A clock that goes to and fro makes entries that are alike.
TEST_F(Wheel, ClockToAndFro) {
  begin(1'000'000 * kSecond);
  advance(1'000'000 * kSecond);
  FlowSlot& f = begin(0);
  for (int i = 0; i < 20000; ++i) {
    see(f, 9 * kSecond);
    advance(10 * kSecond);  // met and filed again
    see(f, 0);
    ASSERT_LE(wheel.entries_in_heap(), 1024U);
  }
  advance(10 * kSecond);
  EXPECT_EQ(due, std::vector<FlowSlot*>{&f});
}

/// Any clock, any order of pairs: due is who has been idle long enough.
TEST_F(Wheel, AgreesWithModel) {
  std::mt19937_64 random(11);
  std::map<FlowSlot*, Nanoseconds> model;  // when each ends
  std::size_t ended = 0;
  std::size_t longest = 0;
  for (int step = 0; step < 100000; ++step) {
    const bool jump = random() % 5000 == 0;
    const Nanoseconds now =
        jump ? static_cast<Nanoseconds>(random() % 4000) * kSecond
             : step * (kSecond / 100) + static_cast<Nanoseconds>(random() % kSecond);
    advance(now);
    const std::set<FlowSlot*> found(due.begin(), due.end());
    for (auto it = model.begin(); it != model.end();) {
      const bool idle = it->second <= now;
      ASSERT_EQ(found.contains(it->first), idle) << "step " << step;
      if (idle) release(slab, *it->first);
      it = idle ? model.erase(it) : std::next(it);
    }
    ended += found.size();
    const std::uint64_t kind = random() % 100;
    if (model.empty() || (kind < 3 && model.size() < 1000)) {
      model[&begin(now)] = now + 10 * kSecond;
    } else {
      const auto it = std::next(model.begin(), static_cast<long>(random() % model.size()));
      if (kind == 3) {
        wheel.cancel(*it->first);
        release(slab, *it->first);
        model.erase(it);
      } else {
        see(*it->first, now);
        it->second = now + 10 * kSecond;
      }
    }
    longest = std::max(longest, wheel.entries_in_heap());
  }
  EXPECT_GT(ended, 1000U);
  EXPECT_LE(longest, 2048U);
}

}  // namespace
}  // namespace t2
