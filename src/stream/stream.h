// SPDX-License-Identifier: Apache-2.0
// Stream: reassembly of one TCP direction (spec ftpDecode 12). Positions are 64-bit offsets from
// the first byte; in-order bytes go from the packet to the consumer without a copy, everything else
// waits in a map of pieces that never overlap, because the first bytes to arrive win.
//
// Where a stream begins and ends is what the receiver takes for its beginning and end, and that is
// read from what it acknowledges (RFC 9293 3.10.7, RFC 5961 3.2): a SYN counts when its number + 1
// is acknowledged, a FIN when it is, a RST when nothing behind it is. What cannot be decided yet is
// held back. stream_start.cc: which SYN counts. stream_end.cc: which FIN or RST.
#pragma once

#include <algorithm>
#include <array>
#include <cstdint>
#include <limits>
#include <map>
#include <memory>
#include <vector>

#include "t2/flow.h"
#include "t2/packet.h"
#include "t2/stream.h"

namespace t2 {

/// Receives what the streams deliver. May open and close any stream, the one delivering included.
class ChunkHandler {
 public:
  virtual ~ChunkHandler() = default;
  virtual void on_chunk(StreamEnd& flow, const Chunk& chunk) = 0;
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
  GapPatience start{20'000'000, 16};  // ... and bytes so long for the SYN that they belong to
  bool (*checksum_ok)(const Packet&) = nullptr;  // null: TCP checksums are not looked at
};

/// What all streams of one engine hold together.
struct StreamUsage {
  std::uint64_t buffered = 0;
  std::uint64_t elsewhere = 0;  // held by others of the same total_bytes
  // Each group of flows has its share of total_history_bytes.
  std::array<std::uint64_t, kFlowGroups> history{};
  // Bytes behind a hole stopped waiting for it because ...
  std::uint64_t holes_flow_full = 0;   // StreamOptions::flow_bytes was reached
  std::uint64_t holes_total_full = 0;  // StreamOptions::total_bytes was reached

  std::uint64_t all() const { return buffered + elsewhere; }
  /// Adds what was counted.
  void merge(const StreamUsage& o) {
    buffered += o.buffered;
    holes_flow_full += o.holes_flow_full;
    holes_total_full += o.holes_total_full;
  }
};

/// The TCP side of one packet.
struct TcpSegment {
  std::uint32_t seq = 0;  // of the first payload byte, or of the SYN
  std::uint32_t ack = 0;
  bool syn = false, fin = false, rst = false, has_ack = false;
  Bytes payload;             // as captured
  std::uint32_t length = 0;  // on the wire
};

/// What an acknowledgement says of the connection's other direction.
struct AckVerdict {
  bool unacceptable = false;    // far from all that was sent: its receiver drops such a segment
  bool doubtful = false;        // ... or would, if the peer's SYN is the one that counts
  bool renewed = false;         // a new connection began at this packet
  bool known = false;           // ... and its other direction begins at `first_seq`
  std::uint32_t first_seq = 0;  // sequence number of its offset 0
};

class Stream {
 public:
  /// `group`: the flow's. All outlive it.
  Stream(const StreamOptions& options, StreamUse use, StreamUsage& usage, unsigned group)
      : options_(options),
        use_(use),
        patience_(use == StreamUse::kBulk ? options.bulk : options.interactive),
        usage_(usage),
        all_history_(usage.history.at(group)) {}
  ~Stream();
  Stream(const Stream&) = delete;
  Stream& operator=(const Stream&) = delete;

  /// Before anything else, for a stream that is opened after its SYN.
  void begin_behind_syn(std::uint32_t first_seq) { begin(first_seq, Start::kSyn); }
  /// Bytes of an incomplete datagram: used where they are all there is.
  void on_part(std::uint32_t seq, Bytes data, const Packet& p);
  /// A segment that the receiver drops, unless it is of a new connection (RFC 9293 3.10.7.4,
  /// RFC 5961 5.2).
  void on_unacceptable(const TcpSegment& s) {
    if ((s.length > 0 || s.fin) && !hold_for_next(s)) ++stats_.ignored;
  }
  /// ... or may have dropped.
  void doubt(const TcpSegment& s) {
    const bool is_news = settled() && position(s.seq) + s.length > static_cast<std::int64_t>(next_);
    end_doubtful_ = end_doubtful_ || (s.length > 0 && is_news);
  }
  /// True if its data began a new connection.
  bool on_segment(StreamEnd& flow, const TcpSegment& s, const Packet& p, ChunkHandler& out);
  /// The opposite direction's packet acknowledged everything before `s.ack`.
  AckVerdict on_ack(StreamEnd& flow, const TcpSegment& s, const Packet& p, ChunkHandler& out);
  /// Any packet of the opposite direction comes here first.
  void on_peer() { peer_seen_ = true; }
  /// The opposite direction's packet is a RST.
  void on_peer_reset(const TcpSegment& s);
  /// The opposite direction began a new connection at the packet `s`.
  void renew(StreamEnd& flow, const TcpSegment& s, const AckVerdict& r, const Packet& p,
             ChunkHandler& out);
  /// Delivers what is left, with gaps, and kEnd.
  void finish(StreamEnd& flow, ChunkHandler& out);

  const StreamStats& stats() const { return stats_; }
  bool ended() const { return ended_; }

 private:
  friend class TcpStreams;

  static constexpr std::uint64_t kNever = std::numeric_limits<std::uint64_t>::max();
  static constexpr std::size_t kMaxFins = 4;
  static constexpr std::uint64_t kWaitingCost = 64;  // of a segment that waits, besides its bytes

  /// Bytes that wait, or bytes that are known to be missing from the capture (no data).
  struct Piece {
    std::uint64_t length = 0;
    std::vector<std::uint8_t> data;
  };
  /// A segment of which it is not known yet where it belongs.
  struct Waiting {
    std::uint32_t seq = 0, length = 0;
    std::vector<std::uint8_t> data;
    bool fin = false, rst = false;
  };
  /// A SYN that does not count, or not yet.
  struct Syn {
    std::uint32_t first_seq = 0;  // its number + 1
    std::uint32_t ack = 0;        // of a SYN-ACK
    bool has_ack = false;
  };
  /// What is known while it is open which SYN counts; later the SYNs that did not.
  struct Doubt {
    std::vector<Syn> syns;
    std::vector<std::uint32_t> acks;  // the peer's
    std::vector<Waiting> segments;
    Nanoseconds since = 0;  // the first of them
    std::uint32_t packets = 0;

    void add(const Syn& syn);
    void add_ack(std::uint32_t ack);
    const Syn* find(std::uint32_t first_seq) const;
    const Syn* answer_to(std::uint32_t first_seq) const;
    void forget(std::uint32_t first_seq);
  };
  /// Where a FIN or RST stands, and the packet it came with.
  struct End {
    std::uint64_t offset = 0, packet = 0;
    Nanoseconds time = 0;
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
  /// How offset 0 is known.
  enum class Start : std::uint8_t {
    kNone,    // nothing was seen
    kOpen,    // it is not: segments wait in doubt_
    kGuess,   // from the first segment or acknowledgement seen
    kSyn,     // from a SYN
    kProven,  // from a SYN that the peer acknowledged
  };

  void begin(std::uint32_t first_seq, Start start);
  /// Nothing special can happen: see plain_.
  void update_plain() {
    plain_ = start_ == Start::kProven && !ended_ && doubt_ == nullptr && barrier_ == kNever;
  }
  std::int64_t position(std::uint32_t seq) const;
  std::uint64_t horizon() const;
  std::int64_t window() const { return options_.window; }
  bool special(StreamEnd& flow, TcpSegment s, const Packet* p, ChunkHandler& out);
  void place(StreamEnd& flow, const TcpSegment& s, const Packet* p, ChunkHandler& out);

  // stream_start.cc
  bool on_syn(StreamEnd& flow, const TcpSegment& s, const Packet* p, ChunkHandler& out);
  bool settled() const { return start_ != Start::kNone && start_ != Start::kOpen; }
  bool unsure() const { return next_ == 0 && start_ != Start::kProven && !ended_; }
  bool begins_anew(const Syn& syn, const TcpSegment& peer) const;
  bool of_this_connection(const Syn& syn) const;
  bool begins_anew_with(const TcpSegment& s) const;
  bool is_behind_us(std::int64_t at) const;
  Doubt& open_doubt();
  bool hold_for_next(const TcpSegment& s);
  void defer(const TcpSegment& s);
  std::vector<Waiting> take_deferred();
  void reopen();
  bool move_start_back(std::int64_t at);
  bool below_start(StreamEnd& flow, std::int64_t& at, const TcpSegment& s, const Packet* p,
                   ChunkHandler& out);
  void refute_start();
  bool consider_ack(StreamEnd& flow, const TcpSegment& s, const Packet& p, ChunkHandler& out,
                    AckVerdict& verdict);
  bool prove_start(StreamEnd& flow, std::uint32_t ack, const Packet& p, ChunkHandler& out,
                   AckVerdict& verdict);
  void wait_for_start(StreamEnd& flow, const TcpSegment& s, const Packet* p, ChunkHandler& out);
  void settle(StreamEnd& flow, const Packet* p, ChunkHandler& out);
  bool has_room_for(std::size_t bytes) const;
  bool is_plausible(const Syn& syn, bool with_acks) const;
  bool ends_a_segment(std::uint32_t seq) const;
  const Syn* acknowledged_syn() const;
  const Syn* only_plausible_syn() const;
  void settle_for_the_likeliest(StreamEnd& flow, const Packet* p, ChunkHandler& out);
  void choose(StreamEnd& flow, std::uint32_t first_seq, Start start, const Packet* p,
              ChunkHandler& out);
  void replay(StreamEnd& flow, const std::vector<Waiting>& segments, const Packet* p,
              ChunkHandler& out);
  std::vector<Waiting> take_waiting(std::uint64_t from);
  void restart(StreamEnd& flow, std::uint32_t first_seq, Start start, const Packet* p,
               ChunkHandler& out);

  // stream_end.cc
  void add_fin(std::uint64_t offset, const Packet* p);
  void add_reset(std::int64_t at, const Packet* p);
  void update_barrier();
  void remove_barrier();
  const End* fin_at(std::uint64_t offset) const;
  bool fin_is_acknowledged() const;
  bool is_closing() const { return ended_ || next_ == barrier_; }
  void drop_refuted_ends();
  void resolve_end(StreamEnd& flow, const Packet* p, ChunkHandler& out);
  void end_at_barrier(StreamEnd& flow, ChunkHandler& out);
  void end(StreamEnd& flow, bool fin, const Packet* p, ChunkHandler& out);

  void take_payload(StreamEnd& flow, std::uint64_t offset, Bytes payload, std::uint64_t length,
                    const Packet* p, ChunkHandler& out);
  void take_far(StreamEnd& flow, const TcpSegment& s, const Packet* p, ChunkHandler& out);
  bool agrees(std::uint32_t a, std::uint32_t b) const;
  static std::uint64_t waiting_cost(std::size_t bytes) { return bytes + kWaitingCost; }
  std::vector<Waiting> release_far();
  bool take_far_ack(StreamEnd& flow, std::uint32_t ack, const Packet* p, ChunkHandler& out);
  void accept_far(StreamEnd& flow, std::uint32_t seq, const Packet* p, ChunkHandler& out);
  void insert(std::uint64_t offset, Bytes data, std::uint64_t length);
  void add_piece(std::uint64_t offset, Bytes data, std::uint64_t length);
  static std::uint64_t piece_cost(const Piece& piece);
  void charge(std::uint64_t cost);
  void discharge(std::uint64_t cost);
  void drop_pieces();
  void drain(StreamEnd& flow, const Packet* p, ChunkHandler& out);
  void deliver(StreamEnd& flow, Bytes data, const Packet* p, ChunkHandler& out);
  void deliver_gap(StreamEnd& flow, std::uint64_t length, const Packet* p, ChunkHandler& out);
  void give_up(StreamEnd& flow, std::uint64_t end, const Packet* p, ChunkHandler& out);
  void drop_parts(std::uint64_t before);
  void skip_hole(StreamEnd& flow, const Packet* p, ChunkHandler& out);
  void look_at_hole(StreamEnd& flow, const Packet* p, ChunkHandler& out);
  void wait_at_hole(StreamEnd& flow, const Packet* p, ChunkHandler& out);

  void remember(Bytes data);
  void grow_history(std::uint64_t wanted);
  void put_in_history(std::uint64_t offset, Bytes data);
  void compare_with_history(std::uint64_t offset, Bytes data);

  const StreamOptions& options_;
  const StreamUse use_;
  const GapPatience& patience_;
  StreamUsage& usage_;
  std::uint64_t& all_history_;  // of the group
  StreamStats stats_;

  std::uint64_t next_ = 0;          // offset of the next byte to deliver
  std::uint64_t acked_ = 0;         // the peer has everything before it
  std::uint64_t barrier_ = kNever;  // where a FIN or RST may end the stream: nothing passes it
  std::uint64_t reset_acked_ = 0;   // what the peer's RST acknowledged
  std::uint32_t first_seq_ = 0;     // sequence number of offset 0
  std::uint32_t syn_ack_ = 0;       // what our SYN-ACK acknowledged, if has_syn_ack_
  std::uint32_t far_ack_ = 0;       // an ACK too far off to be believed alone, if has_far_ack_
  std::uint32_t far_run_ = 0;       // consecutive far segments that lie close together

  Nanoseconds ack_ahead_time_ = 0;       // when acked_ went past next_
  std::uint32_t ack_ahead_packets_ = 0;  // packets of the connection since then

  std::map<std::uint64_t, Piece> pieces_;
  std::uint64_t buffered_ = 0;  // their cost, and that of far_ and of segments in doubt_
  std::unique_ptr<Doubt> doubt_;
  std::vector<Waiting> far_;
  std::array<End, kMaxFins> fins_{};     // lowest first
  End rst_;                              // if rst_known_
  std::vector<std::uint8_t> history_;    // ring, index = offset modulo its size (a power of two)
  std::uint64_t history_from_ = 0;       // first offset it holds
  std::map<std::uint64_t, Part> parts_;  // by offset; they may overlap
  std::uint64_t parts_cost_ = 0;

  Start start_ = Start::kNone;
  std::uint8_t fin_count_ = 0;
  std::uint8_t reopened_ = 0;  // how often the start was open again
  bool plain_ = false;  // proven start, no end in sight, no doubt: nothing special can happen
  bool ended_ = false;
  bool rst_known_ = false;
  bool rst_exact_ = false;  // it came when exactly everything before it had
  bool has_syn_ack_ = false, has_far_ack_ = false;
  bool begun_by_ack_ = false;   // offset 0 was acknowledged before anything of it was seen
  bool start_refuted_ = false;  // something speaks against the SYN that was taken
  bool end_doubtful_ = false;   // data went on behind a FIN or RST, and no ACK says which is true
  bool peer_seen_ = false;      // the peer's direction is in the capture
  bool ack_ahead_ = false;
  bool peer_closed_ = false;  // the peer sent its FIN
  bool acked_less_ = false;   // the peer's latest word is that data before the FIN is missing
  bool reset_seen_ = false;   // a RST of either side, believed or not
  bool replaying_ = false;    // what had waited goes its way
  bool busy_ = false;         // delivering: may not be freed
  bool closed_ = false;       // free it when no longer busy
};

inline std::int64_t Stream::position(std::uint32_t seq) const {
  const auto expected = first_seq_ + static_cast<std::uint32_t>(next_);
  return static_cast<std::int64_t>(next_) + static_cast<std::int32_t>(seq - expected);
}

inline std::uint64_t Stream::horizon() const {
  return std::max(next_, acked_) + options_.window;
}

}  // namespace t2
