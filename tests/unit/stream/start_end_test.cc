// SPDX-License-Identifier: Apache-2.0
// Which SYN, FIN and RST count is what the peer acknowledges: forged, repeated, early and late
// ones, in all orders (RFC 9293 3.10.7, RFC 5961 3.2). The server's direction (b) carries 3,000
// bytes.
#include <gtest/gtest.h>

#include <algorithm>
#include <vector>

#include "tcp_pair.h"

namespace t2::test {
namespace {

constexpr std::uint32_t kClient = 1000, kServer = 9000;  // initial sequence numbers

/// One segment of a capture.
struct Line {
  bool from_server = false;
  Seg s;
};

class Transfer {
 public:
  explicit Transfer(std::uint32_t segment = 1000) {
    client({kClient, "", "S"});
    server({kServer, "", "SA", kClient + 1});
    client({kClient + 1, "", "A", kServer + 1});
    for (std::uint32_t at = 0; at < 3000; at += segment) {
      server({kServer + 1 + at, data().substr(at, segment), "A", kClient + 1});
      client({kClient + 1, "", "A", kServer + 1 + at + segment});
    }
    server({kServer + 3001, "", "FA", kClient + 1});
    client({kClient + 1, "", "FA", kServer + 3002});
    server({kServer + 3002, "", "A", kClient + 2});
  }
  static std::string data() {
    std::string s(3000, '\0');
    for (std::size_t i = 0; i < s.size(); ++i) s[i] = static_cast<char>('a' + i * 7 % 26);
    return s;
  }
  void client(const Seg& s) { lines_.push_back({false, s}); }
  void server(const Seg& s) { lines_.push_back({true, s}); }
  /// Puts a segment before the line with that number.
  void insert(std::size_t at, bool from_server, const Seg& s) {
    lines_.insert(lines_.begin() + static_cast<std::ptrdiff_t>(at), {from_server, s});
  }
  void drop(std::size_t at) { lines_.erase(lines_.begin() + static_cast<std::ptrdiff_t>(at)); }
  void move(std::size_t from, std::size_t to) {
    const Line l = lines_[from];
    drop(from);
    insert(to, l.from_server, l.s);
  }
  void play(TcpPair& t) const {
    for (const Line& l : lines_) t.send(l.from_server ? t.b : t.a, l.s);
    t.finish();
  }
  void expect_whole(StreamUse use = StreamUse::kBulk) const {
    TcpPair t({}, use);
    play(t);
    EXPECT_EQ(t.from_b.bytes, data());
    EXPECT_TRUE(t.from_b.gaps.empty());
    EXPECT_TRUE(t.from_b.fin);
    EXPECT_TRUE(t.stats(t.b).started_at_syn);
    EXPECT_TRUE(t.stats(t.b).finished);
    EXPECT_EQ(t.from_b.restarts, 0);
  }
  void expect_not_whole() const {
    TcpPair t({}, StreamUse::kBulk);
    play(t);
    const StreamStats s = t.stats(t.b);
    EXPECT_FALSE(s.started_at_syn && s.finished && s.gap_bytes == 0);
  }

 private:
  std::vector<Line> lines_;
};

// Lines: 0 SYN, 1 SYN-ACK, 2 ACK, 3 data, 4 ACK, 5 data, 6 ACK, 7 data, 8 ACK, 9 FIN, 10 FIN, 11
// ACK

Seg syn_ack(std::uint32_t number) {
  return {number, "", "SA", kClient + 1};
}

TEST(WhichSyn, SecondSynAckWithANumberNearby) {
  for (const std::uint32_t number : {kServer + 500, kServer + 1, kServer + 999, kServer + 1000}) {
    Transfer t;
    t.insert(2, true, syn_ack(number));
    t.expect_whole();
    t.expect_whole(StreamUse::kInteractive);
  }
}

TEST(WhichSyn, SecondSynAckWithALowerNumber) {
  for (const std::uint32_t number : {kServer - 1, kServer - 500, kServer - 8000}) {
    Transfer t;
    t.insert(2, true, syn_ack(number));
    t.expect_whole();
  }
}

TEST(WhichSyn, SecondSynAckFarAway) {
  for (const std::uint32_t number : {500'000'000u, 3'000'000'000u, 4'294'967'295u}) {
    Transfer t;
    t.insert(2, true, syn_ack(number));
    t.expect_whole();
  }
}

TEST(WhichSyn, ForgedSynAckComesFirst) {
  for (const std::uint32_t number : {kServer + 500, kServer - 500, 500'000'000u, 3'000'000'000u}) {
    Transfer t;
    t.insert(1, true, syn_ack(number));
    t.expect_whole();
    t.expect_whole(StreamUse::kInteractive);
  }
}

TEST(WhichSyn, ForgedSynAckBehindTheAcknowledgement) {
  for (std::size_t at = 3; at < 12; ++at) {
    for (const std::uint32_t number : {kServer + 500, kServer + 1000, 500'000'000u}) {
      Transfer t;
      t.insert(at, true, syn_ack(number));
      t.expect_whole();
    }
  }
}

TEST(WhichSyn, ForgedNumberIsWhereASegmentEnds) {
  Transfer t(500);
  t.insert(2, true, syn_ack(kServer + 500));
  t.expect_whole();
}

TEST(WhichSyn, ForgedSynOfTheClient) {
  for (const std::size_t at : {0u, 1u, 2u, 3u, 6u}) {
    for (const std::uint32_t number : {kClient + 700, 400'000'000u, 3'000'000'000u}) {
      Transfer t;
      t.insert(at, false, {number, "", "S"});
      t.expect_whole();
    }
  }
}

TEST(WhichSyn, TheAcknowledgementStandsBeforeTheSynAcks) {
  Transfer t;
  t.insert(2, true, syn_ack(kServer + 500));
  t.move(3, 1);
  t.expect_whole();
  Transfer far;
  far.insert(1, true, syn_ack(500'000'000));
  far.move(3, 1);
  far.expect_whole();
}

TEST(WhichSyn, LateSynAckOfAnEarlyTransfer) {
  for (std::size_t to = 2; to < 10; ++to) {
    Transfer t;
    t.move(1, to);
    t.expect_whole();
  }
}

TEST(WhichSyn, DataStandsBeforeTheSynAckAndInDisorder) {
  Transfer t;
  t.move(1, 5);
  t.move(4, 1);  // SYN, second data, ...
  t.expect_whole();
}

TEST(WhichSyn, OnlyAForgedSynWasCaptured) {
  for (const std::uint32_t number : {500'000'000u, 3'000'000'000u}) {
    Transfer t;
    t.drop(1);
    t.insert(1, true, syn_ack(number));
    TcpPair pair({}, StreamUse::kBulk);
    t.play(pair);
    EXPECT_EQ(pair.from_b.bytes, Transfer::data());  // and no file of 500 MB
    EXPECT_TRUE(pair.from_b.gaps.empty());
    EXPECT_FALSE(pair.stats(pair.b).started_at_syn);
  }
  Transfer near;
  near.drop(1);
  near.insert(1, true, syn_ack(kServer + 500));
  near.expect_not_whole();
}

TEST(WhichSyn, AnAcknowledgementThatFitsTwo) {
  // That of the right one is missing, that of the first segment is the other one's, too.
  Transfer t(500);
  t.insert(2, true, syn_ack(kServer + 500));
  t.drop(3);
  t.expect_whole();
  t.move(4, 3);  // ... and stands before the segment
  t.expect_whole();
}

TEST(WhichReset, InsideTheWindowButNotAtTheEdge) {
  for (const std::uint32_t ahead : {1u, 500u, 1000u, 1500u}) {
    for (const std::size_t at : {3u, 5u, 6u, 7u}) {
      Transfer t;
      const auto next = static_cast<std::uint32_t>(kServer + 1 + 1000 * ((at - 2) / 2));
      t.insert(at, true, {next + ahead, "", "R"});
      t.expect_whole();
    }
  }
}

TEST(WhichReset, AtTheEdgeButNeverSeenByTheReceiver) {
  for (const std::size_t at : {3u, 5u, 7u}) {
    Transfer t;
    const auto next = static_cast<std::uint32_t>(kServer + 1 + 1000 * ((at - 2) / 2));
    t.insert(at, true, {next, "", "R"});
    t.expect_whole();
    t.insert(at, true, {next, "", "R"});
    t.expect_whole(StreamUse::kInteractive);
  }
}

TEST(WhichReset, RightBehindTheSyn) {
  for (const std::size_t at : {1u, 2u}) {
    Transfer t;
    t.insert(at, false, {kClient + 1, "", "R"});
    t.expect_whole();
  }
}

TEST(WhichReset, TheReceiverFallsSilent) {
  TcpPair t({}, StreamUse::kBulk);
  t.send(t.a, {99, "", "S"});
  t.send(t.b, {499, "", "SA", 100});
  t.send(t.a, {100, "abc", "A", 500});
  t.send(t.b, {500, "", "A", 103});
  t.send(t.a, {103, "", "R"});
  t.send(t.a, {103, "never read", "A", 500});
  t.finish();
  EXPECT_EQ(t.from_a.bytes, "abc");
  EXPECT_FALSE(t.from_a.fin);
}

TEST(WhichFin, AtTheEdgeButNeverSeenByTheReceiver) {
  for (const std::size_t at : {3u, 5u, 7u}) {
    Transfer t;
    const auto next = static_cast<std::uint32_t>(kServer + 1 + 1000 * ((at - 2) / 2));
    t.insert(at, true, {next, "", "FA", kClient + 1});
    t.expect_whole();
  }
}

TEST(WhichFin, AheadWhereASegmentEnds) {
  for (const std::uint32_t offset : {1000u, 2000u, 1500u}) {
    Transfer t;
    t.insert(3, true, {kServer + 1 + offset, "", "FA", kClient + 1});
    t.expect_whole();
  }
}

TEST(WhichFin, ForgedBehindTheRealOneWithMoreData) {
  Transfer t;
  t.insert(9, true, {kServer + 3001, "more", "FA", kClient + 1});
  t.move(9, 10);  // the real FIN, then data in its place, then the acknowledgement of the FIN
  t.expect_whole();
}

TEST(WhichFin, TheReceiverResetBeforeItHadAll) {
  Transfer t;
  t.drop(10);
  t.drop(8);
  t.insert(9, false, {kClient + 1, "", "R"});
  t.expect_not_whole();
}

TEST(WhichFin, TheReceiverStopsAtLess) {
  Transfer t;
  t.drop(10);
  t.move(8, 9);
  t.drop(9);
  t.insert(9, false, {kClient + 1, "", "A", kServer + 2001});
  t.expect_not_whole();
}

TEST(WhichSegment, AcknowledgesWhatWasNeverSent) {
  Transfer t;
  t.insert(5, true, {kServer + 1001, std::string(1000, 'X'), "A", 3'000'000'000});
  t.expect_whole();
  t.insert(5, true, {kServer + 1001, "", "FA", 3'000'000'000});
  t.expect_whole();
}

TEST(NewConnection, WhoseSynAckStandsBeforeItsSyn) {
  TcpPair t({}, StreamUse::kBulk);
  Transfer().play(t);
  const int ends = t.from_b.ends;
  const std::uint32_t c = 70'000'000, s = 80'000'000;
  t.send(t.b, {s, "", "SA", c + 1});
  t.send(t.a, {c, "", "S"});
  t.send(t.a, {c + 1, "", "A", s + 1});
  t.send(t.b, {s + 1, "second", "FA", c + 1});
  t.send(t.a, {c + 1, "", "FA", s + 8});
  EXPECT_EQ(t.from_b.restarts, 1);
  EXPECT_EQ(t.from_b.bytes, "second");
  EXPECT_EQ(t.from_b.ends, ends + 1);
  EXPECT_TRUE(t.from_b.fin);
}

TEST(NewConnection, InsideTheWindowOfOneWhoseEndWasNotCaptured) {
  TcpPair t({}, StreamUse::kBulk);
  t.send(t.a, {99, "", "S"});
  t.send(t.b, {499, "", "SA", 100});
  t.send(t.a, {100, "one", "A", 500});
  t.send(t.b, {500, "hello", "A", 103});
  t.send(t.a, {70'099, "", "S"});
  t.send(t.b, {90'499, "", "SA", 70'100});
  t.send(t.a, {70'100, "two", "FA", 90'500});
  t.send(t.b, {90'500, "!", "FA", 70'104});
  t.finish();
  EXPECT_EQ(t.from_a.restarts, 1);
  EXPECT_EQ(t.from_a.bytes, "two");
  EXPECT_TRUE(t.from_a.fin);
  EXPECT_EQ(t.from_b.restarts, 1);
  EXPECT_EQ(t.from_b.bytes, "!");
}

TEST(NewConnection, ASynAloneEndsNothing) {
  TcpPair t({}, StreamUse::kBulk);
  Transfer transfer;
  transfer.insert(12, false, {70'000'000, "", "S"});
  transfer.insert(13, true, {80'000'000, "", "SA", 1});
  transfer.play(t);
  EXPECT_EQ(t.from_b.restarts, 0);
  EXPECT_TRUE(t.stats(t.b).finished);
}

TEST(Jump, OneDirectionOnlyMakesNoHugeFile) {
  TcpPair t;
  t.send(t.a, {99, "", "S"});
  t.send(t.a, {100, "abc"});
  const std::uint32_t jump = 500u << 20;
  for (std::uint32_t i = 0; i < 20; ++i) t.send(t.a, {103 + jump + 4 * i, "next"});
  t.finish();
  EXPECT_EQ(t.from_a.bytes, "abc");
  EXPECT_EQ(t.stats(t.a).gap_bytes, 0u);
}

}  // namespace
}  // namespace t2::test
