// SPDX-License-Identifier: Apache-2.0
// Conductor: every stage of every block once, in the order that is promised, whoever works.
#include "engine/conductor.h"

#include <gtest/gtest.h>

#include <atomic>
#include <stdexcept>
#include <vector>

namespace t2 {
namespace {

constexpr unsigned kShards = 3;

/// Notes how far blocks have come, and complains when one comes too early or twice.
class Watch final : public Stages {
 public:
  explicit Watch(std::size_t blocks) : prepared_(blocks), sharded_(blocks) {}

  void prepare(Block& b) override {
    EXPECT_EQ(prepared_[b.first]++, 0);
    if (b.first == fails_) throw std::runtime_error("here");
  }
  void line_up(Block& b) override {
    EXPECT_EQ(prepared_[b.first].load(), 1);
    EXPECT_EQ(lined_up_++, b.first);
  }
  void shard(Block& b, unsigned shard) override {
    EXPECT_GT(lined_up_.load(), b.first);
    EXPECT_EQ(next_[shard]++, b.first);
    ++sharded_[b.first];
  }
  void in_order(Block& b) override {
    EXPECT_EQ(joined_.load(), b.first) << "others are in the shards";
    for (unsigned s = 0; s < kShards; ++s) shard(b, s);
    ++in_order_;
  }
  bool fits(const Demand& d) const override { return d.directions <= room_; }
  bool rows_wait() const override { return rows_ > 0; }
  void make_rows() override {
    const MutexLock lock(mutex_);
    if (rows_ > 0) --rows_;
  }
  void join(Block& b) override {
    ++rows_;
    EXPECT_EQ(sharded_[b.first].load(), static_cast<int>(kShards));
    EXPECT_EQ(joined_++, b.first);
  }

  std::uint64_t joined() const { return joined_; }
  std::uint64_t rows() const { return rows_; }
  std::uint64_t in_order() const { return in_order_; }
  void fail_at(std::uint64_t block) { fails_ = block; }
  void limit(std::uint64_t room) { room_ = room; }

 private:
  std::vector<std::atomic<int>> prepared_, sharded_;
  std::atomic<std::uint64_t> lined_up_ = 0, joined_ = 0;
  std::atomic<std::uint64_t> next_[kShards] = {};
  std::atomic<std::uint64_t> in_order_ = 0, rows_ = 0;
  Mutex mutex_;
  std::uint64_t fails_ = UINT64_MAX, room_ = UINT64_MAX;
};

void give(Conductor& c, std::size_t blocks) {
  for (std::size_t i = 0; i < blocks; ++i) {
    auto b = std::make_unique<Block>();
    b->first = i;
    c.take(std::move(b));
  }
}

void expect_all_joined(const ConductorOptions& options, std::size_t blocks) {
  Watch watch(blocks);
  Conductor c(options, watch);
  c.start();
  give(c, blocks);
  c.settle();
  EXPECT_EQ(watch.joined(), blocks);
}

TEST(Conductor, WorksInAnyOrderThatKeepsThePromises) {
  for (std::uint64_t seed = 0; seed < 50; ++seed) {
    expect_all_joined({kShards, 0, 1 + seed % 7, seed}, 40);
  }
}

TEST(Conductor, WorksWithThreads) {
  for (unsigned threads = 1; threads < 4; ++threads) {
    expect_all_joined({kShards, threads, 6, 0}, 500);
  }
}

/// Every third block is too large to be in the shards with another one, every ninth even alone.
TEST(Conductor, BlocksThatDoNotFitAreAlone) {
  for (unsigned threads = 0; threads < 3; ++threads) {
    constexpr std::size_t kBlocks = 90;
    Watch watch(kBlocks);
    watch.limit(10);
    Conductor c({kShards, threads, 6, threads}, watch);
    c.start();
    for (std::size_t i = 0; i < kBlocks; ++i) {
      auto b = std::make_unique<Block>();
      b->first = i;
      b->demand.directions = i % 9 == 0 ? 11 : i % 3 == 0 ? 9 : 2;
      c.take(std::move(b));
    }
    c.settle();
    EXPECT_EQ(watch.joined(), kBlocks);
    EXPECT_EQ(watch.in_order(), kBlocks / 9);
  }
}

TEST(Conductor, AFailureEndsTheWork) {
  for (unsigned threads = 0; threads < 3; ++threads) {
    Watch watch(100);
    watch.fail_at(20);
    Conductor c({kShards, threads, 4, 1}, watch);
    c.start();
    give(c, 100);
    EXPECT_THROW(c.settle(), std::runtime_error);
    EXPECT_LE(watch.joined(), 20U);
  }
}

}  // namespace
}  // namespace t2
