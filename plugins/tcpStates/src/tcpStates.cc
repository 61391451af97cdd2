// SPDX-License-Identifier: Apache-2.0
#include "tcpStates.h"

#include <algorithm>
#include "t2/protocols.h"

namespace t2::tcp_states {
namespace {

constexpr Nanoseconds kNewTimeout = 120 * kSecond;
constexpr Nanoseconds kEstablishedTimeout = 610 * kSecond;
constexpr Nanoseconds kClosingTimeout = 120 * kSecond;
constexpr Nanoseconds kClosedTimeout = 10 * kSecond;
constexpr Nanoseconds kResetTimeout = kSecond / 10;
/// A pair that lasts longer was not closed at once.
constexpr Nanoseconds kAtOnce = 10 * kSecond;

using namespace tcp_flag;

/// One packet against the machine. Rule names (N1a, E2, ...) are those of spec tcpStates 3.
class Step {
 public:
  Step(Flow& flow, State& me, State* peer, const Packet& p, Bytes tcp)
      : flow_(flow),
        me_(me),
        peer_(peer),
        seq_(load_be32(&tcp[4])),
        ack_(load_be32(&tcp[8])),
        flags_(tcp[kByte]),
        length_(p.l7_length) {}

  void run() {
    if (!has(kSyn | kRst)) me_.payload |= length_ > 0;
    if (has(kAck) && !has(kRst)) me_.answered = true;
    const std::uint8_t f = flags_ & 0x3f;
    if (f == 0x29 || f == 0) me_.flag(kScan);  // Xmas or NULL packet
    switch (me_.state) {
      case TcpState::kNew:
        return in_new();
      case TcpState::kEstablished:
        return in_established();
      case TcpState::kClosing:
        return in_closing();
      case TcpState::kClosed:
        return in_closed();
      case TcpState::kReset:
        return me_.flag(kAfterReset);
    }
  }

 private:
  bool has(std::uint8_t f) const { return (flags_ & f) != 0; }
  bool acks(std::uint32_t seq) const { return has(kAck) && ack_ == seq + 1; }
  bool acks_syn() const { return peer_ && peer_->syn_seen && acks(peer_->syn_seq); }
  void flag_both(unsigned bits) {
    me_.flag(bits);
    if (peer_) peer_->flag(bits);
  }

  void enter(TcpState s, Nanoseconds timeout) {
    me_.state = s;
    flow_.set_timeout(timeout);
  }
  void enter_both(TcpState s, Nanoseconds timeout) {
    enter(s, timeout);
    if (!peer_) return;
    peer_->state = s;
    flow_.opposite->set_timeout(timeout);
  }

  void in_new() {
    const std::uint8_t arsf = flags_ & kAckSynFinRst;
    if ((flags_ & kSynFinRst) == kSyn) return new_syn();
    if (peer_ && arsf == kAck) return new_ack();
    if (peer_ && arsf == (kRst | kAck)) {  // N3: connection refused
      me_.flag(kResetSender);
      return enter_both(TcpState::kReset, kResetTimeout);
    }
    if (has(kRst)) return new_reset();
    if (arsf == (kFin | kAck)) return new_fin();
    if (arsf == kFin) return me_.flag(kScan);  // N6
    flag_both(kBadSetup);                      // N7
    enter_both(TcpState::kEstablished, kEstablishedTimeout);
  }

  void new_syn() {
    me_.syn_seen = true;
    me_.syn_seq = seq_;
    flow_.set_timeout(kNewTimeout);
    if (!has(kAck)) return;  // N1a
    if (acks_syn()) {        // N1b
      peer_->syn_acked = true;
      return;
    }
    flag_both(kBadSetup);  // N1c, N1d
    enter_both(TcpState::kEstablished, kEstablishedTimeout);
  }

  void new_ack() {
    if (!acks_syn()) {  // N2c, whatever state the peer is in: it stays in spec because of the
                        // tutorial
      flag_both(kBadSetup);
      return enter_both(TcpState::kEstablished, kEstablishedTimeout);
    }
    peer_->syn_acked = true;
    if (me_.syn_acked) enter_both(TcpState::kEstablished, kEstablishedTimeout);  // N2a
  }

  void new_reset() {
    if (peer_) {  // N4a
      me_.flag(kResetSender | kBadSetup);
      peer_->flag(kBadSetup);
    } else {  // N4b
      me_.flag(kScan | kResetSender | kBadSetup);
    }
    enter_both(TcpState::kReset, kResetTimeout);
  }

  void new_fin() {  // N5
    if (!peer_) me_.fin_scan = true;
    flag_both(kBadSetup);
    take_fin();
  }

  void take_fin() {
    me_.fin_seen = true;
    me_.fin_seq = seq_ + length_;
    enter(TcpState::kClosing, kClosingTimeout);
    acknowledge_fin();
  }

  void acknowledge_fin() {
    if (peer_ && peer_->fin_seen && acks(peer_->fin_seq)) peer_->fin_acked = true;
  }

  void reset() {
    me_.flag(kResetSender | kBadTeardown);
    if (peer_) peer_->flag(kBadTeardown);
    enter_both(TcpState::kReset, kResetTimeout);
  }

  void in_established() {
    if (has(kSyn) || !has(kAck)) flag_both(kBadFlags);  // E1
    if (has(kFin)) take_fin();                          // E2
    if (has(kRst)) reset();                             // E3
  }

  void in_closing() {
    if (has(kRst)) reset();  // C1
    acknowledge_fin();       // C2
    const bool complete =
        peer_ && me_.fin_seen && me_.fin_acked && peer_->fin_seen && peer_->fin_acked;
    if (complete) enter_both(TcpState::kClosed, kClosedTimeout);  // C3
  }

  void in_closed() {
    me_.flag(kAfterTeardown);
    if (has(kRst)) reset();
  }

  Flow& flow_;
  State& me_;
  State* peer_;
  std::uint32_t seq_, ack_;
  std::uint8_t flags_;
  std::uint32_t length_;
};

class TcpStates final : public Plugin {
 public:
  PluginInfo info() const override {
    return {"tcpStates", "0.9.1", "TCP state machine, anomalies and flow timeouts", {}};
  }
  Settings* settings() override { return &config_; }
  const Config& config() const { return config_; }

  void columns(ColumnSet& flows, ColumnSet& packets) override {
    const std::vector<BitText> bits = {
        {0, "Malformed connection establishment", Severity::kWarning},
        {1, "Malformed teardown", Severity::kWarning},
        {2, "Malformed flags during established connection", Severity::kWarning},
        {3, "Packets detected after teardown", Severity::kWarning},
        {4, "Packets detected after reset", Severity::kWarning},
        {5, "-", Severity::kNone},
        {6, "Reset from sender", Severity::kWarning},
        {7, "Potential evil behavior (scan)", Severity::kWarning},
    };
    auto flow = flows.of<State>();
    auto packet = packets.of<State>();
    flow.add("tcpStatesAFlags", "TCP state machine anomalies", &State::anomalies, bits);
    packet.add(
        "tcpStatesAFlags", "TCP state machine anomalies",
        [](const State& s, const Flow&, const Packet& p) {
          return p.tcp_header().empty() ? Hex8{} : s.anomalies;
        },
        bits);
  }

  Result<void> start(StartUp& core) override {
    for (const Nanoseconds t : {kNewTimeout, kEstablishedTimeout, kClosedTimeout, kResetTimeout}) {
      core.register_timeout(t);
    }
    return {};
  }

 private:
  Config config_;
};

class Machines final : public ShardPart<TcpStates, State> {
 public:
  void on_packet(Flow& flow, State& me, const Packet& p) override {
    const Bytes tcp = p.tcp_header();
    if (tcp.empty()) return;
    // Nearly all packets: no rule speaks of them.
    const bool plain = (tcp[kByte] & kAckSynFinRst) == kAck;
    if (plain && me.state == TcpState::kEstablished) {
      me.payload |= p.l7_length > 0;
      return;
    }
    step(flow, me, p, tcp);
  }

  void on_flow_end(Flow& flow, State& me) override {
    if (!flow.is_tcp()) return;
    State* other = opposite_state(me, flow);
    const bool setup = other && me.syn_seen && me.syn_acked && other->syn_seen && other->syn_acked;
    const bool teardown =
        other && me.fin_seen && me.fin_acked && other->fin_seen && other->fin_acked;
    if (!setup) me.flag(kBadSetup);
    if (!teardown) me.flag(kBadTeardown);
    if (me.fin_scan && !teardown) me.flag(kScan);
    if ((me.anomalies.value & kScan) != 0 && !plugin().config().SCAN_REFRULE)
      withdraw_scan(flow, me, other);
    aggregate_ |= me.anomalies;
  }

  void merge(const Machines& other) { aggregate_ |= other.aggregate_; }
  void report(Report& r) const override { r.aggregate("tcpStatesAFlags", aggregate_.value, 2); }

 private:
  [[gnu::noinline]] void step(Flow& flow, State& me, const Packet& p, Bytes tcp) {
    Step(flow, me, opposite_state(me, flow), p, tcp).run();
  }

  /// A scan delivers no payload. A connection whose end is all that was captured is closed at once.
  void withdraw_scan(const Flow& flow, State& me, const State* other) const {
    const bool delivered =
        payload_delivered(me, other) || (other && payload_delivered(*other, &me));
    const bool slow = me.fin_scan && lasted(flow) > kAtOnce;
    if (delivered || slow) me.anomalies.value &= static_cast<std::uint8_t>(~kScan);
  }

  /// Payload was sent to a side that has answered otherwise than by RST. Where only one side was
  /// captured, nobody sends payload to a port that has not answered.
  static bool payload_delivered(const State& from, const State* to) {
    return from.payload && (to == nullptr || to->answered);
  }

  /// From the first packet of the pair to the last.
  static Nanoseconds lasted(const Flow& flow) {
    if (!flow.opposite) return flow.duration();
    const Flow& other = *flow.opposite;
    return std::max(flow.last_seen, other.last_seen) - std::min(flow.first_seen, other.first_seen);
  }

  Hex8 aggregate_;
};

}  // namespace
}  // namespace t2::tcp_states

T2_PLUGIN(t2::tcp_states::TcpStates, t2::tcp_states::Machines)
