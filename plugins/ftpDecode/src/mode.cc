// SPDX-License-Identifier: Apache-2.0
#include "mode.h"

#include <algorithm>
#include <array>

namespace t2::ftp {
namespace {

// Descriptor codes of block mode (RFC 959 3.4.2).
constexpr std::uint8_t kEof = 64, kRestartMarker = 16;
// Mode C (RFC 959 3.4.3): the first byte of each piece.
constexpr std::uint8_t kReplicated = 0x80, kFiller = 0xc0, kKind = 0xc0, kCount = 0x3f;

constexpr std::size_t kOutput = 1 << 15;
constexpr unsigned kDeflate = 8;  // method of a zlib stream (RFC 1950 2.2)

}  // namespace

ModeDecoder::ModeDecoder(char mode, char type)
    : mode_(mode == 'B' || mode == 'C' || mode == 'Z' ? mode : 'S'),
      filler_(type == 'A' || type == 'E' ? ' ' : 0) {
  if (mode_ == 'Z') inflater_ = std::make_unique<Inflater>(Inflater::Format::kZlib);
}

void ModeDecoder::feed(Bytes data, DecodedSink& out) {
  if (lost_) return;
  switch (mode_) {
    case 'B':
      return feed_blocks(data, out);
    case 'C':
      return feed_compressed(data, out);
    case 'Z':
      return feed_deflated(data, out);
    default:
      return out.on_data(data);
  }
}

void ModeDecoder::gap(std::uint64_t length, DecodedSink& out) {
  if (lost_) return;
  if (mode_ == 'S') return out.on_hole(length);
  const bool inside = mode_ == 'B' && step_ == Step::kContent && length <= left_;
  if (!inside) {
    lost_ = true;
    return;
  }
  out.on_hole(length);
  left_ -= static_cast<std::uint32_t>(length);
  if (left_ == 0) end_of_block(out);
}

void ModeDecoder::end_of_block(DecodedSink& out) {
  step_ = Step::kHeader;
  header_read_ = 0;
  if ((descriptor_ & kEof) != 0) out.on_file_end();
}

/// Header: descriptor, count in two bytes; the content follows.
void ModeDecoder::feed_blocks(Bytes data, DecodedSink& out) {
  while (!data.empty()) {
    if (step_ == Step::kHeader) {
      const std::uint8_t c = data[0];
      data = skip(data, 1);
      if (header_read_ == 0) {
        descriptor_ = c;
        left_ = 0;
      } else {
        left_ = left_ << 8 | c;
      }
      if (++header_read_ < 3) continue;
      step_ = (descriptor_ & kRestartMarker) != 0 ? Step::kMarker : Step::kContent;
    } else {
      const Bytes content = first(data, left_);
      data = skip(data, content.size());
      left_ -= static_cast<std::uint32_t>(content.size());
      if (step_ == Step::kContent) out.on_data(content);
    }
    if (left_ == 0) end_of_block(out);
  }
}

void ModeDecoder::repeat(std::uint8_t c, std::uint32_t n, DecodedSink& out) {
  std::array<std::uint8_t, kCount> run{};
  run.fill(c);
  if (n > 0) out.on_data(Bytes(run.data(), n));
}

void ModeDecoder::feed_compressed(Bytes data, DecodedSink& out) {
  while (!data.empty()) {
    const std::uint8_t c = data[0];
    switch (step_) {
      case Step::kHeader:
        data = skip(data, 1);
        if (c == 0) {
          step_ = Step::kMarker;  // escape: a descriptor follows
        } else if (c < kReplicated) {
          left_ = c;
          step_ = Step::kLiteral;
        } else if ((c & kKind) == kFiller) {
          repeat(filler_, c & kCount, out);
        } else {
          left_ = c & kCount;
          step_ = Step::kRepeat;
        }
        break;
      case Step::kRepeat:
        data = skip(data, 1);
        repeat(c, left_, out);
        step_ = Step::kHeader;
        break;
      case Step::kLiteral: {
        const Bytes content = first(data, left_);
        data = skip(data, content.size());
        left_ -= static_cast<std::uint32_t>(content.size());
        out.on_data(content);
        if (left_ == 0) step_ = Step::kHeader;
        break;
      }
      case Step::kMarker:
        data = skip(data, 1);
        if ((c & kRestartMarker) != 0) {
          step_ = Step::kFill;  // the marker's length, then the marker: not content
        } else {
          step_ = Step::kHeader;
          if ((c & kEof) != 0) out.on_file_end();
        }
        header_read_ = 0;
        break;
      case Step::kFill:
        data = skip(data, 1);
        if (header_read_ == 0) {
          left_ = c;
          header_read_ = 1;
        } else {
          --left_;
        }
        if (left_ == 0) step_ = Step::kHeader;
        break;
      case Step::kContent:
        step_ = Step::kHeader;
        break;
    }
  }
}

/// Some servers accept MODE Z and send as before: then the bytes are the file. False if so.
bool ModeDecoder::is_zlib(Bytes data, DecodedSink& out) {
  const bool halved = header_read_ == 1;
  if (header_read_ == 2 || data.empty()) return true;
  if (!halved && data.size() == 1) {
    header_read_ = 1;
    descriptor_ = data[0];
    return true;
  }
  header_read_ = 2;
  const unsigned first_byte = halved ? descriptor_ : data[0];
  const unsigned second_byte = data[halved ? 0 : 1];
  if ((first_byte & 0x0f) == kDeflate && (first_byte << 8 | second_byte) % 31 == 0) return true;
  mode_ = 'S';
  if (halved) out.on_data(Bytes(&descriptor_, 1));
  out.on_data(data);
  return false;
}

void ModeDecoder::feed_deflated(Bytes data, DecodedSink& out) {
  if (!is_zlib(data, out)) return;
  std::array<std::uint8_t, kOutput> room;
  while (!lost_) {
    Bytes block;
    const Inflater::State s = inflater_->next(data, room, block);
    if (!block.empty()) out.on_data(block);
    if (s == Inflater::State::kEnd) {
      out.on_file_end();
      inflater_->restart();
    }
    lost_ = s == Inflater::State::kError;
    if (s == Inflater::State::kMore || (s == Inflater::State::kEnd && data.empty())) return;
  }
}

}  // namespace t2::ftp
