// SPDX-License-Identifier: Apache-2.0
// HeldBytes: bytes and gaps of one direction, kept in order until it is known what they are: the
// name of a file, or whether they are one at all, may be told later, and by another connection.
#pragma once

#include <cstdint>
#include <vector>

#include "t2/content.h"
#include "t2/stream.h"

namespace t2 {

class HeldBytes {
 public:
  struct Piece {
    std::vector<std::uint8_t> data;  // empty: a gap
    std::uint64_t length = 0;
  };

  /// The room of the run is that of `contents`, which outlives this object.
  explicit HeldBytes(Contents& contents) : contents_(contents) {}
  ~HeldBytes() { take(); }
  HeldBytes(const HeldBytes&) = delete;
  HeldBytes& operator=(const HeldBytes&) = delete;

  /// Keeps a copy of the chunk, data or gap. False if more than `most` bytes would be kept here, or
  /// if the run has no room: then it is as before.
  bool add(const Chunk& c, std::uint64_t most);
  /// All of it, which is kept no more.
  std::vector<Piece> take();
  bool empty() const { return pieces_.empty(); }
  /// With what keeping it costs.
  std::uint64_t bytes() const { return bytes_; }

 private:
  Contents& contents_;
  std::vector<Piece> pieces_;
  std::uint64_t bytes_ = 0;
};

}  // namespace t2
