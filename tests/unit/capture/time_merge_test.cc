// SPDX-License-Identifier: Apache-2.0
#include "capture/time_merge.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <random>
#include <tuple>

namespace t2::test {
namespace {

using Time = TimeMerge::Clock::time_point;
using std::chrono::milliseconds;

constexpr milliseconds kHidden{50};

Time at(std::int64_t ms) {
  return Time(milliseconds(ms));
}

TimeMerge::Piece piece(const std::vector<Nanoseconds>& times, Time read) {
  TimeMerge::Piece p;
  for (const Nanoseconds t : times) p.batch.frames[p.batch.size++].time = t;
  p.read = read;
  return p;
}

std::vector<Nanoseconds> taken(TimeMerge& merge) {
  FrameBatch batch;
  merge.take(batch);
  std::vector<Nanoseconds> times;
  for (std::size_t i = 0; i < batch.size; ++i) times.push_back(batch.frames[i].time);
  return times;
}

TEST(TimeMerge, WaitsForASilentSocketUntilNothingCanBeHidden) {
  TimeMerge merge(2, kHidden);
  merge.add(0, piece({10, 20, 40}, at(100)));
  merge.empty(1, at(149));
  EXPECT_TRUE(taken(merge).empty());
  EXPECT_TRUE(merge.holds());
  merge.add(1, piece({15, 20, 30}, at(149)));
  EXPECT_EQ(taken(merge), (std::vector<Nanoseconds>{10, 15, 20, 20, 30}));
  merge.empty(1, at(150));
  EXPECT_EQ(taken(merge), std::vector<Nanoseconds>{40});
  EXPECT_FALSE(merge.holds());
}

TEST(TimeMerge, AtTheEndNothingIsWaitedFor) {
  TimeMerge merge(3, kHidden);
  merge.add(2, piece({3, 5}, at(100)));
  merge.add(1, piece({4}, at(100)));
  merge.end();
  EXPECT_EQ(taken(merge), (std::vector<Nanoseconds>{3, 4, 5}));
}

TEST(TimeMerge, MemoryStaysAsLongAsTheBatch) {
  TimeMerge merge(2, kHidden);
  std::vector<std::weak_ptr<const void>> memory;
  for (std::size_t s = 0; s < 2; ++s) {
    TimeMerge::Piece p = piece({1, 3, 5}, at(0));
    auto bytes = std::make_shared<int>();
    memory.emplace_back(bytes);
    p.batch.memory = std::move(bytes);
    merge.add(s, std::move(p));
  }
  merge.end();
  FrameBatch batch;
  merge.take(batch);
  EXPECT_EQ(batch.size, 6u);
  EXPECT_EQ(merge.take_used().size(), 2u);
  for (const auto& m : memory) EXPECT_FALSE(m.expired());
  batch.memory.reset();
  for (const auto& m : memory) EXPECT_TRUE(m.expired());
}

/// A packet of the model: times in milliseconds of one clock.
struct Sent {
  std::int64_t came, readable;
  std::size_t socket;
  std::uint32_t number;
};

/// Packets come to sockets and can be read up to kHidden later, in their order; readers ask when
/// they like.
TEST(TimeMerge, GivesTheOrderOfTimesHoweverReadersAndKernelTakeTurns) {
  std::mt19937 dice(7);
  const auto roll = [&](int n) { return static_cast<std::int64_t>(dice() % n); };
  for (int round = 0; round < 100; ++round) {
    const auto sockets = static_cast<std::size_t>(1 + roll(4));
    std::vector<Sent> sent;
    std::vector<std::int64_t> readable(sockets);
    std::int64_t now = 0;
    for (std::uint32_t i = 0; i < 500; ++i) {
      now += roll(20) == 0 ? roll(200) : roll(3);
      const std::size_t s =
          roll(3) == 0 ? static_cast<std::size_t>(roll(static_cast<int>(sockets))) : 0;
      readable[s] = std::max(readable[s], now + roll(50));  // what comes first can be read first
      sent.push_back({now, readable[s], s, i});
    }
    std::vector<Sent> expected = sent;
    std::stable_sort(expected.begin(), expected.end(), [](const Sent& x, const Sent& y) {
      return std::tie(x.came, x.socket) < std::tie(y.came, y.socket);
    });

    TimeMerge merge(sockets, kHidden);
    std::vector<std::uint32_t> got;
    std::vector<std::size_t> next(sockets);
    FrameBatch batch;
    for (std::int64_t clock = 0; clock < now + 200; ++clock) {
      for (std::size_t s = 0; s < sockets; ++s) {
        if (roll(4) == 0) continue;  // this reader does not come to it
        TimeMerge::Piece p;
        const auto most = static_cast<std::size_t>(1 + roll(20));
        std::size_t& n = next[s];
        for (; n < sent.size() && p.batch.size < most; ++n) {
          if (sent[n].socket != s) continue;
          if (sent[n].readable > clock) break;
          Frame& f = p.batch.frames[p.batch.size++];
          f.time = sent[n].came;
          f.wire_length = sent[n].number;
        }
        p.read = at(clock);
        p.batch.size > 0 ? merge.add(s, std::move(p)) : merge.empty(s, at(clock));
      }
      if (roll(3) == 0) continue;
      merge.take(batch);
      for (std::size_t i = 0; i < batch.size; ++i) got.push_back(batch.frames[i].wire_length);
    }
    ASSERT_EQ(got.size(), expected.size()) << "more waiting than needed";
    for (std::size_t i = 0; i < got.size(); ++i) ASSERT_EQ(got[i], expected[i].number) << i;
  }
}

}  // namespace
}  // namespace t2::test
