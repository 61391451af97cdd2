// SPDX-License-Identifier: Apache-2.0
// Any bytes as a capture file (pcap, pcapng, gzip, zstd). Mapped and streamed input must agree, and
// all bytes of all frames must be readable.
#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <string>

#include "base/unpack.h"
#include "capture/capture_file.h"
#include "capture/parser.h"

namespace {

struct Summary {
  bool opened = false;
  std::uint64_t frames = 0;
  std::uint64_t checksum = 0;
  std::string problem;
  bool operator==(const Summary&) const = default;
};

Summary summarise(t2::Bytes input, std::size_t piece, bool salvage) {
  // Compressed bombs stay cheap: enough frames to pass every buffer boundary.
  constexpr std::uint64_t kMaxFrames = 20000;
  static t2::FrameBatch batch;
  Summary s;
  const auto file = t2::CaptureFile::from_memory(input, piece);
  if (!file) return s;
  s.opened = true;
  if (salvage) (*file)->salvage();
  while (s.frames < kMaxFrames && (*file)->read(batch) != t2::CaptureFile::State::kEnd) {
    for (std::size_t i = 0; i < batch.size && s.frames < kMaxFrames; ++i, ++s.frames) {
      const t2::Frame& f = batch.frames[i];
      if (f.time > t2::kMaxTime || f.time < -t2::kMaxTime) std::abort();
      s.checksum =
          s.checksum * 31 + static_cast<std::uint64_t>(f.time) + f.wire_length + f.link_type;
      for (const std::uint8_t byte : f.bytes) s.checksum = s.checksum * 31 + byte;
    }
  }
  if (s.frames < kMaxFrames) s.problem = (*file)->problem();
  return s;
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const t2::Bytes input(data, size);
  for (const bool salvage : {false, true}) {
    const Summary whole = summarise(input, 0, salvage);
    const Summary pieces = summarise(input, 1 + size % 61, salvage);
    // How much libzstd makes of a damaged raw block depends on the pieces that it gets.
    const bool damaged = !whole.opened || whole.problem.find("compressed") != std::string::npos;
    if (t2::is_packed(input) && damaged) return 0;
    if (!(whole == pieces)) std::abort();
  }
  return 0;
}
