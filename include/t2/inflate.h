// SPDX-License-Identifier: Apache-2.0
// Inflater: DEFLATE in pieces (RFC 1951), bare or in a zlib stream (RFC 1950).
#pragma once

#include <cstdint>
#include <memory>
#include <span>

#include "t2/bytes.h"

struct z_stream_s;

namespace t2 {

class Inflater {
 public:
  enum class Format : bool { kBare, kZlib };
  enum class State : std::uint8_t {
    kMore,    // all input was taken
    kOutput,  // there is output, and perhaps more of it
    kEnd,     // of the stream; what follows it is left in the input
    kError,
  };

  explicit Inflater(Format format);
  ~Inflater();
  Inflater(const Inflater&) = delete;
  Inflater& operator=(const Inflater&) = delete;

  /// Takes bytes off the front of `in` until there is output or no more room for it; `out` is what
  /// of `room` was filled.
  State next(Bytes& in, std::span<std::uint8_t> room, Bytes& out);
  /// After the end of a stream another one begins.
  void restart();

 private:
  std::unique_ptr<z_stream_s> stream_;
  bool failed_ = false;
};

}  // namespace t2
