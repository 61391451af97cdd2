// SPDX-License-Identifier: Apache-2.0
// Where a stream starts, and whether it starts again. The SYN that counts is the one whose number
// + 1 the peer acknowledges (RFC 9293 3.10.7.3); inside a connection a SYN changes nothing
// (3.10.7.4), unless the peer answers to it with a connection of its own. Until that is known
// segments wait, for a capture may hold them in any order, but not for long.
#include <utility>

#include "stream/stream.h"

namespace t2 {
namespace {

constexpr std::size_t kMaxSyns = 8, kMaxAcks = 8;
constexpr std::uint8_t kMostReopenings = 4;  // every one costs as much as waits

/// How far `seq` lies behind `from`, negative before it (RFC 9293 3.4: modulo 2^32).
std::int64_t distance(std::uint32_t from, std::uint32_t seq) {
  return static_cast<std::int32_t>(seq - from);
}

}  // namespace

void Stream::Doubt::add(const Syn& syn) {
  forget(syn.first_seq);
  if (syns.size() == kMaxSyns) syns.erase(syns.begin());
  syns.push_back(syn);
}

void Stream::Doubt::add_ack(std::uint32_t ack) {
  if (std::find(acks.begin(), acks.end(), ack) != acks.end()) return;
  if (acks.size() == kMaxAcks) acks.pop_back();
  acks.push_back(ack);
}

const Stream::Syn* Stream::Doubt::find(std::uint32_t first_seq) const {
  const auto it = std::find_if(syns.begin(), syns.end(),
                               [&](const Syn& s) { return s.first_seq == first_seq; });
  return it != syns.end() ? &*it : nullptr;
}

/// The SYN-ACK that acknowledged a SYN of the other direction.
const Stream::Syn* Stream::Doubt::answer_to(std::uint32_t first_seq) const {
  const auto it = std::find_if(syns.begin(), syns.end(),
                               [&](const Syn& s) { return s.has_ack && s.ack == first_seq; });
  return it != syns.end() ? &*it : nullptr;
}

void Stream::Doubt::forget(std::uint32_t first_seq) {
  std::erase_if(syns, [&](const Syn& s) { return s.first_seq == first_seq; });
}

Stream::Doubt& Stream::open_doubt() {
  if (doubt_ == nullptr) doubt_ = std::make_unique<Doubt>();
  plain_ = false;
  return *doubt_;
}

/// Nothing was delivered, and what was thought to be the start need not be it.
void Stream::reopen() {
  Doubt& d = open_doubt();
  if (start_ >= Start::kSyn) d.add({first_seq_, syn_ack_, has_syn_ack_});
  if (start_ == Start::kGuess || start_ == Start::kProven) d.add_ack(first_seq_);
  if (acked_ > 0) d.add_ack(first_seq_ + static_cast<std::uint32_t>(acked_));
  if (has_far_ack_) d.add_ack(far_ack_);
  for (Waiting& w : take_waiting(0)) {
    if (!has_room_for(w.data.size())) {
      ++stats_.ignored;
      continue;
    }
    charge(waiting_cost(w.data.size()));
    d.segments.push_back(std::move(w));
  }
  d.packets = 0;
  start_ = Start::kOpen;
}

/// Takes away what was not delivered from an offset on.
std::vector<Stream::Waiting> Stream::take_waiting(std::uint64_t from) {
  std::vector<Waiting> all = release_far();
  for (auto it = pieces_.lower_bound(from); it != pieces_.end();) {
    const auto node = pieces_.extract(it++);
    Piece& piece = node.mapped();
    discharge(piece_cost(piece));
    all.push_back({first_seq_ + static_cast<std::uint32_t>(node.key()),
                   static_cast<std::uint32_t>(piece.length), std::move(piece.data), false, false});
  }
  std::uint8_t kept = 0;
  for (std::uint8_t i = 0; i < fin_count_; ++i) {
    if (fins_[i].offset < from) {
      fins_[kept++] = fins_[i];
    } else {
      all.push_back({first_seq_ + static_cast<std::uint32_t>(fins_[i].offset), 0, {}, true, false});
    }
  }
  fin_count_ = kept;
  if (rst_known_ && rst_.offset >= from) {
    rst_known_ = false;
    all.push_back({first_seq_ + static_cast<std::uint32_t>(rst_.offset), 0, {}, false, true});
  }
  update_barrier();
  return all;
}

/// Whether the segment with this SYN goes its way; its `seq` is that of the first payload byte.
bool Stream::on_syn(StreamEnd& flow, const TcpSegment& s, const Packet* p, ChunkHandler& out) {
  const Syn syn{s.seq, s.ack, s.has_ack};
  if (start_ == Start::kOpen) {
    open_doubt().add(syn);
    return true;
  }
  if (start_ == Start::kNone) {
    begin(s.seq, Start::kSyn);
  } else if (s.seq != first_seq_) {
    if (is_closing() && !peer_seen_ && (next_ > 0 || ended_)) {
      restart(flow, s.seq, Start::kSyn, p, out);
      return !closed_;
    }
    if (!unsure()) {
      open_doubt().add(syn);
      return false;
    }
    const std::int64_t at = position(s.seq);
    if (start_ != Start::kGuess || at > 0 || !move_start_back(at)) {
      reopen();
      open_doubt().add(syn);
      return true;
    }
  }
  if (start_ == Start::kGuess) start_ = Start::kSyn;
  stats_.started_at_syn = !start_refuted_;
  has_syn_ack_ = s.has_ack;
  syn_ack_ = s.ack;
  return true;
}

/// It was delivered, or is where the stream stands, or where a segment that waits ends, or a FIN.
bool Stream::is_behind_us(std::int64_t at) const {
  if (at < 0) return false;
  const auto offset = static_cast<std::uint64_t>(at);
  if (offset <= next_ + 1 || fin_at(offset - 1) != nullptr) return true;
  const auto after = pieces_.lower_bound(offset);
  if (after == pieces_.begin()) return false;
  const auto& [from, piece] = *std::prev(after);
  return from + piece.length == offset;
}

/// A SYN-ACK that answers to the same SYN as the one that counts.
bool Stream::of_this_connection(const Syn& syn) const {
  return syn.has_ack && has_syn_ack_ && syn.ack == syn_ack_;
}

/// The peer acknowledged exactly this SYN: is that the beginning of a new connection, or is it
/// where the one at hand stands, too?
bool Stream::begins_anew(const Syn& syn, const TcpSegment& peer) const {
  const std::int64_t at = position(syn.first_seq);
  if (is_behind_us(at)) return false;
  if (of_this_connection(syn)) return start_ != Start::kProven;
  if (peer.syn || is_closing()) return true;
  return at < 0 || at > static_cast<std::int64_t>(horizon());
}

/// Data exactly behind a SYN speaks for it where the old connection is over, or where no
/// acknowledgement can.
bool Stream::begins_anew_with(const TcpSegment& s) const {
  const Syn* const syn = doubt_->find(s.seq);
  if (s.syn || s.rst || s.length == 0 || syn == nullptr) return false;
  const std::int64_t at = position(s.seq);
  if (is_behind_us(at)) return false;
  if (ended_) return !of_this_connection(*syn);
  return !peer_seen_ && (next_ == barrier_ || at < 0 || at > static_cast<std::int64_t>(horizon()));
}

/// Keeps what may be of the connection of another SYN, but not of the one at hand, until that SYN
/// is answered. False if there is none.
bool Stream::hold_for_next(const TcpSegment& s) {
  if (doubt_ == nullptr || !settled() || (s.length == 0 && !s.fin) ||
      !has_room_for(s.payload.size()) || is_behind_us(position(s.seq))) {
    return false;
  }
  const auto can_be_its = [&](const Syn& syn) {
    const std::int64_t d = distance(syn.first_seq, s.seq);
    return d >= 0 && d <= window();
  };
  if (std::none_of(doubt_->syns.begin(), doubt_->syns.end(), can_be_its)) return false;
  defer(s);
  return true;
}

void Stream::defer(const TcpSegment& s) {
  charge(waiting_cost(s.payload.size()));
  doubt_->segments.push_back({s.seq, s.length, {s.payload.begin(), s.payload.end()}, s.fin, s.rst});
}

/// Takes away what was deferred.
std::vector<Stream::Waiting> Stream::take_deferred() {
  std::vector<Waiting> all = std::move(doubt_->segments);
  doubt_->segments.clear();
  for (const Waiting& w : all) discharge(waiting_cost(w.data.size()));
  return all;
}

void Stream::restart(StreamEnd& flow, std::uint32_t first_seq, Start start, const Packet* p,
                     ChunkHandler& out) {
  Syn own;
  std::vector<Waiting> deferred;
  if (doubt_ != nullptr) {
    if (const Syn* there = doubt_->find(first_seq)) own = *there;
    deferred = take_deferred();
    doubt_.reset();
  }
  const std::int64_t at = position(first_seq);
  const bool ahead = !ended_ && at > static_cast<std::int64_t>(next_);
  const std::vector<Waiting> its = take_waiting(ahead ? static_cast<std::uint64_t>(at) : kNever);
  const bool unnoticed = !ended_ && next_ == 0 && pieces_.empty() && fin_count_ == 0;
  if (!ended_ && !unnoticed) finish(flow, out);
  if (closed_) return;
  begin(first_seq, start);
  reopened_ = 0;
  peer_closed_ = reset_seen_ = acked_less_ = false;
  has_syn_ack_ = own.has_ack;
  syn_ack_ = own.ack;
  if (!unnoticed) out.on_chunk(flow, {Chunk::Kind::kRestart, 0, 0, {}, p, false});
  replay(flow, its, p, out);
  if (!closed_) replay(flow, deferred, p, out);
}

void Stream::renew(StreamEnd& flow, const TcpSegment& s, const AckVerdict& r, const Packet& p,
                   ChunkHandler& out) {
  const bool answered = has_syn_ack_ && syn_ack_ == s.ack;  // the new SYN: it is there already
  if (!settled() || answered) return;
  if (!s.syn && !r.known) return restart(flow, 0, Start::kNone, &p, out);
  const std::uint32_t first_seq = s.syn ? s.seq + 1 : r.first_seq;
  if (first_seq == first_seq_) return;
  const bool syn_seen = s.syn || (doubt_ != nullptr && doubt_->find(first_seq) != nullptr);
  restart(flow, first_seq, syn_seen ? Start::kSyn : Start::kGuess, &p, out);
}

/// Nothing was delivered and the beginning was not seen: an earlier segment becomes the beginning.
bool Stream::move_start_back(std::int64_t at) {
  const auto back = static_cast<std::uint64_t>(-at);
  if (back > options_.backfill) return false;
  std::map<std::uint64_t, Piece> moved;
  for (auto& [offset, piece] : pieces_) moved.emplace(offset + back, std::move(piece));
  pieces_ = std::move(moved);
  drop_parts(UINT64_MAX);  // their places are others now
  if (begun_by_ack_ || acked_ > 0) acked_ += back;
  for (End& fin : fins_) fin.offset += back;
  rst_.offset += back;
  first_seq_ -= static_cast<std::uint32_t>(back);
  update_barrier();
  return true;
}

/// A segment from before the start. False if it has gone its way.
bool Stream::below_start(StreamEnd& flow, std::int64_t& at, const TcpSegment& s, const Packet* p,
                         ChunkHandler& out) {
  if (start_ == Start::kGuess && next_ == 0 && move_start_back(at)) {
    at = 0;
    return true;
  }
  if (at < -window()) return true;
  const bool of_another_syn = doubt_ != nullptr && doubt_->find(s.seq) != nullptr;
  if (start_ == Start::kGuess || (start_ == Start::kProven && !of_another_syn)) return true;
  if (replaying_) return true;  // it was known when the start was chosen
  if (next_ == 0 && reopened_ < kMostReopenings) {
    ++reopened_;
    reopen();
    wait_for_start(flow, s, p, out);
    return false;
  }
  refute_start();
  return true;
}

/// Too late to take back what was delivered: but it is not called whole.
void Stream::refute_start() {
  start_refuted_ = true;
  stats_.started_at_syn = false;
}

/// False if the acknowledgement has gone its way.
bool Stream::consider_ack(StreamEnd& flow, const TcpSegment& s, const Packet& p, ChunkHandler& out,
                          AckVerdict& verdict) {
  if (start_ == Start::kNone) {
    if (use_ == StreamUse::kInteractive) {
      begin(s.ack, Start::kGuess);
      begun_by_ack_ = !s.syn;  // that of a SYN-ACK says nothing of a stream that begins elsewhere
      return false;
    }
    reopen();
  }
  if (start_ == Start::kOpen) {
    open_doubt().add_ack(s.ack);
    settle(flow, &p, out);
    return false;
  }
  const Syn* const syn = doubt_ != nullptr ? doubt_->find(s.ack) : nullptr;
  if (syn != nullptr && unsure()) {
    reopen();
    open_doubt().add_ack(s.ack);
    settle(flow, &p, out);
    return false;
  }
  if (syn != nullptr && begins_anew(*syn, s)) {
    verdict = {false, false, true, syn->has_ack, syn->ack};
    restart(flow, s.ack, Start::kProven, &p, out);
    return false;
  }
  if (ended_) {
    const std::int64_t at = position(s.ack) - static_cast<std::int64_t>(next_);
    verdict.unacceptable = at > options_.window || -at > options_.window;
    return false;
  }
  if (s.syn && s.ack != first_seq_) return false;  // that of a SYN speaks of nothing but the start
  return start_ != Start::kSyn || prove_start(flow, s.ack, p, out, verdict);
}

/// False if the acknowledgement has gone its way.
bool Stream::prove_start(StreamEnd& flow, std::uint32_t ack, const Packet& p, ChunkHandler& out,
                         AckVerdict& verdict) {
  const std::int64_t at = position(ack);
  if (at >= 0 && at <= static_cast<std::int64_t>(next_)) {
    start_ = Start::kProven;
    has_far_ack_ = false;
    update_plain();
    return true;
  }
  if (next_ == 0 && (at < 0 || at > static_cast<std::int64_t>(horizon()))) {
    verdict.doubtful = !take_far_ack(flow, ack, &p, out);
    return false;
  }
  if (at < 0 && -at <= options_.window) refute_start();
  return true;
}

void Stream::wait_for_start(StreamEnd& flow, const TcpSegment& s, const Packet* p,
                            ChunkHandler& out) {
  if (!has_room_for(s.payload.size())) {
    settle_for_the_likeliest(flow, p, out);
    if (!closed_ && start_ == Start::kOpen) choose(flow, s.seq, Start::kGuess, p, out);
    TcpSegment rest = s;
    rest.syn = false;
    if (!closed_) special(flow, rest, p, out);
    return;
  }
  if (s.length > 0 || s.fin || s.rst) defer(s);
  settle(flow, p, out);
}

void Stream::settle(StreamEnd& flow, const Packet* p, ChunkHandler& out) {
  if (const Syn* syn = acknowledged_syn()) {
    return choose(flow, syn->first_seq, Start::kProven, p, out);
  }
  if (const Syn* syn = only_plausible_syn()) {
    return choose(flow, syn->first_seq, Start::kSyn, p, out);
  }
  Doubt& d = *doubt_;
  if (p == nullptr || d.segments.empty()) return;
  if (d.packets++ == 0) d.since = p->time;
  const bool patient =
      p->time - d.since < options_.start.time && d.packets <= options_.start.packets;
  if (!patient) settle_for_the_likeliest(flow, p, out);
}

bool Stream::has_room_for(std::size_t bytes) const {
  const std::uint64_t cost = waiting_cost(bytes);
  return buffered_ + cost <= options_.flow_bytes && usage_.all() + cost <= options_.total_bytes;
}

/// Everything that was seen can belong to it.
bool Stream::is_plausible(const Syn& syn, bool with_acks) const {
  const auto fits = [&](std::uint32_t seq) {
    const std::int64_t d = distance(syn.first_seq, seq);
    return d >= 0 && d <= options_.window;
  };
  // A keep-alive probe lies before the start.
  const auto segment_fits = [&](const Waiting& w) {
    return w.rst || fits(w.seq) || (w.length <= 1 && fits(w.seq + 1));
  };
  const auto& [syns, acks, segments, since, packets] = *doubt_;
  return std::all_of(segments.begin(), segments.end(), segment_fits) &&
         (!with_acks || std::all_of(acks.begin(), acks.end(), fits));
}

/// Of another SYN's connection: then an acknowledgement of `seq` may be that of the segment. (A
/// byte alone is a keep-alive probe.)
bool Stream::ends_a_segment(std::uint32_t seq) const {
  const auto can_hold = [&](const Syn& s, const Waiting& w) {
    const std::int64_t d = distance(s.first_seq, w.seq);
    return d >= 0 && d <= options_.window;
  };
  return std::any_of(doubt_->segments.begin(), doubt_->segments.end(), [&](const Waiting& w) {
    return w.length > 1 && w.seq + w.length == seq &&
           std::any_of(doubt_->syns.begin(), doubt_->syns.end(),
                       [&](const Syn& s) { return can_hold(s, w); });
  });
}

const Stream::Syn* Stream::acknowledged_syn() const {
  const Syn* best = nullptr;
  for (const Syn& s : doubt_->syns) {
    const auto& acks = doubt_->acks;
    if (std::find(acks.begin(), acks.end(), s.first_seq) == acks.end()) continue;
    if (ends_a_segment(s.first_seq)) continue;
    // Two that are acknowledged: one after the other, or the second is a number in the first one's.
    if (best == nullptr || !agrees(best->first_seq, s.first_seq) ||
        distance(best->first_seq, s.first_seq) < 0) {
      best = &s;
    }
  }
  return best;
}

const Stream::Syn* Stream::only_plausible_syn() const {
  const Syn* only = nullptr;
  for (const Syn& s : doubt_->syns) {
    if (!peer_seen_) {
      const auto& all = doubt_->segments;
      if (std::any_of(all.begin(), all.end(),
                      [&](const Waiting& w) { return w.length > 0 && w.seq == s.first_seq; })) {
        return &s;
      }
    } else if (!doubt_->acks.empty() && is_plausible(s, true)) {
      if (only != nullptr) return nullptr;
      only = &s;
    }
  }
  return only;
}

/// The lowest SYN that everything can belong to: if it is the wrong one, a gap will say so. Without
/// one, the lowest segment.
void Stream::settle_for_the_likeliest(StreamEnd& flow, const Packet* p, ChunkHandler& out) {
  const Doubt& d = *doubt_;
  for (const bool with_acks : {true, false}) {
    const Syn* lowest = nullptr;
    for (const Syn& s : d.syns) {
      if (!is_plausible(s, with_acks)) continue;
      if (lowest == nullptr || distance(lowest->first_seq, s.first_seq) < 0) lowest = &s;
    }
    if (lowest != nullptr) return choose(flow, lowest->first_seq, Start::kSyn, p, out);
  }
  if (d.segments.empty()) {
    if (!d.acks.empty()) choose(flow, d.acks.front(), Start::kGuess, p, out);
    return;
  }
  std::uint32_t lowest = d.segments.front().seq;
  for (const Waiting& w : d.segments) {
    const std::int64_t below = -distance(lowest, w.seq);
    if (w.length > 1 && below > 0 && below <= options_.backfill) lowest = w.seq;
  }
  choose(flow, lowest, Start::kGuess, p, out);
}

/// Offset 0 is that of `first_seq`: what waited goes its way.
void Stream::choose(StreamEnd& flow, std::uint32_t first_seq, Start start, const Packet* p,
                    ChunkHandler& out) {
  const std::vector<Waiting> deferred = take_deferred();
  const std::unique_ptr<Doubt> was = std::move(doubt_);
  Syn own;
  if (const Syn* there = was->find(first_seq)) own = *there;
  begin(first_seq, start);
  has_syn_ack_ = own.has_ack;
  syn_ack_ = own.ack;
  was->forget(first_seq);
  if (!was->syns.empty()) open_doubt().syns = std::move(was->syns);
  for (const std::uint32_t ack : was->acks) {
    const std::int64_t at = position(ack);
    if (at <= options_.window)
      acked_ = std::max(acked_, static_cast<std::uint64_t>(std::max<std::int64_t>(at, 0)));
  }
  update_plain();
  replay(flow, deferred, p, out);
}

void Stream::replay(StreamEnd& flow, const std::vector<Waiting>& segments, const Packet* p,
                    ChunkHandler& out) {
  const bool nested = std::exchange(replaying_, true);
  for (const Waiting& w : segments) {
    if (closed_) break;
    TcpSegment s;
    s.seq = w.seq;
    s.fin = w.fin;
    s.rst = w.rst;
    s.payload = w.data;
    s.length = w.length;
    special(flow, s, p, out);
  }
  replaying_ = nested;
}

}  // namespace t2
