// SPDX-License-Identifier: Apache-2.0
#include <brotli/decode.h>
#include <zstd.h>

#include <array>
#include <cstddef>
#include <cstdlib>
#include <cstring>

#include "coding.h"
#include "t2/inflate.h"

namespace t2::http {
namespace {

constexpr std::size_t kInflaterMemory = 42 << 10;  // zlib's state and its window

/// gzip members (RFC 1952). Header flags that are not defined, a wrong checksum or a missing one do
/// not keep browsers from showing the content.
class Gzip final : public Decompressor {
 public:
  State next(Bytes& in, Room room, Bytes& out) override {
    out = {};
    while (!in.empty()) {
      if (part_ == Part::kData) return inflate(in, room, out);
      const std::uint8_t c = in[0];
      if (part_ == Part::kTrailer) {
        in = skip(in, 1);
        if (++read_ == 8) part_ = Part::kBehind;
        continue;
      }
      if (part_ == Part::kBehind) {  // another member may follow
        if (c != kMagic[0]) return State::kEnd;
        begin_member();
      }
      in = skip(in, 1);
      if (!header_byte(c)) return members_ == 0 ? State::kError : State::kEnd;
    }
    return State::kMore;
  }
  bool may_end() const override { return part_ == Part::kTrailer || part_ == Part::kBehind; }
  std::size_t memory() const override { return kInflaterMemory; }

 private:
  enum class Part : std::uint8_t {
    kFixed,
    kExtraSize,
    kExtra,
    kName,
    kComment,
    kCrc,
    kData,
    kTrailer,
    kBehind
  };
  static constexpr std::array<std::uint8_t, 3> kMagic = {0x1f, 0x8b, 8};
  static constexpr unsigned kCrcFlag = 2, kExtraFlag = 4, kNameFlag = 8, kCommentFlag = 16;

  void begin_member() {
    part_ = Part::kFixed;
    read_ = 0;
    inflater_.restart();
  }

  State inflate(Bytes& in, Room room, Bytes& out) {
    switch (inflater_.next(in, room, out)) {
      case Inflater::State::kMore:
        return State::kMore;
      case Inflater::State::kOutput:
        return State::kOutput;
      case Inflater::State::kError:
        return State::kError;
      case Inflater::State::kEnd:
        break;
    }
    part_ = Part::kTrailer;
    read_ = 0;
    ++members_;
    return out.empty() ? next(in, room, out) : State::kOutput;
  }

  /// False: this is no gzip.
  bool header_byte(std::uint8_t c) {
    switch (part_) {
      case Part::kFixed:
        if (read_ < kMagic.size() && c != kMagic[read_]) return false;
        if (read_ == 3) flags_ = c;
        if (++read_ == 10) enter(Part::kExtraSize);
        break;
      case Part::kExtraSize:
        extra_ = read_ == 0 ? c : extra_ | static_cast<unsigned>(c) << 8;
        if (++read_ == 2) enter(extra_ > 0 ? Part::kExtra : Part::kName);
        break;
      case Part::kExtra:
        if (++read_ == extra_) enter(Part::kName);
        break;
      case Part::kName:
        if (c == 0) enter(Part::kComment);
        break;
      case Part::kComment:
        if (c == 0) enter(Part::kCrc);
        break;
      default:
        if (++read_ == 2) enter(Part::kData);
        break;
    }
    return true;
  }

  /// The part, or the next one that the flags announce.
  void enter(Part p) {
    read_ = 0;
    part_ = p;
    if (part_ == Part::kExtraSize && (flags_ & kExtraFlag) == 0) part_ = Part::kName;
    if (part_ == Part::kName && (flags_ & kNameFlag) == 0) part_ = Part::kComment;
    if (part_ == Part::kComment && (flags_ & kCommentFlag) == 0) part_ = Part::kCrc;
    if (part_ == Part::kCrc && (flags_ & kCrcFlag) == 0) part_ = Part::kData;
  }

  Inflater inflater_{Inflater::Format::kBare};
  Part part_ = Part::kFixed;
  unsigned flags_ = 0, extra_ = 0, read_ = 0, members_ = 0;
};

/// "deflate": zlib's frame, or bare, or even gzip (RFC 9110 8.4.1.2).
class Deflate final : public Decompressor {
 public:
  State next(Bytes& in, Room room, Bytes& out) override {
    out = {};
    if (other_ != nullptr) return other_->next(in, room, out);
    if (!decided_) {
      while (start_size_ < 2 && !in.empty()) {
        start_[start_size_++] = in[0];
        in = skip(in, 1);
      }
      if (start_size_ < 2) return State::kMore;
      decided_ = true;
      if (start_[0] == 0x1f && start_[1] == 0x8b) {
        other_ = make_decompressor(Coding::kGzip);
        replay_ = start_;
      } else if ((start_[0] & 0x0f) != 8 || (start_[0] << 8 | start_[1]) % 31 != 0) {
        replay_ = start_;
      }
    }
    if (!replay_.empty()) {
      const State s = inner(replay_, room, out);
      if (s != State::kMore) return s;
    }
    return inner(in, room, out);
  }
  bool may_end() const override { return other_ != nullptr && other_->may_end(); }
  std::size_t memory() const override {
    return kInflaterMemory + (other_ != nullptr ? other_->memory() : 0);
  }

 private:
  State inner(Bytes& in, Room room, Bytes& out) {
    if (other_ != nullptr) return other_->next(in, room, out);
    switch (inflater_.next(in, room, out)) {
      case Inflater::State::kMore:
        return State::kMore;
      case Inflater::State::kOutput:
        return State::kOutput;
      case Inflater::State::kEnd:
        return State::kEnd;  // `out` may hold the last bytes
      case Inflater::State::kError:
        break;
    }
    return State::kError;
  }

  Inflater inflater_{Inflater::Format::kBare};
  std::unique_ptr<Decompressor> other_;
  std::array<std::uint8_t, 2> start_{};
  std::size_t start_size_ = 0;
  Bytes replay_;
  bool decided_ = false;
};

class Brotli final : public Decompressor {
 public:
  Brotli() : state_(BrotliDecoderCreateInstance(allocate, release, &memory_)) {}

  State next(Bytes& in, Room room, Bytes& out) override {
    std::size_t in_left = in.size(), out_left = room.size();
    const std::uint8_t* from = in.data();
    std::uint8_t* at = room.data();
    const auto r =
        BrotliDecoderDecompressStream(state_.get(), &in_left, &from, &out_left, &at, nullptr);
    in = in.last(in_left);
    out = Bytes(room).first(room.size() - out_left);
    if (r == BROTLI_DECODER_RESULT_SUCCESS) return State::kEnd;
    if (r == BROTLI_DECODER_RESULT_ERROR) return State::kError;
    return out.empty() ? State::kMore : State::kOutput;
  }
  std::size_t memory() const override { return memory_; }

 private:
  struct Free {
    void operator()(BrotliDecoderState* s) const { BrotliDecoderDestroyInstance(s); }
  };
  /// Its size stands before it: what malloc knows of that depends on what else was allocated.
  static void* allocate(void* memory, std::size_t size) {
    auto* const p = static_cast<std::byte*>(std::malloc(kSizePlace + size));
    if (p == nullptr) return nullptr;
    std::memcpy(p, &size, sizeof size);
    *static_cast<std::size_t*>(memory) += size;
    return p + kSizePlace;
  }
  static void release(void* memory, void* given) {
    if (given == nullptr) return;
    std::byte* const p = static_cast<std::byte*>(given) - kSizePlace;
    std::size_t size = 0;
    std::memcpy(&size, p, sizeof size);
    *static_cast<std::size_t*>(memory) -= size;
    std::free(p);
  }

  static constexpr std::size_t kSizePlace = alignof(std::max_align_t);

  std::size_t memory_ = 0;  // outlives the state
  std::unique_ptr<BrotliDecoderState, Free> state_;
};

/// Frames (RFC 8878 3.1), one or several. What the library would read besides, formats of before
/// the RFC, browsers do not know.
class Zstd final : public Decompressor {
 public:
  Zstd() : stream_(ZSTD_createDStream()) {
    // RFC 9659: a window of 8 MiB is the most that HTTP allows.
    ZSTD_DCtx_setParameter(stream_.get(), ZSTD_d_windowLogMax, 23);
  }

  State next(Bytes& in, Room room, Bytes& out) override {
    out = {};
    while (!in.empty() || frame_read_ > 0) {
      // A header byte by byte: of a frame that comes whole the library verifies other things than
      // of one in pieces.
      const Bytes piece = frame_read_ < kLongestHeader ? first(in, 1) : in;
      if (!piece.empty() && !magic_fits(piece[0])) {
        return frames_ == 0 ? State::kError : State::kEnd;
      }
      ZSTD_inBuffer from{piece.data(), piece.size(), 0};
      ZSTD_outBuffer dest{room.data(), room.size(), 0};
      const std::size_t r = ZSTD_decompressStream(stream_.get(), &dest, &from);
      in = skip(in, from.pos);
      out = Bytes(room).first(dest.pos);
      if (ZSTD_isError(r) != 0U) return State::kError;
      frame_read_ += from.pos;
      if (r == 0) {
        ++frames_;
        frame_read_ = 0;
      }
      if (!out.empty()) return State::kOutput;
      if (r != 0 && from.pos == 0) break;
    }
    return State::kMore;
  }
  bool may_end() const override { return frames_ > 0 && frame_read_ == 0; }
  std::size_t memory() const override { return ZSTD_sizeof_DStream(stream_.get()); }

 private:
  static constexpr std::array<std::uint8_t, 4> kMagic = {0x28, 0xb5, 0x2f, 0xfd};
  static constexpr std::array<std::uint8_t, 4> kSkippable = {0x50, 0x2a, 0x4d, 0x18};
  static constexpr std::size_t kLongestHeader = kMagic.size() + 14;

  /// Whether the next byte may be one of the frame at hand, as far as its magic number tells.
  bool magic_fits(std::uint8_t c) {
    if (frame_read_ >= kMagic.size()) return true;
    if (frame_read_ == 0) skippable_ = (c & 0xf0) == kSkippable[0];
    const bool any_low = skippable_ && frame_read_ == 0;
    return (any_low ? c & 0xf0 : c) == (skippable_ ? kSkippable : kMagic)[frame_read_];
  }

  struct Free {
    void operator()(ZSTD_DStream* s) const { ZSTD_freeDStream(s); }
  };
  std::unique_ptr<ZSTD_DStream, Free> stream_;
  std::size_t frame_read_ = 0;  // bytes of the frame at hand
  bool skippable_ = false;      // it holds nothing (RFC 8878 3.1.2)
  std::uint64_t frames_ = 0;    // whole ones
};

}  // namespace

std::unique_ptr<Decompressor> make_decompressor(Coding c) {
  switch (c) {
    case Coding::kGzip:
      return std::make_unique<Gzip>();
    case Coding::kDeflate:
      return std::make_unique<Deflate>();
    case Coding::kBrotli:
      return std::make_unique<Brotli>();
    case Coding::kZstd:
      break;
  }
  return std::make_unique<Zstd>();
}

}  // namespace t2::http
