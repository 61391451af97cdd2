// SPDX-License-Identifier: Apache-2.0
// Frame: one captured packet as it lies in memory. FrameBatch: what a Source gives at a time.
#pragma once

#include <algorithm>
#include <cstdint>
#include <memory>
#include <span>
#include <vector>

#include "t2/bytes.h"
#include "t2/types.h"

namespace t2 {

/// One captured frame; see FrameBatch for how long `bytes` is valid.
struct Frame {
  Nanoseconds time = 0;
  Bytes bytes;                    // captured
  std::uint32_t wire_length = 0;  // on the wire
  std::uint16_t link_type = 0;    // DLT number (not LINKTYPE where they differ)
  // What Source::preprocess_with found out; a source leaves them 0.
  std::uint8_t plain = 0;    // decoding::Plain
  std::uint8_t checked = 0;  // these two as in Packet
  std::uint16_t l4_computed = 0;
};

/// Asks the processor for the memory that decoding the frame will need.
inline void prefetch_frame(const Frame& f) {
  constexpr std::size_t kLine = 64;
  __builtin_prefetch(f.bytes.data());
  __builtin_prefetch(f.bytes.data() + kLine);
}
/// Before the `i`th frame is decoded: asks the processor for the memory that those behind it will
/// need.
inline void prefetch_ahead(std::span<const Frame> frames, std::size_t i) {
  constexpr std::size_t kAhead = 16;
  if (i + kAhead >= frames.size()) return;
  prefetch_frame(frames[i + kAhead]);
  __builtin_prefetch(&frames[std::min(i + 2 * kAhead, frames.size() - 1)]);
}

/// Frames whose numbers in their file follow on each other. A filter makes several of a batch.
struct FrameRun {
  std::uint32_t at = 0;      // of the first one in the batch
  std::uint64_t number = 0;  // of the first one in the file, from 1
};

struct FrameBatch {
  static constexpr std::size_t kCapacity = 256;
  /// What the frames' bytes lie in. They stay valid as long as this is held, by the batch or by a
  /// copy. Null: until the next call of Source::read (live capture), or for ever (memory).
  std::shared_ptr<const void> memory;
  std::vector<Frame> frames{kCapacity};
  std::size_t size = 0;
  /// In order. Empty: the frames come from no file.
  std::vector<FrameRun> runs;
};

}  // namespace t2
