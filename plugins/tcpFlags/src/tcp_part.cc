// SPDX-License-Identifier: Apache-2.0
#include "tcp_part.h"

#include <algorithm>

#include "options.h"
#include "trips.h"

namespace t2::tcp_flags {
namespace {

constexpr Nanoseconds kSynRetryTime = 900'000'000;
constexpr double kRetryFactor = 1.5, kFixedRetryTime = 1.0;

/// Rule names (a, c1, ...) are those of spec tcpFlags 8.
class TcpStep {
 public:
  TcpStep(const TcpOptions& options, const Flow& flow, State& me, State* peer, const Packet& p,
          Bytes tcp, PacketFacts& facts, Counts& counts)
      : options_(options),
        flow_(flow),
        me_(me),
        peer_(peer != nullptr && peer->tcp_packets > 0 ? peer : nullptr),
        any_peer_(peer),
        p_(p),
        facts_(facts),
        counts_(counts),
        tcp_(tcp),
        seq_(load_be32(&tcp[4])),
        ack_(load_be32(&tcp[8])),
        flags_(tcp[13]),
        length_(p.l7_length),
        first_(me.tcp_packets == 0) {}

  void run() {
    if (first_) {
      me_.first_seq = me_.seq_last = me_.seq_next = me_.seq_max = seq_;
      me_.first_ack = me_.ack_last = ack_;
    }
    ++me_.tcp_packets;
    ++counts_.tcp_packets;
    facts_.tcp = true;
    facts_.seq = seq_;
    facts_.ack = ack_;
    facts_.seq_max = me_.seq_max;
    facts_.stat |= me_.carried();
    header_flags();
    window();  // before the options: scaling is in use from the next packet on
    look_at_options({options_.ja4t_kinds}, me_, peer_, p_, tcp_, facts_, counts_);
    scans();
    if (options_.sequence) sequence();
    advance_trip_tcp(me_, any_peer_, flags_ & kAckSynFinRst);
    settle();
  }

 private:
  bool has(std::uint8_t f) const { return (flags_ & f) != 0; }
  bool syn_fin_rst() const { return has(kSynFinRst); }
  void note(std::uint16_t stat) { facts_.stat |= stat; }
  void anomaly(std::uint16_t bit) { facts_.anomaly |= bit; }

  void header_flags() {
    const std::uint16_t both = combination(flags_);
    facts_.tcp_flags = static_cast<std::uint16_t>(flags_ | both);
    if (!options_.count_flags) return;
    for (unsigned bit = 0; bit < 16; ++bit) {
      if ((facts_.tcp_flags >> bit) & 1) bump(me_.more().flag_counts[bit]);
    }
  }

  void window() {
    // That of a SYN is never scaled, nor is a repeated one's (RFC 7323, 2.2).
    const std::uint32_t w = load_be16(&tcp_[14]) * (has(kSyn) ? 1 : me_.factor());
    facts_.window = w;
    if (first_) {
      me_.first_window = me_.min_window = me_.max_window = me_.window = w;
      me_.mean_window = static_cast<float>(w);
      note(kWindowInit);
    }
    me_.mean_window = static_cast<float>(me_.mean_window * 0.7 + w * 0.3);
    if (!syn_fin_rst() && w < options_.window_min) {
      ++me_.small_windows;
      ++counts_.small_windows;
      note(kMinWindow);
    }
    if (w < me_.window) {
      bump(me_.window_downs);
      if (me_.window_up) bump(me_.window_turns);
      me_.window_up = false;
      facts_.stat &= static_cast<std::uint16_t>(~kWindowUp);  // the state that this packet leads to
      me_.min_window = std::min(me_.min_window, w);
    } else if (w > me_.window) {
      bump(me_.window_ups);
      if (!me_.window_up) bump(me_.window_turns);
      me_.window_up = true;
      note(kWindowUp);
      me_.max_window = std::max(me_.max_window, w);
    }
  }

  void scans() {
    const std::uint8_t six = flags_ & 0x3f;
    if (six == 0 || six == (kFin | kPsh | kUrg)) scan();
    if ((flags_ & kAckSynFinRst) != kSyn) return;
    if (length_ > 0 || !p_.l7.empty()) anomaly(kSynPayload);
    if (me_.trip_state != Trip::kSyn) return;
    if (flow_.last_seen - flow_.previous_seen > kSynRetryTime) {
      anomaly(kSynRetry);
      ++counts_.syn_retries;
    } else {
      scan();
    }
  }
  void scan() {
    anomaly(kScan);
    ++counts_.scans;
  }

  void sequence() {
    me_.payload_bytes += length_;
    if (peer_ != nullptr && !syn_fin_rst()) {
      if (peer_->window == 0 && length_ == 1) {
        note(kZeroProbe);
      } else if ((peer_->last_stat & kZeroProbe) != 0 && facts_.window == 0 && length_ == 0) {
        note(kZeroProbeAck);
      }
    }
    const bool probe = (facts_.stat & (kZeroProbe | kZeroProbeAck)) != 0;
    if (peer_ != nullptr && (flags_ & kAckSynFinRst) == kAck) {
      peer_->in_flight = 0;
      me_.in_flight += length_;
      me_.max_in_flight = std::max(me_.max_in_flight, me_.in_flight);
    }
    if (!probe) {
      const bool full = peer_ != nullptr && me_.in_flight >= peer_->window &&
                        (peer_->last_flags & kRst) == 0 && (me_.tcp_flags & kSyn) != 0;
      if (full) note(kWindowFull);
    }
    if (!has(kAck) || probe) return;
    numbers();
    anomalies();
  }

  void numbers() {
    const bool own = (me_.last_flags & kSynFinRst) != 0;
    const bool other = peer_ != nullptr && (peer_->last_flags & kSynFinRst) != 0;
    if (me_.seq_last != 0) facts_.seq_diff = static_cast<std::int32_t>(seq_ - me_.seq_last);
    if (facts_.seq_diff > 0 && !(facts_.seq_diff == 1 && own)) {
      facts_.seq_length = static_cast<std::uint32_t>(facts_.seq_diff);
    }
    if (me_.ack_last != 0) facts_.ack_diff = static_cast<std::int32_t>(ack_ - me_.ack_last);
    if (facts_.ack_diff > 0 && !(facts_.ack_diff == 1 && (own || other))) {
      facts_.ack_length = static_cast<std::uint32_t>(facts_.ack_diff);
    }
    me_.seq_bytes += facts_.seq_length;
    me_.ack_bytes += facts_.ack_length;
    if (seq_ == me_.seq_next) bump(me_.seq_ok);
    bump(me_.acks);
  }

  void anomalies() {
    const bool small = length_ <= 1 && !syn_fin_rst();
    if (small && seq_ == me_.seq_max - 1) {
      anomaly(kKeepAlive);  // a
    } else if (small && peer_ != nullptr && peer_->seq_next == ack_ - 1) {
      anomaly(kKeepAliveAck);  // b
    } else if (ack_ == me_.ack_last) {
      same_ack();
    }
    if (peer_ != nullptr && before(peer_->seq_max, ack_)) {  // d
      anomaly(kAckUnseen);
      bump(me_.ack_faults);
    }
    const bool last_plain = !first_ && (me_.last_flags & kSynFinRst) == 0;
    if (last_plain && before(me_.seq_max, seq_)) anomaly(kPreviousMissing);  // e
  }

  void same_ack() {
    if (!first_ && !syn_fin_rst() && length_ == 0) {  // c1
      const std::uint32_t w = facts_.window;
      if (w == me_.window || (me_.scaled() && me_.window * me_.factor() == w)) {
        anomaly(kDuplicateAck);
        bump(me_.ack_faults);
      } else if (seq_ == me_.seq_next) {
        note(kWindowUpdate);
      }
    }
    const bool below = !syn_fin_rst() && before(seq_, me_.seq_max);  // c2
    if (below) anomaly(kOutOfOrder);
    const bool again = below ? length_ > 0 : before(seq_, me_.seq_next);
    if (again && timed_out()) retry(kTimeoutRetry);
    const bool carries = length_ > 0 || has(kSyn | kFin);  // c3
    if (carries && peer_ != nullptr && (peer_->last_anomaly & kDuplicateAck) != 0 &&
        seq_ == peer_->ack_last && before(seq_, me_.seq_next)) {
      retry(kFastRetry);
    }
    // A packet without ACK, such as a SYN, acknowledges nothing.
    const bool acked = peer_ != nullptr && (peer_->last_flags & kAck) != 0;
    if (acked && before(seq_, peer_->ack_last)) anomaly(kSequenceMess);  // c4
  }

  bool timed_out() const {
    if (peer_ == nullptr || facts_.window != me_.window) return false;
    const double gap = static_cast<double>(flow_.last_seen - flow_.previous_seen) / 1e9;
    return gap >
           (options_.trips ? kRetryFactor * (peer_->mean_trip + me_.mean_trip) : kFixedRetryTime);
  }

  void retry(std::uint16_t bit) {
    anomaly(bit);
    bump(me_.seq_faults);
    ++counts_.seq_retries;
  }

  /// What the next packet will find.
  void settle() {
    constexpr std::uint16_t kNotInScans = 0x003f;
    if (((facts_.anomaly | me_.anomaly) & kScan) != 0) {
      facts_.anomaly = static_cast<std::uint16_t>(facts_.anomaly & ~kNotInScans);
    }
    me_.seq_last = seq_;
    me_.seq_next = seq_ + length_ + (syn_fin_rst() ? 1 : 0);
    if ((facts_.stat & kZeroProbe) != 0) --me_.seq_next;
    if (before(me_.seq_max, me_.seq_next)) me_.seq_max = me_.seq_next;
    me_.ack_last = ack_;
    me_.window = facts_.window;
    me_.last_flags = flags_;
    me_.last_anomaly = facts_.anomaly;
    me_.last_stat = facts_.stat;
    me_.stat |= facts_.stat;
    me_.tcp_flags |= facts_.tcp_flags;
    me_.anomaly |= facts_.anomaly;
  }

  const TcpOptions& options_;
  const Flow& flow_;
  State& me_;
  State* peer_;  // only with TCP packets
  State* any_peer_;
  const Packet& p_;
  PacketFacts& facts_;
  Counts& counts_;
  Bytes tcp_;
  std::uint32_t seq_, ack_;
  std::uint8_t flags_;
  std::uint32_t length_;
  bool first_;
};

}  // namespace

void look_at_tcp(const TcpOptions& options, const Flow& flow, State& me, State* peer,
                 const Packet& p, Bytes tcp, PacketFacts& facts, Counts& counts) {
  TcpStep(options, flow, me, peer, p, tcp, facts, counts).run();
}

}  // namespace t2::tcp_flags
