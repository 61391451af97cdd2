// SPDX-License-Identifier: Apache-2.0
// Ordered TCP bytes for plugins. A plugin that wants them calls open_stream of the core that its
// part was given in on_flow_start (or later) and then gets on_stream for every chunk of that
// direction.
#pragma once

#include <cstdint>

#include "t2/bytes.h"
#include "t2/types.h"

namespace t2 {

struct Packet;

/// What a stream carries. It decides how long a hole that the peer has acknowledged is kept open: a
/// capture may hold the acknowledgement before the data.
enum class StreamUse : std::uint8_t {
  kBulk,         // files: waiting costs nothing
  kInteractive,  // commands and replies: what follows depends on them
};

/// The next piece of one direction's byte stream. Chunks come in order without overlap:
/// offset of a chunk = offset + length of the one before.
struct Chunk {
  enum class Kind : std::uint8_t {
    kData,     // `data` holds `length` bytes
    kGap,      // `length` bytes were lost: `data` is empty
    kEnd,      // nothing follows: FIN, RST, or the flow ended. Sent once, offset = stream length.
               // Where both directions are captured it comes when the FIN is acknowledged; after a
               // RST, when the flow ends
    kRestart,  // a new connection on the same 5-tuple, after kEnd: offsets begin at 0 again
  };
  Kind kind = Kind::kData;
  std::uint64_t offset = 0;  // 64-bit position in the stream, from 0 = SYN+1 or the first byte seen
  std::uint64_t length = 0;
  Bytes data;  // valid during the call
  // The packet that completed it; null at flow end. Of bytes that came in an incomplete datagram it
  // may tell no more than number, time and headers.
  const Packet* packet = nullptr;
  bool fin = false;  // kEnd: StreamStats::finished
};

/// What reassembly of one direction met; kept for reports and manifests. Counts of the connection
/// at hand: a restart begins anew.
struct StreamStats {
  std::uint64_t bytes = 0;  // delivered
  std::uint64_t gap_bytes = 0;
  std::uint32_t gaps = 0;
  std::uint32_t conflicts = 0;  // overlapping segments whose bytes differed; the first ones won
  std::uint32_t ignored = 0;    // segments outside the window, behind the end, or late in a gap
  /// Offset 0 is the byte behind the SYN that counts: the one that the peer acknowledged, or, as
  /// far as no acknowledgement was seen, the one that all the rest agrees with.
  bool started_at_syn = false;
  /// A FIN in order that nothing speaks against: acknowledged exactly, or no acknowledgement went
  /// on behind it. Without it more may have been sent. With started_at_syn and no gap, the stream
  /// is whole. Bytes before it that were acknowledged but not captured are a gap, always.
  bool finished = false;
  bool reset = false;  // ended by a RST exactly behind the last byte, which the peer did not ignore
  // The packet of the FIN or RST that ended it; 0 if there was none.
  std::uint64_t end_packet = 0;
  Nanoseconds end_time = 0;
};

}  // namespace t2
