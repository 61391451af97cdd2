// SPDX-License-Identifier: Apache-2.0
// Writer: order of rows, whoever makes them; what happens when a cell or a sink fails; pairs given
// back.
#include "engine/writer.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <atomic>
#include <deque>
#include <set>
#include <stdexcept>

namespace t2 {
namespace {

/// Pairs whose rows are the flows' indices; the second direction's is negative.
class TestPairs final : public Writer::Pairs {
 public:
  void find_labels(std::span<const EndedPair> all) override {
    for (const EndedPair& p : all) p.a->src_label = 1;
  }
  void encode(Flow& flow, RowWriter& row) override {
    const bool second = static_cast<FlowSlot&>(flow).second;
    EXPECT_TRUE(flow.src_label == 1 || second);
    {
      const MutexLock lock(mutex_);
      makers_.insert(std::this_thread::get_id());
    }
    if (detail::ordered_of(flow).index == failing) {
      row.scalar(std::int64_t{0});
      throw std::runtime_error("out of luck");
    }
    const auto index = static_cast<std::int64_t>(detail::ordered_of(flow).index);
    row.scalar(second ? -index : index);
  }
  void prefetch(const EndedPair& pair) const override { EXPECT_NE(pair.a, nullptr); }
  void destroy(const EndedPair& pair) override {
    EXPECT_NE(pair.a->slot, 0u);
    pair.a->slot = 0;
    ++destroyed;
  }
  void reuse(std::span<const EndedPair> pairs) override {
    EXPECT_EQ(std::this_thread::get_id(), owner_);
    for (const EndedPair& p : pairs) {
      EXPECT_EQ(p.a->slot, 0u);
      EXPECT_TRUE(reused.insert(p.slot_a).second);
    }
  }

  EndedPair pair(std::uint64_t index, bool both) {
    const auto make = [&](bool second) {
      FlowSlot& f = flows_.emplace_back();
      f.ordered.index = index;
      f.second = second;
      f.slot = static_cast<std::uint32_t>(2 * index + (second ? 1 : 0));
      return &f;
    };
    EndedPair p{make(false), both ? make(true) : nullptr, 0, 0};
    p.slot_a = p.a->slot;
    if (both) p.slot_b = p.b->slot;
    return p;
  }
  bool made_here() const { return makers_.contains(owner_); }
  bool made_elsewhere() const { return makers_.size() > (made_here() ? 1 : 0); }

  std::uint64_t failing = 0;
  std::atomic<std::size_t> destroyed = 0;
  std::set<std::uint32_t> reused;

 private:
  std::thread::id owner_ = std::this_thread::get_id();
  Mutex mutex_;
  std::set<std::thread::id> makers_;
  std::deque<FlowSlot> flows_;
};

/// Keeps the numbers that rows are made of, and the text that was made of them.
class TestSink final : public Sink {
 public:
  explicit TestSink(Table table) : table_(table) {}

  bool wants(Table table) const override { return table == table_ || wants_all; }
  Result<void> open(const RunInfo&, const Tables&) override { return {}; }
  void text(Table, const Rows& all, RowText& out) const override {
    for (const RowView row : all) {
      out.text.append(std::to_string(RowReader(row).scalar<std::int64_t>()));
      out.end_row();
    }
  }
  Result<void> write(Table table, const Rows& all, const RowText& text) override {
    while (blocked) std::this_thread::yield();
    std::size_t from = 0, i = 0;
    for (const RowView row : all) {
      const auto v = RowReader(row).scalar<std::int64_t>();
      EXPECT_EQ(text.text.view().substr(from, text.ends[i] - from), std::to_string(v));
      from = text.ends[i++];
      (table == table_ ? rows : others).push_back(v);
      if (rows.size() == failing) return Error{"disk full"};
    }
    return {};
  }
  Result<void> close() override {
    ++closed;
    return {};
  }

  std::atomic<bool> blocked = false;
  bool wants_all = false;
  std::size_t failing = 0;
  std::vector<std::int64_t> rows, others;
  int closed = 0;

 private:
  Table table_;
};

struct WriterTest : testing::Test {
  TestPairs pairs;
  TestSink flows{Table::kFlows}, packets{Table::kPackets};

  static std::vector<std::int64_t> expected(std::int64_t n) {
    std::vector<std::int64_t> all;
    for (std::int64_t i = 1; i <= n; ++i) {
      all.push_back(i);
      if (i % 2 == 0) all.push_back(-i);
    }
    return all;
  }
  void feed(Writer& w, std::uint64_t from, std::uint64_t to) {
    for (std::uint64_t i = from; i <= to; ++i) w.pair_rows(pairs.pair(i, i % 2 == 0));
  }
  /// Something fails with the first batch; what comes behind is not needed any more.
  std::string message_of_failing_run() {
    Writer w(pairs);
    w.add(flows);
    w.start();
    feed(w, 1, 256);
    while (!w.failed()) std::this_thread::yield();
    feed(w, 257, 10'000);
    const Result<void> r = w.finish();
    EXPECT_EQ(flows.closed, 1);
    return r.ok() ? "" : r.error().message;
  }
};

TEST_F(WriterTest, RowsAreMadeByTheWritingThread) {
  Writer w(pairs);
  w.add(flows);
  w.start();
  feed(w, 1, 200);  // less than a batch
  EXPECT_TRUE(w.finish().ok());
  EXPECT_FALSE(pairs.made_here());
  EXPECT_EQ(flows.rows, expected(200));
  EXPECT_EQ(pairs.destroyed, 200u);
  EXPECT_EQ(flows.closed, 1);
}

TEST_F(WriterTest, TheWorkingThreadHelpsWhenTheQueueIsLong) {
  flows.blocked = true;
  Writer w(pairs);
  w.add(flows);
  w.start();
  feed(w, 1, 256);
  // From now on the writing thread hangs in the sink, and its batch's rows are made.
  while (pairs.destroyed < 256) std::this_thread::yield();
  feed(w, 257, 2560);
  EXPECT_TRUE(pairs.made_here());
  flows.blocked = false;
  EXPECT_TRUE(w.finish().ok());
  EXPECT_TRUE(pairs.made_elsewhere());
  EXPECT_EQ(flows.rows, expected(2560));
  EXPECT_EQ(pairs.destroyed, 2560u);
}

TEST_F(WriterTest, RowsKeepTheirOrderWhoeverMakesThem) {
  Writer w(pairs);
  w.add(flows);
  std::atomic<unsigned> woken = 0;
  w.when_rows_wait([&] { ++woken; });
  w.start();
  std::atomic<bool> ending = false;
  std::vector<std::thread> helpers;
  helpers.reserve(3);
  for (int i = 0; i < 3; ++i) {
    helpers.emplace_back([&] {
      while (!ending) {
        if (!w.help()) std::this_thread::yield();
      }
    });
  }
  feed(w, 1, 20'000);
  EXPECT_TRUE(w.finish().ok());
  ending = true;
  for (std::thread& t : helpers) t.join();
  EXPECT_FALSE(w.rows_wait());
  EXPECT_GE(woken, 20'000U / 256);
  EXPECT_EQ(flows.rows, expected(20'000));
}

TEST_F(WriterTest, PairsAreGivenBackWhenTheirRowsAreMade) {
  Writer w(pairs);
  w.add(flows);
  w.start();
  feed(w, 1, 256);
  while (pairs.destroyed < 256) std::this_thread::yield();
  EXPECT_TRUE(pairs.reused.empty());
  // The batch may be on its way back for a while.
  for (std::uint64_t i = 257; pairs.reused.empty() && i < 100'000; ++i) feed(w, i, i);
  EXPECT_GE(pairs.reused.size(), 256u);
  EXPECT_TRUE(w.finish().ok());
}

TEST_F(WriterTest, RowsBeforeACellThatThrowsAreWritten) {
  pairs.failing = 101;
  EXPECT_EQ(message_of_failing_run(),
            "A plugin failed when a row was made (out of luck); the rows before it are written");
  EXPECT_EQ(flows.rows, expected(100));
}

TEST_F(WriterTest, ASinkThatFailsIsAskedNoMore) {
  flows.failing = 5;
  EXPECT_EQ(message_of_failing_run(), "disk full");
  EXPECT_EQ(flows.rows.size(), 5u);
}

TEST_F(WriterTest, PacketRowsAndPairsGoToTheirSinks) {
  Writer w(pairs);
  w.add(flows);
  w.add(packets);
  w.start();
  for (std::uint64_t i = 1; i <= 1000; ++i) {
    feed(w, i, i);
    w.packet_row([&](RowWriter& row) { row.scalar(static_cast<std::int64_t>(1000 + i)); });
  }
  EXPECT_TRUE(w.finish().ok());
  EXPECT_EQ(flows.rows, expected(1000));
  ASSERT_EQ(packets.rows.size(), 1000u);
  EXPECT_TRUE(std::is_sorted(packets.rows.begin(), packets.rows.end()));
  EXPECT_TRUE(flows.others.empty());
}

TEST_F(WriterTest, OneSinkMayWantBothTables) {
  Writer w(pairs);
  flows.wants_all = true;
  w.add(flows);
  EXPECT_TRUE(w.wants(Table::kPackets));
  w.start();
  for (std::uint64_t i = 1; i <= 1000; ++i) {
    feed(w, i, i);
    w.packet_row([&](RowWriter& row) { row.scalar(static_cast<std::int64_t>(i)); });
  }
  EXPECT_TRUE(w.finish().ok());
  EXPECT_EQ(flows.rows, expected(1000));
  EXPECT_EQ(flows.others.size(), 1000u);
  EXPECT_EQ(flows.closed, 1);
}

}  // namespace
}  // namespace t2
