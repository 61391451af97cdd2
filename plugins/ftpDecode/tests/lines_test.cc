// SPDX-License-Identifier: Apache-2.0
#include "lines.h"

#include <gtest/gtest.h>

#include <vector>

namespace t2::ftp {
namespace {

using namespace std::string_literals;
using Lines = std::vector<std::string>;

/// Feeds the pieces one after the other.
Lines split(LineSplitter& s, const std::vector<std::string>& pieces) {
  Lines out;
  for (const std::string& p : pieces) {
    s.feed(as_bytes(p));
    LineSplitter::Line line;
    while (s.next(line)) out.emplace_back(line.text);
  }
  return out;
}
Lines split(const std::vector<std::string>& pieces) {
  LineSplitter s;
  return split(s, pieces);
}

/// A byte that needs a look, wherever it stands in a chunk that goes on with a line.
TEST(Lines, LongOnesTakenByteByByteAreTheSame) {
  for (const char special : {'\n', '\r', '\xff', 'x'}) {
    for (const std::size_t at :
         {0UL, 1UL, 254UL, 255UL, 256UL, 257UL, 511UL, 512UL, 513UL, 4000UL}) {
      std::string text(5000, 'a');
      text[at] = special;
      text.back() = '\n';
      std::vector<std::string> bytes = {"begun "};
      for (const char c : text) bytes.emplace_back(1, c);
      LineSplitter whole, single;
      EXPECT_EQ(split(whole, {"begun ", text}), split(single, bytes)) << int{special} << ' ' << at;
    }
  }
}

TEST(Lines, AllLineEnds) {
  EXPECT_EQ(split({"a\r\nb\nc\r\r\nd\r\0e\r\n"s}), (Lines{"a", "b", "c", "d", "e"}));
}

TEST(Lines, BareCrBelongsToTheLine) {
  EXPECT_EQ(split({"a\rb\r\n"}), (Lines{"a\rb"}));
}

TEST(Lines, CutAtEveryByte) {
  const std::string text =
      "USER bob\r\nPASS \xff\xffx\r\n\xff\xf4\xff\xf2"
      "ABOR\r\nSYST\r\0NOOP\n"s;
  const Lines whole = split({text});
  EXPECT_EQ(whole, (Lines{"USER bob", "PASS \xffx", "ABOR", "SYST", "NOOP"}));
  for (std::size_t i = 0; i <= text.size(); ++i) {
    for (std::size_t k = i; k <= text.size(); ++k) {
      EXPECT_EQ(split({text.substr(0, i), text.substr(i, k - i), text.substr(k)}), whole)
          << i << ' ' << k;
    }
  }
  std::vector<std::string> bytes;
  for (const char c : text) bytes.emplace_back(1, c);
  EXPECT_EQ(split(bytes), whole);
}

TEST(Lines, TelnetIsTakenOut) {
  EXPECT_EQ(split({"\xff\xfb\x01\xff\xfd\x03\xff\xfe\x05USER\xff\xfc\x01 bob\r\n"}),
            (Lines{"USER bob"}));
  EXPECT_EQ(split({"\xff\xfa\x18\x01VT100\xff\xf0"
                   "QUIT\r\n"}),
            (Lines{"QUIT"}));
}

TEST(Lines, Latin1NameWithoutDoubling) {
  EXPECT_EQ(split({"RETR na\xffve\r\n"}), (Lines{"RETR na\xffve"}));
}

TEST(Lines, OpenSubnegotiationDoesNotSwallowTheSession) {
  EXPECT_EQ(split({"RETR \xff\xfaxyz\r\nQUIT\r\n"}).back(), "QUIT");
}

TEST(Lines, NulInsideALine) {
  EXPECT_EQ(split({"USER a\0b\r\n"s}), (Lines{"USER a\0b"s}));
}

TEST(Lines, LongLinesAreCutAndTheNextOneIsWhole) {
  for (const std::size_t piece : {std::size_t{1} << 20, std::size_t{1000}, std::size_t{1}}) {
    const std::string text = "USER " + std::string(10'000, 'x') + "\r\nPASS y\r\n";
    LineSplitter s;
    std::vector<std::pair<std::string, bool>> out;
    for (std::size_t at = 0; at < text.size(); at += piece) {
      const std::string p = text.substr(at, piece);
      s.feed(as_bytes(p));
      LineSplitter::Line line;
      while (s.next(line)) out.emplace_back(std::string(line.text), line.cut);
    }
    ASSERT_EQ(out.size(), 2u);
    EXPECT_EQ(out[0].first.size(), LineSplitter::kMaxLine);
    EXPECT_TRUE(out[0].second);
    EXPECT_EQ(out[1].first, "PASS y");
    EXPECT_FALSE(out[1].second);
  }
}

TEST(Lines, GapDropsTheUnfinishedLine) {
  LineSplitter s;
  EXPECT_TRUE(split(s, {"RETR fi"}).empty());
  s.gap();
  s.feed(as_bytes("le\r\nQUIT\r\n"));
  LineSplitter::Line line;
  ASSERT_TRUE(s.next(line));
  EXPECT_EQ(line.text, "le");
  EXPECT_TRUE(line.after_gap);
  ASSERT_TRUE(s.next(line));
  EXPECT_FALSE(line.after_gap);
}

TEST(Lines, RestIsWhatFollowsTheLine) {
  LineSplitter s;
  const std::string text = "234 ok\r\n\x16\x03\x01";
  s.feed(as_bytes(text));
  LineSplitter::Line line;
  ASSERT_TRUE(s.next(line));
  EXPECT_EQ(as_text(s.rest()), "\x16\x03\x01");
}

}  // namespace
}  // namespace t2::ftp
