// SPDX-License-Identifier: Apache-2.0
// Offers: of what shards hold ready, what is wanted comes in the order of frames, and the rest not.
#include "engine/offers.h"

#include <gtest/gtest.h>

#include <deque>
#include <vector>

#include "flow/births.h"

namespace t2 {
namespace {

constexpr std::uint32_t kGreedy = 1, kSynAlone = 2;  // bits of ordered parts
constexpr std::uint32_t kShards = 2;

struct OffersTest : testing::Test {
  OffersTest() { interest.add_greedy(0); }

  /// In the shards' memory; not yet born.
  FlowSlot& make(std::uint32_t shard) {
    FlowSlot& f = flows.emplace_back();
    f.ordered.place_ = static_cast<std::uint32_t>(flows.size()) * kShards + shard;
    f.ordered.generation_ = 1;
    return f;
  }
  void bear(FlowSlot& f, std::uint32_t wanted_by, FlowSlot* other = nullptr) {
    births.begin(f.ordered, other != nullptr ? &other->ordered : nullptr, false);
    f.ordered.wanted_by = wanted_by;
  }
  /// As Recorder does.
  void offer(FlowSlot& f, const std::vector<std::uint32_t>& frames, bool syn = false) {
    ShardResult& r = results[f.ordered.place_ % kShards];
    Offer o{&f, 0, syn};
    for (const std::uint32_t at : frames) {
      r.offered.push_back({at, o.newest});
      o.newest = static_cast<std::uint32_t>(r.offered.size());
    }
    r.offers.push_back(o);
  }
  std::vector<std::size_t> told(std::size_t until, const FlowSlot* of = nullptr) {
    std::vector<std::size_t> at;
    for (auto w = offers.next(until); w.flow != nullptr; w = offers.next(until)) {
      if (of == nullptr || w.flow == &of->ordered) at.push_back(w.at);
    }
    return at;
  }

  std::deque<FlowSlot> flows;
  Births births;
  Interest interest;
  Offers offers{interest};
  std::vector<ShardResult> results = std::vector<ShardResult>(kShards);
};

using At = std::vector<std::size_t>;

TEST_F(OffersTest, InOrderOfFramesOverAllShards) {
  FlowSlot &a = make(0), &b = make(1), &nobodys = make(0);
  bear(a, kGreedy);
  bear(b, kGreedy);
  bear(nobodys, 0);
  offer(a, {1, 63, 64, 700});
  offer(nobodys, {2, 3});
  offer(b, {0, 65, 699});
  offers.begin(results, 701);
  EXPECT_EQ(told(1), At({0}));
  EXPECT_EQ(told(65), At({1, 63, 64}));
  EXPECT_EQ(told(65), At());
  EXPECT_EQ(told(701), At({65, 699, 700}));
  EXPECT_EQ(told(701), At());
}

TEST_F(OffersTest, NewDirectionsFromTheirBirthOn) {
  FlowSlot &before = make(1), &now = make(0), &rests = make(0);
  bear(before, kGreedy);
  offer(before, {1, 5, 9});
  offer(now, {6, 7});
  offer(rests, {8});
  offers.begin(results, 10);
  EXPECT_EQ(told(4), At({1}));
  bear(now, kGreedy);
  offers.follow(now.ordered, 4);
  bear(rests, 0);
  offers.follow(rests.ordered, 4);
  EXPECT_EQ(told(10), At({5, 6, 7, 9}));
}

/// What nobody wanted of a direction matters again when its opposite comes, which may open a
/// stream.
TEST_F(OffersTest, TheOppositeBringsItBack) {
  FlowSlot &a = make(0), &b = make(0);
  bear(a, 0);
  offer(a, {1, 2, 7, 9});
  offer(b, {8});
  offers.begin(results, 10);
  EXPECT_EQ(told(5), At());
  bear(b, kGreedy, &a);
  offers.follow(b.ordered, 5);
  EXPECT_FALSE(a.ordered.quiet);
  EXPECT_EQ(told(10, &a), At({7, 9}));
}

TEST_F(OffersTest, ThoseWithSynForWhoWantsNoOthers) {
  FlowSlot &plain = make(0), &syn = make(1);
  bear(plain, kSynAlone);
  bear(syn, kSynAlone);
  offer(plain, {1});
  offer(syn, {2, 3}, true);
  offers.begin(results, 10);
  EXPECT_EQ(told(10), At({2, 3}));
}

TEST_F(OffersTest, PairsThatNobodyWantsAreQuiet) {
  FlowSlot &a = make(0), &b = make(0), &alone = make(1);
  bear(a, 0);
  bear(b, 0, &a);
  bear(alone, 0);
  offer(a, {1});
  offer(alone, {2});
  offers.begin(results, 3);
  EXPECT_TRUE(a.ordered.quiet && b.ordered.quiet);
  EXPECT_FALSE(alone.ordered.quiet) << "its opposite may come yet";
}

TEST_F(OffersTest, NothingIsLeftOfTheBlockBefore) {
  FlowSlot& a = make(0);
  bear(a, kGreedy);
  offer(a, {1, 2});
  offers.begin(results, 3);
  EXPECT_EQ(told(2), At({1}));
  results = std::vector<ShardResult>(kShards);
  offers.begin(results, 3);
  EXPECT_EQ(told(3), At());
  offers.follow(a.ordered, 0);
  EXPECT_EQ(told(3), At());
}

TEST_F(OffersTest, AheadIsBehindWhatWasTold) {
  FlowSlot& a = make(0);
  bear(a, kGreedy);
  offer(a, {1, 2, 40, 900});
  offers.begin(results, 901);
  EXPECT_EQ(offers.next(901).at, 1U);
  EXPECT_EQ(offers.ahead().at, 2U);
  EXPECT_EQ(offers.ahead().at, 40U);
  EXPECT_EQ(offers.ahead().flow, nullptr) << "too far";
}

}  // namespace
}  // namespace t2
