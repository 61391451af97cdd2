// SPDX-License-Identifier: Apache-2.0
// Scouts against a parser alone: whatever lies in a capture, the frames are the same.
#include "capture/scouts.h"

#include <gtest/gtest.h>

#include <random>
#include <string>
#include <tuple>
#include <vector>

#include "capture_builder.h"

namespace t2::test {
namespace {

using Seen = std::vector<std::tuple<Nanoseconds, std::size_t, std::size_t, std::uint32_t>>;

/// All frames, by time, place, size and length on the wire, and what was wrong. `segment` 0: no
/// scouts.
struct Outcome {
  Seen frames;
  std::string problem;
  std::size_t batches = 0;
  bool operator==(const Outcome& o) const { return frames == o.frames && problem == o.problem; }
};

Outcome read(const std::string& bytes, std::size_t segment) {
  Scouts scouts(2, segment);
  Outcome out;
  auto file = CaptureFile::from_memory(as_bytes(bytes), 0);
  if (!file) return {{}, file.error().message};
  if (segment > 0) (*file)->send(scouts);
  FrameBatch batch;
  while ((*file)->read(batch) == CaptureFile::State::kFrames) {
    ++out.batches;
    EXPECT_EQ(batch.frames.size(), FrameBatch::kCapacity);
    for (std::size_t i = 0; i < batch.size; ++i) {
      const Frame& f = batch.frames[i];
      const auto place = static_cast<std::size_t>(f.bytes.data() - as_bytes(bytes).data());
      out.frames.emplace_back(f.time, place, f.bytes.size(), f.wire_length);
    }
  }
  out.problem = (*file)->problem();
  return out;
}

void expect_the_same(const std::string& bytes) {
  const Outcome alone = read(bytes, 0);
  for (const std::size_t segment : {64, 200, 1000, 5000, 20000}) {
    EXPECT_EQ(read(bytes, segment), alone) << "segments of " << segment << " bytes";
  }
}

std::string payload(std::mt19937& random, std::size_t most) {
  std::string text(random() % (most + 1), '\0');
  for (char& c : text) c = static_cast<char>(random());
  return text;
}

/// `most`: bytes of a record.
std::string capture(unsigned seed, std::size_t records, std::size_t most,
                    std::uint32_t magic = 0xa1b2c3d4, bool little = true) {
  std::mt19937 random(seed);
  Builder b(little);
  b.pcap_header(magic);
  for (std::size_t i = 0; i < records; ++i) {
    b.pcap_record(1'600'000'000 + static_cast<std::uint32_t>(i / 100),
                  static_cast<std::uint32_t>(random() % 1'000'000),
                  "x" + payload(random, most - 1));
  }
  return b.str();
}

TEST(Scouts, FindWhatTheParserFinds) {
  for (unsigned seed = 1; seed <= 5; ++seed) expect_the_same(capture(seed, 3000, 200));
  expect_the_same(capture(6, 3000, 100, 0xa1b23c4d));
  expect_the_same(capture(7, 3000, 100, 0xa1b2c3d4, false));
  expect_the_same(capture(8, 40, 6000));  // records longer than segments
}

/// Records of five bytes; the guess in the third segment is wrong by one.
TEST(Scouts, GiveWhatTheParserComesTo) {
  constexpr std::size_t kRecord = 5, kSegment = 10;
  const std::string bytes(40, 'x');
  const Bytes window = as_bytes(bytes);
  Scouts scouts(2, kSegment);
  scouts.begin(window, nullptr, [](Bytes, std::size_t from, std::size_t until, Stretch& to) {
    for (std::size_t at = from + from / 20; at < until; at += kRecord) {
      to.add(at).wire_length = static_cast<std::uint32_t>(at);
      to.end_record(at + kRecord);
    }
  });
  FrameBatch batch;
  EXPECT_EQ(scouts.take(window, batch), 0U) << "where the parser begins";
  EXPECT_EQ(scouts.own_way(window.subspan(5), 100), 105U);
  EXPECT_EQ(scouts.take(window.subspan(10), batch), 10U);
  ASSERT_EQ(batch.size, 2U);
  EXPECT_EQ(batch.frames[1].wire_length, 15U);
  EXPECT_EQ(scouts.take(window.subspan(20), batch), 0U) << "a wrong guess";
  EXPECT_EQ(scouts.take(window.subspan(31), batch), 10U) << "of a record across segments";
}

/// Guesses go wrong where packets carry captures.
TEST(Scouts, CapturesInPayloads) {
  std::mt19937 random(3);
  Builder b;
  b.pcap_header();
  for (std::uint32_t i = 0; i < 200; ++i) {
    const std::string inner = capture(i, 30, 40);
    b.pcap_record(1'600'000'000 + i, 5, inner.substr(random() % 60));
  }
  expect_the_same(b.str());
}

TEST(Scouts, DamageAnywhere) {
  std::mt19937 random(9);
  for (int round = 0; round < 60; ++round) {
    std::string bytes = capture(static_cast<unsigned>(round), 400, 120);
    for (std::size_t n = random() % 6; n > 0; --n) {
      bytes[24 + random() % (bytes.size() - 24)] = static_cast<char>(random());
    }
    bytes.resize(bytes.size() - random() % 200);
    expect_the_same(bytes);
  }
}

TEST(Scouts, NoiseAndNothing) {
  std::mt19937 random(4);
  for (int round = 0; round < 20; ++round) {
    expect_the_same(Builder().pcap_header().str() + payload(random, 30'000));
  }
  expect_the_same(Builder().pcap_header().str());
  expect_the_same(Builder().pcap_header().str() + std::string(20'000, '\0'));
}

/// The file goes while they walk it.
TEST(Scouts, RestWhenTheFileIsClosed) {
  const std::string bytes = capture(1, 5000, 100);
  Scouts scouts(2, 1000);
  for (int round = 0; round < 20; ++round) {
    auto file = CaptureFile::from_memory(as_bytes(bytes), 0);
    (*file)->send(scouts);
    FrameBatch batch;
    if (round % 2 == 0) (void)(*file)->read(batch);
  }
}

}  // namespace
}  // namespace t2::test
