// SPDX-License-Identifier: Apache-2.0
// Random segmentation, reordering, duplication, overlap and loss against a model: the bytes that
// arrived at all stand at their offsets, everything else is a gap, exactly.
#include <gtest/gtest.h>

#include <algorithm>
#include <random>

#include "tcp_pair.h"

namespace t2::test {
namespace {

struct Piece {
  std::uint64_t offset = 0;
  std::string data;
};

class Model : public ::testing::TestWithParam<unsigned> {
 protected:
  std::mt19937 random{GetParam()};
  std::size_t upto(std::size_t n) {
    return std::uniform_int_distribution<std::size_t>(0, n)(random);
  }
};

TEST_P(Model, AgreesWithTheModel) {
  StreamOptions options;
  options.history_bytes = 1024;  // smaller than the stream: the ring turns
  const bool with_acks = GetParam() % 2 == 0;
  TcpPair t(options);
  const std::uint32_t isn =
      GetParam() % 3 == 0 ? 0xffffff00u : static_cast<std::uint32_t>(random());
  const std::size_t size = 1 + upto(20'000);
  std::string bytes(size, '\0');
  for (char& c : bytes) c = static_cast<char>(1 + upto(254));

  std::vector<Piece> sent;
  std::vector<bool> arrived(size, false);
  for (std::size_t at = 0; at < size;) {
    const std::size_t n = std::min(size - at, 1 + upto(GetParam() % 5 == 0 ? 3 : 600));
    const bool lost = upto(20) == 0;
    const std::size_t back =
        upto(4) == 0 ? std::min(at, upto(300)) : 0;  // overlaps what came before
    if (!lost) {
      Piece p{at - back, bytes.substr(at - back, n + back)};
      std::fill_n(arrived.begin() + static_cast<std::ptrdiff_t>(p.offset), p.data.size(), true);
      sent.push_back(p);
      if (upto(6) == 0) sent.push_back(p);
    }
    at += n;
  }
  // Reordering within a few places.
  for (std::size_t i = 0; i + 1 < sent.size(); ++i) {
    if (upto(3) == 0) std::swap(sent[i], sent[std::min(sent.size() - 1, i + 1 + upto(8))]);
  }

  t.send(t.a, {isn, "", "S"});
  if (with_acks) t.send(t.b, {1, "", "SA", isn + 1});
  std::uint64_t highest = 0;
  for (std::size_t i = 0; i < sent.size(); ++i) {
    t.send(t.a, {isn + 1 + static_cast<std::uint32_t>(sent[i].offset), sent[i].data, "A", 2});
    highest = std::max(highest, sent[i].offset + sent[i].data.size());
    // The receiver got everything; it acknowledges what lies safely behind the reordering.
    if (with_acks && i > 40) {
      std::uint64_t safe = size;
      for (std::size_t k = i; k < sent.size(); ++k) safe = std::min(safe, sent[k].offset);
      t.send(t.b, {2, "", "A", isn + 1 + static_cast<std::uint32_t>(std::min(safe, highest))});
    }
  }
  t.send(t.a, {isn + 1 + static_cast<std::uint32_t>(size), "", "FA", 2});
  t.finish();

  const Received& r = t.from_a;
  EXPECT_TRUE(r.in_order);
  EXPECT_EQ(r.ends, 1);
  EXPECT_TRUE(r.fin);
  ASSERT_EQ(r.bytes.size(), size);
  std::vector<bool> gap(size, false);
  for (const auto& [from, to] : r.gaps) {
    for (std::uint64_t i = from; i < to; ++i) gap[i] = true;
  }
  for (std::size_t i = 0; i < size; ++i) {
    ASSERT_EQ(gap[i], !arrived[i]) << "offset " << i;
    ASSERT_EQ(r.bytes[i], arrived[i] ? bytes[i] : 0) << "offset " << i;
  }
  EXPECT_EQ(t.stats(t.a).conflicts, 0u);
  EXPECT_EQ(t.streams.usage().buffered, 0u);
}

/// Forged overlaps: whatever comes first for an offset stays.
TEST_P(Model, FirstBytesWinAlways) {
  TcpPair t;
  const std::size_t size = 1 + upto(3000);
  std::string expected(size, '\0');
  std::vector<bool> taken(size, false);
  t.send(t.a, {0, "", "S"});
  bool conflict = false;
  for (int i = 0; i < 200; ++i) {
    const std::size_t at = upto(size - 1);
    const std::size_t n = std::min(size - at, 1 + upto(100));
    const std::string data(n, static_cast<char>('a' + upto(3)));
    for (std::size_t k = 0; k < n; ++k) {
      if (!taken[at + k]) {
        expected[at + k] = data[k];
        taken[at + k] = true;
      } else if (expected[at + k] != data[k]) {
        conflict |= n > 1;
      }
    }
    t.send(t.a, {static_cast<std::uint32_t>(1 + at), data});
  }
  t.finish();
  EXPECT_TRUE(t.from_a.in_order);
  const auto last = std::find(taken.rbegin(), taken.rend(), true);
  const auto end = static_cast<std::size_t>(taken.rend() - last);
  EXPECT_EQ(t.from_a.bytes, expected.substr(0, end));
  EXPECT_EQ(conflict, t.stats(t.a).conflicts > 0);
}

INSTANTIATE_TEST_SUITE_P(Seeds, Model, ::testing::Range(0u, 120u));

}  // namespace
}  // namespace t2::test
