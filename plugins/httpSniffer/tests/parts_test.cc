// SPDX-License-Identifier: Apache-2.0
#include <fmt/format.h>
#include <gtest/gtest.h>
#include <zlib.h>
#include <zstd.h>

#include <string>
#include <vector>

#include "chunks.h"
#include "coding.h"
#include "frames.h"
#include "item.h"
#include "multipart.h"

namespace t2::http {
namespace {

/// Format by window bits, as deflateInit2 takes them.
std::string pack(std::string_view text, int bits) {
  z_stream z{};
  EXPECT_EQ(deflateInit2(&z, 9, Z_DEFLATED, bits, 8, Z_DEFAULT_STRATEGY), Z_OK);
  std::string out(deflateBound(&z, text.size()) + 64, '\0');
  z.next_in = reinterpret_cast<Bytef*>(const_cast<char*>(text.data()));
  z.avail_in = static_cast<uInt>(text.size());
  z.next_out = reinterpret_cast<Bytef*>(out.data());
  z.avail_out = static_cast<uInt>(out.size());
  EXPECT_EQ(deflate(&z, Z_FINISH), Z_STREAM_END);
  out.resize(z.total_out);
  deflateEnd(&z);
  return out;
}
std::string gzip(std::string_view s) {
  return pack(s, MAX_WBITS + 16);
}
std::string zlib(std::string_view s) {
  return pack(s, MAX_WBITS);
}
std::string bare(std::string_view s) {
  return pack(s, -MAX_WBITS);
}

std::string zstd(std::string_view s) {
  std::string out(ZSTD_compressBound(s.size()), '\0');
  out.resize(ZSTD_compress(out.data(), out.size(), s.data(), s.size(), 3));
  return out;
}

struct Collected final : BytesSink {
  void on_bytes(Bytes data) override { text += as_text(data); }
  std::string text;
};

struct Unpacked {
  std::string text;
  bool broken = false, bomb = false;
  std::size_t removed = 0;
};

Unpacked unpack(std::string_view value, std::string_view bytes, BombLimits limits = {},
                std::size_t step = 5) {
  std::vector<Coding> list;
  add_codings(value, list);
  Workspace w;
  Collected out;
  Budget budget(16 << 20);
  Codings c(list, limits, w, budget, out);
  for (std::size_t at = 0; at < bytes.size(); at += step) c.feed(as_bytes(bytes.substr(at, step)));
  c.finish();
  return {out.text, c.broken(), c.bomb(), c.removed().size()};
}

TEST(Coding, TakesOffWhatIsThere) {
  const std::string text = "some text that is longer than a few bytes";
  for (const std::string& packed : {zlib(text), bare(text), gzip(text)}) {
    EXPECT_EQ(unpack("deflate", packed).text, text);
  }
  EXPECT_EQ(unpack("x-gzip", gzip(text)).text, text);
  EXPECT_EQ(unpack("gzip", gzip(text) + gzip(text)).text, text + text);
  EXPECT_EQ(unpack("deflate, gzip", gzip(zlib(text))).text, text);
  EXPECT_EQ(unpack("deflate, identity, gzip , deflate", bare(gzip(bare(text)))).text, text);
  EXPECT_EQ(unpack(": gzip", gzip(text)).text, text);
}

TEST(Coding, PassesOverWhatIsClaimedAndAbsent) {
  const std::string text = "X5O!P, a plain text";
  for (const char* value : {"gzip", "deflate", "br", "zstd", "deflate, deflate, gzip"}) {
    const Unpacked u = unpack(value, text);
    EXPECT_EQ(u.text, text) << value;
    EXPECT_EQ(u.removed, 0U) << value;
    EXPECT_FALSE(u.broken) << value;
  }
  EXPECT_EQ(unpack("deflate, gzip", zlib(text)).text, text);
}

TEST(Coding, ZstdIsFramesOfTheRfcAlone) {
  using namespace std::string_literals;
  const std::string text = "some text that is longer than a few bytes";
  const std::string skippable = "\x53\x2a\x4d\x18\x02\0\0\0ab"s;
  for (const std::size_t step : {std::size_t{1}, std::size_t{3}, std::size_t{1000}}) {
    const auto read = [&](const std::string& bytes) { return unpack("zstd", bytes, {}, step); };
    EXPECT_EQ(read(zstd(text)).text, text);
    EXPECT_EQ(read(zstd(text) + zstd("more")).text, text + "more");
    EXPECT_EQ(read(fmt::format("{0}{1}{0}", skippable, zstd(text))).text, text);
    EXPECT_EQ(read(zstd(text) + "behind").text, text);
    EXPECT_FALSE(read(fmt::format("{0}{1}{0}", zstd(text), skippable)).broken);
    EXPECT_TRUE(read(zstd(text) + zstd(text).substr(0, 7)).broken);
    const std::string untrue =
        "\x28\xb5\x2f\xfd\x80\0\x20\0\0\0\0\0\0\x01\0\0"s;  // length 32, is 0
    EXPECT_EQ(read(untrue).text, "");
    const std::string repeated = "\x28\xb5\x2f\xfd\0\x58\x03\0\x10x"s;  // 128 kB in ten bytes
    EXPECT_EQ(read(repeated).text, std::string(0x20000, 'x'));
    // Formats 0.6 and 0.7, which the library reads if it is built so.
    for (const char* magic : {"\x26\xb5\x2f\xfd", "\x27\xb5\x2f\xfd"}) {
      const std::string old = magic + "\0\xf2\0-"s;
      EXPECT_EQ(read(old).text, old);
      EXPECT_EQ(read(old).removed, 0U);
    }
  }
}

TEST(Coding, SaysWhereAStreamIsCutOrDamaged) {
  const std::string text(100'000, 'x');
  std::string noise;
  for (unsigned i = 0, x = 1; i < 20'000; ++i)
    noise += static_cast<char>((x = x * 1103515245 + 12345) >> 16);
  std::string packed = gzip(noise);
  EXPECT_TRUE(unpack("gzip", packed.substr(0, packed.size() / 2)).broken);
  // Without its checksum browsers still show it.
  EXPECT_FALSE(unpack("gzip", packed.substr(0, packed.size() - 8)).broken);
  EXPECT_EQ(unpack("gzip", packed.substr(0, packed.size() - 8)).text, noise);
  packed[packed.size() / 2] = static_cast<char>(packed[packed.size() / 2] ^ 0x55);
  packed.resize(packed.size() - 600);
  EXPECT_TRUE(unpack("gzip", packed).broken);
}

TEST(Coding, EndsBombs) {
  const std::string bomb = gzip(std::string(30 << 20, '\0'));
  const BombLimits limits{1 << 20, 100};
  const Unpacked u = unpack("gzip", bomb, limits, 1000);
  EXPECT_TRUE(u.bomb);
  EXPECT_LE(u.text.size(), 2U << 20);
  const Unpacked twice = unpack("gzip, gzip", gzip(bomb), limits, 100);
  EXPECT_TRUE(twice.bomb);
  EXPECT_FALSE(unpack("gzip", gzip(std::string(1 << 19, '\0')), limits, 1000).bomb);
}

struct Parts final : MultipartEvents {
  void on_part(const Head& h) override { text += "[" + std::string(h.get("x")) + "|"; }
  void on_part_data(Bytes data) override { text += as_text(data); }
  void on_part_end(bool marked, bool lost) override {
    text += marked ? (lost ? "?]" : "]") : "...";
  }
  std::string text;
};

std::string parts(std::string_view body, std::string_view boundary = "b") {
  std::string whole;
  for (const std::size_t step : {body.size(), std::size_t{1}, std::size_t{3}}) {
    Parts p;
    MultipartReader r(boundary, p);
    for (std::size_t at = 0; at < body.size(); at += step) r.feed(as_bytes(body.substr(at, step)));
    r.finish();
    if (whole.empty()) whole = p.text;
    EXPECT_EQ(p.text, whole) << "in steps of " << step;
  }
  return whole;
}

TEST(Multipart, TakesPartsApart) {
  EXPECT_EQ(parts("--b\r\nX: 1\r\n\r\none\r\n--b\r\nX: 2\r\n\r\ntwo\r\n\r\n--b--\r\n"),
            "[1|one][2|two\r\n]");
  EXPECT_EQ(parts("preamble\r\n--b\r\n\r\n\r\n--b\r\nX: 2\r\n\r\n--bc\r\n--b--"), "[|][2|--bc]");
  EXPECT_EQ(parts("--b\nX: 1\n\none\n--b--"), "[1|one]");
  EXPECT_EQ(parts("--b\r\nX: 1\r\n\r\ncut o"), "[1|cut o...");
  EXPECT_EQ(parts("no parts at all"), "");
}

TEST(Multipart, LostBytesMakeAPartUnsure) {
  Parts p;
  MultipartReader r("b", p);
  r.feed(as_bytes("--b\r\nX: 1\r\n\r\none"));
  r.lose();
  r.feed(as_bytes("more\r\n--b\r\nX: 2\r\n\r\ntwo\r\n--b--"));
  r.finish();
  EXPECT_EQ(p.text, "[1|onemore?][2|two]");
}

TEST(Item, ReadsContentRanges) {
  const auto r = parse_content_range("bytes 5-9/20");
  ASSERT_TRUE(r);
  EXPECT_EQ(r->from, 5U);
  EXPECT_EQ(r->to, 10U);
  EXPECT_EQ(r->total, 20U);
  EXPECT_FALSE(parse_content_range("bytes 5-9/*")->total);
  EXPECT_FALSE(parse_content_range("bytes 5-9/7")->total);  // cannot be true
  EXPECT_FALSE(parse_content_range("bytes 9-5/20"));
  EXPECT_FALSE(parse_content_range("bytes */20"));
  EXPECT_FALSE(parse_content_range("lines 5-9/20"));
  EXPECT_FALSE(parse_content_range("bytes 5-18446744073709551615/*"));
}

std::string frame(unsigned type, unsigned flags, std::uint32_t stream, std::string_view payload) {
  std::string f = {'\0', static_cast<char>(payload.size() >> 8), static_cast<char>(payload.size()),
                   static_cast<char>(type), static_cast<char>(flags)};
  for (int shift = 24; shift >= 0; shift -= 8) f += static_cast<char>(stream >> shift);
  return f + std::string(payload);
}

TEST(Frames, AreKnownInTheMiddleOfAConnection) {
  EXPECT_TRUE(looks_like_frames(as_bytes(frame(0, 1, 3, "data"))));
  EXPECT_TRUE(
      looks_like_frames(as_bytes(frame(8, 0, 0, "1234") + frame(0, 0, 1, "cut").substr(0, 10))));
  EXPECT_FALSE(looks_like_frames(as_bytes(frame(0, 1, 3, "data").substr(0, 12))));
  EXPECT_FALSE(looks_like_frames(as_bytes(frame(0, 1, 0, "data"))));  // DATA needs a stream
  EXPECT_FALSE(looks_like_frames(as_bytes(frame(6, 0, 0, "1234"))));  // PING has 8 bytes
  EXPECT_FALSE(looks_like_frames(as_bytes("GET / HTTP/1.1\r\nHost: a\r\n\r\n")));
  EXPECT_TRUE(is_server_preface(as_bytes(frame(4, 0, 0, ""))));
  EXPECT_FALSE(is_server_preface(as_bytes(frame(4, 1, 0, ""))));
}

TEST(Frames, ABrokenHeaderBlockEndsAllKnowledge) {
  HeaderBlocks blocks;
  EXPECT_EQ(blocks.read(as_bytes("\x82\x84")).method, "GET");  // static table: RFC 7541 A
  EXPECT_EQ(blocks.read(as_bytes("\x88")).status, 200U);
  EXPECT_FALSE(blocks.lost());
  blocks.read(as_bytes("\xff\x80\x01"));  // an index that nothing has
  EXPECT_TRUE(blocks.lost());
  EXPECT_EQ(blocks.read(as_bytes("\x88")).status, 0U);
}

}  // namespace
}  // namespace t2::http
