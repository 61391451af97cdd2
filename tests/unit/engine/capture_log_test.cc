// SPDX-License-Identifier: Apache-2.0
#include "engine/capture_log.h"

#include <gtest/gtest.h>

#include <string>

namespace t2::test {
namespace {

SourceFile file(const std::string& path) {
  SourceFile f;
  f.path = path;
  f.size = 100;
  return f;
}

/// A batch of so many frames in these runs.
FrameBatch batch(std::size_t size, std::vector<FrameRun> runs) {
  FrameBatch b;
  b.size = size;
  b.runs = std::move(runs);
  return b;
}

/// `CAPTURE:PACKET` of a packet of the run, `-` if it is not known.
std::string where(const CaptureLog& log, std::uint64_t number) {
  const auto p = log.position(number);
  return p ? std::to_string(p->capture) + ":" + std::to_string(p->packet) : "-";
}

TEST(CaptureLog, FindsPacketsOfAllFilesAtAnyTime) {
  CaptureLog log;
  EXPECT_EQ(where(log, 1), "-");
  log.open(file("a"));
  log.frames(1, batch(3, {{0, 1}}));
  log.frames(4, batch(2, {{0, 4}}));
  log.open(file("empty"));
  log.open(file("c"));
  log.frames(6, batch(4, {{0, 1}}));
  EXPECT_EQ(where(log, 0), "-");
  EXPECT_EQ(where(log, 1), "0:1");
  EXPECT_EQ(where(log, 5), "0:5");
  EXPECT_EQ(where(log, 6), "2:1");
  EXPECT_EQ(where(log, 9), "2:4");
  EXPECT_EQ(where(log, 10), "-") << "not read yet";
}

TEST(CaptureLog, FollowsTheGapsThatAFilterLeaves) {
  CaptureLog log;
  log.open(file("a"));
  log.frames(1, batch(4, {{0, 3}, {2, 10}}));  // packets 3, 4, 10, 11 of the file
  log.frames(5, batch(2, {{0, 12}, {1, 200}}));
  EXPECT_EQ(where(log, 1), "0:3");
  EXPECT_EQ(where(log, 2), "0:4");
  EXPECT_EQ(where(log, 3), "0:10");
  EXPECT_EQ(where(log, 5), "0:12");
  EXPECT_EQ(where(log, 6), "0:200");
}

TEST(CaptureLog, KeepsWhatIsKnownOfEachFile) {
  CaptureLog log;
  SourceFile a = file("a");
  log.open(a);
  const Capture* const first = &log.captures()[0];
  a.packets = 7;
  a.first_time = 1;
  a.last_time = 2;
  a.link_types = {1, 113};
  log.update(a);
  log.open(file("b"));
  ASSERT_EQ(log.captures().size(), 2u);
  EXPECT_EQ(first, &log.captures()[0]) << "entries stay where they are";
  EXPECT_EQ(first->file, "a");
  EXPECT_EQ(first->bytes, 100u);
  EXPECT_EQ(first->packets, 7u);
  EXPECT_EQ(first->first, 1);
  EXPECT_EQ(first->last, 2);
  EXPECT_EQ(first->link_types, (std::vector<std::uint16_t>{1, 113}));
  EXPECT_EQ(log.captures()[1].packets, 0u);
}

TEST(CaptureLog, BehindItsLimitsNothingIsClaimed) {
  CaptureLog gaps({.runs = 2, .captures = 10});
  gaps.open(file("a"));
  gaps.frames(1, batch(4, {{0, 1}, {1, 10}, {3, 20}}));
  gaps.frames(5, batch(1, {{0, 21}}));
  EXPECT_EQ(where(gaps, 3), "0:11");
  EXPECT_EQ(where(gaps, 4), "-");
  EXPECT_EQ(where(gaps, 5), "-");
  EXPECT_EQ(gaps.full_at(), 4u);

  CaptureLog files({.runs = 10, .captures = 1});
  files.open(file("a"));
  files.frames(1, batch(2, {{0, 1}}));
  files.open(file("b"));
  SourceFile b = file("b");
  b.packets = 5;
  files.update(b);
  files.frames(3, batch(2, {{0, 3}}));
  EXPECT_EQ(where(files, 2), "0:2");
  EXPECT_EQ(where(files, 3), "-");
  EXPECT_EQ(files.captures()[0].packets, 0u);
}

}  // namespace
}  // namespace t2::test
