// SPDX-License-Identifier: Apache-2.0
// Table and tracker: look-up of both directions, direction rules, expiry and its order, limits.
#include <gtest/gtest.h>

#include <array>
#include <cstring>
#include <map>
#include <random>
#include <set>

#include "flow/births.h"
#include "flow/tracker.h"
#include "release.h"

namespace t2 {
namespace {

std::uint64_t index_of(const FlowSlot& f) {
  return detail::ordered_of(f).index;
}

const HeaderStack kStack{"eth:ipv4:tcp", 3, false};

/// A TCP packet; flags go into a header of 20 bytes that lives as long as the object.
struct TestPacket {
  Packet p;
  std::array<std::uint8_t, 20> tcp{};

  TestPacket(int src, int sport, int dst, int dport, double time, std::uint8_t flags = 0x10,
             std::uint8_t proto = 6) {
    static std::uint64_t number = 0;
    const std::uint8_t a[4] = {10, 0, 0, static_cast<std::uint8_t>(src)};
    const std::uint8_t b[4] = {10, 0, 0, static_cast<std::uint8_t>(dst)};
    p.number = ++number;
    p.time = static_cast<Nanoseconds>(time * kSecond);
    p.src_ip = IpAddress::v4(a);
    p.dst_ip = IpAddress::v4(b);
    p.src_port = static_cast<std::uint16_t>(sport);
    p.dst_port = static_cast<std::uint16_t>(dport);
    p.l4_proto = proto;
    p.ether_type = 0x0800;
    p.headers = &kStack;
    p.l4_header_length = 20;
    tcp[13] = flags;
    p.l4 = tcp;
  }
  TestPacket(const TestPacket&) = delete;
};

class Recorder : public FlowTracker::Listener {
 public:
  void on_pair_end(FlowSlot& a, FlowSlot* b) override {
    ended.push_back(index_of(a));
    births.end(a.ordered, b != nullptr ? &b->ordered : nullptr);
    directions.push_back({a.direction(), b ? b->direction() : Direction::kA});
    status.push_back(a.status);
  }
  void on_table_full() override { ++full; }

  std::vector<std::uint64_t> ended;
  std::vector<std::pair<Direction, Direction>> directions;
  std::vector<std::uint64_t> status;
  int full = 0;
  Births births;
};

struct Fixture : testing::Test {
  Recorder recorder;
  TrackerOptions options;

  FlowTracker make() { return FlowTracker(options, SlotLayout(), recorder); }
  FlowSlot& send(FlowTracker& t, const TestPacket& k) { return send(t, k, recorder.births); }
  static FlowSlot& send(FlowTracker& t, const TestPacket& k, Births& births) {
    t.advance(k.p.time, k.p.number);
    FlowTracker::Keyed key;
    t.set_key(k.p, key);
    const FlowTracker::Assigned to = t.assign(k.p, key);
    FlowSlot* const other = to.flow->other();
    if (to.created) births.begin(to.flow->ordered, other ? &other->ordered : nullptr, to.continues);
    return *to.flow;
  }
};

TEST_F(Fixture, BothDirectionsShareIndexAndAreLinked) {
  FlowTracker t = make();
  FlowSlot& a = send(t, {1, 4000, 2, 21, 0});
  FlowSlot& b = send(t, {2, 21, 1, 4000, 0.1});
  EXPECT_EQ(index_of(a), 1u);
  EXPECT_EQ(index_of(b), 1u);
  EXPECT_EQ(a.opposite, &b);
  EXPECT_EQ(b.opposite, &a);
  EXPECT_EQ(a.direction(), Direction::kA);
  EXPECT_EQ(b.direction(), Direction::kB);
  EXPECT_EQ(&send(t, {1, 4000, 2, 21, 0.2}), &a);
  EXPECT_EQ(index_of(send(t, {1, 4001, 2, 21, 0.2})), 2u);
  EXPECT_EQ(t.counts().a, 2u);
  EXPECT_EQ(t.counts().b, 1u);
}

TEST_F(Fixture, ReplyWithoutRequestIsInvertedButPrintsA) {
  FlowTracker t = make();
  EXPECT_TRUE(send(t, {2, 21, 1, 4000, 0}).inverted());          // low source port
  EXPECT_TRUE(send(t, {2, 8080, 3, 4000, 0}).inverted());        // proxy
  EXPECT_TRUE(send(t, {2, 5000, 4, 4000, 0, 0x12}).inverted());  // SYN and ACK
  EXPECT_FALSE(send(t, {2, 5000, 5, 4000, 0}).inverted());
  EXPECT_FALSE(send(t, {2, 21, 5, 20, 0}).inverted());  // not smaller
  EXPECT_EQ(t.counts().lone_replies, 3u);
  FlowSlot& request = send(t, {1, 4000, 2, 21, 1});
  EXPECT_FALSE(request.inverted());
  EXPECT_EQ(request.direction(), Direction::kA);
  EXPECT_EQ(t.counts().lone_replies, 2u);
  t.drain(1);
  EXPECT_EQ(recorder.directions[0], (std::pair{Direction::kA, Direction::kB}));
  EXPECT_EQ(recorder.directions[1], (std::pair{Direction::kA, Direction::kA}));  // still alone
}

TEST_F(Fixture, RequestSeenLateIsPrintedFirst) {
  FlowTracker t = make();
  send(t, {2, 21, 1, 4000, 0});
  send(t, {1, 4000, 2, 21, 1});
  t.drain(1);
  ASSERT_EQ(recorder.directions.size(), 1u);
  EXPECT_EQ(recorder.directions[0], (std::pair{Direction::kA, Direction::kB}));
}

TEST_F(Fixture, SameEndpointsAreOneFlowAndALandAttack) {
  FlowTracker t = make();
  FlowSlot& f = send(t, {1, 80, 1, 80, 0});
  EXPECT_EQ(&send(t, {1, 80, 1, 80, 1}), &f);
  EXPECT_EQ(f.opposite, nullptr);
  EXPECT_TRUE(f.has(flow_stat::kLand));
}

TEST_F(Fixture, EndsWhenBothDirectionsWereIdle) {
  FlowTracker t = make();
  send(t, {1, 4000, 2, 21, 0});
  send(t, {2, 21, 1, 4000, 100});
  t.advance(281 * kSecond, 1);  // A idle for 281 s, B for 181 s
  EXPECT_TRUE(recorder.ended.empty());
  t.advance(282 * kSecond - 1, 1);
  EXPECT_TRUE(recorder.ended.empty());
  t.advance(282 * kSecond, 1);
  EXPECT_EQ(recorder.ended, std::vector<std::uint64_t>{1});
  EXPECT_EQ(index_of(send(t, {1, 4000, 2, 21, 283})), 2u);
}

TEST_F(Fixture, LoweredTimeoutTakesEffect) {
  FlowTracker t = make();
  t.register_timeout(kSecond / 10);
  FlowSlot& f = send(t, {1, 4000, 2, 21, 0});
  f.set_timeout(kSecond / 10);
  t.settle(f);
  t.advance(99'999'999, 1);
  EXPECT_TRUE(recorder.ended.empty());
  t.advance(100'000'000, 1);
  EXPECT_EQ(recorder.ended.size(), 1u);
}

TEST_F(Fixture, ClockBackwardsEndsNothing) {
  FlowTracker t = make();
  send(t, {1, 4000, 2, 21, 1000});
  FlowSlot& f = send(t, {1, 4000, 2, 21, 10});
  EXPECT_TRUE(f.has(flow_stat::kTimeJump));
  t.advance(5 * kSecond, 1);
  EXPECT_TRUE(recorder.ended.empty());
  t.advance(192 * kSecond, 1);
  EXPECT_EQ(recorder.ended.size(), 1u);
}

TEST_F(Fixture, DrainStartsWithTheOldestLastPacketOfEitherDirection) {
  FlowTracker t = make();
  send(t, {1, 4000, 2, 21, 0});
  send(t, {2, 21, 1, 4000, 1});  // flow 1's B: never again
  send(t, {1, 4001, 2, 21, 2});  // flow 2
  send(t, {1, 4000, 2, 21, 3});  // flow 1's A is the youngest
  t.drain(1);
  EXPECT_EQ(recorder.ended, (std::vector<std::uint64_t>{1, 2}));
}

TEST_F(Fixture, FlowsEndingTogetherGoOldestFirst) {
  FlowTracker t = make();
  for (int port = 0; port < 50; ++port) send(t, {1, 4000 + port, 2, 5000, 0.01 * port});
  for (int port = 49; port >= 25; --port)
    send(t, {1, 4000 + port, 2, 5000, 1 + 0.01 * (50 - port)});
  t.advance(1000 * kSecond, 1);
  std::vector<std::uint64_t> expected;
  for (std::uint64_t i = 1; i <= 25; ++i) expected.push_back(i);
  for (std::uint64_t i = 50; i > 25; --i) expected.push_back(i);
  EXPECT_EQ(recorder.ended, expected);
}

TEST_F(Fixture, FullTableEvictsTheOldestAndCounts) {
  options.capacity = 10;
  FlowTracker t = make();
  for (int i = 0; i < 10; ++i) send(t, {1, 4000 + i, 2, 5000, 0.5 * i});
  send(t, {1, 4000, 2, 5000, 10});  // flow 1 is young again
  send(t, {1, 4100, 2, 5000, 11});
  EXPECT_EQ(recorder.full, 1);
  EXPECT_EQ(recorder.ended, std::vector<std::uint64_t>{2});
  EXPECT_TRUE((recorder.status[0] >> flow_stat::kAutopilot) & 1);
  for (int i = 0; i < 100; ++i) send(t, {3, 1024 + i, 4, 5000, 12});
  EXPECT_EQ(t.live(), 10u);
  EXPECT_EQ(t.counts().autopilot, 101u);
}

/// Full, then nearly empty for many flows, and again: what is kept for evictions stays bounded, the
/// oldest pair is evicted as ever, and the listener is told once.
TEST_F(Fixture, TableMayBeFullAgain) {
  constexpr int kCapacity = 20;
  options.capacity = kCapacity;
  FlowTracker t = make();
  double now = 0;
  std::uint64_t made = 0;
  for (int round = 0; round < 5; ++round) {
    now += 1000;
    t.advance(static_cast<Nanoseconds>(now * kSecond), 1);
    EXPECT_EQ(t.live(), 0U);
    for (int i = 0; i < kCapacity; ++i) send(t, {1, 4000 + i, 2, 5000, now});
    for (int i = kCapacity - 1; i >= 0; --i) send(t, {1, 4000 + i, 2, 5000, now + 1});
    recorder.ended.clear();
    std::vector<std::uint64_t> expected;
    for (int i = 0; i < kCapacity; ++i) {
      send(t, {3, 4000 + i, 4, 5000, now + 2});
      expected.push_back(made + static_cast<std::uint64_t>(kCapacity - i));
    }
    EXPECT_EQ(recorder.ended, expected) << "round " << round;
    now += 1000;
    for (int i = 0; i < 100 * kCapacity; ++i) {
      now += 100;
      send(t, {5, 2000 + i, 6, 5000, now});
      ASSERT_LE(t.eviction_candidates(), 2U * kCapacity);
    }
    made += 102 * kCapacity;
  }
  EXPECT_EQ(t.counts().autopilot, 5U * kCapacity);
  EXPECT_EQ(recorder.full, 1);
}

TEST_F(Fixture, EvictionMayHitThePartnerOfTheNewFlow) {
  options.capacity = 1;
  FlowTracker t = make();
  send(t, {1, 4000, 2, 5000, 0});
  FlowSlot& b = send(t, {2, 5000, 1, 4000, 1});
  EXPECT_EQ(b.opposite, nullptr);
  EXPECT_EQ(index_of(b), 2u);
}

/// The ports of fragments come with the packet, and what is known of their datagram.
TEST_F(Fixture, FragmentsArePendingUntilTheirDatagramIsWhole) {
  constexpr std::uint64_t kPending = flow_stat::mask(flow_stat::kFragmentPending);
  const auto fragment = [](TestPacket& t, std::uint32_t id, bool later, std::uint64_t status) {
    t.p.fragment = true;
    t.p.later_fragment = later;
    t.p.ip_id = id;
    t.p.status = status;
  };
  FlowTracker t = make();
  TestPacket head(1, 4000, 2, 53, 0, 0, 17);
  fragment(head, 77, false, kPending);
  FlowSlot& f = send(t, head);
  EXPECT_TRUE(f.has(flow_stat::kFragmentPending));
  TestPacket other(1, 4000, 2, 53, 0.1, 0, 17);
  fragment(other, 78, true, 0);
  send(t, other);
  EXPECT_TRUE(f.has(flow_stat::kFragmentPending)) << "another datagram is whole";
  TestPacket tail(1, 4000, 2, 53, 0.1, 0, 17);
  fragment(tail, 77, true, 0);
  EXPECT_EQ(&send(t, tail), &f);
  EXPECT_FALSE(f.has(flow_stat::kFragmentPending));
  EXPECT_FALSE(f.has(flow_stat::kDuplicateIpId));
  EXPECT_FALSE(f.has(flow_stat::kFragmentError));
  send(t, head);
  send(t, {1, 4000, 2, 53, 0.2, 0, 17});
  EXPECT_TRUE(f.has(flow_stat::kFragmentError));
}

TEST_F(Fixture, FragmentsWithoutAFirstOneMakeFlowsIfTheyMay) {
  TestPacket stray(1, 0, 2, 0, 0, 0, 17);
  stray.p.fragment = stray.p.later_fragment = true;
  stray.p.status = flow_stat::mask(flow_stat::kFirstFragmentMissing);
  FlowTracker::Keyed key;
  FlowTracker t = make();
  EXPECT_TRUE(send(t, stray).has(flow_stat::kFirstFragmentMissing));
  options.headless_fragments = false;
  FlowTracker strict = make();
  strict.set_key(stray.p, key);
  EXPECT_EQ(strict.assign(stray.p, key).flow, nullptr);
}

TEST_F(Fixture, DurationLimitSplits) {
  options.duration_limit = 10 * kSecond;
  options.limit_keeps_index = true;
  FlowTracker t = make();
  send(t, {1, 4000, 2, 5000, 0});
  FlowSlot& next = send(t, {1, 4000, 2, 5000, 10});
  EXPECT_EQ(recorder.ended, std::vector<std::uint64_t>{1});
  EXPECT_EQ(index_of(next), 1u);
  EXPECT_TRUE(next.has(flow_stat::kDurationLimit));
}

/// A listener that fails at some pairs: they end once all the same, and so does every other one.
struct Failing : Fixture {
  struct Thrower : Recorder {
    void on_pair_end(FlowSlot& a, FlowSlot* b) override {
      Recorder::on_pair_end(a, b);
      if (failing.contains(index_of(a))) throw index_of(a);
    }
    std::set<std::uint64_t> failing;
  };
  struct State {
    State() { ++alive; }
    ~State() { --alive; }
    int value = 0;
    static inline int alive = 0;
  };

  SlotLayout layout() {
    SlotLayout l;
    l.add(detail::state_type<State>());
    return l;
  }
  /// What `step` throws, or 0.
  template <class Step>
  static std::uint64_t thrown(Step step) {
    try {
      step();
    } catch (std::uint64_t index) {
      return index;
    }
    return 0;
  }

  Thrower thrower;
};

TEST_F(Failing, WhileFlowsTimeOut) {
  {
    FlowTracker t(options, layout(), thrower);
    std::vector<FlowRef> refs;
    for (int i = 0; i < 4; ++i) {
      refs.push_back(ref(send(t, {1, 4000 + i, 2, 5000, 0})));
      refs.push_back(ref(send(t, {2, 5000, 1, 4000 + i, 0})));
    }
    EXPECT_EQ(State::alive, 8);
    thrower.failing = {2};
    EXPECT_EQ(thrown([&] { t.advance(1000 * kSecond, 1); }), 2U);
    for (std::size_t i = 0; i < refs.size(); ++i)
      EXPECT_EQ(t.find(refs[i]) != nullptr, i >= 4) << i;
    EXPECT_EQ(t.live(), 4U);
    t.drain(1);
    EXPECT_EQ(thrower.ended, (std::vector<std::uint64_t>{1, 2, 3, 4}));
    EXPECT_EQ(t.live(), 0U);
  }
  EXPECT_EQ(State::alive, 0);
}

TEST_F(Failing, WhileAllFlowsEnd) {
  {
    FlowTracker t(options, layout(), thrower);
    for (int i = 0; i < 5; ++i) send(t, {1, 4000 + i, 2, 5000, 0});
    thrower.failing = {2, 4};
    EXPECT_EQ(thrown([&] { t.drain(1); }), 2U);
    EXPECT_EQ(thrower.ended, (std::vector<std::uint64_t>{1, 2, 3, 4, 5}));
    EXPECT_EQ(t.live(), 0U);
    EXPECT_EQ(thrown([&] { t.drain(1); }), 0U);
    EXPECT_EQ(thrower.ended.size(), 5U);
  }
  EXPECT_EQ(State::alive, 0);
}

/// The tracker against a map of last times: who is alive after random traffic, with every timeout.
TEST_F(Fixture, ExpiryAgreesWithModel) {
  const Nanoseconds timeouts[] = {kSecond / 10, 10 * kSecond, 120 * kSecond, 610 * kSecond,
                                  3000 * kSecond};
  std::mt19937_64 random(7);
  FlowTracker t = make();
  for (const Nanoseconds o : timeouts) t.register_timeout(o);
  struct Model {
    Nanoseconds last[2] = {-1, -1};
    Nanoseconds timeout[2] = {0, 0};
  };
  std::map<int, Model> model;
  double now = 0;
  std::size_t ended = 0;
  for (int step = 0; step < 20000; ++step) {
    const std::uint64_t kind = random() % 100;
    now += kind < 90 ? static_cast<double>(random() % 1000) / 1000 : kind < 99 ? 30 : 2000;
    const auto time = static_cast<Nanoseconds>(now * kSecond);
    for (auto it = model.begin(); it != model.end();) {
      bool idle = true;
      for (const int d : {0, 1}) {
        const Model& m = it->second;
        if (m.last[d] >= 0 && time - m.last[d] < m.timeout[d]) idle = false;
      }
      ended += idle;
      it = idle ? model.erase(it) : std::next(it);
    }
    const int port = 2000 + static_cast<int>(random() % 40);
    const int direction = static_cast<int>(random() % 2);
    TestPacket k(direction ? 2 : 1, direction ? 1999 : port, direction ? 1 : 2,
                 direction ? port : 1999, 0);
    k.p.time = time;
    FlowSlot& f = send(t, k);
    const Nanoseconds timeout = timeouts[random() % std::size(timeouts)];
    f.set_timeout(timeout);
    t.settle(f);
    Model& m = model[port];
    m.last[direction] = time;
    m.timeout[direction] = timeout;
    ASSERT_EQ(recorder.ended.size(), ended) << "step " << step;
  }
  EXPECT_GT(ended, 1000u);
}

/// Insert and erase in every order keep the table's entries reachable.
TEST(FlowTable, AgreesWithModel) {
  Slab slab{SlotLayout()};
  FlowTable table(slab, 42);
  std::mt19937_64 random(3);
  std::map<int, FlowSlot*> model;
  for (int step = 0; step < 50000; ++step) {
    const int port = static_cast<int>(random() % 3000);
    FlowKey k;
    k.src[0] = 1;
    k.dst[0] = 2;
    k.src_port = static_cast<std::uint16_t>(port);
    const std::uint32_t h = table.hash(words(k));
    ASSERT_EQ(h, table.hash(reversed(words(k))));
    const FlowTable::Found found = table.find(words(k), h);
    const auto it = model.find(port);
    ASSERT_EQ(found.flow, it == model.end() ? nullptr : it->second);
    ASSERT_EQ(table.find(reversed(words(k)), h).opposite, found.flow);
    if (it == model.end()) {
      FlowSlot& f = slab.make();
      f.key = k;
      table.insert(f, h);
      model[port] = &f;
    } else if (random() % 2) {
      table.erase(*it->second, h);
      release(slab, *it->second);
      model.erase(it);
    }
    ASSERT_EQ(table.pairs(), model.size());
  }
}

/// Also with packet numbers of many digits, in whatever order flows were made.
TEST_F(Fixture, FlowsAtTheEndComeByTheirOldestPacket) {
  std::mt19937_64 random(5);
  FlowTracker t = make();
  std::map<std::uint64_t, std::uint64_t> index_by_number;
  for (int i = 0; i < 3000; ++i) {
    TestPacket k(1 + i / 200, 1024 + i % 200, 99, 80, 0);
    k.p.number = (random() >> random() % 60) | 1;
    if (index_by_number.contains(k.p.number)) continue;
    index_by_number[k.p.number] = index_of(send(t, k));
  }
  ASSERT_GT(index_by_number.size(), 2000U);
  t.drain(1);
  std::vector<std::uint64_t> expected;
  expected.reserve(index_by_number.size());
  for (const auto& [number, index] : index_by_number) expected.push_back(index);
  EXPECT_EQ(recorder.ended, expected);
}

TEST(FlowGroup, IsThatOfBothDirectionsAndSpreads) {
  std::mt19937 random(3);
  // Many clients of one server; one client's many connections; neighbours that talk to neighbours.
  for (int kind = 0; kind < 3; ++kind) {
    std::array<unsigned, kFlowGroups> count{};
    constexpr unsigned kFlows = 16000;
    for (unsigned i = 0; i < kFlows; ++i) {
      FlowKey k;
      k.family = Family::kIpv4;
      k.src[0] = k.dst[0] = 10;
      if (kind != 1) std::memcpy(&k.src[1], &i, 3);
      if (kind == 2) std::memcpy(&k.dst[1], &i, 3);
      k.dst[3] ^= 1;
      k.src_port = static_cast<std::uint16_t>(kind == 1 ? 1024 + i : random());
      k.dst_port = 80;
      FlowKey other = k;
      std::swap(other.src, other.dst);
      std::swap(other.src_port, other.dst_port);
      ASSERT_EQ(k.group(), other.group());
      ++count.at(k.group());
    }
    for (const unsigned n : count) {
      EXPECT_GT(n, kFlows / kFlowGroups * 8 / 10) << kind;
      EXPECT_LT(n, kFlows / kFlowGroups * 12 / 10) << kind;
    }
  }
}

}  // namespace
}  // namespace t2
