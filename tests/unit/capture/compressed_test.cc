// SPDX-License-Identifier: Apache-2.0
#include <gtest/gtest.h>
#define ZSTD_STATIC_LINKING_ONLY  // ZSTD_frameHeaderSize
#include <zlib.h>
#include <zstd.h>

#include <algorithm>

#include "capture_builder.h"

namespace t2::test {
namespace {

std::string gzip(std::string_view plain) {
  z_stream stream{};
  deflateInit2(&stream, 6, Z_DEFLATED, MAX_WBITS + 16, 8, Z_DEFAULT_STRATEGY);
  std::string out(deflateBound(&stream, plain.size()) + 32, '\0');
  stream.next_in = reinterpret_cast<Bytef*>(const_cast<char*>(plain.data()));
  stream.avail_in = static_cast<uInt>(plain.size());
  stream.next_out = reinterpret_cast<Bytef*>(out.data());
  stream.avail_out = static_cast<uInt>(out.size());
  deflate(&stream, Z_FINISH);
  out.resize(stream.total_out);
  deflateEnd(&stream);
  return out;
}

std::string zstd(std::string_view plain) {
  std::string out(ZSTD_compressBound(plain.size()), '\0');
  out.resize(ZSTD_compress(out.data(), out.size(), plain.data(), plain.size(), 3));
  return out;
}

/// Where the last block of a single frame starts (RFC 8878, 3.1.1).
std::size_t last_zstd_block(const std::string& frame) {
  std::size_t at = ZSTD_frameHeaderSize(frame.data(), frame.size());
  for (;;) {
    const auto byte = [&](std::size_t i) { return static_cast<std::uint8_t>(frame[at + i]); };
    const std::uint32_t header = byte(0) | byte(1) << 8 | byte(2) << 16;
    if (header & 1) return at;
    at += 3 + (header >> 3);
  }
}

std::string skippable_frame() {
  return Builder().u32(0x184d2a53).u32(4).text("note").str();
}

/// Poorly compressible, several times the size of all buffers.
const std::string& large_capture() {
  static const std::string bytes = [] {
    Builder b;
    b.pcap_header();
    std::uint32_t state = 1;
    for (std::uint32_t i = 0; i < 3000; ++i) {
      std::string data;
      for (int k = 0; k < 900; ++k) {
        state = state * 1664525 + 1013904223;
        data += static_cast<char>(state >> 24);
      }
      b.pcap_record(i, 0, data);
    }
    return b.str();
  }();
  return bytes;
}

class EveryCompression : public testing::TestWithParam<std::string (*)(std::string_view)> {};
INSTANTIATE_TEST_SUITE_P(Compressed, EveryCompression, testing::Values(&gzip, &zstd));

TEST_P(EveryCompression, GivesWhatThePlainFileGives) {
  const Content plain = read_memory(large_capture());
  ASSERT_EQ(plain.frames.size(), 3000u);
  const std::string packed = GetParam()(large_capture());
  for (const std::size_t piece : {0, 100, 65536}) {
    const Content c = read_memory(packed, piece);
    EXPECT_EQ(c.frames, plain.frames);
    EXPECT_EQ(c.problem, "");
  }
}

TEST_P(EveryCompression, SeveralMembersAreOneFileAndRubbishBehindIsIgnored) {
  const std::string& all = large_capture();
  const std::string packed =
      GetParam()(all.substr(0, 1000)) + GetParam()("") + GetParam()(all.substr(1000));
  const Content plain = read_memory(all);
  for (const std::string& tail :
       {std::string(), std::string(1, '\0'), std::string(600, '\0'), std::string("rubbish"),
        std::string("\x28\xb5"), std::string("\x28\xb5\x2f rubbish"),
        std::string("\x1f\x8b rubbish")}) {
    for (const std::size_t piece : {0, 1000}) {
      const Content c = read_memory(packed + tail, piece);
      EXPECT_EQ(c.frames, plain.frames);
      EXPECT_EQ(c.problem, "");
    }
  }
}

TEST_P(EveryCompression, CutAnywhereGivesAPrefixAndAWarning) {
  Builder b;
  b.pcap_header();
  for (std::uint32_t i = 0; i < 40; ++i) b.pcap_record(i, i, std::to_string(i * 7919));
  const Content plain = read_memory(b.str());
  const std::string packed = GetParam()(b.str());
  for (std::size_t cut = 1; cut < packed.size(); ++cut) {
    const Content c = read_memory(packed.substr(0, cut), 16);
    if (!c.error.empty()) {
      EXPECT_EQ(c.error, "File 'memory' is not a valid PCAP/PCAP-NG file");
      continue;
    }
    ASSERT_LE(c.frames.size(), plain.frames.size());
    EXPECT_TRUE(std::equal(c.frames.begin(), c.frames.end(), plain.frames.begin()));
    EXPECT_NE(c.problem.find("compressed data is cut short"), std::string::npos) << cut;
  }
}

TEST_P(EveryCompression, DamageIsReportedAndWhatCameBeforeIsKept) {
  std::string packed = GetParam()(large_capture());
  for (std::size_t i = 0; i < 64; ++i) packed[packed.size() / 2 + i] ^= 0x55;
  const Content c = read_memory(packed, 4096);
  const Content plain = read_memory(large_capture());
  EXPECT_GT(c.frames.size(), 1000u);
  EXPECT_TRUE(std::equal(c.frames.begin(), c.frames.begin() + 1000, plain.frames.begin()));
  EXPECT_NE(c.problem, "");
}

TEST_P(EveryCompression, ContentThatIsNoCaptureIsRefused) {
  EXPECT_EQ(read_memory(GetParam()("no capture, but long enough for a header")).error,
            "File 'memory' is not a valid PCAP/PCAP-NG file");
}

// The library's calls lose what they have decoded when they meet a wrong byte: a frame that fits
// its buffers, the block in front of a damaged one, the rest of a block that the caller's buffer
// did not hold (behind the long records of the other cases).
TEST(Compressed, DamageInTheLastBlockOfAZstdFrameKeepsAllBlocksBefore) {
  constexpr std::size_t kBlock = std::size_t{128} << 10;
  std::vector<std::size_t> with_long_record(202, 1000);
  with_long_record[0] = 100000;
  with_long_record[1] = 450000;
  std::vector<std::size_t> exact(202,
                                 1000);  // the long record meets an empty buffer of four blocks
  exact[0] = kBlock - 24;
  exact[1] = 450000;
  for (const auto& sizes : {std::vector<std::size_t>(437, 916), with_long_record, exact}) {
    Builder b;
    b.pcap_header(0xa1b2c3d4, 1 << 20);
    std::vector<std::size_t> ends;
    std::uint32_t state = 1;
    for (const std::size_t size : sizes) {
      std::string data;
      while (data.size() < size - 16) {
        state = state * 1664525 + 1013904223;
        data += "0123456789abcdef"[state >> 28];
      }
      b.pcap_record(1, 0, data);
      ends.push_back(b.size());
    }
    std::string packed = zstd(b.str());
    std::fill(packed.begin() + static_cast<std::ptrdiff_t>(last_zstd_block(packed)), packed.end(),
              '\x5f');
    const std::size_t intact = (b.size() - 1) / kBlock * kBlock;
    const auto expected = std::upper_bound(ends.begin(), ends.end(), intact) - ends.begin();
    for (const std::size_t piece : {std::size_t{0}, std::size_t{1000}}) {
      const Content c = read_memory(packed, piece);
      EXPECT_EQ(c.frames.size(), static_cast<std::size_t>(expected));
      EXPECT_NE(c.problem.find("compressed data is damaged"), std::string::npos);
    }
  }
}

TEST(Compressed, ZstdFileMayStartWithASkippableFrame) {
  Builder b;
  b.pcap_header().pcap_record(1, 1, "x");
  EXPECT_EQ(read_memory(skippable_frame() + zstd(b.str())).frames.size(), 1u);
}

}  // namespace
}  // namespace t2::test
