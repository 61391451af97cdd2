// SPDX-License-Identifier: Apache-2.0
// Stream: reassembly of one TCP direction (spec ftpDecode 12). Positions are 64-bit offsets from
// the first byte; in-order bytes go from the packet to the consumer without a copy, everything else
// waits in a map of pieces that never overlap, because the first bytes to arrive win.
#pragma once

#include <cstdint>
#include <map>
#include <vector>

#include "t2/flow.h"
#include "t2/packet.h"
#include "t2/stream.h"

namespace t2 {

/// Receives what the streams deliver. May open and close any stream, the one delivering included.
class ChunkHandler {
 public:
  virtual ~ChunkHandler() = default;
  virtual void on_chunk(Flow& flow, const Chunk& chunk) = 0;
};

/// A hole is a gap so long after the peer's ACK passed it, or so many packets of the connection
/// after it.
struct GapPatience {
  Nanoseconds time = 0;
  std::uint32_t packets = 0;
};

struct StreamOptions {
  std::uint64_t flow_bytes = 4u << 20;     // out-of-order bytes held per direction
  std::uint64_t total_bytes = 256u << 20;  // ... and by all
  std::uint32_t window = 16u << 20;        // how far a segment may lie ahead without an ACK near it
  std::uint32_t backfill = 64u << 10;      // how far an unsure start may move back
  std::uint32_t history_bytes = 32u << 10;        // delivered bytes kept per direction ...
  std::uint64_t total_history_bytes = 64u << 20;  // ... and by all, to compare retransmissions with
  GapPatience bulk{200'000'000, 64};
  GapPatience interactive{10'000'000, 3};
  bool (*checksum_ok)(const Packet&) = nullptr;  // null: TCP checksums are not looked at
};

/// What all streams of one engine hold together.
struct StreamUsage {
  std::uint64_t buffered = 0;
  std::uint64_t history = 0;
  // Bytes behind a hole stopped waiting for it because ...
  std::uint64_t holes_flow_full = 0;   // StreamOptions::flow_bytes was reached
  std::uint64_t holes_total_full = 0;  // StreamOptions::total_bytes was reached
};

/// The TCP side of one packet.
struct TcpSegment {
  std::uint32_t seq = 0;  // of the first payload byte, or of the SYN
  std::uint32_t ack = 0;
  bool syn = false, fin = false, rst = false, has_ack = false;
  Bytes payload;             // as captured
  std::uint32_t length = 0;  // on the wire
};

class Stream {
 public:
  Stream(const StreamOptions& options, StreamUse use, StreamUsage& usage)
      : options_(options),
        patience_(use == StreamUse::kBulk ? options.bulk : options.interactive),
        usage_(usage) {}
  ~Stream();
  Stream(const Stream&) = delete;
  Stream& operator=(const Stream&) = delete;

  void on_segment(Flow& flow, const TcpSegment& s, const Packet& p, ChunkHandler& out);
  /// Bytes of an incomplete datagram: used where they are all there is.
  void on_part(std::uint32_t seq, Bytes data, const Packet& p);
  /// The opposite direction's packet acknowledged everything before `s.ack`.
  void on_ack(Flow& flow, const TcpSegment& s, const Packet& p, ChunkHandler& out);
  /// Delivers what is left, with gaps, and kEnd.
  void finish(Flow& flow, ChunkHandler& out);

  const StreamStats& stats() const { return stats_; }

 private:
  friend class TcpStreams;

  /// Bytes that wait, or bytes that are known to be missing from the capture (no data).
  struct Piece {
    std::uint64_t length = 0;
    std::vector<std::uint8_t> data;
  };
  /// A segment too far ahead to be believed at once.
  struct FarSegment {
    std::uint64_t offset = 0, length = 0;
    std::vector<std::uint8_t> data;
    bool fin = false;
  };
  /// Bytes of a datagram that is not complete, and the packet that they came in.
  struct Part {
    std::vector<std::uint8_t> data;
    Nanoseconds time = 0;
    std::uint64_t number = 0;
    const HeaderStack* headers = nullptr;

    Packet packet() const;
    std::uint64_t end(std::uint64_t offset) const { return offset + data.size(); }
    std::uint64_t cost() const;
  };

  void begin(std::uint32_t first_seq, bool at_syn);
  void restart(Flow& flow, std::uint32_t first_seq, const Packet& p, ChunkHandler& out);
  bool on_syn(Flow& flow, std::uint32_t first_seq, const Packet& p, ChunkHandler& out);
  std::int64_t position(std::uint32_t seq) const;
  std::uint64_t horizon() const;
  bool move_start_back(std::int64_t at);

  void take_payload(Flow& flow, std::uint64_t offset, Bytes payload, std::uint64_t length,
                    const Packet* p, ChunkHandler& out);
  void take_far(Flow& flow, std::uint64_t offset, const TcpSegment& s, const Packet& p,
                ChunkHandler& out);
  void accept_far(Flow& flow, const Packet& p, ChunkHandler& out);
  void insert(std::uint64_t offset, Bytes data, std::uint64_t length);
  void add_piece(std::uint64_t offset, Bytes data, std::uint64_t length);
  void drop_pieces();
  void drain(Flow& flow, const Packet* p, ChunkHandler& out);
  void deliver(Flow& flow, Bytes data, const Packet* p, ChunkHandler& out);
  void deliver_gap(Flow& flow, std::uint64_t length, const Packet* p, ChunkHandler& out);
  void give_up(Flow& flow, std::uint64_t end, const Packet* p, ChunkHandler& out);
  void drop_parts(std::uint64_t before);
  void skip_hole(Flow& flow, const Packet* p, ChunkHandler& out);
  void look_at_hole(Flow& flow, const Packet& p, ChunkHandler& out);
  void wait_at_hole(Flow& flow, const Packet& p, ChunkHandler& out);
  void end_if_reached(Flow& flow, const Packet* p, ChunkHandler& out);
  void end(Flow& flow, bool fin, const Packet* p, ChunkHandler& out);

  void remember(Bytes data);
  void grow_history(std::uint64_t wanted);
  void put_in_history(std::uint64_t offset, Bytes data);
  void compare_with_history(std::uint64_t offset, Bytes data);

  const StreamOptions& options_;
  const GapPatience& patience_;
  StreamUsage& usage_;
  StreamStats stats_;

  std::uint64_t next_ = 0;        // offset of the next byte to deliver
  std::uint64_t acked_ = 0;       // the peer has everything before it
  std::uint64_t far_ack_ = 0;     // an ACK too far ahead to be believed alone, 0 none
  std::uint64_t fin_offset_ = 0;  // where the stream ends, if fin_known_
  std::uint64_t rst_offset_ = 0;  // if rst_known_
  std::uint32_t first_seq_ = 0;   // sequence number of offset 0
  std::uint32_t new_seq_ = 0;  // first_seq of the connection a doubtful SYN announced, if new_syn_

  Nanoseconds ack_ahead_time_ = 0;       // when acked_ went past next_
  std::uint32_t ack_ahead_packets_ = 0;  // packets of the connection since then
  std::uint32_t far_run_ = 0;            // consecutive far segments that lie close together

  std::map<std::uint64_t, Piece> pieces_;
  std::uint64_t buffered_ = 0;  // their cost
  std::vector<FarSegment> far_;
  std::vector<std::uint8_t> history_;    // ring, index = offset modulo its size (a power of two)
  std::uint64_t history_from_ = 0;       // first offset it holds
  std::map<std::uint64_t, Part> parts_;  // by offset; they may overlap
  std::uint64_t parts_cost_ = 0;

  bool started_ = false;
  bool ended_ = false;
  bool fin_known_ = false, rst_known_ = false, new_syn_ = false;
  bool ack_seen_ = false;  // the peer's direction is in the capture
  bool ack_ahead_ = false;
  bool peer_closed_ = false;  // the peer sent its FIN
  bool busy_ = false;         // delivering: may not be freed
  bool closed_ = false;       // free it when no longer busy
};

}  // namespace t2
