// SPDX-License-Identifier: Apache-2.0
// Two TCP endpoints that follow RFC 9293 and RFC 5961, a wire with a tap, and somebody who forges
// segments: says which bytes each application was given, and what a capture of it holds. Knows
// nothing of src/stream.
#pragma once

#include <cstdint>
#include <functional>
#include <map>
#include <optional>
#include <random>
#include <string>
#include <vector>

namespace t2::test {

using Random = std::mt19937_64;

inline std::uint32_t between(Random& r, std::uint32_t low, std::uint32_t high) {
  return std::uniform_int_distribution<std::uint32_t>(low, high)(r);
}
inline bool chance(Random& r, std::uint32_t percent) {
  return between(r, 1, 100) <= percent;
}
/// a - b modulo 2^32, signed.
inline std::int64_t ahead(std::uint32_t a, std::uint32_t b) {
  return static_cast<std::int32_t>(a - b);
}

struct WireSegment {
  std::uint32_t seq = 0, ack = 0;
  bool syn = false, fin = false, rst = false, has_ack = false;
  std::string data;

  /// Sequence number of the first byte of data.
  std::uint32_t data_seq() const { return seq + (syn ? 1 : 0); }
  std::uint32_t length() const {
    return static_cast<std::uint32_t>(data.size()) + (syn ? 1 : 0) + (fin ? 1 : 0);
  }
};

/// One endpoint (RFC 9293 3.10.7). Sends its data and a FIN; takes what comes.
class Endpoint {
 public:
  enum class State { kListen, kSynSent, kSynReceived, kOpen, kReset };
  struct Plan {
    std::uint32_t iss = 0;
    std::string data;
    std::uint32_t most_per_segment = 500;
    bool fin_waits = false;        // it closes when the other side has
    bool fin_before_data = false;  // a FIN and data held for the same place: which one counts
  };

  Endpoint(Random& random, Plan plan, std::function<void(WireSegment)> send)
      : random_(random), plan_(std::move(plan)), send_(std::move(send)) {}

  void connect() {
    state_ = State::kSynSent;
    una_ = plan_.iss;
    nxt_ = plan_.iss + 1;
    send_syn();
  }
  void receive(const WireSegment& s);
  /// Sends what may be sent.
  void pump();
  /// The retransmission timer.
  void retransmit();
  void abort() {
    if (state_ != State::kOpen) return;
    send_({nxt_, rcv_nxt_, false, false, true, true, {}});
    state_ = State::kReset;
  }
  void keep_alive(bool with_byte) {
    if (state_ != State::kOpen || una_ != nxt_) return;
    send_({nxt_ - 1, rcv_nxt_, false, false, false, true, with_byte ? std::string(1, '\0') : ""});
  }

  State state() const { return state_; }
  bool done() const {
    return state_ == State::kReset ||
           (state_ == State::kOpen && fin_sent_ && una_ == nxt_ && got_fin_);
  }
  std::uint32_t iss() const { return plan_.iss; }
  const std::string& data() const { return plan_.data; }
  std::uint32_t snd_nxt() const { return nxt_; }
  std::uint32_t rcv_nxt() const { return rcv_nxt_; }
  std::uint32_t irs() const { return irs_; }
  bool got_fin() const { return got_fin_; }
  const std::string& delivered() const { return delivered_; }

 private:
  static constexpr std::uint32_t kWindow = 65535, kInFlight = 4000;

  std::uint32_t data_end() const {
    return plan_.iss + 1 + static_cast<std::uint32_t>(plan_.data.size());
  }
  void send_syn() {
    const bool answer = state_ == State::kSynReceived;
    send_({plan_.iss, answer ? rcv_nxt_ : 0, true, false, false, answer, {}});
  }
  void send_ack() { send_({nxt_, rcv_nxt_, false, false, false, true, {}}); }
  void send_reset(std::uint32_t seq) { send_({seq, 0, false, false, true, false, {}}); }
  void send_data(std::uint32_t seq, std::uint32_t most, bool may_fin);
  /// Throttled (RFC 5961 7): two endpoints that disagree would answer each other for ever.
  void challenge() {
    if (++challenges_ <= 30) send_ack();
  }
  bool acceptable(const WireSegment& s) const;
  bool take_ack(const WireSegment& s);
  void take_text(const WireSegment& s);

  Random& random_;
  Plan plan_;
  std::function<void(WireSegment)> send_;
  State state_ = State::kListen;
  std::uint32_t una_ = 0, nxt_ = 0;
  bool fin_sent_ = false;
  std::uint32_t challenges_ = 0;
  std::uint32_t irs_ = 0, rcv_nxt_ = 0;
  std::map<std::uint32_t, char> held_;  // by distance from irs + 1
  std::optional<std::uint32_t> fin_at_;
  bool got_fin_ = false;
  std::string delivered_;
};

inline void Endpoint::send_data(std::uint32_t seq, std::uint32_t most, bool may_fin) {
  const auto left = static_cast<std::uint32_t>(std::max<std::int64_t>(0, ahead(data_end(), seq)));
  const std::uint32_t n = std::min(left, most);
  WireSegment s{
      seq, rcv_nxt_, false, false, false, true, plan_.data.substr(seq - plan_.iss - 1, n)};
  s.fin = may_fin && n == left;
  if (n == 0 && !s.fin) return;
  if (s.fin) fin_sent_ = true;
  const std::uint32_t end = seq + s.length();
  if (ahead(end, nxt_) > 0) nxt_ = end;
  send_(std::move(s));
}

inline void Endpoint::pump() {
  if (state_ != State::kOpen || fin_sent_) return;
  const bool may_close = !plan_.fin_waits || got_fin_;
  while (!fin_sent_ && ahead(nxt_, una_) < kInFlight) {
    const std::uint32_t before = nxt_;
    const bool fin_now = may_close && (nxt_ == data_end() || chance(random_, 50));
    send_data(nxt_, between(random_, 1, plan_.most_per_segment), fin_now);
    if (nxt_ == before) return;
  }
}

inline void Endpoint::retransmit() {
  if (state_ == State::kSynSent || state_ == State::kSynReceived) return send_syn();
  if (state_ != State::kOpen || una_ == nxt_) return;
  const auto sent = static_cast<std::uint32_t>(ahead(nxt_, una_));
  send_data(una_, std::min(sent, between(random_, 1, 2 * plan_.most_per_segment)), fin_sent_);
}

inline bool Endpoint::acceptable(const WireSegment& s) const {
  const std::uint32_t n = s.length();
  const auto in_window = [&](std::uint32_t q) {
    return ahead(q, rcv_nxt_) >= 0 && ahead(q, rcv_nxt_) < kWindow;
  };
  return n == 0 ? in_window(s.seq) : in_window(s.seq) || in_window(s.seq + n - 1);
}

inline void Endpoint::receive(const WireSegment& s) {
  if (state_ == State::kReset) {
    if (!s.rst) send_reset(s.has_ack ? s.ack : 0);
    return;
  }
  if (state_ == State::kListen) {
    if (s.rst) return;
    if (s.has_ack) return send_reset(s.ack);
    if (!s.syn) return;
    if (nxt_ != 0) plan_.iss += between(random_, 64'000, 4'000'000);  // another connection's
    irs_ = s.seq;
    rcv_nxt_ = s.seq + 1;
    una_ = plan_.iss;
    nxt_ = plan_.iss + 1;
    state_ = State::kSynReceived;
    return send_syn();
  }
  if (state_ == State::kSynSent) {
    const bool acks_us = s.has_ack && s.ack == nxt_;
    if (s.has_ack && !acks_us) {
      if (!s.rst) send_reset(s.ack);
      return;
    }
    if (s.rst) {
      if (acks_us) state_ = State::kReset;
      return;
    }
    if (!s.syn || !acks_us) return;  // no simultaneous open here
    irs_ = s.seq;
    rcv_nxt_ = s.seq + 1;
    una_ = s.ack;
    state_ = State::kOpen;
    return send_ack();
  }
  if (!acceptable(s)) {
    if (!s.rst) challenge();
    return;
  }
  if (s.rst) {
    if (s.seq != rcv_nxt_) return challenge();  // RFC 5961 3.2
    state_ = state_ == State::kSynReceived ? State::kListen : State::kReset;
    return;
  }
  if (s.syn) {
    if (state_ == State::kSynReceived) {
      state_ = State::kListen;
      return;
    }
    return challenge();  // RFC 5961 4.2
  }
  if (!s.has_ack || !take_ack(s)) return;
  take_text(s);
}

inline bool Endpoint::take_ack(const WireSegment& s) {
  if (state_ == State::kSynReceived) {
    if (s.ack != nxt_) {
      send_reset(s.ack);
      return false;
    }
    state_ = State::kOpen;
  }
  // RFC 5961 5.2
  if (ahead(s.ack, nxt_) > 0 || ahead(una_, s.ack) > kWindow) {
    challenge();
    return false;
  }
  if (ahead(s.ack, una_) > 0) una_ = s.ack;
  return true;
}

inline void Endpoint::take_text(const WireSegment& s) {
  if (s.length() == 0) return;
  const std::uint32_t origin = irs_ + 1;
  if (!got_fin_) {
    for (std::uint32_t i = 0; i < s.data.size(); ++i) {
      const std::int64_t from_next = ahead(s.seq + i, rcv_nxt_);
      if (from_next >= 0 && from_next < kWindow) held_.emplace(s.seq + i - origin, s.data[i]);
    }
    const auto fin_seq = s.seq + static_cast<std::uint32_t>(s.data.size());
    if (s.fin && ahead(fin_seq, rcv_nxt_) >= 0 && !fin_at_) fin_at_ = fin_seq;
    for (;;) {
      const auto next = held_.find(rcv_nxt_ - origin);
      if (fin_at_ == rcv_nxt_ && (plan_.fin_before_data || next == held_.end())) {
        got_fin_ = true;
        ++rcv_nxt_;
        break;
      }
      if (next == held_.end()) break;
      delivered_ += next->second;
      ++rcv_nxt_;
      if (fin_at_ && ahead(*fin_at_, rcv_nxt_) < 0) fin_at_.reset();
    }
  }
  send_ack();
}

struct CapturedSegment {
  bool from_client = false;
  WireSegment s;
  std::int64_t time = 0;               // ns
  bool forged = false, stray = false;  // stray: it never arrived
};

/// What one direction of a connection really was.
struct Truth {
  std::string delivered;
  bool got_fin = false;
  std::uint32_t isn = 0;        // as the receiver took it
  std::uint32_t peers_isn = 0;  // as the sender took the receiver's
  std::string sent;             // all that the sender had
  bool desynchronised = false;  // the sender took what the receiver never sent
  bool foreign = false;         // the receiver took a forged SYN: this is not the sender's
};

struct SessionPlan {
  std::uint32_t path_loss = 0;  // percent, behind the tap
  std::uint32_t forgeries = 0;
  bool forged_data = false, stray_data = false;
  bool may_abort = false;
  std::uint32_t largest = 12'000;
  std::optional<std::uint32_t> isn_after[2];  // of server, client: the connection before ended here
};

/// One connection between a client and a server.
class Connection {
 public:
  Connection(Random& random, const SessionPlan& plan, std::int64_t start)
      : random_(random),
        plan_(plan),
        now_(start),
        client_(random, endpoint_plan(true), [this](WireSegment s) { put(true, std::move(s)); }),
        server_(random, endpoint_plan(false), [this](WireSegment s) { put(false, std::move(s)); }) {
  }

  void run();
  /// Of the bytes that the client or the server sent.
  Truth truth(bool from_client) const {
    const Endpoint& receiver = from_client ? server_ : client_;
    const Endpoint& sender = from_client ? client_ : server_;
    return {receiver.delivered(),
            receiver.got_fin(),
            receiver.irs(),
            sender.irs(),
            sender.data(),
            ahead(sender.rcv_nxt(), receiver.snd_nxt()) > 0,
            receiver.irs() != sender.iss()};
  }
  std::int64_t now() const { return now_; }
  std::uint32_t last_number(bool of_client) const {
    return (of_client ? client_ : server_).snd_nxt();
  }
  std::vector<CapturedSegment> captured;

 private:
  static constexpr std::int64_t kMs = 1'000'000, kRto = 250 * kMs;

  Endpoint::Plan endpoint_plan(bool client);
  void at(std::int64_t time, std::function<void()> what) { events_.emplace(time, std::move(what)); }
  void put(bool from_client, WireSegment s);
  void pass_tap(bool from_client, const WireSegment& s, bool forged, bool stray);
  void forge();
  std::uint32_t number_near(std::uint32_t exact);
  Endpoint& end(bool client) { return client ? client_ : server_; }

  Random& random_;
  SessionPlan plan_;
  std::int64_t now_;
  std::multimap<std::int64_t, std::function<void()>> events_;
  std::int64_t last_tap_[2] = {}, last_arrival_[2] = {};
  std::uint32_t isn_base_ = static_cast<std::uint32_t>(random_());
  Endpoint client_, server_;
};

inline Endpoint::Plan Connection::endpoint_plan(bool client) {
  Endpoint::Plan p;
  const std::uint32_t kind = between(random_, 0, 3);
  p.iss = kind == 0   ? 0u - between(random_, 0, 5000)
          : kind == 1 ? isn_base_ + between(random_, 0, 3000)  // near the other one's
                      : static_cast<std::uint32_t>(random_());
  if (const auto after = plan_.isn_after[client]) {  // RFC 9293 3.4.1: a clock
    p.iss = *after + between(random_, 64'000, 40'000'000);
  }
  const std::uint32_t size =
      chance(random_, 15) ? between(random_, 0, 3) : between(random_, 0, plan_.largest);
  p.data.resize(client && chance(random_, 50) ? 0 : size);
  for (char& c : p.data) c = static_cast<char>(between(random_, 1, 255));
  p.most_per_segment =
      between(random_, 0, 4) == 0 ? 1 + between(random_, 0, 9) : between(random_, 100, 1000);
  if (p.most_per_segment < 20) p.data.resize(std::min<std::size_t>(p.data.size(), 300));
  p.fin_waits = client && chance(random_, 70);
  p.fin_before_data = chance(random_, 50);
  return p;
}

inline void Connection::put(bool from_client, WireSegment s) {
  std::int64_t& last = last_tap_[from_client];
  last = std::max(last + 1000, now_ + between(random_, 100, 3000) * 1000);
  at(last, [this, from_client, s = std::move(s)] {
    pass_tap(from_client, s, false, chance(random_, plan_.path_loss));
  });
}

inline void Connection::pass_tap(bool from_client, const WireSegment& s, bool forged, bool stray) {
  captured.push_back({from_client, s, now_, forged, stray});
  if (stray) return;
  std::int64_t& last = last_arrival_[from_client];
  last = std::max(last + 1000, now_ + between(random_, 100, 3000) * 1000);
  at(last, [this, from_client, s] {
    Endpoint& e = end(!from_client);
    e.receive(s);
    e.pump();
  });
}

inline std::uint32_t Connection::number_near(std::uint32_t exact) {
  switch (between(random_, 0, 5)) {
    case 0:
    case 1:
      return exact;
    case 2:
      return exact + between(random_, 1, 2000);
    case 3:
      return exact - between(random_, 1, 2000);
    case 4:
      return exact + between(random_, 100'000'000, 2'000'000'000);
    default:
      return exact + 500;
  }
}

inline void Connection::forge() {
  const bool from_client = chance(random_, 50);
  const Endpoint& sender = end(from_client);
  const Endpoint& receiver = end(!from_client);
  const bool open = receiver.state() == Endpoint::State::kOpen;
  const std::uint32_t expected = open ? receiver.rcv_nxt() : sender.snd_nxt();
  WireSegment s;
  s.seq = number_near(expected);
  // One that the receiver accepts, or one that says nothing.
  const bool knows = sender.rcv_nxt() != 0;
  s.ack = knows ? sender.rcv_nxt() : static_cast<std::uint32_t>(random_());
  if (knows && chance(random_, 20)) s.ack += between(random_, 20'000'000, 4'200'000'000);
  s.has_ack = true;
  bool stray = chance(random_, 50);
  switch (between(random_, 0, open && (plan_.forged_data || plan_.stray_data) ? 5 : 3)) {
    case 0:  // SYN, or SYN-ACK
      s.syn = true;
      s.has_ack = !from_client;
      if (chance(random_, 30)) s.seq -= 1;
      if (chance(random_, 30)) s.seq = receiver.irs() + 500;  // near the one that counts
      if (!from_client && chance(random_, 60)) s.ack = sender.irs() + 1;
      break;
    case 1:
      s.rst = true;
      s.has_ack = chance(random_, 50);
      break;
    case 2:
      s.fin = true;
      break;
    case 3:  // keep-alive
      s.seq = expected - 1;
      if (open && chance(random_, 50)) s.data = std::string(1, '\0');
      break;
    default:
      s.data = std::string(between(random_, 2, 600), '\0');
      s.fin = chance(random_, 20);
      stray = plan_.stray_data && (!plan_.forged_data || stray);
      break;
  }
  pass_tap(from_client, s, true, stray);
}

inline void Connection::run() {
  const std::int64_t start = now_;
  at(start, [this] { client_.connect(); });
  for (std::uint32_t i = 0; i < plan_.forgeries; ++i) {
    // Most of them in the first moments, where the SYNs are.
    const std::uint32_t latest = chance(random_, 50) ? 15'000 : 120'000;
    at(start + between(random_, 0, latest) * std::int64_t{1000}, [this] { forge(); });
  }
  if (plan_.may_abort && chance(random_, 20)) {
    const bool client = chance(random_, 50);
    at(start + between(random_, 5, 60) * kMs, [this, client] { end(client).abort(); });
  }
  for (int i = 1; i < 60; ++i) {
    at(start + i * kRto, [this] {
      for (const bool client : {true, false}) {
        end(client).retransmit();
        end(client).pump();
        if (chance(random_, 10)) end(client).keep_alive(chance(random_, 50));
      }
    });
  }
  while (!events_.empty()) {
    const auto event = events_.extract(events_.begin());
    now_ = event.key();
    if (client_.done() && server_.done() && now_ > start + 2 * kRto + 130 * kMs) {
      if (events_.size() < 60) return;
    }
    event.mapped()();
  }
}

}  // namespace t2::test
