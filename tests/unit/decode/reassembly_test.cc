// SPDX-License-Identifier: Apache-2.0
// Datagrams from fragments: orders, overlaps, repetitions, ends that contradict, limits; and random
// ones against the plainest model.
#include "decode/reassembly.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <random>
#include <string>

#include "reassembly_model.h"

namespace t2::test {
namespace {

/// Fragments of datagrams between two hosts, of bytes that the test gives.
class Pieces {
 public:
  explicit Pieces(bool ipv6 = false) {
    f_.src.family = f_.dst.family = ipv6 ? Family::kIpv6 : Family::kIpv4;
    f_.protocol = 17;
    header_.assign(ipv6 ? 48 : 20, 0);
    header_[0] = ipv6 ? 0x60 : 0x45;
    if (ipv6) {
      header_[6] = 44;
      header_[40] = 17;
      f_.next_header = 6;
    } else {
      header_[6] = 0x20;
    }
  }

  const IpFragment& make(std::uint32_t id, std::uint32_t offset, Bytes bytes, bool more,
                         std::size_t captured = SIZE_MAX) {
    f_.id = id;
    f_.offset = offset;
    f_.payload = first(bytes, captured);
    f_.length = static_cast<std::uint32_t>(bytes.size());
    f_.more = more;
    f_.header = header_;
    f_.header_length = static_cast<std::uint16_t>(header_.size());
    f_.src_port = offset == 0 ? 4000 : 0;
    f_.dst_port = offset == 0 ? 5000 : 0;
    return f_;
  }

 private:
  IpFragment f_;
  std::vector<std::uint8_t> header_;
};

class ReassemblyTest : public testing::Test {
 protected:
  Reassembly::Taken take(std::uint32_t id, std::uint32_t offset, std::string_view bytes, bool more,
                         double seconds = 0) {
    return r_.take(pieces_.make(id, offset, as_bytes(bytes), more),
                   static_cast<Nanoseconds>(seconds * kSecond));
  }
  static std::string body(const Reassembly::Taken& t, std::size_t header = 20) {
    return std::string(as_text(skip(t.whole, header)));
  }

  Reassembly r_;
  Pieces pieces_;
};

TEST_F(ReassemblyTest, InOrder) {
  EXPECT_FALSE(take(1, 0, "abcdefgh", true).complete);
  const auto t = take(1, 8, "ijk", false);
  EXPECT_TRUE(t.complete);
  EXPECT_EQ(body(t), "abcdefghijk");
  EXPECT_EQ(t.length, 31U);
  EXPECT_EQ(load_be16(&t.whole[2]), 31);
  EXPECT_EQ(load_be16(&t.whole[6]), 0);
  EXPECT_EQ(r_.bytes(), 0U);
}

TEST_F(ReassemblyTest, PortsAreKnownFromTheFirstFragmentOn) {
  EXPECT_FALSE(take(1, 8, "ijklmnop", true).known);
  EXPECT_EQ(take(1, 0, "abcdefgh", true).src_port, 4000);
  const auto t = take(1, 16, "q", false);
  EXPECT_TRUE(t.known && t.complete);
  EXPECT_EQ(t.dst_port, 5000);
  EXPECT_TRUE(take(1, 16, "q", false).known) << "a repetition";
  EXPECT_FALSE(take(2, 16, "q", false).known);
}

TEST_F(ReassemblyTest, LastFirst) {
  take(1, 16, "qr", false);
  take(1, 8, "ijklmnop", true);
  EXPECT_EQ(body(take(1, 0, "abcdefgh", true)), "abcdefghijklmnopqr");
}

TEST_F(ReassemblyTest, TheFirstBytesWinAndOthersAreConflicts) {
  take(1, 8, "IJKLMNOP", true);
  take(1, 0, "abcdefghijklmnop", true);
  EXPECT_EQ(r_.stats().conflicts, 1U);
  take(1, 0, "abcdefgh", true);
  EXPECT_EQ(r_.stats().conflicts, 1U) << "the same once more";
  EXPECT_EQ(body(take(1, 16, "q", false)), "abcdefghIJKLMNOPq");
}

TEST_F(ReassemblyTest, EndsThatContradictAreRefused) {
  take(1, 16, "qr", false);
  take(1, 16, "qrs", false);              // another end
  take(1, 16, "qrstuvwxyzabcdef", true);  // behind the end
  take(2, 16, "qrstuvwx", true);
  take(2, 8, "ij", false);           // the end before what is there
  take(3, 65528, "abcdefgh", true);  // one byte too many
  EXPECT_EQ(r_.stats().conflicts, 4U);
  EXPECT_EQ(r_.bytes(), 2U + 8U + 2 * 16U);
}

TEST_F(ReassemblyTest, ADatagramLongerThanIpAllowsIsNone) {
  const std::string big(65520, 'x');
  take(1, 0, big, true);
  const auto t = take(1, 65520, "yyyyyyy", false);  // 65,527 bytes and a header of 20
  EXPECT_TRUE(t.complete);
  EXPECT_TRUE(t.whole.empty());
  EXPECT_EQ(r_.stats().conflicts, 1U);
  EXPECT_EQ(r_.bytes(), 0U);
}

TEST_F(ReassemblyTest, AllButTheLastPieceHaveWholeUnits) {
  take(1, 0, "abcdefghXYZ", true);
  EXPECT_EQ(body(take(1, 8, "i", false)), "abcdefghi");
  EXPECT_FALSE(take(2, 0, "abc", true).begun) << "nothing is left of it";
  EXPECT_EQ(r_.stats().conflicts, 0U);
}

TEST_F(ReassemblyTest, AnIdIsUsedAgain) {
  take(1, 0, "abcdefgh", true);
  take(1, 8, "i", false);
  take(1, 8, "Z", false);  // last fragment first, of the next one
  EXPECT_EQ(body(take(1, 0, "ABCDEFGH", true)), "ABCDEFGHZ");
  EXPECT_EQ(r_.datagrams(), 1U);
}

TEST_F(ReassemblyTest, LateAndContradictingFragmentsAreDoubtful) {
  take(1, 0, "abcdefgh", true);
  EXPECT_FALSE(take(1, 8, "i", false, 0.5).doubtful);
  EXPECT_TRUE(take(1, 8, "i", false, 1).known) << "a repetition";
  EXPECT_TRUE(take(1, 0, "ABCDEFGH", true, 30).doubtful) << "the repetition belongs to another one";
  EXPECT_FALSE(take(1, 8, "I", false, 40).known) << "nobody knows whose it is";
  take(2, 0, "abcdefgh", true, 50);
  take(2, 0, "ABCDEFGH", true, 50);
  EXPECT_TRUE(take(2, 8, "i", false, 50).doubtful);
}

TEST_F(ReassemblyTest, Ipv6LosesItsFragmentHeader) {
  Pieces v6(true);
  r_.take(v6.make(1, 0, as_bytes("abcdefgh"), true), 0);
  const auto t = r_.take(v6.make(1, 8, as_bytes("i"), false), 0);
  ASSERT_TRUE(t.complete);
  EXPECT_EQ(body(t, 40), "abcdefghi");
  EXPECT_EQ(t.whole[6], 17);
  EXPECT_EQ(load_be16(&t.whole[4]), 9);
}

TEST_F(ReassemblyTest, WhatWasNotCapturedEndsTheWhole) {
  r_.take(pieces_.make(1, 0, as_bytes("abcdefgh"), true, 5), 0);
  const auto t = take(1, 8, "ijk", false);
  EXPECT_TRUE(t.complete);
  EXPECT_EQ(body(t), "abcde");
  EXPECT_EQ(t.length, 31U);
}

TEST_F(ReassemblyTest, TheTransportIsShownUntilItIsComplete) {
  EXPECT_TRUE(take(1, 8, "ijklmnop", true).transport.empty());
  EXPECT_EQ(as_text(take(1, 0, "abcdefgh", true).transport), "abcdefgh");
  EXPECT_EQ(as_text(take(1, 32, "qrstuvwx", true).transport), "abcdefgh");
}

TEST_F(ReassemblyTest, Age) {
  take(1, 0, "abcdefgh", true);
  take(2, 0, "abcdefgh", true, 30);
  EXPECT_TRUE(take(1, 8, "i", false, 59).complete);
  EXPECT_FALSE(take(1, 16, "i", false, 119.5).known) << "the complete one is forgotten, too";
  EXPECT_EQ(r_.stats().expired, 1U);
  EXPECT_EQ(r_.datagrams(), 1U);
}

TEST_F(ReassemblyTest, TimeThatRunsBackwardsEndsNothing) {
  take(1, 0, "abcdefgh", true, 100);
  EXPECT_TRUE(take(1, 8, "i", false, 1).complete);
}

TEST(Reassembly, ManyDatagramsAreBounded) {
  Reassembly r({.datagrams = 100});
  Pieces pieces;
  const std::string piece(16, 'x');
  for (std::uint32_t id = 0; id < 1000; ++id) {
    r.take(pieces.make(id, 0, as_bytes(piece), true), 0);
    ASSERT_LE(r.datagrams(), 100U);
  }
  EXPECT_EQ(r.stats().evicted, 900U);
  EXPECT_TRUE(r.take(pieces.make(999, 16, as_bytes(piece), false), 0).complete);
  EXPECT_FALSE(r.take(pieces.make(0, 16, as_bytes(piece), false), 0).known);
}

TEST(Reassembly, BytesAreBounded) {
  constexpr std::uint64_t kBytes = 100'000;
  Reassembly r({.bytes = kBytes});
  Pieces pieces;
  const std::string piece(60'000, 'x');
  for (std::uint32_t id = 0; id < 50; ++id) {
    r.take(pieces.make(id, 0, as_bytes(piece), true), 0);
    ASSERT_LE(r.bytes(), kBytes + 65'535 + 256);
  }
  EXPECT_EQ(r.stats().evicted, 48U);
}

TEST(Reassembly, TinyFragmentsAtHugeOffsetsCostWhatTheyHold) {
  Reassembly r;
  Pieces pieces;
  const std::string piece(8, 'x');
  for (std::uint32_t id = 0; id < 1000; ++id) {
    r.take(pieces.make(id, 65520, as_bytes(piece), true), 0);
  }
  EXPECT_EQ(r.bytes(), 1000 * (8U + 16U));
}

/// 8,192 pieces, each the worst place for the one before.
TEST(Reassembly, ADatagramOfTinyPiecesBackwards) {
  Reassembly r;
  Pieces pieces;
  const std::string piece(8, 'x');
  Reassembly::Taken t;
  r.take(pieces.make(1, 65504, as_bytes(piece), false), 0);
  for (std::uint32_t at = 65504; at > 0;) {
    at -= 8;
    t = r.take(pieces.make(1, at, as_bytes(piece), true), 0);
  }
  EXPECT_TRUE(t.complete);
  EXPECT_EQ(t.whole.size(), 20U + 65512U);
}

/// Random splits, orders, overlaps, repetitions and forgeries of datagrams with few IDs.
TEST(Reassembly, RandomFragmentsAgreeWithTheModel) {
  constexpr Nanoseconds kAge = 60 * kSecond;
  std::uint64_t complete = 0, conflicts = 0;
  for (unsigned seed = 0; seed < 3000; ++seed) {
    std::mt19937 random(seed);
    const auto below = [&](std::uint32_t n) { return static_cast<std::uint32_t>(random() % n); };
    Reassembly real({.seed = seed});
    ReassemblyModel model(kAge);
    Pieces pieces(seed % 2 == 1);
    Nanoseconds now = 0;
    for (int i = 0; i < 60; ++i) {
      std::uint32_t offset = below(12) * 8, length = 1 + below(40);
      if (below(40) == 0) offset = below(8192) * 8, length = below(65536);
      const bool more = below(4) != 0;
      if (more && below(8) != 0) length = (length + 7) / 8 * 8;
      std::string bytes(length, '\0');
      // Mostly the same bytes at the same place, else others.
      const auto forged = static_cast<std::uint32_t>(below(10) == 0 ? 1 : 0);
      for (std::uint32_t k = 0; k < length; ++k) {
        bytes[k] = static_cast<char>((offset + k) * 7 + forged);
      }
      const std::size_t captured = below(20) == 0 ? below(length + 1) : SIZE_MAX;
      now += below(200) == 0 ? kAge : below(20) == 0 ? kSecond : below(1000);
      const IpFragment& f = pieces.make(below(3), offset, as_bytes(bytes), more, captured);
      const std::uint64_t before = real.stats().conflicts;
      const auto got = real.take(f, now);
      const auto expected = model.take(f, now);
      ASSERT_EQ(got.known, expected.known) << seed << ' ' << i;
      ASSERT_EQ(got.src_port, expected.src_port);
      ASSERT_EQ(got.complete, expected.complete) << seed << ' ' << i;
      const bool too_long = got.complete && got.whole.empty();
      ASSERT_EQ(real.stats().conflicts - before, (expected.conflict || too_long) ? 1U : 0U);
      conflicts += expected.conflict;
      if (!got.complete || too_long) continue;
      ++complete;
      ASSERT_EQ(got.doubtful, expected.doubtful);
      const std::size_t header = seed % 2 == 1 ? 40 : 20;
      ASSERT_EQ(got.length, expected.length + header);
      const Bytes body = skip(got.whole, header);
      ASSERT_TRUE(
          std::equal(body.begin(), body.end(), expected.bytes.begin(), expected.bytes.end()))
          << seed << ' ' << i;
    }
  }
  EXPECT_GT(complete, 1000U);
  EXPECT_GT(conflicts, 1000U);
}

}  // namespace
}  // namespace t2::test
