// SPDX-License-Identifier: Apache-2.0
#include <gtest/gtest.h>

#include "tcp_pair.h"

namespace t2::test {
namespace {

using Gaps = std::vector<std::pair<std::uint64_t, std::uint64_t>>;

TEST(Stream, DeliversInOrderFromSynToFin) {
  TcpPair t;
  t.send(t.a, {99, "", "S"});
  t.send(t.a, {100, "hello "});
  t.send(t.a, {106, "world", "AF"});
  EXPECT_EQ(t.from_a.bytes, "hello world");
  EXPECT_EQ(t.from_a.ends, 1);
  EXPECT_TRUE(t.from_a.fin);
  EXPECT_TRUE(t.stats(t.a).started_at_syn);
  EXPECT_TRUE(t.stats(t.a).finished);
  t.finish();
  EXPECT_EQ(t.from_a.ends, 1);
}

TEST(Stream, DeliversAtThePacketThatCompletes) {
  TcpPair t;
  t.send(t.a, {99, "", "S"});
  t.send(t.a, {103, "def"});
  EXPECT_EQ(t.from_a.bytes, "");
  t.send(t.a, {100, "abc"});
  EXPECT_EQ(t.from_a.bytes, "abcdef");
  EXPECT_EQ(t.streams.usage().buffered, 0u);
}

TEST(Stream, DataInTheSynCounts) {
  TcpPair t;
  t.send(t.a, {99, "early", "S"});
  t.send(t.a, {105, " late"});
  EXPECT_EQ(t.from_a.bytes, "early late");
}

TEST(Stream, SequenceNumbersWrap) {
  TcpPair t;
  t.send(t.a, {0xfffffffdu, "", "S"});
  t.send(t.a, {0xfffffffeu, "abcd"});
  t.send(t.a, {2, "ef"});
  t.send(t.a, {0xffffffffu, "bcdef"});
  EXPECT_EQ(t.from_a.bytes, "abcdef");
  EXPECT_EQ(t.stats(t.a).conflicts, 0u);
}

TEST(Stream, PassesFourGigabytes) {
  TcpPair t;
  const std::string block(1u << 16, 'x');
  t.send(t.a, {0, "", "S"});
  std::uint64_t sent = 0;
  struct Count : ChunkHandler {
    std::uint64_t bytes = 0, gaps = 0;
    void on_chunk(StreamEnd&, const Chunk& c) override {
      (c.kind == Chunk::Kind::kData ? bytes : gaps) += c.length;
    }
  } count;
  Packet p;
  p.l4_proto = 6;
  p.src_ip.family = Family::kIpv4;
  std::uint8_t header[20] = {};
  header[12] = 0x50;
  p.l4 = header;
  p.l4_header_length = 20;
  p.l7 = as_bytes(block);
  p.l7_length = 1u << 16;
  for (; sent < (5ull << 30); sent += block.size()) {
    const auto seq = static_cast<std::uint32_t>(1 + sent);
    for (int i = 0; i < 4; ++i) header[4 + i] = static_cast<std::uint8_t>(seq >> (24 - 8 * i));
    t.streams.on_packet(t.a, p, count);
  }
  EXPECT_EQ(count.bytes, 5ull << 30);
  EXPECT_EQ(count.gaps, 0u);
}

TEST(Stream, FirstBytesWinWhenWaiting) {
  TcpPair t;
  t.send(t.a, {99, "", "S"});
  t.send(t.a, {103, "XYZ"});
  t.send(t.a, {102, "cdefgh"});  // 103..105 are there already
  t.send(t.a, {100, "ab"});
  EXPECT_EQ(t.from_a.bytes, "abcXYZgh");
  EXPECT_EQ(t.stats(t.a).conflicts, 1u);
}

TEST(Stream, FirstBytesWinAfterDelivery) {
  TcpPair t;
  t.send(t.a, {99, "", "S"});
  t.send(t.a, {100, "RETR good"});
  t.send(t.a, {100, "RETR evil"});
  t.send(t.a, {100, "RETR good"});  // a plain retransmission is no conflict
  t.send(t.a, {105, "goodness"});   // overlaps, same bytes, goes on
  t.send(t.a, {111, "XX!"});        // overlaps with other bytes, goes on
  EXPECT_EQ(t.from_a.bytes, "RETR goodness!");
  EXPECT_EQ(t.stats(t.a).conflicts, 2u);
}

TEST(Stream, KeepAliveProbesAreNoData) {
  TcpPair t;
  t.send(t.a, {99, "", "S"});
  t.send(t.a, {100, "abc"});
  t.send(t.a, {102, std::string(1, '\0')});
  t.send(t.a, {102, ""});
  t.send(t.a, {103, "def"});
  EXPECT_EQ(t.from_a.bytes, "abcdef");
  EXPECT_EQ(t.stats(t.a).conflicts, 0u);
}

TEST(Stream, AcknowledgedHoleIsAGap) {
  TcpPair t;
  t.send(t.a, {99, "", "S"});
  t.send(t.b, {499, "", "SA", 100});
  t.send(t.a, {100, "abc", "A", 500});
  t.send(t.a, {108, "ijk", "A", 500});  // 103..107 were not captured
  t.send(t.b, {500, "", "A", 111});
  EXPECT_EQ(t.from_a.bytes, "abc");  // the acknowledgement may be early: wait a little
  t.time += 20'000'000;
  t.send(t.b, {500, "", "A", 111});
  EXPECT_EQ(t.from_a.bytes, std::string("abc\0\0\0\0\0ijk", 11));
  EXPECT_EQ(t.from_a.gaps, (Gaps{{3, 8}}));
  EXPECT_EQ(t.stats(t.a).gap_bytes, 5u);
}

TEST(Stream, EarlyAcknowledgementIsNoGap) {
  TcpPair t;
  t.send(t.a, {99, "", "S"});
  t.send(t.b, {499, "", "SA", 100});
  t.send(t.a, {103, "def", "A", 500});
  t.send(t.b, {500, "", "A", 106});  // swapped with the segment it answers to
  t.send(t.a, {100, "abc", "A", 500});
  EXPECT_EQ(t.from_a.bytes, "abcdef");
  EXPECT_TRUE(t.from_a.gaps.empty());
}

TEST(Stream, NothingIsLostWithoutAcknowledgementUntilTheEnd) {
  TcpPair t;
  t.send(t.a, {99, "", "S"});
  t.send(t.a, {100, "abc"});
  for (std::uint32_t i = 0; i < 50; ++i) t.send(t.a, {200 + i, "x"});
  EXPECT_EQ(t.from_a.bytes, "abc");
  t.finish();
  EXPECT_EQ(t.from_a.gaps, (Gaps{{3, 100}}));
  EXPECT_EQ(t.from_a.bytes.size(), 150u);
  EXPECT_EQ(t.from_a.ends, 1);
  EXPECT_FALSE(t.from_a.fin);
}

TEST(Stream, MissingTailIsAGap) {
  TcpPair t;
  t.send(t.a, {99, "", "S"});
  t.send(t.b, {499, "", "SA", 100});
  t.send(t.a, {100, "abc", "A", 500});
  t.send(t.b, {500, "", "A", 160});
  t.finish();
  EXPECT_EQ(t.from_a.gaps, (Gaps{{3, 60}}));
}

TEST(Stream, UncapturedFinIsNoGap) {
  TcpPair t;
  t.send(t.a, {99, "", "S"});
  t.send(t.b, {499, "", "SA", 100});
  t.send(t.a, {100, "abc", "A", 500});
  t.send(t.b, {500, "", "A", 104});
  t.finish();
  EXPECT_TRUE(t.from_a.gaps.empty());
  EXPECT_FALSE(t.from_a.fin);
}

TEST(Stream, GapBeforeFinIsKnown) {
  TcpPair t;
  t.send(t.a, {99, "", "S"});
  t.send(t.a, {100, "abc"});
  t.send(t.a, {110, "", "FA"});
  EXPECT_EQ(t.from_a.ends, 0);
  t.finish();
  EXPECT_EQ(t.from_a.gaps, (Gaps{{3, 10}}));
  EXPECT_TRUE(t.from_a.fin);
}

TEST(Stream, LateSegmentBehindTheFinStillCounts) {
  TcpPair t;
  t.send(t.a, {99, "", "S"});
  t.send(t.a, {103, "def", "FA"});
  t.send(t.a, {100, "abc"});
  EXPECT_EQ(t.from_a.bytes, "abcdef");
  EXPECT_TRUE(t.from_a.fin);
}

TEST(Stream, NothingFollowsTheFin) {
  TcpPair t;
  t.send(t.a, {99, "", "S"});
  t.send(t.a, {100, "abc", "FA"});
  t.send(t.a, {104, "junk"});
  t.send(t.a, {103, "junk"});
  EXPECT_EQ(t.from_a.bytes, "abc");
  EXPECT_EQ(t.stats(t.a).ignored, 2u);
}

TEST(Stream, ForgedFinAheadHidesNothing) {
  TcpPair t;
  t.send(t.a, {99, "", "S"});
  t.send(t.a, {110, "", "FA"});
  t.send(t.a, {100, "0123456789abcdef"});
  t.send(t.a, {116, "", "FA"});
  EXPECT_EQ(t.from_a.bytes, "0123456789abcdef");
  EXPECT_TRUE(t.from_a.fin);
}

TEST(Stream, ResetEndsWhereItStands) {
  TcpPair t;
  t.send(t.a, {99, "", "S"});
  t.send(t.a, {100, "abc"});
  t.send(t.a, {103, "", "R"});
  t.send(t.a, {103, "junk"});
  EXPECT_EQ(t.from_a.bytes, "abc");
  EXPECT_EQ(t.from_a.ends, 1);
  EXPECT_FALSE(t.from_a.fin);
}

TEST(Stream, ForgedResetsAreIgnored) {
  TcpPair t;
  t.send(t.a, {99, "", "S"});
  t.send(t.a, {100, "abc"});
  t.send(t.a, {90, "", "R"});
  t.send(t.a, {105, "", "R"});
  t.send(t.a, {0x70000000, "", "R"});
  t.send(t.a, {103, "defghi"});
  EXPECT_EQ(t.from_a.bytes, "abcdefghi");
  EXPECT_EQ(t.from_a.ends, 0);
}

TEST(Stream, ResetMayOvertakeTheLastData) {
  TcpPair t;
  t.send(t.a, {99, "", "S"});
  t.send(t.a, {106, "", "R"});
  t.send(t.a, {100, "abcdef"});
  EXPECT_EQ(t.from_a.bytes, "abcdef");
  EXPECT_EQ(t.from_a.ends, 0);  // a receiver may have ignored it: what follows would tell
  t.finish();
  EXPECT_EQ(t.from_a.ends, 1);
  EXPECT_TRUE(t.stats(t.a).reset);
}

TEST(Stream, ForgedFarSegmentIsIgnored) {
  TcpPair t;
  t.send(t.a, {99, "", "S"});
  t.send(t.b, {499, "", "SA", 100});
  t.send(t.a, {100, "abc", "A", 500});
  t.send(t.a, {100 + (1u << 30), "forged", "A", 500});
  t.send(t.a, {103, "def", "FA", 500});
  t.finish();
  EXPECT_EQ(t.from_a.bytes, "abcdef");
  EXPECT_TRUE(t.from_a.gaps.empty());
  EXPECT_TRUE(t.from_a.fin);
}

TEST(Stream, FarSegmentsCountAsMemory) {
  StreamOptions o;
  o.total_bytes = 4000;
  TcpPair t(o);
  t.send(t.a, {99, "", "S"});
  t.send(t.b, {499, "", "SA", 100});
  const std::string payload(1000, 'x');
  for (std::uint32_t i = 1; i <= 8; ++i) {
    t.send(t.a, {100 + (i << 28), payload, "A", 500});
    EXPECT_GE(t.streams.usage().buffered, 1000u);
    EXPECT_LE(t.streams.usage().buffered, o.total_bytes);
  }
  t.send(t.a,
         {99 + (3u << 28), "", "S"});  // it was never anywhere else: they wait for it to settle
  EXPECT_LE(t.streams.usage().buffered, o.total_bytes);
  t.finish();
}

TEST(Stream, FarJumpThatThePeerConfirmsIsAGap) {
  for (const bool ack_first : {false, true}) {
    TcpPair t;
    const std::uint32_t jump = 1900u << 20;
    t.send(t.a, {99, "", "S"});
    t.send(t.b, {499, "", "SA", 100});
    t.send(t.a, {100, "abc", "A", 500});
    if (ack_first) t.send(t.b, {500, "", "A", 103 + jump});
    t.send(t.a, {103 + jump, "xyz", "A", 500});
    if (!ack_first) t.send(t.b, {500, "", "A", 103 + jump});
    t.time += 50'000'000;
    t.send(t.a, {106 + jump, "!", "FA", 500});
    t.finish();
    EXPECT_EQ(t.from_a.gaps, (Gaps{{3, 3ull + jump}})) << ack_first;
    EXPECT_EQ(t.stats(t.a).bytes, 7u);
    EXPECT_TRUE(t.from_a.fin);
  }
}

TEST(Stream, OneWayCaptureSurvivesALongLoss) {
  TcpPair t;
  t.send(t.a, {99, "", "S"});
  t.send(t.a, {100, "abc"});
  const std::uint32_t jump = 100u << 20;
  for (std::uint32_t i = 0; i < 10; ++i) t.send(t.a, {103 + jump + 4 * i, "next"});
  t.finish();
  EXPECT_EQ(t.from_a.gaps, (Gaps{{3, 3ull + jump}}));
  EXPECT_EQ(t.stats(t.a).bytes, 43u);
}

TEST(Stream, SnappedBytesAreAGap) {
  TcpPair t;
  t.send(t.a, {99, "", "S"});
  t.send(t.a, {100, "abc", "A", 0, 10});
  t.send(t.a, {110, "xyz"});
  EXPECT_EQ(t.from_a.gaps, (Gaps{{3, 10}}));
  EXPECT_EQ(t.from_a.bytes.size(), 13u);
  t.send(t.a, {123, "pqr", "A", 0, 10});  // out of order, too
  t.send(t.a, {113, "ABC", "A", 0, 10});
  EXPECT_EQ(t.from_a.gaps, (Gaps{{3, 10}, {16, 23}, {26, 33}}));
}

TEST(Stream, StartsInTheMiddle) {
  TcpPair t;
  t.send(t.a, {5000, "abc", "A", 9000});
  EXPECT_EQ(t.from_a.bytes, "abc");
  EXPECT_FALSE(t.stats(t.a).started_at_syn);
  // b's start is known from a's acknowledgement: out-of-order data at once stands right.
  t.send(t.b, {9003, "xyz", "A", 5003});
  EXPECT_EQ(t.from_b.bytes, "");
  t.send(t.b, {9000, "uvw", "A", 5003});
  EXPECT_EQ(t.from_b.bytes, "uvwxyz");
}

TEST(Stream, BackfillMovesAnUnsureStart) {
  TcpPair t;
  t.send(t.a, {5000, "", "A", 9010});
  t.send(t.b, {9000, "0123456789", "A", 5000});  // was acknowledged before it was captured
  t.send(t.b, {9010, "abc", "A", 5000});
  EXPECT_EQ(t.from_b.bytes, "0123456789abc");
  EXPECT_TRUE(t.from_b.gaps.empty());
}

TEST(Stream, LostSynIsReplacedByTheAcknowledgement) {
  TcpPair t;
  t.send(t.a, {99, "", "S"});
  t.send(t.a, {100, "", "A", 700});  // the SYN+ACK was not captured
  t.send(t.b, {710, "lost ten"});    // neither were 700..709
  t.finish();
  EXPECT_EQ(t.from_b.gaps, (Gaps{{0, 10}}));
}

TEST(Stream, SecondConnectionOnTheSamePorts) {
  TcpPair t;
  t.send(t.a, {99, "", "S"});
  t.send(t.a, {100, "one", "FA"});
  t.send(t.a, {900'000'099, "", "S"});
  t.send(t.a, {900'000'100, "second", "FA"});
  EXPECT_EQ(t.from_a.restarts, 1);
  EXPECT_EQ(t.from_a.bytes, "second");
  EXPECT_EQ(t.from_a.ends, 2);
  EXPECT_TRUE(t.from_a.in_order);
}

TEST(Stream, SecondConnectionNeedsConsentWhenTheFirstDidNotEnd) {
  TcpPair t;
  t.send(t.a, {99, "", "S"});
  t.send(t.a, {100, "one"});
  t.send(t.a, {900'000'099, "", "S"});
  t.send(t.a, {103, "!"});  // the SYN was forged
  EXPECT_EQ(t.from_a.bytes, "one!");
  t.send(t.b, {499, "", "SA", 900'000'100});
  EXPECT_EQ(t.from_a.restarts, 1);
  t.send(t.a, {900'000'100, "two"});
  EXPECT_EQ(t.from_a.bytes, "two");
  EXPECT_EQ(t.from_a.ends, 1);
}

TEST(Stream, NewAttemptBeforeAnyData) {
  TcpPair t;
  t.send(t.a, {99, "", "S"});
  t.send(t.a, {5099, "", "S"});
  t.send(t.a, {5100, "abc"});
  EXPECT_EQ(t.from_a.bytes, "abc");
  EXPECT_EQ(t.from_a.restarts, 0);
}

TEST(Stream, FlowCapTurnsTheHoleIntoAGap) {
  StreamOptions o;
  o.flow_bytes = 1000;
  TcpPair t(o);
  t.send(t.a, {99, "", "S"});
  t.send(t.a, {110, std::string(500, 'x')});
  EXPECT_EQ(t.from_a.bytes, "");
  t.send(t.a, {610, std::string(500, 'y')});
  EXPECT_EQ(t.from_a.gaps, (Gaps{{0, 10}}));
  EXPECT_EQ(t.from_a.bytes.size(), 1010u);
  EXPECT_EQ(t.streams.usage().buffered, 0u);
  EXPECT_EQ(t.streams.usage().holes_flow_full, 1u);
  EXPECT_EQ(t.streams.usage().holes_total_full, 0u);
}

TEST(Stream, GlobalCapHolds) {
  StreamOptions o;
  o.total_bytes = 2000;
  TcpPair t(o);
  t.send(t.a, {99, "", "S"});
  t.send(t.b, {99, "", "S"});
  for (std::uint32_t i = 0; i < 100; ++i) {
    t.send(t.a, {200 + 200 * i, std::string(100, 'x')});
    t.send(t.b, {200 + 200 * i, std::string(100, 'y')});
    EXPECT_LE(t.streams.usage().buffered, 2000u);
  }
  EXPECT_EQ(t.streams.usage().holes_flow_full, 0u);
  EXPECT_GT(t.streams.usage().holes_total_full, 0u);
  EXPECT_EQ(t.streams.usage().holes_total_full,
            t.stats(t.a).gaps + std::uint64_t{t.stats(t.b).gaps});
}

TEST(Stream, MayBeClosedWhileDelivering) {
  TcpPair t;
  t.close_on_chunk = true;
  t.send(t.a, {99, "", "S"});
  t.send(t.a, {103, "def"});
  t.send(t.a, {109, "jkl"});
  t.send(t.a, {100, "abc"});
  EXPECT_EQ(t.from_a.bytes, "abc");
  EXPECT_FALSE(t.a.has_stream());
  EXPECT_EQ(t.streams.usage().buffered, 0u);
}

TEST(Stream, ChecksumHookDropsSegments) {
  StreamOptions o;
  o.checksum_ok = [](const Packet& p) { return p.l7.empty() || p.l7[0] != 'X'; };
  TcpPair t(o);
  t.send(t.a, {99, "", "S"});
  t.send(t.a, {100, "XXX"});
  t.send(t.a, {100, "abc"});
  EXPECT_EQ(t.from_a.bytes, "abc");
  EXPECT_EQ(t.streams.bad_checksums(), 1u);
}

/// A direction of which a datagram came in fragments, but not all of them.
struct Parts : testing::Test {
  TcpPair t;
  std::string header = std::string(20, '\0');

  Parts() {
    header[7] = 103;
    header[12] = 0x50;
    t.send(t.a, {99, "", "S"});
    t.send(t.a, {100, "abc"});
  }
  /// `l4`: the fragment's bytes, at `offset` of the segment with sequence number 103.
  void part(const std::string& l4, std::uint32_t offset) {
    Packet p;
    p.l4 = as_bytes(l4);
    t.streams.on_part(t.a, p, as_bytes(header), offset);
  }
};

TEST_F(Parts, FillAHoleThatThePeerAcknowledged) {
  part(header + "defg", 0);
  part("jklm", 26);
  EXPECT_EQ(t.from_a.bytes, "abc") << "the datagram may still become whole";
  t.send(t.a, {113, "nop"});
  for (int i = 0; i < 20; ++i) t.send(t.b, {1, "", "A", 116});
  EXPECT_EQ(t.from_a.bytes, std::string("abcdefg\0\0jklmnop", 16));
  EXPECT_EQ(t.from_a.gaps, (Gaps{{7, 9}}));
  EXPECT_EQ(t.streams.usage().buffered, 0U);
}

TEST_F(Parts, GiveWayToTheWholeSegment) {
  part(header + "XXXX", 0);
  t.send(t.a, {103, "defghi"});
  t.send(t.b, {1, "", "A", 109});
  EXPECT_EQ(t.from_a.bytes, "abcdefghi");
  part(header + "XXXX", 0);
  EXPECT_EQ(t.streams.usage().buffered, 0U) << "nothing can need them any more";
}

TEST_F(Parts, AreNotTakenForWhatThePeerNeverGot) {
  part(header + "XXXX", 0);
  t.send(t.a, {113, "nop"});
  t.send(t.b, {1, "", "A", 103});
  t.finish();
  EXPECT_EQ(t.from_a.gaps, (Gaps{{3, 13}}));
}

TEST_F(Parts, AtTheEndOfTheStream) {
  part(header + "defg", 0);
  t.send(t.a, {109, "", "FA"});
  t.send(t.b, {1, "", "A", 110});
  t.finish();
  EXPECT_EQ(t.from_a.bytes, std::string("abcdefg\0\0", 9));
  EXPECT_TRUE(t.from_a.fin);
}

TEST_F(Parts, AreAllThereIs) {
  TcpPair alone;
  Packet p;
  const std::string l4 = header + "defg";
  p.l4 = as_bytes(l4);
  alone.streams.on_part(alone.a, p, as_bytes(header), 0);
  EXPECT_EQ(alone.from_a.bytes, "");
  alone.finish();
  EXPECT_EQ(alone.from_a.bytes, "defg");
}

TEST_F(Parts, AreBounded) {
  const std::string big(60'000, 'x');
  for (std::uint32_t i = 0; i < 10; ++i) part(big, 20 + 60'000 * i);
  EXPECT_LT(t.streams.usage().buffered, 300'000U);
  t.streams.close(t.a);
  EXPECT_EQ(t.streams.usage().buffered, 0U);
}

TEST(Stream, TheFinOfAFirstFragmentBelongsBehindTheLast) {  // FRAGMENTATION=0
  TcpPair t;
  t.send(t.a, {99, "", "S"});
  std::string l4(20, '\0');
  l4[7] = 100;
  l4[12] = 0x50;
  l4[13] = 0x11;
  l4 += "abcd";
  Packet p;
  p.l4_proto = 6;
  p.src_ip.family = Family::kIpv4;
  p.fragment = p.more_fragments = true;
  p.l4 = as_bytes(l4);
  p.l4_header_length = 20;
  p.l7 = p.l4.subspan(20);
  p.l7_length = 4;
  t.streams.on_packet(t.a, p, t);
  EXPECT_EQ(t.from_a.bytes, "abcd");
  EXPECT_FALSE(t.from_a.fin);
}

}  // namespace
}  // namespace t2::test
