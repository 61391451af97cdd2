// SPDX-License-Identifier: Apache-2.0
// ChunkReader: takes a chunked body apart (RFC 9112 7.1), as leniently as browsers do: blanks and
// line ends before a size, any extension, any line end.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "t2/bytes.h"

namespace t2::http {

/// Whether a chunk may begin here; nothing: too short to tell.
std::optional<bool> is_chunk_start(std::string_view text);

class ChunkReader {
 public:
  enum class Step : std::uint8_t { kSize, kExtension, kData, kDataEnd, kEnd, kBroken };

  /// Takes bytes off the front of `data`; what it returns is content. Call until `data` is empty or
  /// ended() or broken().
  Bytes feed(Bytes& data);
  /// Lost bytes. False: they were more than the rest of a chunk, and the sizes are lost.
  bool gap(std::uint64_t length);

  /// The last chunk has come. Trailer fields may follow.
  bool ended() const { return step_ == Step::kEnd; }
  bool broken() const { return step_ == Step::kBroken; }

 private:
  void size_digit(std::uint8_t c);

  Step step_ = Step::kSize;
  std::uint64_t left_ = 0;        // size so far, then bytes that are still to come
  std::uint32_t read_ = 0;        // digits of the size
  std::uint32_t line_bytes_ = 0;  // of the size's line
};

}  // namespace t2::http
