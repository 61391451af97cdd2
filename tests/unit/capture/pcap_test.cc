// SPDX-License-Identifier: Apache-2.0
#include <gtest/gtest.h>
#include <pcap/pcap.h>

#include <cstdio>

#include "capture_builder.h"

namespace t2::test {
namespace {

constexpr std::uint32_t kMicro = 0xa1b2c3d4;
constexpr std::uint32_t kNano = 0xa1b23c4d;
constexpr std::uint32_t kModified = 0xa1b2cd34;

class EveryByteOrder : public testing::TestWithParam<bool> {};
INSTANTIATE_TEST_SUITE_P(Pcap, EveryByteOrder, testing::Bool());

TEST_P(EveryByteOrder, Microseconds) {
  Builder b(GetParam());
  b.pcap_header(kMicro, 1500, 1).pcap_record(1168195766, 739929, "hello", 60);
  b.pcap_record(1168195767, 1, "", 70);
  const Content c = read_memory(b.str());
  ASSERT_EQ(c.frames.size(), 2u);
  EXPECT_EQ(c.frames[0], (Copy{1168195766739929000, "hello", 60, 1}));
  EXPECT_EQ(c.frames[1], (Copy{1168195767000001000, "", 70, 1}));
  EXPECT_EQ(c.snap, 1500u);
  EXPECT_EQ(c.problem, "");
}

TEST_P(EveryByteOrder, Nanoseconds) {
  Builder b(GetParam());
  b.pcap_header(kNano).pcap_record(1, 999999999, "x");
  const Content c = read_memory(b.str());
  ASSERT_EQ(c.frames.size(), 1u);
  EXPECT_EQ(c.frames[0].time, 1999999999);
}

TEST_P(EveryByteOrder, ModifiedFormatHasLongerRecordHeaders) {
  Builder b(GetParam());
  b.pcap_header(kModified);
  for (const char* data : {"one", "three"}) {
    const auto n = static_cast<std::uint32_t>(std::string_view(data).size());
    b.u32(5).u32(6).u32(n).u32(n).u32(7 /* interface */).u32(0).text(data);
  }
  const Content c = read_memory(b.str());
  ASSERT_EQ(c.frames.size(), 2u);
  EXPECT_EQ(c.frames[0].data, "one");
  EXPECT_EQ(c.frames[1], (Copy{5000006000, "three", 5, 1}));
}

TEST(Pcap, LengthsStandInOtherOrderBeforeVersion2_3) {
  Builder b;
  b.pcap_header(kMicro, 65535, 1, 2, 2).u32(1).u32(2).u32(60 /* wire */).u32(3).text("abc");
  const Content c = read_memory(b.str());
  ASSERT_EQ(c.frames.size(), 1u);
  EXPECT_EQ(c.frames[0], (Copy{1000002000, "abc", 60, 1}));
}

TEST(Pcap, Version2_3HasEitherOrderOfLengths) {
  Builder b;
  b.pcap_header(kMicro, 65535, 1, 2, 3).u32(1).u32(2).u32(60).u32(3).text("abc");
  b.u32(1).u32(3).u32(2).u32(50).text("de");
  const Content c = read_memory(b.str());
  ASSERT_EQ(c.frames.size(), 2u);
  EXPECT_EQ(c.frames[0].data, "abc");
  EXPECT_EQ(c.frames[1].data, "de");
  EXPECT_EQ(c.frames[1].wire, 50u);
}

TEST(Pcap, BitsOfTheFrameCheckSequenceAreIgnored) {
  Builder b;
  b.pcap_header(kMicro, 65535, 0x24000000 | 113).pcap_record(1, 1, "x");
  EXPECT_EQ(read_memory(b.str()).frames.at(0).link, 113);
}

TEST(Pcap, LinkTypesAreNumberedAsLibpcapNumbersThem) {
  int compared = 0;
  for (std::uint32_t link = 0; link <= 65535; link += link < 512 ? 1 : 509) {
    std::string bytes = Builder().pcap_header(kMicro, 65535, link).str();
    char reason[PCAP_ERRBUF_SIZE] = {};
    std::FILE* stream = fmemopen(bytes.data(), bytes.size(), "rb");
    pcap_t* handle = pcap_fopen_offline(stream, reason);
    if (handle == nullptr) {
      std::fclose(stream);
      continue;
    }
    EXPECT_EQ(read_memory(bytes).link, pcap_datalink(handle)) << "LINKTYPE " << link;
    pcap_close(handle);
    ++compared;
  }
  EXPECT_GT(compared, 512);
}

TEST(Pcap, NoLimitOfSnapshotLengthIsShownAsLibpcapShowsIt) {
  EXPECT_EQ(read_memory(Builder().pcap_header(kMicro, 0).str()).snap, 262144u);
  EXPECT_EQ(read_memory(Builder().pcap_header(kMicro, 0xffffffff).str()).snap, 262144u);
  EXPECT_EQ(read_memory(Builder().pcap_header(kMicro, 96).str()).snap, 96u);
}

TEST(Pcap, SecondsAreUnsignedAndAnyFractionIsTaken) {
  Builder b;
  b.pcap_header().pcap_record(0xffffffff, 0xffffffff, "x");
  const Content c = read_memory(b.str());
  EXPECT_EQ(c.frames.at(0).time, 4294967295000000000 + 4294967295000);
  EXPECT_EQ(c.problem, "");
}

TEST(Pcap, CapturedBytesAreKeptWhateverTheOtherLengthsSay) {
  const std::string large(70000, 'x');
  Builder b;
  b.pcap_header(kMicro, 100).pcap_record(1, 1, large, 10);
  const Content c = read_memory(b.str());
  ASSERT_EQ(c.frames.size(), 1u);
  EXPECT_EQ(c.frames[0].data.size(), 70000u);
  EXPECT_EQ(c.frames[0].wire, 10u);
}

TEST(Pcap, AbsurdRecordLengthEndsTheFileWithOneWarning) {
  Builder b;
  b.pcap_header().pcap_record(1, 1, "first").pcap_record(2, 2, "second");
  const std::size_t damage = b.size();
  b.u32(3).u32(3).u32(262145).u32(100).text(std::string(300000, 'x'));
  for (const std::size_t piece : {0, 1000}) {
    const Content c = read_memory(b.str(), piece);
    EXPECT_EQ(c.frames.size(), 2u);
    EXPECT_EQ(c.problem, "File 'memory': damaged at byte " + std::to_string(damage) +
                             ", the rest is not read: record of 262145 bytes");
  }
}

TEST(Pcap, LongRecordsAreFineIfTheSnapshotLengthAllowsThem) {
  const std::string large(3 << 20, 'x');
  Builder b;
  b.pcap_header(kMicro, 4 << 20).pcap_record(1, 1, large).pcap_record(2, 2, "tail");
  for (const std::size_t piece : {std::size_t{0}, std::size_t{65536}}) {
    const Content c = read_memory(b.str(), piece);
    ASSERT_EQ(c.frames.size(), 2u) << piece;
    EXPECT_EQ(c.frames[0].data, large);
    EXPECT_EQ(c.frames[1].data, "tail");
  }
}

TEST(Pcap, ManyFramesComeInBatchesAndInOrder) {
  Builder b;
  b.pcap_header();
  for (std::uint32_t i = 0; i < 5000; ++i)
    b.pcap_record(i, 0, std::string(i % 1500, static_cast<char>('a' + i % 26)));
  const Content mapped = read_memory(b.str());
  ASSERT_EQ(mapped.frames.size(), 5000u);
  for (std::uint32_t i = 0; i < 5000; ++i) {
    ASSERT_EQ(mapped.frames[i].time, Nanoseconds{i} * kSecond);
    ASSERT_EQ(mapped.frames[i].data, std::string(i % 1500, static_cast<char>('a' + i % 26)));
  }
  for (const std::size_t piece : {1, 4096, 1 << 20})
    EXPECT_EQ(read_memory(b.str(), piece).frames, mapped.frames) << piece;
}

TEST(Pcap, CutAnywhereGivesExactlyTheWholeRecords) {
  Builder b;
  b.pcap_header();
  std::vector<std::size_t> ends{b.size()};
  for (const char* data : {"first", "", "the third record"}) {
    b.pcap_record(1, 1, data);
    ends.push_back(b.size());
  }
  for (std::size_t cut = 0; cut <= b.size(); ++cut) {
    std::size_t whole = 0;
    while (whole + 1 < ends.size() && ends[whole + 1] <= cut) ++whole;
    for (const std::size_t piece : {0, 1, 7}) {
      const Content c = read_memory(b.str().substr(0, cut), piece);
      if (cut < 24) {
        EXPECT_EQ(c.error, cut == 0 ? "PCAP file 'memory' is empty"
                                    : "File 'memory' is not a valid PCAP/PCAP-NG file");
        continue;
      }
      ASSERT_EQ(c.frames.size(), whole) << cut << ' ' << piece;
      const std::string expected = cut == ends[whole]
                                       ? ""
                                       : "File 'memory': cut short: the record at byte " +
                                             std::to_string(ends[whole]) + " is incomplete";
      EXPECT_EQ(c.problem, expected) << cut << ' ' << piece;
    }
  }
}

}  // namespace
}  // namespace t2::test
