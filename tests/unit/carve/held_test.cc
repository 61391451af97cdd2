// SPDX-License-Identifier: Apache-2.0
// HeldBytes against the plainest implementation: lists of pieces and one sum for the run.
#include "t2/held.h"

#include <gtest/gtest.h>

#include <array>
#include <cstdint>
#include <cstdlib>
#include <optional>
#include <random>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "carve/store.h"
#include "t2/plugin.h"

namespace t2::test {
namespace {

/// Of no run: nobody asks it anything.
class NoRun final : public RunFacts, public RunCore {
 public:
  const RunFacts& run() const override { return *this; }
  const TextSettings& text_settings() const override { std::abort(); }
  const RunInfo& run_info() const override { std::abort(); }
  bool packet_mode() const override { std::abort(); }
  bool carving() const override { std::abort(); }
  Labels& labels() const override { std::abort(); }
  Nanoseconds run_start() const override { std::abort(); }
  const Captures& captures() const override { std::abort(); }
  std::optional<CapturePosition> capture_position(std::uint64_t) const override { std::abort(); }
  const std::vector<std::string>& manifests() const override { std::abort(); }
  bool interrupted() const override { std::abort(); }
  RunEnd run_end() const override { std::abort(); }
  OrderedFlow* find(OrderedRef) override { std::abort(); }
  Expectations& expectations() override { std::abort(); }
  bool open_stream(OrderedFlow&, const OrderedPartBase&, StreamUse,
                   std::optional<std::uint32_t>) override {
    std::abort();
  }
  void close_stream(OrderedFlow&, const OrderedPartBase&) override { std::abort(); }
  StreamStats stream_stats(const OrderedFlow&) const override { std::abort(); }
  void rest(OrderedFlow&, const OrderedPartBase&) override { std::abort(); }
  void note_manifest(const std::string&) override { std::abort(); }
  void fail(const std::string&) override { std::abort(); }
  void info(std::string_view) override { std::abort(); }
  void warn(std::string_view) override { std::abort(); }
};

Chunk bytes_of(std::string_view bytes) {
  Chunk c;
  c.length = bytes.size();
  c.data = as_bytes(bytes);
  return c;
}
Chunk gap_of(std::uint64_t length) {
  Chunk c;
  c.kind = Chunk::Kind::kGap;
  c.length = length;
  return c;
}

/// What a direction holds, as one that reads on would say it.
using Pieces = std::vector<std::pair<std::string, std::uint64_t>>;
Pieces taken(HeldBytes& held) {
  Pieces all;
  for (const HeldBytes::Piece& p : held.take())
    all.emplace_back(std::string(p.data.begin(), p.data.end()), p.length);
  return all;
}

class Held : public ::testing::Test {
 protected:
  static constexpr std::uint64_t kPiece = sizeof(HeldBytes::Piece);
  const std::uint64_t room = ContentOptions().most_held;  // of the run

  /// What the run's room has left, to the byte.
  void expect_held(std::uint64_t bytes) {
    const bool all = contents.hold(room - bytes);
    EXPECT_TRUE(all);
    EXPECT_FALSE(contents.hold(1 + (all ? 0 : room - bytes)));
    if (all) contents.release(room - bytes);
  }

  NoRun core;
  ContentStore store{core};
  Contents contents{store, "ftp"};
};

TEST_F(Held, OrderOfDataAndGaps) {
  HeldBytes held(contents);
  EXPECT_TRUE(held.empty());
  EXPECT_TRUE(held.add(bytes_of("one"), room));
  EXPECT_TRUE(held.add(gap_of(5'000'000'000), room));
  EXPECT_TRUE(held.add(bytes_of("two"), room));
  EXPECT_FALSE(held.empty());
  EXPECT_EQ(taken(held), (Pieces{{"one", 3}, {"", 5'000'000'000}, {"two", 3}}));
  EXPECT_TRUE(held.empty());
  EXPECT_EQ(taken(held), Pieces{});
}

TEST_F(Held, TheBytesAreItsOwn) {
  HeldBytes held(contents);
  std::string bytes = "mine";
  EXPECT_TRUE(held.add(bytes_of(bytes), room));
  bytes = "gone";
  EXPECT_EQ(taken(held), (Pieces{{"mine", 4}}));
}

TEST_F(Held, LimitOfOneDirection) {
  HeldBytes held(contents);
  const std::uint64_t most = 2 * (4 + kPiece);
  EXPECT_TRUE(held.add(bytes_of("1234"), most));
  EXPECT_FALSE(held.add(bytes_of("12345"), most));
  EXPECT_EQ(held.bytes(), 4 + kPiece);
  expect_held(4 + kPiece);
  EXPECT_TRUE(held.add(bytes_of("1234"), most));
  // Gaps cost room, too: a capture full of holes is bounded as well.
  EXPECT_FALSE(held.add(gap_of(1), most));
  EXPECT_EQ(taken(held), (Pieces{{"1234", 4}, {"1234", 4}}));
}

TEST_F(Held, LimitOfTheRun) {
  HeldBytes one(contents), two(contents);
  ASSERT_TRUE(contents.hold(room - 3 - kPiece));
  EXPECT_FALSE(one.add(bytes_of("four"), room));
  EXPECT_TRUE(one.add(bytes_of("333"), room));
  EXPECT_FALSE(two.add(gap_of(1), room));
  EXPECT_TRUE(two.empty());
  one.take();
  EXPECT_TRUE(two.add(gap_of(1), room));
  contents.release(room - 3 - kPiece);
}

TEST_F(Held, WhatIsDroppedIsHeldNoMore) {
  {
    HeldBytes held(contents);
    EXPECT_TRUE(held.add(bytes_of("dropped"), room));
    expect_held(7 + kPiece);
  }
  expect_held(0);
}

TEST_F(Held, AsTheModel) {
  struct Direction {
    explicit Direction(Contents& c) : held(c) {}
    HeldBytes held;
    Pieces pieces;
    std::uint64_t cost = 0;
  };
  std::array<Direction, 3> all{Direction{contents}, Direction{contents}, Direction{contents}};
  std::mt19937 random(19);
  const auto below = [&](unsigned n) {
    return std::uniform_int_distribution<unsigned>(0, n - 1)(random);
  };
  // Little of the run's room is left, so that both limits are met.
  const std::uint64_t left = 6000, most = 3000;
  ASSERT_TRUE(contents.hold(room - left));
  std::uint64_t sum = 0;
  unsigned refused_here = 0, refused_by_run = 0;
  for (int step = 0; step < 20'000; ++step) {
    Direction& d = all[below(3)];
    if (below(40) == 0) {
      EXPECT_EQ(taken(d.held), d.pieces);
      sum -= std::exchange(d.cost, 0);
      d.pieces.clear();
    } else {
      const std::string bytes(below(4) == 0 ? 0 : 1 + below(300),
                              static_cast<char>('a' + below(26)));
      const std::uint64_t length = bytes.empty() ? 1 + below(1'000'000) : bytes.size();
      const std::uint64_t cost = bytes.size() + kPiece;
      const bool here = d.cost + cost <= most, run = sum + cost <= left;
      refused_here += here ? 0 : 1;
      refused_by_run += here && !run ? 1 : 0;
      ASSERT_EQ(d.held.add(bytes.empty() ? gap_of(length) : bytes_of(bytes), most), here && run)
          << step;
      if (here && run) {
        d.pieces.emplace_back(bytes, length);
        d.cost += cost;
        sum += cost;
      }
    }
    ASSERT_EQ(d.held.bytes(), d.cost) << step;
    ASSERT_EQ(d.held.empty(), d.pieces.empty()) << step;
    if (step % 100 == 0) expect_held(room - left + sum);
  }
  EXPECT_GT(refused_here, 100u);
  EXPECT_GT(refused_by_run, 100u);
  contents.release(room - left);
}

}  // namespace
}  // namespace t2::test
