// SPDX-License-Identifier: Apache-2.0
#include "packet.h"

#include <algorithm>
#include <array>

#include "ip_part.h"
#include "options.h"

namespace t2::tcp_flags {
namespace {

constexpr std::uint16_t kRollOver = 0x2000;

/// What every packet has in its IP header, and UDP lengths.
class IpStep {
 public:
  IpStep(Work& work, const Flow& flow, State& me, const Packet& p)
      : work_(work), flow_(flow), me_(me), p_(p), first_(me.packets == 0) {}

  /// Returns the packet's bits of tcpFStat.
  std::uint16_t run() {
    if (!plain_ip(work_.options, p_)) {
      marks_ = look_at_rare_ip(work_.options, me_, p_, work_.facts);
    }
    if (p_.src_ip.is_v4()) {
      fragment_bits();
      id();
    }
    raise(p_.l3.size() < p_.l3_length, kSnapped);
    ttl();
    me_.tos |= p_.tos;
    if (!first_) times();
    udp_length();
    me_.ip_flags |= marks_.flags;
    me_.stat |= marks_.stat;
    if (work_.options.rows) work_.facts.ip_flags = marks_.flags;
    return marks_.stat;
  }

 private:
  void raise(bool condition, std::uint16_t flag) {
    if (condition) marks_.flags |= flag;
  }

  void fragment_bits() {
    constexpr std::uint16_t kBits = kDontFragment | kReservedBit;
    static_assert(kBits == 0xc000 >> 8, "as they stand in the header");
    marks_.flags |= ipv4_word(p_, 6) >> 8 & kBits;
  }

  void id() {
    const auto now = static_cast<std::uint16_t>(p_.ip_id);
    if (!first_) id_step(int{now} - int{me_.ip_id});
    me_.ip_id = now;
  }

  void id_step(int difference) {
    if (work_.options.rows) work_.facts.id_step = difference;
    const auto step = static_cast<std::uint16_t>(difference);
    if (difference < 0) {
      if (step >= kRollOver) return raise(true, kIpOutOfOrder);
      raise(true, kIpIdRollOver);
    }
    me_.min_id_step = std::min(me_.min_id_step, step);
    me_.max_id_step = std::max(me_.max_id_step, step);
  }

  void ttl() {
    if (first_) {
      me_.min_ttl = me_.max_ttl = p_.ttl;
    } else if (p_.ttl != me_.ttl) {
      bump(me_.ttl_changes);
      me_.min_ttl = std::min(me_.min_ttl, p_.ttl);
      me_.max_ttl = std::max(me_.max_ttl, p_.ttl);
    }
    me_.ttl = p_.ttl;
  }

  void udp_length() {
    constexpr std::size_t kHeader = 8;
    if (p_.l4_proto != ip_protocol::kUdp && p_.l4_proto != ip_protocol::kUdpLite) return;
    if (p_.fragment || p_.l4.size() < kHeader) return;
    const std::uint16_t stated = load_be16(&p_.l4[4]);
    if (p_.l4_proto == ip_protocol::kUdp) return raise(stated != l4_length(p_), kUdpLength);
    // That of UDP-Lite is the coverage.
    const bool sane = stated == 0 || (stated >= kHeader && stated <= l4_length(p_));
    if (!sane) marks_.stat |= kCoverageError;
  }

  void times() {
    const Nanoseconds step = flow_.last_seen - flow_.previous_seen;
    if (step > 0) return;
    raise(true, step == 0 ? kSameTime : kTimeBack);
  }

  Work& work_;
  const Flow& flow_;
  State& me_;
  const Packet& p_;
  bool first_;
  IpMarks marks_;
};

constexpr Nanoseconds kSynRetryTime = 900'000'000;
constexpr double kRetryFactor = 1.5, kFixedRetryTime = 1.0;

/// combination() of all six flags that it depends on.
constexpr auto all_combinations() {
  std::array<std::uint16_t, 64> all{};
  for (std::size_t flags = 0; flags < all.size(); ++flags) {
    all[flags] = combination(static_cast<std::uint8_t>(flags));
  }
  return all;
}

constexpr auto kCombinations = all_combinations();

/// What there is of `step` for the sums of sequence and acknowledgement numbers: nothing if it goes
/// back, nor the one number that a SYN or FIN (`opening`) takes.
std::uint32_t advance(std::int32_t step, bool opening) {
  return step > int{opening} ? static_cast<std::uint32_t>(step) : 0;
}

/// Rule names (a, c1, ...) are those of spec tcpFlags 8. kPlain: the packet has an ACK and nothing
/// that begins or ends a connection, as nearly all packets; then most of the tests fall away.
template <bool kPlain>
class TcpStep {
 public:
  TcpStep(Work& work, const Flow& flow, State& me, State* peer, const Packet& p, Bytes tcp,
          std::span<const std::uint8_t, kFixedHeader> fixed, std::uint16_t stat)
      : options_(work.options),
        flow_(flow),
        me_(me),
        peer_(peer != nullptr && peer->tcp_packets > 0 ? peer : nullptr),
        any_peer_(peer),
        p_(p),
        facts_(work.facts),
        counts_(work.counts),
        tcp_(tcp),
        seq_(load_be32(&fixed[4])),
        ack_(load_be32(&fixed[8])),
        words_(fixed[12] >> 4),
        flags_(fixed[kByte]),
        window_(load_be16(&fixed[14])),
        length_(p.l7_length),
        first_(me.tcp_packets == 0),
        stat_(static_cast<std::uint16_t>(stat | me.carried())) {}

  void run() {
    if (first_) [[unlikely]] {
      me_.first_seq = me_.seq_last = me_.seq_next = me_.seq_max = seq_;
      me_.first_ack = me_.ack_last = ack_;
    }
    ++me_.tcp_packets;
    ++counts_.tcp_packets;
    if (options_.rows) show_header();
    if (options_.count_flags) count_flags();
    window();  // before the options: scaling is in use from the next packet on
    options();
    scans();
    payload();
    if (options_.sequence) sequence();
    advance_trip_tcp(me_, any_peer_, ack_syn_fin_rst());
    settle();
    if (has(kFin | kRst)) close();
  }

 private:
  std::uint8_t ack_syn_fin_rst() const {
    if (kPlain) return kAck;
    return flags_ & kAckSynFinRst;
  }
  /// Only for these four.
  bool has(std::uint8_t f) const { return (ack_syn_fin_rst() & f) != 0; }
  bool syn_fin_rst() const { return has(kSynFinRst); }
  std::uint16_t all_flags() const {
    if (kPlain) return flags_;
    return static_cast<std::uint16_t>(flags_ | kCombinations[flags_ & 0x3f]);
  }
  void note(std::uint16_t stat) { stat_ |= stat; }
  void anomaly(std::uint16_t bit) { anomaly_ |= bit; }

  /// What the row shows of the header and of the state that the packet finds.
  void show_header() {
    facts_.tcp = true;
    facts_.seq = seq_;
    facts_.ack = ack_;
    facts_.seq_max = me_.seq_max;
    facts_.tcp_flags = all_flags();
    facts_.factor = me_.scaled() ? static_cast<std::uint16_t>(me_.factor()) : std::uint16_t{0};
    facts_.tcp_options_length = words_ * 4 - static_cast<int>(kFixedHeader);
    facts_.tcp_options = skip(tcp_, kFixedHeader);
  }

  void count_flags() {
    const std::uint16_t flags = all_flags();
    for (unsigned bit = 0; bit < 16; ++bit) {
      if ((flags >> bit) & 1) bump(me_.more().flag_counts[bit]);
    }
  }

  void window() {
    // That of a SYN is never scaled, nor is a repeated one's (RFC 7323, 2.2).
    if (me_.scaled() && !has(kSyn)) window_ <<= me_.shift;
    const std::uint32_t w = window_;
    if (first_) [[unlikely]] {
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
      stat_ &= static_cast<std::uint16_t>(~kWindowUp);  // the state that this packet leads to
      me_.min_window = std::min(me_.min_window, w);
    } else if (w > me_.window) {
      bump(me_.window_ups);
      if (!me_.window_up) bump(me_.window_turns);
      me_.window_up = true;
      note(kWindowUp);
      me_.max_window = std::max(me_.max_window, w);
    }
  }

  /// The two usual forms here; all others, and those of a SYN, take the walk.
  void options() {
    if (!has(kSyn)) {
      if (words_ * 4U == kFixedHeader) return;
      const Bytes o = skip(tcp_, kFixedHeader);
      if (words_ * 4U == kFixedHeader + kPlainTimestamps && plain_timestamps(o)) {
        return note(take_plain_timestamps(me_, p_.time, o));
      }
    }
    note(walk_options(options_.ja4t_kinds, me_, any_peer_, p_, tcp_, facts_, counts_));
  }

  void payload() {
    me_.payload_bytes += length_;
    if (first_ || !kPlain) me_.answered |= has(kAck) && !has(kRst);
    if (kPlain || length_ == 0) return;
    if (has(kRst)) {
      me_.more().reset_bytes += length_;
    } else if (has(kSyn)) {
      me_.more().syn_bytes += length_;
    }
  }

  void scans() {
    if (kPlain) return;
    const std::uint8_t six = flags_ & 0x3f;
    if (six == 0 || six == (kFin | kPsh | kUrg)) scan();
    if (ack_syn_fin_rst() != kSyn) return;
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
    bump(me_.more().scan_packets);
  }

  void sequence() {
    const bool probe = peer_ != nullptr && receiver();
    if (!has(kAck) || probe) return;
    numbers();
    anomalies();
  }

  /// What the peer can take of it. Returns whether the packet is a zero-window probe or its answer.
  bool receiver() {
    const bool probe = !syn_fin_rst() && zero_probe();
    if (kPlain) {
      peer_->in_flight = 0;
      me_.in_flight += length_;
      me_.max_in_flight = std::max(me_.max_in_flight, me_.in_flight);
    }
    const bool full = !probe && me_.in_flight >= peer_->window && (peer_->last_flags & kRst) == 0 &&
                      (me_.tcp_flags & kSyn) != 0;
    if (full) note(kWindowFull);
    return probe;
  }

  bool zero_probe() {
    if (peer_->window == 0 && length_ == 1) {
      note(kZeroProbe);
      return true;
    }
    if ((peer_->last_stat & kZeroProbe) == 0 || window_ != 0 || length_ != 0) return false;
    note(kZeroProbeAck);
    return true;
  }

  void numbers() {
    const bool own = (me_.last_flags & kSynFinRst) != 0;
    const bool other = peer_ != nullptr && (peer_->last_flags & kSynFinRst) != 0;
    const auto seq_step = static_cast<std::int32_t>(me_.seq_last != 0 ? seq_ - me_.seq_last : 0);
    const auto ack_step = static_cast<std::int32_t>(me_.ack_last != 0 ? ack_ - me_.ack_last : 0);
    const std::uint32_t seq_length = advance(seq_step, own);
    const std::uint32_t ack_length = advance(ack_step, own || other);
    me_.seq_bytes += seq_length;
    me_.ack_bytes += ack_length;
    if (seq_ == me_.seq_next) bump(me_.seq_ok);
    bump(me_.acks);
    if (!options_.rows) return;
    facts_.seq_diff = seq_step;
    facts_.ack_diff = ack_step;
    facts_.seq_length = seq_length;
    facts_.ack_length = ack_length;
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
      const std::uint32_t w = window_;
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
    if (peer_ == nullptr || window_ != me_.window) return false;
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
    if (((anomaly_ | me_.anomaly) & kScan) != 0) {
      me_.more().hidden_anomaly |= anomaly_ & kNotInScans;
      anomaly_ = static_cast<std::uint16_t>(anomaly_ & ~kNotInScans);
    }
    me_.seq_last = seq_;
    me_.seq_next = seq_ + length_ + (syn_fin_rst() ? 1 : 0);
    if ((stat_ & kZeroProbe) != 0) --me_.seq_next;
    if (before(me_.seq_max, me_.seq_next)) me_.seq_max = me_.seq_next;
    me_.ack_last = ack_;
    me_.window = window_;
    me_.last_flags = flags_;
    me_.last_anomaly = anomaly_;
    me_.last_stat = stat_;
    me_.stat |= stat_;
    me_.tcp_flags |= all_flags();
    me_.anomaly |= anomaly_;
    if (!options_.rows) return;
    facts_.stat = stat_;
    facts_.anomaly = anomaly_;
    facts_.window = window_;
  }

  /// Nothing completes a datagram of the peer any more.
  void close() {
    const bool pending = any_peer_ != nullptr && options_.fragments &&
                         flow_.opposite->has(flow_stat::kFragmentPending);
    if (pending) any_peer_->ip_flags |= kFragmentSequence;
  }

  const PacketOptions& options_;
  const Flow& flow_;
  State& me_;
  State* peer_;  // only with TCP packets
  State* any_peer_;
  const Packet& p_;
  PacketFacts& facts_;
  Counts& counts_;
  Bytes tcp_;
  std::uint32_t seq_, ack_;
  std::uint8_t words_;  // of the header, as it says itself
  std::uint8_t flags_;
  std::uint32_t window_;  // effective
  std::uint32_t length_;
  bool first_;
  std::uint16_t stat_, anomaly_ = 0;  // of this packet
};

/// `tcp` is what Packet::tcp_header() gives, not empty; `stat` has the packet's bits of tcpFStat so
/// far.
void look_at_tcp(Work& work, const Flow& flow, State& me, State* peer, const Packet& p, Bytes tcp,
                 std::uint16_t stat) {
  const auto fixed = tcp.first<kFixedHeader>();
  if ((fixed[kByte] & kAckSynFinRst) == kAck) [[likely]] {
    TcpStep<true>(work, flow, me, peer, p, tcp, fixed, stat).run();
  } else {
    TcpStep<false>(work, flow, me, peer, p, tcp, fixed, stat).run();
  }
}

void trip(const PacketOptions& options, const Flow& flow, State& me, State& peer, const Packet& p) {
  if (!options.trips) {
    peer.trip_state = Trip::kNone;
    return;
  }
  const double seconds = trip_seconds(p.time, flow.opposite->last_seen, options.precision);
  measure_trip(me, peer, seconds, options.precision);
}

}  // namespace

void look_at_packet(Work& work, const Flow& flow, State& me, State* peer, const Packet& p) {
  if (work.options.rows) work.facts = {};
  const std::uint16_t stat = IpStep(work, flow, me, p).run();
  bump(me.packets);
  if (peer != nullptr) trip(work.options, flow, me, *peer, p);
  if (const Bytes tcp = p.tcp_header(); !tcp.empty()) {
    look_at_tcp(work, flow, me, peer, p, tcp, stat);
  } else {
    advance_trip_other(me);
  }
  me.stat |= kHadPacket;
}

}  // namespace t2::tcp_flags
