// SPDX-License-Identifier: Apache-2.0
#include "base/unpack.h"

#include <zlib.h>
#include <zstd.h>

#include <algorithm>
#include <utility>

namespace t2 {
namespace {

bool is_gzip(Bytes head) {
  return head.size() >= 3 && head[0] == 0x1f && head[1] == 0x8b && head[2] == 8;
}

bool is_zstd(Bytes head) {
  constexpr std::uint32_t kFrame = 0x28b52ffd;
  constexpr std::uint32_t kSkippableFrame = 0x502a4d18;  // its first byte is 0x50 ... 0x5f
  if (head.size() < kPackedMagic) return false;
  const std::uint32_t magic = load_be32(head.data());
  return magic == kFrame || (magic & 0xf0ffffff) == kSkippableFrame;
}

class GzipUnpacker final : public Unpacker {
 public:
  GzipUnpacker() { ready_ = inflateInit2(&stream_, kGzipOnly) == Z_OK; }
  ~GzipUnpacker() override {
    if (ready_) inflateEnd(&stream_);
  }
  GzipUnpacker(const GzipUnpacker&) = delete;
  GzipUnpacker& operator=(const GzipUnpacker&) = delete;

  Step run(Bytes in, std::span<std::uint8_t> out) override {
    if (!ready_) return {0, 0, "out of memory"};
    if (in.empty() && !inside()) return {};
    // zlib only reads its input; the cast is its interface without ZLIB_CONST.
    stream_.next_in = const_cast<Bytef*>(in.data());
    stream_.avail_in = static_cast<uInt>(in.size());
    stream_.next_out = out.data();
    stream_.avail_out = static_cast<uInt>(out.size());
    const int code = inflate(&stream_, Z_NO_FLUSH);
    Step step{in.size() - stream_.avail_in, out.size() - stream_.avail_out, nullptr};
    if (code != Z_OK && code != Z_STREAM_END && code != Z_BUF_ERROR)
      step.failure = stream_.msg != nullptr ? stream_.msg : zError(code);
    if (code == Z_STREAM_END) {
      ++units_;
      inflateReset(&stream_);
    }
    return step;
  }

 private:
  std::uint64_t units() const override { return units_; }
  bool inside() const override { return stream_.total_out > 0; }

  static constexpr int kGzipOnly = MAX_WBITS + 16;
  z_stream stream_{};
  bool ready_ = false;
  std::uint64_t units_ = 0;
};

class ZstdUnpacker final : public Unpacker {
 public:
  ZstdUnpacker() : context_(ZSTD_createDStream(), ZSTD_freeDStream) {
    if (context_ != nullptr) wanted_ = ZSTD_initDStream(context_.get());
  }

  /// A failing call of the library also loses what the same call had decoded before. Hence it gets
  /// no more than the end of one block, and that only when its own buffer is empty.
  Step run(Bytes in, std::span<std::uint8_t> out) override {
    if (context_ == nullptr) return {0, 0, "out of memory"};
    if (in.empty() && frame_bytes_ == 0) return {};
    ZSTD_inBuffer from{in.data(), unread_ ? 0 : std::min(in.size(), one_step()), 0};
    ZSTD_outBuffer to{out.data(), out.size(), 0};
    const std::size_t left = ZSTD_decompressStream(context_.get(), &to, &from);
    if (ZSTD_isError(left) != 0) return {from.pos, to.pos, ZSTD_getErrorName(left)};
    const bool flushed = std::exchange(unread_, to.pos == to.size);
    const bool frame_ended = left == 0;
    frame_bytes_ = frame_ended ? 0 : frame_bytes_ + from.pos;
    wanted_ = frame_ended ? kFrameStart : left;
    if (frame_ended) ++units_;
    // Nothing was left to flush: the caller would take that for a lack of input.
    if (flushed && to.pos == 0 && !in.empty()) return run(in, out);
    return {from.pos, to.pos, nullptr};
  }

 private:
  std::uint64_t units() const override { return units_; }
  /// Within a frame whose magic number was right.
  bool inside() const override { return frame_bytes_ >= kFrameStart; }

  /// What the library asks for includes the header of the block after the next.
  std::size_t one_step() const {
    constexpr std::size_t kBlockHeader = 3;
    return wanted_ > kBlockHeader ? wanted_ - kBlockHeader : wanted_;
  }

  /// Bytes up to which the library does not tell a frame from rubbish.
  static constexpr std::size_t kFrameStart = 5;

  std::unique_ptr<ZSTD_DStream, decltype(&ZSTD_freeDStream)> context_;
  std::size_t wanted_ = kFrameStart;
  bool unread_ = false;  // the library may hold decoded bytes
  std::uint64_t frame_bytes_ = 0;
  std::uint64_t units_ = 0;
};

}  // namespace

bool is_packed(Bytes head) {
  return is_gzip(head) || is_zstd(head);
}

std::unique_ptr<Unpacker> make_unpacker(Bytes head) {
  if (is_gzip(head)) return std::make_unique<GzipUnpacker>();
  return std::make_unique<ZstdUnpacker>();
}

}  // namespace t2
