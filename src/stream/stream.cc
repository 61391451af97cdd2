// SPDX-License-Identifier: Apache-2.0
#include "stream/stream.h"

#include <algorithm>
#include <bit>
#include <cstring>

namespace t2 {
namespace {

constexpr std::uint64_t kPieceCost = 64;            // map node and vector, besides the bytes
constexpr std::uint64_t kMaxPartsCost = 256 << 10;  // of incomplete datagrams, per direction
constexpr std::size_t kMaxFarSegments = 8;
constexpr std::uint32_t kFarRun = 8;  // far segments in a row that move a one-way stream on
constexpr std::size_t kSmallestHistory = 512;

bool near(std::uint64_t a, std::uint64_t b, std::uint64_t distance) {
  return (a > b ? a - b : b - a) <= distance;
}

std::vector<std::uint8_t> copy(Bytes b) {
  return {b.begin(), b.end()};
}

}  // namespace

Stream::~Stream() {
  usage_.buffered -= buffered_ + parts_cost_;
  usage_.history -= history_.size();
}

void Stream::begin(std::uint32_t first_seq, bool at_syn) {
  drop_pieces();
  drop_parts(UINT64_MAX);
  far_.clear();
  stats_ = {};
  stats_.started_at_syn = at_syn;
  next_ = acked_ = far_ack_ = fin_offset_ = rst_offset_ = history_from_ = 0;
  first_seq_ = first_seq;
  far_run_ = 0;
  started_ = true;
  ended_ = fin_known_ = rst_known_ = new_syn_ = ack_ahead_ = peer_closed_ = false;
}

void Stream::restart(Flow& flow, std::uint32_t first_seq, const Packet& p, ChunkHandler& out) {
  if (!ended_) finish(flow, out);
  if (closed_) return;
  begin(first_seq, true);
  out.on_chunk(flow, {Chunk::Kind::kRestart, 0, 0, {}, &p, false});
}

/// Whether the segment with this SYN belongs to the connection followed from now on.
bool Stream::on_syn(Flow& flow, std::uint32_t first_seq, const Packet& p, ChunkHandler& out) {
  if (started_ && first_seq == first_seq_) {
    stats_.started_at_syn = true;  // it came late, or again
  } else if (ended_) {
    restart(flow, first_seq, p, out);
  } else if (next_ == 0 && pieces_.empty()) {
    begin(first_seq, true);  // the first one, or nothing came of the one before
  } else {
    // Forged, or the end of the old connection was not captured: the ACK will tell.
    new_syn_ = true;
    new_seq_ = first_seq;
    return false;
  }
  return !closed_;
}

inline std::int64_t Stream::position(std::uint32_t seq) const {
  const auto expected = first_seq_ + static_cast<std::uint32_t>(next_);
  return static_cast<std::int64_t>(next_) + static_cast<std::int32_t>(seq - expected);
}

inline std::uint64_t Stream::horizon() const {
  return std::max(next_, acked_) + options_.window;
}

inline void Stream::end_if_reached(Flow& flow, const Packet* p, ChunkHandler& out) {
  if (ended_ || !pieces_.empty()) return;
  if (fin_known_ && fin_offset_ == next_) {
    end(flow, true, p, out);
  } else if (rst_known_ && rst_offset_ == next_) {
    end(flow, false, p, out);
  }
}

/// Nearly always nothing is acknowledged that was not delivered.
inline void Stream::look_at_hole(Flow& flow, const Packet& p, ChunkHandler& out) {
  if (!ended_ && acked_ > next_) return wait_at_hole(flow, p, out);
  ack_ahead_ = false;
}

/// Nothing was delivered and the beginning was not seen: an earlier segment becomes the beginning.
bool Stream::move_start_back(std::int64_t at) {
  const auto back = static_cast<std::uint64_t>(-at);
  if (stats_.started_at_syn || next_ != 0 || back > options_.backfill) return false;
  std::map<std::uint64_t, Piece> moved;
  for (auto& [offset, piece] : pieces_) moved.emplace(offset + back, std::move(piece));
  pieces_ = std::move(moved);
  for (FarSegment& f : far_) f.offset += back;
  drop_parts(UINT64_MAX);  // their places are others now
  acked_ += back;
  fin_offset_ += back;
  rst_offset_ += back;
  first_seq_ -= static_cast<std::uint32_t>(back);
  return true;
}

void Stream::on_segment(Flow& flow, const TcpSegment& s, const Packet& p, ChunkHandler& out) {
  std::uint32_t seq = s.seq;
  if (s.syn) {
    if (!on_syn(flow, ++seq, p, out)) return;
  } else if (!started_) {
    if (s.rst || (s.length == 0 && !s.fin)) return;
    begin(seq, false);
  }
  if (ended_) {
    if (s.length > 0) ++stats_.ignored;
    return;
  }
  std::int64_t at = position(seq);
  // A segment of one byte below the start is a keep-alive probe.
  if (at < 0 && s.length > 1 && !s.rst && move_start_back(at)) at = 0;
  const std::int64_t end_at = at + s.length;
  const auto next = static_cast<std::int64_t>(next_);

  if (s.rst) {
    if (at >= next && at <= static_cast<std::int64_t>(horizon())) {
      rst_known_ = true;
      rst_offset_ = static_cast<std::uint64_t>(at);
    }
    end_if_reached(flow, &p, out);
    return;
  }
  if (at > static_cast<std::int64_t>(horizon())) {
    if (s.length > 0 || s.fin) take_far(flow, static_cast<std::uint64_t>(at), s, p, out);
    return;
  }
  if (s.length > 0 && end_at <= next) {
    const bool probe = s.length == 1 && end_at == next;
    if (!probe && at >= 0) compare_with_history(static_cast<std::uint64_t>(at), s.payload);
  } else if (s.length > 0) {
    Bytes payload = s.payload;
    std::uint64_t length = s.length;
    if (at < 0) {
      payload = skip(payload, static_cast<std::size_t>(-at));
      length -= static_cast<std::uint64_t>(-at);
      at = 0;
    }
    auto offset = static_cast<std::uint64_t>(at);
    if (fin_known_ && offset + length > fin_offset_) {
      if (acked_ > fin_offset_) {  // the peer acknowledged the FIN: nothing can follow it
        ++stats_.ignored;
        if (offset >= fin_offset_) return;
        length = fin_offset_ - offset;
        payload = first(payload, length);
      } else {
        fin_known_ = false;
      }
    }
    if (rst_known_ && offset + length > rst_offset_) rst_known_ = false;
    take_payload(flow, offset, payload, length, &p, out);
    if (closed_) return;
  }
  if (s.fin && !fin_known_ && end_at >= static_cast<std::int64_t>(next_)) {
    fin_known_ = true;
    fin_offset_ = static_cast<std::uint64_t>(end_at);
  }
  end_if_reached(flow, &p, out);
  if (!closed_) look_at_hole(flow, p, out);
}

void Stream::on_ack(Flow& flow, const TcpSegment& s, const Packet& p, ChunkHandler& out) {
  const std::uint32_t ack = s.ack;
  ack_seen_ = true;
  peer_closed_ = peer_closed_ || s.fin;
  if (!started_) {
    begin(ack, false);
    return;
  }
  if (new_syn_ && ack == new_seq_) {
    restart(flow, new_seq_, p, out);
    return;
  }
  if (ended_) return;
  const std::int64_t at = position(ack);
  if (at > static_cast<std::int64_t>(horizon())) {
    far_ack_ = static_cast<std::uint64_t>(at);
    const bool agrees = std::any_of(far_.begin(), far_.end(), [&](const FarSegment& f) {
      return near(f.offset, far_ack_, options_.window);
    });
    if (!agrees) return;
    acked_ = far_ack_;
    accept_far(flow, p, out);
    return;
  }
  if (at > static_cast<std::int64_t>(acked_)) acked_ = static_cast<std::uint64_t>(at);
  look_at_hole(flow, p, out);
}

void Stream::finish(Flow& flow, ChunkHandler& out) {
  if (ended_) return;
  stats_.ignored += static_cast<std::uint32_t>(far_.size());
  far_.clear();
  while (!closed_ && !pieces_.empty()) skip_hole(flow, nullptr, out);
  if (closed_) return;
  if (fin_known_) {
    give_up(flow, fin_offset_, nullptr, out);
  } else if (acked_ > next_ + 1) {
    // Bytes are missing. The last one may be the FIN, which counts as one: that is so if the peer
    // closed, too.
    give_up(flow, acked_ - (peer_closed_ ? 1 : 0), nullptr, out);
  } else if (!ack_seen_ && !parts_.empty()) {
    const auto& [offset, part] = *parts_.rbegin();  // nobody can tell whether it came whole
    give_up(flow, part.end(offset), nullptr, out);
  }
  if (!closed_) end(flow, fin_known_, nullptr, out);
}

void Stream::take_payload(Flow& flow, std::uint64_t offset, Bytes payload, std::uint64_t length,
                          const Packet* p, ChunkHandler& out) {
  if (offset < next_) {
    const std::uint64_t old = next_ - offset;
    compare_with_history(offset, first(payload, old));
    payload = skip(payload, old);
    length -= old;
    offset = next_;
  }
  if (offset == next_ && pieces_.empty()) {
    if (!payload.empty()) deliver(flow, payload, p, out);
    if (!closed_ && length > payload.size()) deliver_gap(flow, length - payload.size(), p, out);
    return;
  }
  if (!payload.empty()) insert(offset, payload, payload.size());
  if (length > payload.size()) insert(offset + payload.size(), {}, length - payload.size());
  drain(flow, p, out);
  while (!closed_ && !pieces_.empty()) {
    const bool own_full = buffered_ > options_.flow_bytes;
    if (!own_full && usage_.buffered <= options_.total_bytes) return;
    ++(own_full ? usage_.holes_flow_full : usage_.holes_total_full);
    skip_hole(flow, p, out);
  }
}

/// A segment beyond the window: believed when the peer acknowledged something near it, or, when the
/// peer's direction is not captured at all, when several in a row agree. Anyone can forge one
/// packet.
void Stream::take_far(Flow& flow, std::uint64_t offset, const TcpSegment& s, const Packet& p,
                      ChunkHandler& out) {
  const bool follows = !far_.empty() && near(far_.back().offset, offset, options_.window);
  far_run_ = follows ? far_run_ + 1 : 1;
  if (far_.size() == kMaxFarSegments) {
    far_.erase(far_.begin());
    ++stats_.ignored;
  }
  far_.push_back({offset, s.length, copy(s.payload), s.fin});
  if (far_ack_ != 0 && near(far_ack_, offset, options_.window)) {
    acked_ = far_ack_;
    accept_far(flow, p, out);
  } else if (!ack_seen_ && far_run_ >= kFarRun) {
    acked_ = offset;
    accept_far(flow, p, out);
  }
}

void Stream::accept_far(Flow& flow, const Packet& p, ChunkHandler& out) {
  const std::vector<FarSegment> accepted = std::move(far_);
  far_.clear();
  far_ack_ = 0;
  far_run_ = 0;
  for (const FarSegment& f : accepted) {
    if (f.offset < next_ || f.offset > horizon()) {
      ++stats_.ignored;
      continue;
    }
    if (f.length > 0) take_payload(flow, f.offset, f.data, f.length, &p, out);
    if (closed_) return;
    if (f.fin && !fin_known_) {
      fin_known_ = true;
      fin_offset_ = f.offset + f.length;
    }
  }
  end_if_reached(flow, &p, out);
  if (!closed_) look_at_hole(flow, p, out);
}

/// Adds what is not covered yet; where bytes wait already, those stay.
void Stream::insert(std::uint64_t offset, Bytes data, std::uint64_t length) {
  const std::uint64_t end = offset + length;
  auto it = pieces_.upper_bound(offset);
  if (it != pieces_.begin()) {
    const auto before = std::prev(it);
    if (before->first + before->second.length > offset) it = before;
  }
  bool conflict = false;
  while (offset < end) {
    if (it == pieces_.end() || it->first >= end) {
      add_piece(offset, data, end - offset);
      break;
    }
    if (it->first > offset) {
      const std::uint64_t n = it->first - offset;
      add_piece(offset, first(data, n), n);
      data = skip(data, n);
      offset += n;
    }
    const Piece& there = it->second;
    const std::uint64_t in = offset - it->first;
    const std::uint64_t n = std::min(end - offset, there.length - in);
    if (!data.empty() && !there.data.empty()) {
      conflict |= std::memcmp(data.data(), there.data.data() + in, n) != 0;
    }
    data = skip(data, n);
    offset += n;
    ++it;
  }
  if (conflict) ++stats_.conflicts;
}

void Stream::add_piece(std::uint64_t offset, Bytes data, std::uint64_t length) {
  const std::uint64_t cost = data.size() + kPieceCost;
  buffered_ += cost;
  usage_.buffered += cost;
  pieces_.emplace(offset, Piece{length, copy(data)});
}

void Stream::drop_pieces() {
  pieces_.clear();
  usage_.buffered -= buffered_;
  buffered_ = 0;
}

void Stream::drain(Flow& flow, const Packet* p, ChunkHandler& out) {
  while (!closed_ && !pieces_.empty() && pieces_.begin()->first == next_) {
    const auto node = pieces_.extract(pieces_.begin());
    const Piece& piece = node.mapped();
    const std::uint64_t cost = piece.data.size() + kPieceCost;
    buffered_ -= cost;
    usage_.buffered -= cost;
    if (piece.data.empty()) {
      deliver_gap(flow, piece.length, p, out);
    } else {
      deliver(flow, piece.data, p, out);
    }
  }
}

void Stream::deliver(Flow& flow, Bytes data, const Packet* p, ChunkHandler& out) {
  const Chunk chunk{Chunk::Kind::kData, next_, data.size(), data, p, false};
  remember(data);
  next_ += data.size();
  stats_.bytes += data.size();
  out.on_chunk(flow, chunk);
}

void Stream::deliver_gap(Flow& flow, std::uint64_t length, const Packet* p, ChunkHandler& out) {
  const Chunk chunk{Chunk::Kind::kGap, next_, length, {}, p, false};
  next_ += length;
  history_from_ = next_;
  stats_.gap_bytes += length;
  ++stats_.gaps;
  out.on_chunk(flow, chunk);
}

void Stream::skip_hole(Flow& flow, const Packet* p, ChunkHandler& out) {
  give_up(flow, pieces_.begin()->first, p, out);
  if (closed_) return;
  drain(flow, p, out);
}

/// Nothing more is expected of what comes before `end`, which is known to have been sent. What the
/// peer has not acknowledged it may never have got from an incomplete datagram.
void Stream::give_up(Flow& flow, std::uint64_t end, const Packet* p, ChunkHandler& out) {
  drop_parts(next_);
  while (!closed_ && next_ < end && !parts_.empty()) {
    const auto node = parts_.extract(parts_.begin());
    const Part& part = node.mapped();
    parts_cost_ -= part.cost();
    usage_.buffered -= part.cost();
    const std::uint64_t from = std::max(node.key(), next_);
    const Bytes data = skip(part.data, from - node.key());
    const bool received = !ack_seen_ || from + data.size() <= acked_;
    if (data.empty() || from >= end || !received) continue;
    if (from > next_) deliver_gap(flow, from - next_, p, out);
    if (closed_) return;
    const Packet own = part.packet();
    deliver(flow, first(data, end - from), p != nullptr ? p : &own, out);
  }
  if (!closed_ && next_ < end) deliver_gap(flow, end - next_, p, out);
}

/// What is left of it: its bytes are gone.
Packet Stream::Part::packet() const {
  Packet p;
  p.time = time;
  p.number = number;
  p.headers = headers;
  return p;
}

std::uint64_t Stream::Part::cost() const {
  return data.size() + kPieceCost;
}

void Stream::drop_parts(std::uint64_t before) {
  while (!parts_.empty()) {
    const auto& [offset, part] = *parts_.begin();
    if (part.end(offset) > before) return;
    parts_cost_ -= part.cost();
    usage_.buffered -= part.cost();
    parts_.erase(parts_.begin());
  }
}

void Stream::on_part(std::uint32_t seq, Bytes data, const Packet& p) {
  if (ended_ || data.empty()) return;
  if (!started_) begin(seq, false);
  drop_parts(next_);
  const std::int64_t at = position(seq);
  const bool near =
      at >= static_cast<std::int64_t>(next_) && at <= static_cast<std::int64_t>(horizon());
  Part part{copy(data), p.time, p.number, p.headers};
  const std::uint64_t cost = part.cost();
  const bool room =
      parts_cost_ + cost <= kMaxPartsCost && usage_.buffered + cost <= options_.total_bytes;
  if (!near || !room) return;
  if (!parts_.emplace(static_cast<std::uint64_t>(at), std::move(part)).second) return;
  parts_cost_ += cost;
  usage_.buffered += cost;
}

/// Declares a hole lost once the peer has acknowledged all of it. It waits a little, because a
/// capture may hold the acknowledgement before the data.
void Stream::wait_at_hole(Flow& flow, const Packet& p, ChunkHandler& out) {
  if (!ack_ahead_) {
    ack_ahead_ = true;
    ack_ahead_time_ = p.time;
    ack_ahead_packets_ = 0;
  } else {
    ++ack_ahead_packets_;
  }
  if (p.time - ack_ahead_time_ < patience_.time && ack_ahead_packets_ < patience_.packets) return;
  while (!closed_ && !pieces_.empty() && acked_ >= pieces_.begin()->first) {
    skip_hole(flow, &p, out);
  }
  if (closed_) return;
  if (pieces_.empty() && fin_known_ && fin_offset_ > next_ && acked_ > fin_offset_) {
    give_up(flow, fin_offset_, &p, out);
  }
  if (!closed_) end_if_reached(flow, &p, out);
}

void Stream::end(Flow& flow, bool fin, const Packet* p, ChunkHandler& out) {
  ended_ = true;
  stats_.finished = fin;
  far_.clear();
  out.on_chunk(flow, {Chunk::Kind::kEnd, next_, 0, {}, p, fin});
}

/// Keeps the last delivered bytes. Called before next_ moves over them.
void Stream::remember(Bytes data) {
  const std::uint64_t end = next_ + data.size();
  if (end - history_from_ > history_.size()) {
    grow_history(end - history_from_);
    history_from_ = std::max(history_from_, end - std::min(end, std::uint64_t{history_.size()}));
    if (data.size() > history_.size()) data = data.last(history_.size());
  }
  if (!data.empty()) put_in_history(end - data.size(), data);
}

/// Makes the ring hold `wanted` bytes, or as many as there is room for.
void Stream::grow_history(std::uint64_t wanted) {
  const std::size_t most = std::bit_floor(std::size_t{options_.history_bytes});
  wanted = std::min<std::uint64_t>(wanted, most);
  if (wanted <= history_.size()) return;
  const std::size_t size = std::max(kSmallestHistory, std::bit_ceil(wanted));
  const std::uint64_t more = size - history_.size();
  if (usage_.history + more > options_.total_history_bytes) return;
  usage_.history += more;
  std::vector<std::uint8_t> smaller(size);
  smaller.swap(history_);
  if (smaller.empty()) return;
  const std::size_t at = history_from_ & (smaller.size() - 1);
  const std::size_t held = next_ - history_from_;
  const std::size_t to_the_edge = std::min(held, smaller.size() - at);
  put_in_history(history_from_, Bytes(smaller).subspan(at, to_the_edge));
  put_in_history(history_from_ + to_the_edge, first(smaller, held - to_the_edge));
}

/// Copies bytes to where they belong in the ring; they are no more than it holds.
void Stream::put_in_history(std::uint64_t offset, Bytes data) {
  const std::size_t at = offset & (history_.size() - 1);
  const std::size_t to_the_edge = std::min(data.size(), history_.size() - at);
  std::copy_n(data.begin(), to_the_edge, history_.begin() + at);
  if (to_the_edge < data.size()) {
    std::copy(data.begin() + to_the_edge, data.end(), history_.begin());
  }
}

void Stream::compare_with_history(std::uint64_t offset, Bytes data) {
  if (offset < history_from_) {
    data = skip(data, history_from_ - offset);
    offset = history_from_;
  }
  if (offset >= next_ || data.empty()) return;
  data = first(data, next_ - offset);
  const std::size_t at = offset & (history_.size() - 1);
  const std::size_t to_the_edge = std::min(data.size(), history_.size() - at);
  if (std::memcmp(history_.data() + at, data.data(), to_the_edge) != 0 ||
      std::memcmp(history_.data(), data.data() + to_the_edge, data.size() - to_the_edge) != 0) {
    ++stats_.conflicts;
  }
}

}  // namespace t2
