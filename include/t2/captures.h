// SPDX-License-Identifier: Apache-2.0
// Which capture file a packet came from. Packets are numbered through the whole run
// (Packet::number); whoever opens a capture in another program needs the number in that file.
#pragma once

#include <cstdint>
#include <deque>
#include <optional>
#include <string>
#include <vector>

#include "t2/types.h"

namespace t2 {

/// A capture file of the input, as far as it was read.
struct Capture {
  std::string file;           // as the user or the list names it; "-" for standard input
  std::uint64_t bytes = 0;    // on disk when it was opened, 0 if not known (standard input, pipe)
  std::uint64_t packets = 0;  // those included that the filter left out
  Nanoseconds first = 0, last = 0;  // times of the first and the last of these packets
  std::uint64_t first_packet = 0;  // number in the run of the first that passed the filter; 0: none
  std::uint64_t passed = 0;        // packets that passed it; they follow on in the run
  std::vector<std::uint16_t> link_types;  // DLT numbers of its interfaces, 32 at most
};

/// In the order of reading; a file that is read twice (-D, round robin) stands there twice. Entries
/// stay where they are in memory, and their names do not change.
using Captures = std::deque<Capture>;

/// Where a packet lies: `packet` counts from 1 over all packets of the file that can be read,
/// those included that the filter left out, and over all sections of a pcapng file.
struct CapturePosition {
  std::uint32_t capture = 0;  // index in Captures
  std::uint64_t packet = 0;
};

}  // namespace t2
