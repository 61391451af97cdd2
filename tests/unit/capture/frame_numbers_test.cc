// SPDX-License-Identifier: Apache-2.0
// Which packet of its file each frame is, and what a source knows of a file when it has been read.
#include <gtest/gtest.h>

#include "capture/filter.h"
#include "capture/open.h"
#include "capture_builder.h"

namespace t2::test {
namespace {

using State = Source::State;

/// An Ethernet frame with nothing but its EtherType.
std::string frame(std::uint16_t type) {
  return Builder(false).text(std::string(12, '\1')).u16(type).text("payload").str();
}

struct Seen {
  std::vector<std::uint64_t> numbers;
  std::vector<SourceFile> files;  // as they were at their ends
};

/// The numbers that the runs of all batches give.
Seen read_all(Source& source) {
  Seen seen;
  FrameBatch batch;
  for (State state = source.read(batch); state != State::kEnd; state = source.read(batch)) {
    if (state == State::kNewFile) seen.files.emplace_back();
    seen.files.back() = source.file();
    for (std::size_t r = 0; state == State::kFrames && r < batch.runs.size(); ++r) {
      const std::size_t end = r + 1 < batch.runs.size() ? batch.runs[r + 1].at : batch.size;
      for (std::size_t i = batch.runs[r].at; i < end; ++i)
        seen.numbers.push_back(batch.runs[r].number + i - batch.runs[r].at);
    }
  }
  if (!seen.files.empty()) seen.files.back() = source.file();
  return seen;
}

Seen read_all(const std::string& path, const std::string& filter, InputOptions::Kind kind) {
  InputOptions o;
  o.kind = kind;
  o.path = path;
  o.filter = filter;
  const auto source = open_source(o);
  EXPECT_TRUE(source.ok());
  return source ? read_all(**source) : Seen();
}

TEST(FrameNumbers, CountsWhatTheFilterLeavesOut) {
  const TempFolder folder;
  Builder b;
  b.pcap_header();
  std::vector<std::uint64_t> expected;
  for (std::uint32_t i = 1; i <= 2000; ++i) {
    // All of the third to fifth batch are left out, and the last ones.
    const bool kept = (i < 500 || i > 1300) && i % 7 < 4 && i < 1990;
    if (kept) expected.push_back(i);
    b.pcap_record(i, 0, frame(kept ? 0x0800 : 0x0806));
  }
  const Seen seen =
      read_all(folder.write("a.pcap", b.str()), "ether proto 0x0800", InputOptions::Kind::kFile);
  EXPECT_EQ(seen.numbers, expected);
  ASSERT_EQ(seen.files.size(), 1u);
  EXPECT_EQ(seen.files[0].packets, 2000u);
  EXPECT_EQ(seen.files[0].first_time, kSecond);
  EXPECT_EQ(seen.files[0].last_time, 2000 * kSecond);
}

TEST(FrameNumbers, BeginsAnewWithEachFileOfAList) {
  const TempFolder folder;
  Builder none, one;
  none.pcap_header(0xa1b2c3d4, 65535, 113);
  // Nothing of this file passes the filter: what it was is known all the same.
  one.pcap_header();
  for (std::uint32_t i = 0; i < 300; ++i) one.pcap_record(5 + i, 0, frame(0x0806));
  Builder last;
  last.pcap_header().pcap_record(9, 1, frame(0x0806)).pcap_record(8, 2, frame(0x0800));
  const std::string list =
      folder.write("list", folder.write("a", none.str()) + "\n" + folder.write("b", one.str()) +
                               "\n" + folder.write("c", last.str()) + "\n");
  const Seen seen = read_all(list, "ether proto 0x0800", InputOptions::Kind::kList);
  EXPECT_EQ(seen.numbers, std::vector<std::uint64_t>{2});
  ASSERT_EQ(seen.files.size(), 3u);
  EXPECT_EQ(seen.files[0].packets, 0u);
  EXPECT_EQ(seen.files[0].link_types, std::vector<std::uint16_t>{113});
  EXPECT_EQ(seen.files[1].packets, 300u);
  EXPECT_EQ(seen.files[1].last_time, 304 * kSecond);
  EXPECT_EQ(seen.files[2].packets, 2u);
  EXPECT_EQ(seen.files[2].first_time, 9 * kSecond + 1000);
  EXPECT_EQ(seen.files[2].last_time, 8 * kSecond + 2000);
}

TEST(FrameNumbers, GoesOnOverTheSectionsOfAFile) {
  const TempFolder folder;
  Builder b;
  b.section().interface(1).interface(113).enhanced(0, 1, "one").enhanced(1, 2, "two");
  b.section().interface(1).interface(101).enhanced(0, 3, "three");
  const Seen seen = read_all(folder.write("a.pcapng", b.str()), "", InputOptions::Kind::kFile);
  EXPECT_EQ(seen.numbers, (std::vector<std::uint64_t>{1, 2, 3}));
  ASSERT_EQ(seen.files.size(), 1u);
  // LINKTYPE_RAW 101 is DLT 12.
  EXPECT_EQ(seen.files[0].link_types, (std::vector<std::uint16_t>{1, 113, 12}));
}

TEST(FrameNumbers, KnowsOnlySoManyLinkTypes) {
  const TempFolder folder;
  Builder b;
  b.section();
  for (std::uint16_t i = 0; i < 100; ++i) b.interface(static_cast<std::uint16_t>(1000 + i));
  b.enhanced(0, 1, "one");
  const Seen seen = read_all(folder.write("a.pcapng", b.str()), "", InputOptions::Kind::kFile);
  ASSERT_EQ(seen.files.size(), 1u);
  EXPECT_EQ(seen.files[0].link_types.size(), SourceFile::kMostLinkTypes);
}

}  // namespace
}  // namespace t2::test
