// SPDX-License-Identifier: Apache-2.0
// Unpacker: gzip and zstd, recognised by content, step by step with bounded memory. Several members
// or frames in a row are one stream; what follows the last one is ignored, as gzip and zstd
// themselves do. Capture files (capture/decompress.h) and tools (common/table_text.h) use it.
#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <span>

#include "t2/bytes.h"

namespace t2 {

/// Bytes that is_packed() needs.
inline constexpr std::size_t kPackedMagic = 4;

/// Does a file that starts with `head` hold gzip or zstd data?
bool is_packed(Bytes head);

class Unpacker {
 public:
  /// What one step did; `failure` says why there is no next one.
  struct Step {
    std::size_t taken = 0;  // of the input
    std::size_t made = 0;   // of the output
    const char* failure = nullptr;
  };

  virtual ~Unpacker() = default;
  /// Turns input into output. With neither taken nor made it needs more input.
  virtual Step run(Bytes in, std::span<std::uint8_t> out) = 0;
  /// Whether the input may end here, or rubbish follow: after a whole member, outside another.
  bool complete() const { return units() > 0 && !inside(); }

 protected:
  /// Whole members so far.
  virtual std::uint64_t units() const = 0;
  /// Within the data of a member (its header alone could be rubbish).
  virtual bool inside() const = 0;
};

/// For data that starts with `head`, for which is_packed() holds.
std::unique_ptr<Unpacker> make_unpacker(Bytes head);

}  // namespace t2
