// SPDX-License-Identifier: Apache-2.0
// Random sessions of two endpoints that follow the RFCs (rfc_model.h), captured with all that can
// happen to a capture: what is called whole must be what the application was given, and where a
// capture shows all of it, it must be called whole. T2_MODEL_SESSIONS=N runs N sessions.
#include <gtest/gtest.h>

#include <algorithm>
#include <cstdlib>
#include <iostream>
#include <set>

#include "rfc_model.h"
#include "tcp_pair.h"

namespace t2::test {
namespace {

/// A connection as a consumer of the stream saw it.
struct Seen {
  std::string bytes;
  bool whole = false;
  std::uint32_t conflicts = 0;
};

class Listener : public ChunkHandler {
 public:
  explicit Listener(StreamUse use) {
    for (Flow* f : {&client, &server}) {
      f->key.l4_proto = 6;
      f->key.family = Family::kIpv4;
    }
    client.opposite = &server;
    server.opposite = &client;
    streams_.open(client, use);
    streams_.open(server, use);
  }
  ~Listener() override {
    streams_.close(client);
    streams_.close(server);
  }

  void feed(const CapturedSegment& c) {
    std::string l4(20, '\0');
    put32(l4, 4, c.s.seq);
    put32(l4, 8, c.s.ack);
    l4[12] = 0x50;
    l4[13] = static_cast<char>(c.s.fin | c.s.syn << 1 | c.s.rst << 2 | c.s.has_ack << 4);
    l4 += c.s.data;
    Packet p;
    p.number = ++number_;
    p.time = c.time;
    p.l4_proto = 6;
    p.src_ip.family = p.dst_ip.family = Family::kIpv4;
    p.l4 = as_bytes(l4);
    p.l4_header_length = 20;
    p.l7 = p.l4.subspan(20);
    p.l7_length = static_cast<std::uint32_t>(c.s.data.size());
    streams_.on_packet(c.from_client ? client : server, p, *this);
  }
  void finish() {
    streams_.finish(client, *this);
    streams_.finish(server, *this);
    EXPECT_EQ(streams_.usage().buffered, 0u);
  }

  void on_chunk(StreamEnd& flow, const Chunk& c) override {
    std::vector<Seen>& all = seen(&flow == &client);
    if (trace) {
      std::cout << "#" << (c.packet != nullptr ? c.packet->number : 0)
                << (&flow == &client ? " C " : " S ") << "DGER"[static_cast<int>(c.kind)] << " "
                << c.offset << "+" << c.length << (c.fin ? " fin\n" : "\n");
    }
    if (c.kind == Chunk::Kind::kRestart) return all.push_back({});
    if (all.empty()) all.push_back({});
    Seen& s = all.back();
    EXPECT_EQ(c.offset, s.bytes.size());
    if (c.kind == Chunk::Kind::kData) s.bytes += as_text(c.data);
    if (c.kind == Chunk::Kind::kGap) s.bytes.append(c.length, '\0');
    if (c.kind != Chunk::Kind::kEnd) return;
    const StreamStats stats = TcpStreams::stats(flow);
    s.whole = stats.started_at_syn && stats.finished && stats.gap_bytes == 0;
    s.conflicts = stats.conflicts;
  }
  std::vector<Seen>& seen(bool from_client) { return from_client ? from_client_ : from_server_; }

  Flow client, server;
  bool trace = false;

 private:
  static void put32(std::string& s, std::size_t at, std::uint32_t v) {
    for (int i = 0; i < 4; ++i) s[at + i] = static_cast<char>(v >> (24 - 8 * i));
  }
  TcpStreams streams_;
  std::vector<Seen> from_client_, from_server_;
  std::uint64_t number_ = 0;
};

/// What happens to the capture.
struct CapturePlan {
  std::uint32_t lost = 0;     // percent
  std::uint32_t reorder = 0;  // places
  bool one_way = false, one_way_client = false;
};

using Capture = std::vector<CapturedSegment>;

Capture take(Random& random, const CapturePlan& plan, const Capture& wire) {
  Capture c;
  for (const CapturedSegment& s : wire) {
    if (plan.one_way && s.from_client != plan.one_way_client) continue;
    if (!chance(random, plan.lost)) c.push_back(s);
  }
  std::vector<std::int64_t> times;
  for (const CapturedSegment& s : c) times.push_back(s.time);
  if (plan.reorder > 0) {
    for (std::size_t i = 0; i + 1 < c.size(); ++i) {
      if (!chance(random, 30)) continue;
      const std::size_t to = std::min(c.size() - 1, i + between(random, 1, plan.reorder));
      if (times[to] - times[i] > 8'000'000) continue;
      std::rotate(c.begin() + static_cast<std::ptrdiff_t>(i),
                  c.begin() + static_cast<std::ptrdiff_t>(i) + 1,
                  c.begin() + static_cast<std::ptrdiff_t>(to) + 1);
    }
    for (std::size_t i = 0; i < c.size(); ++i) c[i].time = times[i];
  }
  return c;
}

/// Whether one direction of a capture shows all that was delivered, and its limits.
bool shows_all(const Capture& c, bool from_client, const Truth& t) {
  if (!t.got_fin) return false;
  std::vector<bool> shown(t.delivered.size(), false);
  bool syn = false, fin = false;
  const auto size = static_cast<std::uint32_t>(t.delivered.size());
  for (const auto& [client, s, time, forged, stray] : c) {
    if (client != from_client || s.rst || (forged && stray)) continue;
    if (s.syn && s.seq == t.isn) syn = true;
    const std::uint32_t from = s.data_seq() - (t.isn + 1);
    for (std::uint32_t i = 0; i < s.data.size(); ++i) {
      if (from + i < size && t.delivered[from + i] == s.data[i]) shown[from + i] = true;
    }
    if (s.fin && from + static_cast<std::uint32_t>(s.data.size()) == size) fin = true;
  }
  return syn && fin && std::all_of(shown.begin(), shown.end(), [](bool b) { return b; });
}

/// What could have been otherwise, and the capture would be the same.
struct Evidence {
  bool other_syn = false, other_data = false;
  bool syn_acked = false, fin_acked = false;
  bool stray_ack = false;       // an acknowledgement of what the receiver never had
  bool other_byte = false;      // of a keep-alive probe
  bool late = false;            // bytes captured when their gap had been declared
  bool answered_other = false;  // the peer answered another SYN of ours
  bool forged_ack = false;      // in the receiver's name
  bool peers_syn = false;
  bool peers_syn_open = false;  // data was sent when only another SYN of the peer had been seen
  bool data_before_syn = false;
  bool fin_before_peer = false;  // nothing of the peer had been seen: it may be one direction only
  bool other_syn_open = false;   // data was seen when only another SYN had been
  bool more_sent = false;        // ... and captured before the FIN that ended it early
  bool byte_at_fin = false;      // which an acknowledgement of the FIN may mean
};

/// Whether bytes were acknowledged so long before they were captured that nobody waits for them.
bool comes_late(const Capture& c, bool from_client, const Truth& t) {
  constexpr std::int64_t kPatience = 190'000'000;
  constexpr std::size_t kPackets = 60;
  std::vector<std::int64_t> time(t.delivered.size(), -1);  // -2: captured
  std::vector<std::size_t> packet(t.delivered.size());
  std::size_t acked = 0;
  for (std::size_t i = 0; i < c.size(); ++i) {
    const WireSegment& s = c[i].s;
    if (c[i].from_client != from_client) {
      const std::int64_t to = ahead(s.ack, t.isn + 1);
      if (!s.has_ack || s.rst || to > static_cast<std::int64_t>(time.size()) + 1) continue;
      for (; static_cast<std::int64_t>(acked) < to && acked < time.size(); ++acked) {
        if (time[acked] == -1) time[acked] = c[i].time;
        packet[acked] = i;
      }
      continue;
    }
    for (std::size_t k = 0; k < s.data.size(); ++k) {
      const std::int64_t at = ahead(s.data_seq(), t.isn + 1) + static_cast<std::int64_t>(k);
      if (at < 0 || at >= static_cast<std::int64_t>(time.size())) continue;
      const auto o = static_cast<std::size_t>(at);
      if (time[o] >= 0 && (c[i].time - time[o] > kPatience || i - packet[o] > kPackets))
        return true;
      time[o] = -2;
    }
  }
  return false;
}

Evidence evidence(const Capture& c, bool from_client, const Truth& t) {
  Evidence e;
  e.late = comes_late(c, from_client, t);
  std::set<std::uint32_t> fins, single_bytes;
  bool peer_seen = false, syn_seen = false, fin_seen = false, peers_other_syn = false;
  const auto fin_seq = t.isn + 1 + static_cast<std::uint32_t>(t.delivered.size());
  for (const auto& [client, s, time, forged, stray] : c) {
    if (client == from_client) {
      if (s.syn && !s.rst && s.seq != t.isn) e.other_syn = true;
      if (s.syn && s.seq == t.isn) syn_seen = true;
      if (!s.data.empty() && peers_other_syn && !e.peers_syn) e.peers_syn_open = true;
      if (s.fin && !peer_seen) e.fin_before_peer = true;
      if ((!s.data.empty() || s.fin) && !syn_seen && e.other_syn) e.other_syn_open = true;
      if (s.fin) fins.insert(s.data_seq() + static_cast<std::uint32_t>(s.data.size()));
      if (s.data.size() == 1) single_bytes.insert(s.data_seq());
      const std::uint32_t end = s.data_seq() + static_cast<std::uint32_t>(s.data.size());
      if (s.fin && end == fin_seq) fin_seen = true;
      if (!s.data.empty() && ahead(end, fin_seq) > 0) {
        if (!fin_seen) e.more_sent = true;
      }
      const std::uint32_t from = s.data_seq() - (t.isn + 1);
      for (std::uint32_t i = 0; i < s.data.size(); ++i) {
        if (from + i < t.delivered.size() && t.delivered[from + i] != s.data[i]) {
          (s.data.size() > 1 ? e.other_data : e.other_byte) = true;
        }
      }
      if (forged && s.data.size() > 1) {
        e.other_data = true;
        if (!syn_seen) e.data_before_syn = true;
      }
    } else {
      peer_seen = true;
      if (s.syn && s.has_ack && !forged && s.ack != t.isn + 1) e.answered_other = true;
      if (s.syn) (s.seq == t.peers_isn ? e.peers_syn : peers_other_syn) = true;
      if (s.has_ack && !s.rst) {
        if (s.ack == t.isn + 1) e.syn_acked = true;
        if (s.ack == fin_seq + 1) e.fin_acked = true;
        if (forged) e.forged_ack = true;
        if (forged && ahead(s.ack, fin_seq + 1) > 0) e.stray_ack = true;
      }
    }
  }
  e.byte_at_fin = std::any_of(fins.begin(), fins.end(),
                              [&](std::uint32_t fin) { return single_bytes.count(fin) > 0; });
  return e;
}

void show(const CapturedSegment& c) {
  std::cout << c.time / 1000 << (c.from_client ? " C " : " S ") << (c.s.syn ? "S" : "")
            << (c.s.fin ? "F" : "") << (c.s.rst ? "R" : "") << " seq " << c.s.seq << " ack "
            << (c.s.has_ack ? std::to_string(c.s.ack) : "-") << " len " << c.s.data.size()
            << (c.forged ? " forged" : "") << (c.stray ? " stray" : "") << "\n";
}

struct Count {
  std::uint64_t directions = 0, shown = 0, ambiguous = 0, shown_and_whole = 0, open = 0;
};

class Sessions {
 public:
  void run(std::uint64_t seed);
  void print() const {
    const char* names[] = {"plain", "forged", "forged data", "one way"};
    for (int i = 0; i < 4; ++i) {
      const Count& c = counts_[i];
      std::cout << names[i] << ": " << c.directions << " directions, all shown " << c.shown
                << ", of these whole " << c.shown_and_whole << ", ambiguous " << c.ambiguous
                << "; not judged " << c.open << "\n";
    }
  }
  const Count& count(int kind) const { return counts_[kind]; }

 private:
  void judge(std::uint64_t seed, bool from_client, const Capture& c, const Truth& t,
             const std::vector<Truth>& all, const std::vector<Seen>& seen, const CapturePlan& plan,
             const SessionPlan& session, int kind, bool bulk);
  Count counts_[4];
};

void Sessions::judge(std::uint64_t seed, bool from_client, const Capture& c, const Truth& t,
                     const std::vector<Truth>& all, const std::vector<Seen>& seen,
                     const CapturePlan& plan, const SessionPlan& session, int kind, bool bulk) {
  Count& count = counts_[kind];
  ++count.directions;
  const Evidence e = evidence(c, from_client, t);
  const bool exact = std::any_of(seen.begin(), seen.end(),
                                 [&](const Seen& s) { return s.whole && s.bytes == t.delivered; });
  const bool damaged = plan.lost > 0 || plan.reorder > 0 || session.path_loss > 0;
  // Which of two contents came first at the receiver only an undamaged capture of both says; a
  // capture of one direction says nothing of what arrived.
  const bool forged = std::any_of(c.begin(), c.end(), [&](const CapturedSegment& s) {
    return s.forged && s.from_client == from_client;
  });
  const bool undecidable =
      (e.fin_before_peer && !plan.one_way) || ((e.other_byte || e.byte_at_fin) && damaged) ||
      (e.other_data && t.desynchronised) || e.data_before_syn || (t.foreign && e.forged_ack) ||
      (e.other_data && (damaged || session.stray_data)) ||
      (plan.one_way && (forged || e.other_data || (damaged && session.forgeries > 0)));
  for (const Seen& s : seen) {
    if (!s.whole) continue;
    if (undecidable) continue;
    // That what was sent never arrived is not to be seen in one direction.
    const bool right = std::any_of(all.begin(), all.end(), [&](const Truth& one) {
      return s.bytes == one.delivered || (plan.one_way && s.bytes == one.sent);
    });
    EXPECT_TRUE(right) << "seed " << seed << (from_client ? " client" : " server")
                       << " is called whole with " << s.bytes.size() << " bytes, delivered were "
                       << t.delivered.size();
  }
  if (undecidable) ++count.open;
  if (!shows_all(c, from_client, t)) return;
  ++count.shown;
  if (exact) {
    ++count.shown_and_whole;
    return;
  }
  // An interactive stream does not wait for its SYN, and one that begins again not for the SYN
  // behind its data.
  const auto own = std::find_if(
      c.begin(), c.end(), [&](const CapturedSegment& s) { return s.from_client == from_client; });
  const bool syn_first = own->s.syn && own->s.seq == t.isn;
  const bool hasty = (!bulk && (damaged || !syn_first)) || (&t != all.data() && !syn_first);
  const bool ambiguous = undecidable || hasty || e.late || e.other_syn_open || e.answered_other ||
                         (&t != all.data() && !e.peers_syn) || plan.one_way ||
                         (e.other_syn && !e.syn_acked) || !e.fin_acked || e.stray_ack ||
                         e.byte_at_fin || e.more_sent || e.peers_syn_open;
  if (ambiguous) {
    ++count.ambiguous;
    return;
  }
  ADD_FAILURE() << "seed " << seed << (from_client ? " client" : " server")
                << ": all is there, but not called whole; " << t.delivered.size() << " bytes";
}

void Sessions::run(std::uint64_t seed) {
  Random random(seed);
  SessionPlan session;
  CapturePlan plan;
  const int kind = static_cast<int>(seed % 4);
  session.path_loss = chance(random, 30) ? between(random, 1, 8) : 0;
  session.may_abort = true;
  const int connections = chance(random, 20) ? 2 : 1;
  const bool forged = kind > 0 && connections == 1 && (kind < 3 || chance(random, 50));
  if (forged) session.forgeries = between(random, 1, 8);
  session.forged_data = kind == 2 || (kind == 3 && chance(random, 30));
  session.stray_data = kind == 2 && chance(random, 30);
  plan.one_way = kind == 3;
  plan.one_way_client = chance(random, 30);
  if (chance(random, 40)) plan.reorder = between(random, 1, 8);
  if (chance(random, 30)) plan.lost = between(random, 1, 6);
  if (kind == 2 && chance(random, 60)) {
    session.path_loss = 0;
    plan.lost = plan.reorder = 0;
  }
  const bool trace = std::getenv("T2_MODEL_SEED") != nullptr;
  const bool bulk = chance(random, 80);
  // An interactive stream waits for three packets only.
  if (!bulk) plan.reorder = std::min(plan.reorder, 2u);
  Listener listener(bulk ? StreamUse::kBulk : StreamUse::kInteractive);
  listener.trace = trace;
  std::int64_t now = 1'000'000'000;
  std::vector<Capture> captures;
  std::vector<Truth> of_client, of_server;
  for (int i = 0; i < connections; ++i) {
    Connection connection(random, session, now);
    connection.run();
    now = connection.now() + between(random, 1, 2000) * 1'000'000ll;
    captures.push_back(take(random, plan, connection.captured));
    for (const bool client : {true, false}) {
      session.isn_after[client] = connection.last_number(client);
    }
    of_client.push_back(connection.truth(true));
    of_server.push_back(connection.truth(false));
    for (const CapturedSegment& s : captures.back()) {
      if (trace) show(s);
      listener.feed(s);
    }
  }
  listener.finish();
  for (std::size_t i = 0; i < captures.size(); ++i) {
    judge(seed, true, captures[i], of_client[i], of_client, listener.seen(true), plan, session,
          kind, bulk);
    judge(seed, false, captures[i], of_server[i], of_server, listener.seen(false), plan, session,
          kind, bulk);
  }
}

TEST(Sessions, WhatIsWholeIsWhatWasDelivered) {
  const char* const wanted = std::getenv("T2_MODEL_SESSIONS");
  const std::uint64_t sessions = wanted != nullptr ? std::strtoull(wanted, nullptr, 10) : 2000;
  const char* const only = std::getenv("T2_MODEL_SEED");
  Sessions all;
  if (only != nullptr) {
    all.run(std::strtoull(only, nullptr, 10));
  } else {
    for (std::uint64_t seed = 0; seed < sessions; ++seed) all.run(seed);
  }
  all.print();
}

}  // namespace
}  // namespace t2::test
