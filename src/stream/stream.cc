// SPDX-License-Identifier: Apache-2.0
#include "stream/stream.h"

#include <algorithm>
#include <bit>
#include <cstring>
#include <utility>

namespace t2 {
namespace {

constexpr std::uint64_t kPieceCost = 64;            // map node and vector, besides the bytes
constexpr std::uint64_t kMaxPartsCost = 256 << 10;  // of incomplete datagrams, per direction
constexpr std::size_t kMaxFarSegments = 8;
constexpr std::uint32_t kFarRun = 8;  // far segments in a row that move a one-way stream on ...
constexpr std::int64_t kFarthestRun = 128 << 20;  // ... so far: nothing supports a larger jump
constexpr std::size_t kSmallestHistory = 512;

std::vector<std::uint8_t> copy(Bytes b) {
  return {b.begin(), b.end()};
}

}  // namespace

Stream::~Stream() {
  usage_.buffered -= buffered_ + parts_cost_;
  all_history_ -= history_.size();
}

void Stream::begin(std::uint32_t first_seq, Start start) {
  drop_pieces();
  drop_parts(UINT64_MAX);
  release_far();
  stats_ = {};
  stats_.started_at_syn = start >= Start::kSyn;
  next_ = acked_ = reset_acked_ = history_from_ = 0;
  first_seq_ = first_seq;
  far_run_ = 0;
  start_ = start;
  fin_count_ = 0;
  ended_ = rst_known_ = has_far_ack_ = has_syn_ack_ = ack_ahead_ = false;
  begun_by_ack_ = start_refuted_ = end_doubtful_ = false;
  update_barrier();
}

/// Nearly always nothing is acknowledged that was not delivered.
inline void Stream::look_at_hole(StreamEnd& flow, const Packet* p, ChunkHandler& out) {
  if (!ended_ && acked_ > next_) return wait_at_hole(flow, p, out);
  ack_ahead_ = false;
}

bool Stream::on_segment(StreamEnd& flow, const TcpSegment& s, const Packet& p, ChunkHandler& out) {
  if (!plain_ || s.syn || s.rst) return special(flow, s, &p, out);
  place(flow, s, &p, out);
  return false;
}

/// True if its data began a new connection.
bool Stream::special(StreamEnd& flow, TcpSegment s, const Packet* p, ChunkHandler& out) {
  if (s.syn && !s.rst) {
    ++s.seq;
    if (!on_syn(flow, s, p, out)) return false;
  }
  if (start_ == Start::kNone) {
    if (s.rst || (s.length == 0 && !s.fin)) return false;
    if (use_ == StreamUse::kInteractive) {
      begin(s.seq, Start::kGuess);
    } else {
      reopen();
    }
  }
  if (start_ == Start::kOpen) {
    wait_for_start(flow, s, p, out);
    return false;
  }
  const bool anew = doubt_ != nullptr && begins_anew_with(s);
  if (anew) {
    restart(flow, s.seq, Start::kSyn, p, out);
    if (closed_) return false;
  } else if (ended_ && hold_for_next(s)) {
    return false;
  }
  if (!ended_) {
    place(flow, s, p, out);
  } else if (s.length > 0) {
    ++stats_.ignored;
  }
  return anew;
}

/// Of a stream whose start is settled.
void Stream::place(StreamEnd& flow, const TcpSegment& s, const Packet* p, ChunkHandler& out) {
  std::int64_t at = position(s.seq);
  if (s.rst) {
    add_reset(at, p);
    return resolve_end(flow, p, out);
  }
  // One byte right before the start is a keep-alive probe.
  const bool is_sent = s.length > 1 || ((s.length > 0 || s.fin) && at < -1);
  if (at < 0 && is_sent && !below_start(flow, at, s, p, out)) return;
  const std::int64_t end_at = at + s.length;
  const auto next = static_cast<std::int64_t>(next_);
  const bool may_be_elsewhere = unsure() || doubt_ != nullptr;
  if (at > static_cast<std::int64_t>(horizon()) || (at < -window() && may_be_elsewhere)) {
    if (s.length > 0 || s.fin) take_far(flow, s, p, out);
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
    // One byte that was acknowledged long ago may be a keep-alive probe, and its value anything.
    if (length == 1 && ack_ahead_ && p != nullptr &&
        p->time - ack_ahead_time_ >= options_.bulk.time) {
      end_doubtful_ = true;
    }
    take_payload(flow, static_cast<std::uint64_t>(at), payload, length, p, out);
    if (closed_) return;
  }
  if (s.fin && end_at >= 0) add_fin(static_cast<std::uint64_t>(end_at), p);
  if (barrier_ != kNever) resolve_end(flow, p, out);
  if (!closed_) look_at_hole(flow, p, out);
}

AckVerdict Stream::on_ack(StreamEnd& flow, const TcpSegment& s, const Packet& p,
                          ChunkHandler& out) {
  AckVerdict verdict;
  peer_closed_ = peer_closed_ || s.fin;
  if ((!plain_ || s.syn) && !consider_ack(flow, s, p, out, verdict)) return verdict;
  const std::int64_t at = position(s.ack);
  if (at > static_cast<std::int64_t>(horizon())) {
    verdict.unacceptable = !take_far_ack(flow, s.ack, &p, out) && start_ == Start::kProven;
    return verdict;
  }
  if (at > static_cast<std::int64_t>(acked_)) {
    acked_ = static_cast<std::uint64_t>(at);
  } else if (at < 0 || at + window() < static_cast<std::int64_t>(acked_)) {
    verdict.unacceptable = start_ == Start::kProven;
  }
  if (barrier_ != kNever) {
    acked_less_ = acked_less_ || (fin_count_ > 0 && acked_ < fins_[0].offset);
    resolve_end(flow, &p, out);
  }
  if (!closed_) look_at_hole(flow, &p, out);
  return verdict;
}

void Stream::finish(StreamEnd& flow, ChunkHandler& out) {
  if (start_ == Start::kOpen) settle_for_the_likeliest(flow, nullptr, out);
  while (!closed_ && !ended_) {
    drain(flow, nullptr, out);
    if (closed_) return;
    if (next_ == barrier_) {
      end_at_barrier(flow, out);
    } else if (!pieces_.empty()) {
      skip_hole(flow, nullptr, out);
    } else if (fin_count_ > 0 && barrier_ == fins_[0].offset) {
      give_up(flow, barrier_, nullptr, out);
    } else {
      // A RST beyond what came was not at RCV.NXT. If bytes are missing, the last one acknowledged
      // may be the FIN, which counts as one: that is so if the peer closed, too.
      rst_known_ = false;
      update_barrier();
      if (acked_ > next_ + 1) {
        give_up(flow, acked_ - (peer_closed_ ? 1 : 0), nullptr, out);
      } else if (!peer_seen_ && !parts_.empty()) {
        const auto& [offset, part] = *parts_.rbegin();  // nobody can tell whether it came whole
        give_up(flow, part.end(offset), nullptr, out);
      }
      if (!closed_) end(flow, false, nullptr, out);
    }
  }
  if (doubt_ != nullptr) {  // of a connection that did not come
    stats_.ignored += static_cast<std::uint32_t>(take_deferred().size());
  }
}

void Stream::take_payload(StreamEnd& flow, std::uint64_t offset, Bytes payload,
                          std::uint64_t length, const Packet* p, ChunkHandler& out) {
  if (offset < next_) {
    const std::uint64_t old = next_ - offset;
    compare_with_history(offset, first(payload, old));
    payload = skip(payload, old);
    length -= old;
    offset = next_;
  }
  if (offset == next_ && pieces_.empty() && offset + length <= barrier_) {
    if (!payload.empty()) deliver(flow, payload, p, out);
    if (!closed_ && length > payload.size()) deliver_gap(flow, length - payload.size(), p, out);
    return;
  }
  // With one direction only, a segment across a FIN or RST says that it was none.
  while (!peer_seen_ && offset < barrier_ && barrier_ < offset + length) remove_barrier();
  if (!payload.empty()) insert(offset, payload, payload.size());
  if (length > payload.size()) insert(offset + payload.size(), {}, length - payload.size());
  drain(flow, p, out);
  while (!closed_ && !pieces_.empty()) {
    const bool own_full = buffered_ > options_.flow_bytes;
    if (!own_full && usage_.all() <= options_.total_bytes) return;
    ++(own_full ? usage_.holes_flow_full : usage_.holes_total_full);
    if (next_ == barrier_) {
      end_doubtful_ = true;
      remove_barrier();
    }
    skip_hole(flow, p, out);
  }
}

bool Stream::agrees(std::uint32_t a, std::uint32_t b) const {
  const std::int64_t distance = static_cast<std::int32_t>(a - b);
  return distance <= options_.window && -distance <= options_.window;
}

/// A segment beyond the window: believed when the peer acknowledged something near it, or, when the
/// peer's direction is not captured at all, when several in a row agree. Anyone can forge one
/// packet.
void Stream::take_far(StreamEnd& flow, const TcpSegment& s, const Packet* p, ChunkHandler& out) {
  const bool follows = !far_.empty() && agrees(far_.back().seq, s.seq);
  far_run_ = follows ? far_run_ + 1 : 1;
  if (far_.size() == kMaxFarSegments) {
    discharge(waiting_cost(far_.front().data.size()));
    far_.erase(far_.begin());
    ++stats_.ignored;
  }
  if (!has_room_for(s.payload.size())) {
    ++stats_.ignored;
    return;
  }
  charge(waiting_cost(s.payload.size()));
  far_.push_back({s.seq, s.length, copy(s.payload), s.fin, false});
  if (has_far_ack_ && agrees(far_ack_, s.seq)) {
    accept_far(flow, far_ack_, p, out);
  } else if (!peer_seen_ && far_run_ >= kFarRun &&
             position(s.seq) - static_cast<std::int64_t>(next_) <= kFarthestRun) {
    accept_far(flow, s.seq, p, out);
  }
}

/// Takes them away.
std::vector<Stream::Waiting> Stream::release_far() {
  for (const Waiting& w : far_) discharge(waiting_cost(w.data.size()));
  return std::exchange(far_, {});
}

/// True if segments agree with it.
bool Stream::take_far_ack(StreamEnd& flow, std::uint32_t ack, const Packet* p, ChunkHandler& out) {
  far_ack_ = ack;
  has_far_ack_ = true;
  const bool believed =
      std::any_of(far_.begin(), far_.end(), [&](const Waiting& f) { return agrees(f.seq, ack); });
  if (believed) accept_far(flow, ack, p, out);
  return believed;
}

/// The stream is where `seq` is.
void Stream::accept_far(StreamEnd& flow, std::uint32_t seq, const Packet* p, ChunkHandler& out) {
  if (unsure() && !replaying_) {  // it was never anywhere else: the SYN was not its own
    reopen();
    return settle_for_the_likeliest(flow, p, out);
  }
  const std::int64_t at = position(seq);
  if (at < 0) return;
  acked_ = std::max(acked_, static_cast<std::uint64_t>(at));
  const std::vector<Waiting> accepted = release_far();
  has_far_ack_ = false;
  far_run_ = 0;
  for (const Waiting& f : accepted) {
    const std::int64_t from = position(f.seq);
    if (from < static_cast<std::int64_t>(next_) || from > static_cast<std::int64_t>(horizon())) {
      ++stats_.ignored;
      continue;
    }
    const auto offset = static_cast<std::uint64_t>(from);
    if (f.length > 0) take_payload(flow, offset, f.data, f.length, p, out);
    if (closed_) return;
    if (f.fin) add_fin(offset + f.length, p);
  }
  if (barrier_ != kNever) resolve_end(flow, p, out);
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

std::uint64_t Stream::piece_cost(const Piece& piece) {
  return piece.data.size() + kPieceCost;
}

void Stream::charge(std::uint64_t cost) {
  buffered_ += cost;
  usage_.buffered += cost;
}

void Stream::discharge(std::uint64_t cost) {
  buffered_ -= cost;
  usage_.buffered -= cost;
}

void Stream::add_piece(std::uint64_t offset, Bytes data, std::uint64_t length) {
  charge(data.size() + kPieceCost);
  pieces_.emplace(offset, Piece{length, copy(data)});
}

void Stream::drop_pieces() {
  for (const auto& [offset, piece] : pieces_) discharge(piece_cost(piece));
  pieces_.clear();
}

/// Delivers what waits for nothing but its turn.
void Stream::drain(StreamEnd& flow, const Packet* p, ChunkHandler& out) {
  while (!closed_ && next_ < barrier_ && !pieces_.empty() && pieces_.begin()->first == next_) {
    const auto node = pieces_.extract(pieces_.begin());
    const Piece& piece = node.mapped();
    discharge(piece_cost(piece));
    const std::uint64_t length = std::min(piece.length, barrier_ - next_);
    if (length < piece.length) {
      add_piece(barrier_, skip(piece.data, length), piece.length - length);
    }
    if (piece.data.empty()) {
      deliver_gap(flow, length, p, out);
    } else {
      deliver(flow, first(piece.data, length), p, out);
    }
  }
}

void Stream::deliver(StreamEnd& flow, Bytes data, const Packet* p, ChunkHandler& out) {
  const Chunk chunk{Chunk::Kind::kData, next_, data.size(), data, p, false};
  remember(data);
  next_ += data.size();
  stats_.bytes += data.size();
  out.on_chunk(flow, chunk);
}

void Stream::deliver_gap(StreamEnd& flow, std::uint64_t length, const Packet* p,
                         ChunkHandler& out) {
  const Chunk chunk{Chunk::Kind::kGap, next_, length, {}, p, false};
  next_ += length;
  history_from_ = next_;
  stats_.gap_bytes += length;
  ++stats_.gaps;
  out.on_chunk(flow, chunk);
}

void Stream::skip_hole(StreamEnd& flow, const Packet* p, ChunkHandler& out) {
  give_up(flow, std::min(pieces_.begin()->first, barrier_), p, out);
  if (closed_) return;
  drain(flow, p, out);
}

/// Nothing more is expected of what comes before `end`, which is known to have been sent. What the
/// peer has not acknowledged it may never have got from an incomplete datagram.
void Stream::give_up(StreamEnd& flow, std::uint64_t end, const Packet* p, ChunkHandler& out) {
  drop_parts(next_);
  while (!closed_ && next_ < end && !parts_.empty()) {
    const auto node = parts_.extract(parts_.begin());
    const Part& part = node.mapped();
    parts_cost_ -= part.cost();
    usage_.buffered -= part.cost();
    const std::uint64_t from = std::max(node.key(), next_);
    const Bytes data = skip(part.data, from - node.key());
    const bool received = !peer_seen_ || from + data.size() <= acked_;
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
  if (start_ == Start::kNone) begin(seq, Start::kGuess);
  if (start_ == Start::kOpen) return;
  drop_parts(next_);
  const std::int64_t at = position(seq);
  const bool near =
      at >= static_cast<std::int64_t>(next_) && at <= static_cast<std::int64_t>(horizon());
  Part part{copy(data), p.time, p.number, p.headers};
  const std::uint64_t cost = part.cost();
  const bool room =
      parts_cost_ + cost <= kMaxPartsCost && usage_.all() + cost <= options_.total_bytes;
  if (!near || !room) return;
  if (!parts_.emplace(static_cast<std::uint64_t>(at), std::move(part)).second) return;
  parts_cost_ += cost;
  usage_.buffered += cost;
}

/// Declares a hole lost once the peer has acknowledged all of it. It waits a little, because a
/// capture may hold the acknowledgement before the data.
void Stream::wait_at_hole(StreamEnd& flow, const Packet* p, ChunkHandler& out) {
  if (p == nullptr) return;  // finish() declares all
  if (!ack_ahead_) {
    ack_ahead_ = true;
    ack_ahead_time_ = p->time;
    ack_ahead_packets_ = 0;
  } else {
    ++ack_ahead_packets_;
  }
  if (p->time - ack_ahead_time_ < patience_.time && ack_ahead_packets_ < patience_.packets) return;
  while (!closed_ && next_ != barrier_ && !pieces_.empty() && acked_ >= pieces_.begin()->first) {
    skip_hole(flow, p, out);
  }
  if (closed_ || barrier_ == kNever) return;
  if (next_ < barrier_ && acked_ > barrier_ && fin_count_ > 0 && barrier_ == fins_[0].offset &&
      (pieces_.empty() || pieces_.begin()->first >= barrier_)) {
    give_up(flow, barrier_, p, out);
  }
  if (!closed_) resolve_end(flow, p, out);
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
  if (all_history_ + more > options_.total_history_bytes / kFlowGroups) return;
  all_history_ += more;
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
