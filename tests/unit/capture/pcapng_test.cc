// SPDX-License-Identifier: Apache-2.0
#include <gtest/gtest.h>

#include <algorithm>
#include <random>

#include "capture/pcapng_parser.h"
#include "capture_builder.h"

namespace t2::test {
namespace {

constexpr std::uint64_t kMicros = 1168195766739929;  // 2007-01-07 in microseconds

class PcapngOrder : public testing::TestWithParam<bool> {};
INSTANTIATE_TEST_SUITE_P(Pcapng, PcapngOrder, testing::Bool());

TEST_P(PcapngOrder, EnhancedSimpleAndObsoletePackets) {
  Builder b(GetParam());
  b.section().interface(1, 4).enhanced(0, kMicros, "hello", 60);
  b.block(3, b.body().u32(9).text("simp"));  // 4 of 9 bytes, by the interface's limit
  b.block(2, b.body()
                 .u16(0)
                 .u16(3 /* drops */)
                 .u32(kMicros >> 32)
                 .u32(kMicros & 0xffffffff)
                 .u32(3)
                 .u32(80)
                 .text("old"));
  const Content c = read_memory(b.str());
  ASSERT_EQ(c.frames.size(), 3u);
  EXPECT_EQ(c.frames[0], (Copy{1168195766739929000, "hello", 60, 1}));
  EXPECT_EQ(c.frames[1], (Copy{0, "simp", 9, 1}));
  EXPECT_EQ(c.frames[2], (Copy{1168195766739929000, "old", 80, 1}));
  EXPECT_EQ(c.problem, "");
  EXPECT_EQ(c.snap, 4u);
}

TEST_P(PcapngOrder, EachInterfaceHasItsLinkTypeAndTimeUnit) {
  Builder b(GetParam());
  b.section();
  b.interface(113, 0, b.body().resolution(9));
  b.interface(101, 96, b.body().u16(2).u16(4).text("eth0").resolution(0x80 | 10).u16(0).u16(0));
  b.interface(1, 0, b.body().resolution(3).time_offset(-5));
  b.interface(1, 0, b.body().resolution(12));
  b.enhanced(1, 3 * 1024 + 512, "half past three").enhanced(0, 123456789012, "ns");
  b.enhanced(2, 7001, "ms").enhanced(3, 1999, "ps");
  const Content c = read_memory(b.str());
  ASSERT_EQ(c.frames.size(), 4u);
  EXPECT_EQ(c.frames[0], (Copy{3500000000, "half past three", 15, 12}));
  EXPECT_EQ(c.frames[1], (Copy{123456789012, "ns", 2, 113}));
  EXPECT_EQ(c.frames[2], (Copy{2001000000, "ms", 2, 1}));
  EXPECT_EQ(c.frames[3], (Copy{1, "ps", 2, 1}));
  EXPECT_EQ(c.link, 113);
  EXPECT_EQ(c.snap, 262144u);
}

TEST(Pcapng, NewSectionForgetsInterfacesAndMayTurnTheByteOrder) {
  Builder little(true);
  little.section().interface(1).enhanced(0, 1000000, "little");
  Builder big(false);
  big.section().interface(113, 0, big.body().resolution(0)).enhanced(0, 7, "big");
  Builder none(true);
  none.section().enhanced(0, 1, "orphan").interface(1).enhanced(0, 2, "last");
  const Content c = read_memory(little.str() + big.str() + none.str());
  ASSERT_EQ(c.frames.size(), 3u);
  EXPECT_EQ(c.frames[0], (Copy{kSecond, "little", 6, 1}));
  EXPECT_EQ(c.frames[1], (Copy{7 * kSecond, "big", 3, 113}));
  EXPECT_EQ(c.frames[2], (Copy{2000, "last", 4, 1}));
  // The orphan stands behind a section header of 28 bytes.
  EXPECT_EQ(c.problem, "File 'memory': 1 damaged records left out, the first at byte " +
                           std::to_string(little.size() + big.size() + 28) +
                           ": packet of an interface that is not described");
}

TEST(Pcapng, UnknownBlocksAreSkippedHoweverLong) {
  const std::string long_text(5 << 20, 'x');
  Builder b;
  b.section().block(0x0bad, b.body().text("odd length!")).interface(1);
  b.enhanced(0, 1, "one").block(0x0bad, b.body().text(long_text)).block(5, b.body());
  b.enhanced(0, 2, "two");
  for (const std::size_t piece : {std::size_t{0}, std::size_t{1000}, std::size_t{1} << 20}) {
    const Content c = read_memory(b.str(), piece);
    ASSERT_EQ(c.frames.size(), 2u);
    EXPECT_EQ(c.frames[1].data, "two");
    EXPECT_EQ(c.problem, "");
  }
}

TEST(Pcapng, OptionsThatOverrunTheirBlockAreIgnored) {
  Builder b;
  b.section();
  b.interface(1, 0, b.body().resolution(9).u16(9).u16(400));
  b.interface(1, 0, b.body().u16(9));
  b.enhanced(0, 5, "ns").enhanced(1, 5, "us");
  const Content c = read_memory(b.str());
  ASSERT_EQ(c.frames.size(), 2u);
  EXPECT_EQ(c.frames[0].time, 5);
  EXPECT_EQ(c.frames[1].time, 5000);
}

TEST(Pcapng, PacketLongerThanItsBlockIsLeftOut) {
  Builder b;
  b.section().interface(1);
  const std::size_t at = b.size();
  b.block(6, b.body().u32(0).u32(0).u32(1).u32(5).u32(5).text("four"));
  b.block(6, b.body().u32(0).u32(0));
  b.block(3, b.body().u32(100).text("four")).enhanced(0, 2, "good");
  const Content c = read_memory(b.str());
  ASSERT_EQ(c.frames.size(), 1u);
  EXPECT_EQ(c.frames[0].data, "good");
  EXPECT_EQ(c.problem, "File 'memory': 3 damaged records left out, the first at byte " +
                           std::to_string(at) + ": packet longer than its block");
}

TEST(Pcapng, DamagedBlockLengthsEndTheFileAtThatBlock) {
  Builder good;
  good.section().interface(1).enhanced(0, 1, "one");
  struct Case {
    Builder block;
    const char* reason;
  };
  const Builder rest = Builder().enhanced(0, 2, "behind");
  const Case cases[] = {
      {Builder().u32(6).u32(0).u32(0).u32(0), "block of 0 bytes"},
      {Builder().u32(6).u32(11).u32(0).u32(0), "block of 11 bytes"},
      {Builder().u32(6).u32(14).u32(0).u32(14), "block of 14 bytes"},
      {Builder().u32(6).u32(0xfffffffc).u32(0).u32(0), "block of 4294967292 bytes"},
      {Builder().u32(6).u32(16).u32(0).u32(20), "the two lengths of a block of 16 bytes differ"},
      {Builder().u32(77).u32(16).u32(0).u32(20), "the two lengths of a block of 16 bytes differ"},
      {Builder().u32(0x0a0d0d0a).u32(28).u32(0x12345678),
       "section header without byte-order magic"},
      {Builder().u32(0x0a0d0d0a).u32(16).u32(0x1a2b3c4d).u32(16), "block of 16 bytes"},
      {Builder().block(0x0a0d0d0a, Builder().u32(0x1a2b3c4d).u16(2).u16(0).u64(0)),
       "section of unknown version 2"},
  };
  for (const Case& test : cases) {
    for (const std::size_t piece : {0, 1}) {
      const Content c = read_memory(good.str() + test.block.str() + rest.str(), piece);
      EXPECT_EQ(c.frames.size(), 1u) << test.reason;
      // Of a block that is skipped the trailer is what is wrong.
      EXPECT_EQ(c.problem.substr(0, c.problem.find(" byte ")), "File 'memory': damaged at");
      EXPECT_EQ(c.problem.substr(c.problem.rfind(": ") + 2), test.reason);
    }
  }
}

TEST(Pcapng, CutAnywhereGivesExactlyTheWholeRecords) {
  Builder b;
  b.section();
  std::vector<std::size_t> block_ends{b.size()};
  std::vector<std::size_t> frame_ends;
  b.interface(1, 0, b.body().resolution(6));
  block_ends.push_back(b.size());
  for (const char* data : {"first", "", "the third record"}) {
    b.enhanced(0, 1, data);
    frame_ends.push_back(b.size());
    block_ends.push_back(b.size());
    b.block(0x0bad, b.body().text("between"));
    block_ends.push_back(b.size());
  }
  for (std::size_t cut = 24; cut <= b.size(); ++cut) {
    const auto whole = static_cast<std::size_t>(std::count_if(
        frame_ends.begin(), frame_ends.end(), [cut](std::size_t end) { return end <= cut; }));
    std::size_t last = 0;
    for (const std::size_t end : block_ends)
      if (end <= cut) last = end;
    for (const std::size_t piece : {0, 1, 7}) {
      const Content c = read_memory(b.str().substr(0, cut), piece);
      ASSERT_EQ(c.frames.size(), whole) << cut << ' ' << piece;
      const std::string expected = cut == last ? ""
                                               : "File 'memory': cut short: the record at byte " +
                                                     std::to_string(last) + " is incomplete";
      EXPECT_EQ(c.problem, expected) << cut << ' ' << piece;
    }
  }
}

TEST(Pcapng, TimesOutOfRangeAreClampedAndReported) {
  Builder b;
  b.section();
  b.interface(1, 0, b.body().resolution(0)).interface(1, 0, b.body().time_offset(INT64_MIN));
  b.interface(1, 0, b.body().resolution(0).time_offset(INT64_MAX));
  b.enhanced(0, ~std::uint64_t{0}, "a").enhanced(1, 0, "b").enhanced(2, ~std::uint64_t{0}, "c");
  const Content c = read_memory(b.str());
  ASSERT_EQ(c.frames.size(), 3u);
  EXPECT_EQ(c.frames[0].time, kMaxTime);
  EXPECT_EQ(c.frames[1].time, -(kMaxTime / kSecond) * kSecond);
  EXPECT_EQ(c.frames[2].time, kMaxTime);
  EXPECT_EQ(c.problem, "File 'memory': 2 times out of range");
}

TEST(TimeUnit, EveryResolutionIsExactAndNeverOverflows) {
  struct Case {
    int resolution;
    std::uint64_t ticks;
    Nanoseconds expected;
  };
  const Case cases[] = {{0, 3, 3 * kSecond},
                        {6, 1, 1000},
                        {9, 1, 1},
                        {10, 19, 1},
                        {28, 9999999999999999999U, 0},
                        {127, ~std::uint64_t{0}, 0},
                        {0x80, 3, 3 * kSecond},
                        {0x80 | 1, 3, 1500000000},
                        {0x80 | 32, (std::uint64_t{5} << 32) | 0x40000000, 5250000000},
                        {0x80 | 63, std::uint64_t{1} << 63, kSecond},
                        {0x80 | 64, std::uint64_t{1} << 63, kSecond / 2},
                        {0x80 | 127, ~std::uint64_t{0}, 0}};
  for (const Case& test : cases) {
    EXPECT_EQ(TimeUnit(static_cast<std::uint8_t>(test.resolution)).to_nanoseconds(test.ticks),
              test.expected)
        << test.resolution;
  }
  for (int resolution = 0; resolution < 256; ++resolution) {
    const TimeUnit unit(static_cast<std::uint8_t>(resolution));
    EXPECT_LE(unit.to_nanoseconds(~std::uint64_t{0}), kMaxTime + 1);
    EXPECT_GE(unit.to_nanoseconds(~std::uint64_t{0}), 0);
  }
}

// The parsers must not read outside their window, whatever it holds, and must say the same of
// input that is there at once and of input in pieces. The sanitizers watch the first, the
// comparison the second.
TEST(Damage, WholeAndStreamedInputAgreeOnEveryDamagedFile) {
  Builder ng;
  ng.section().interface(1, 0, ng.body().resolution(9)).block(9, ng.body().text("unknown"));
  for (std::uint32_t i = 0; i < 20; ++i) ng.enhanced(0, i, std::string(i, 'x'));
  ng.block(3, ng.body().u32(3).text("abc"));
  Builder classic;
  classic.pcap_header();
  for (std::uint32_t i = 0; i < 20; ++i) classic.pcap_record(i, i, std::string(i, 'x'));

  std::mt19937 random(1);
  for (int round = 0; round < 4000; ++round) {
    std::string bytes = round % 2 == 0 ? ng.str() : classic.str();
    for (unsigned i = 0; i <= random() % 3; ++i)
      bytes[random() % bytes.size()] = static_cast<char>(random());
    const Content whole = read_memory(bytes);
    const Content streamed = read_memory(bytes, 1 + random() % 50);
    ASSERT_EQ(whole.error, streamed.error) << round;
    ASSERT_EQ(whole.frames, streamed.frames) << round;
    ASSERT_EQ(whole.problem, streamed.problem) << round;
  }
}

}  // namespace
}  // namespace t2::test
