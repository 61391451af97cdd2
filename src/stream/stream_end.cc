// SPDX-License-Identifier: Apache-2.0
// Which FIN or RST ends a stream. One that everything before has come to (the barrier) holds back
// what lies behind it until the receiver's acknowledgements decide: past the FIN itself, it was
// none; exactly the FIN, it ended the stream; past a RST, the receiver never took it
// (RFC 5961 3.2). A capture of one direction has no such judge: what comes first decides, and where
// both are there the bytes are kept, but the end is not called proven.
#include "stream/stream.h"

namespace t2 {

void Stream::update_barrier() {
  barrier_ = fin_count_ > 0 ? fins_[0].offset : kNever;
  if (rst_known_) barrier_ = std::min(barrier_, rst_.offset);
  update_plain();
}

const Stream::End* Stream::fin_at(std::uint64_t offset) const {
  const auto end = fins_.begin() + fin_count_;
  const auto it =
      std::find_if(fins_.begin(), end, [&](const End& e) { return e.offset == offset; });
  return it != end ? &*it : nullptr;
}

void Stream::add_fin(std::uint64_t offset, const Packet* p) {
  if (ended_ || offset < next_ || acked_ > offset + 1 || fin_at(offset) != nullptr) return;
  if (fin_count_ == kMaxFins) --fin_count_;
  std::uint8_t i = fin_count_++;
  for (; i > 0 && fins_[i - 1].offset > offset; --i) fins_[i] = fins_[i - 1];
  fins_[i] = {offset, p != nullptr ? p->number : 0, p != nullptr ? p->time : 0};
  update_barrier();
}

void Stream::add_reset(std::int64_t at, const Packet* p) {
  reset_seen_ = true;
  const auto next = static_cast<std::int64_t>(next_);
  if (at < next || at > static_cast<std::int64_t>(horizon())) return;
  if (rst_known_ && rst_.offset == next_) return;
  rst_known_ = true;
  rst_exact_ = at == next;
  rst_ = {static_cast<std::uint64_t>(at), p != nullptr ? p->number : 0, p != nullptr ? p->time : 0};
  update_barrier();
}

void Stream::remove_barrier() {
  if (fin_count_ > 0 && fins_[0].offset == barrier_) {
    std::copy(fins_.begin() + 1, fins_.begin() + fin_count_, fins_.begin());
    --fin_count_;
  }
  if (rst_known_ && rst_.offset == barrier_) rst_known_ = false;
  update_barrier();
}

/// The receiver acknowledged what lies behind them.
void Stream::drop_refuted_ends() {
  if (rst_known_ && rst_.offset < acked_) rst_known_ = false;
  std::uint8_t refuted = 0;
  while (refuted < fin_count_ && fins_[refuted].offset + 1 < acked_) ++refuted;
  std::copy(fins_.begin() + refuted, fins_.begin() + fin_count_, fins_.begin());
  fin_count_ = static_cast<std::uint8_t>(fin_count_ - refuted);
  update_barrier();
}

/// A byte in the FIN's place would be acknowledged with the same number: one that was seen, or one
/// behind which data goes on.
bool Stream::fin_is_acknowledged() const {
  if (acked_ != next_ + 1) return false;
  if (pieces_.empty()) return true;
  const auto& [offset, piece] = *pieces_.begin();
  return offset != next_ + 1 && (offset != next_ || piece.length != 1);
}

void Stream::resolve_end(StreamEnd& flow, const Packet* p, ChunkHandler& out) {
  while (!closed_ && !ended_) {
    drop_refuted_ends();
    drain(flow, p, out);
    if (closed_ || next_ != barrier_) return;
    const bool fin = fin_at(next_) != nullptr;
    if (fin && fin_is_acknowledged()) return end(flow, true, p, out);
    // The first packets do not tell whether both directions are captured.
    if (peer_seen_ || next_ == 0) return;
    if (pieces_.empty()) {
      if (fin || rst_exact_) end(flow, fin, p, out);
      return;
    }
    if (pieces_.begin()->first != next_) return;
    end_doubtful_ = true;
    remove_barrier();
  }
}

/// Nothing more will come: decides what the acknowledgements left open.
void Stream::end_at_barrier(StreamEnd& flow, ChunkHandler& out) {
  const bool fin = fin_at(next_) != nullptr;
  if (pieces_.empty() || (!fin && peer_seen_)) {
    // Where the connection was reset, or the receiver went on with less, what it did not
    // acknowledge may never have arrived.
    const bool doubted = reset_seen_ || acked_less_;
    const bool known = start_ == Start::kProven || !peer_seen_;
    const bool taken = !doubted || (known && std::max(acked_, reset_acked_) >= next_);
    return end(flow, fin && taken, nullptr, out);
  }
  const bool a_byte_instead =
      pieces_.begin()->first == next_ && pieces_.begin()->second.length == 1;
  if (fin && acked_ == next_ + 1) return end(flow, !a_byte_instead, nullptr, out);
  end_doubtful_ = true;
  remove_barrier();
}

void Stream::on_peer_reset(const TcpSegment& s) {
  reset_seen_ = true;
  if (!s.has_ack || !settled()) return;
  const std::int64_t at = position(s.ack);
  if (at > 0 && at <= static_cast<std::int64_t>(next_) + 1) {
    reset_acked_ = std::max(reset_acked_, static_cast<std::uint64_t>(at));
  }
}

void Stream::end(StreamEnd& flow, bool fin, const Packet* p, ChunkHandler& out) {
  ended_ = true;
  plain_ = false;
  stats_.finished = fin && !end_doubtful_;
  const End* const seen = fin_at(next_);
  const bool by_reset = seen == nullptr && rst_known_ && rst_.offset == next_;
  stats_.reset = by_reset;
  if (seen != nullptr || by_reset) {
    const End& e = seen != nullptr ? *seen : rst_;
    stats_.end_packet = e.packet;
    stats_.end_time = e.time;
  }
  stats_.ignored += static_cast<std::uint32_t>(far_.size() + pieces_.size());
  release_far();
  drop_pieces();
  out.on_chunk(flow, {Chunk::Kind::kEnd, next_, 0, {}, p, stats_.finished});
}

}  // namespace t2
