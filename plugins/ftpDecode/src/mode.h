// SPDX-License-Identifier: Apache-2.0
// ModeDecoder: bytes of a data connection -> bytes of the file, for the transmission modes S, B, C
// (RFC 959 3.4) and Z (deflate, draft-preston-ftpext-deflate).
#pragma once

#include <cstdint>
#include <memory>

#include "t2/bytes.h"
#include "t2/inflate.h"

namespace t2::ftp {

class DecodedSink {
 public:
  virtual ~DecodedSink() = default;
  virtual void on_data(Bytes data) = 0;
  virtual void on_hole(std::uint64_t length) = 0;
  /// The sender marked the end of the file; on the same connection another one may follow.
  virtual void on_file_end() = 0;
};

class ModeDecoder {
 public:
  /// `mode`: any letter but B, C and Z stands for S. `type`: decides what a filler byte of mode C
  /// is.
  ModeDecoder(char mode, char type);
  ModeDecoder(const ModeDecoder&) = delete;
  ModeDecoder& operator=(const ModeDecoder&) = delete;

  void feed(Bytes data, DecodedSink& out);
  /// Lost bytes. In the modes with a structure decoding may end here.
  void gap(std::uint64_t length, DecodedSink& out);
  /// The structure cannot be followed any more: what came last is missing.
  bool lost() const { return lost_; }
  /// Whether the file may end here without a marker, because the connection does: blocks and
  /// deflated bytes mark their end, pieces of mode C end where they say.
  bool closing_ends() const { return mode_ == 'S' || (mode_ == 'C' && step_ == Step::kHeader); }

 private:
  enum class Step : std::uint8_t { kHeader, kContent, kMarker, kFill, kRepeat, kLiteral };

  void feed_blocks(Bytes data, DecodedSink& out);
  void feed_compressed(Bytes data, DecodedSink& out);
  void feed_deflated(Bytes data, DecodedSink& out);
  bool is_zlib(Bytes data, DecodedSink& out);
  void end_of_block(DecodedSink& out);
  void repeat(std::uint8_t c, std::uint32_t n, DecodedSink& out);

  char mode_;
  std::uint8_t filler_;
  Step step_ = Step::kHeader;
  std::uint8_t descriptor_ = 0;
  std::uint32_t header_read_ = 0;
  std::uint32_t left_ = 0;
  bool lost_ = false;
  std::unique_ptr<Inflater> inflater_;
};

}  // namespace t2::ftp
