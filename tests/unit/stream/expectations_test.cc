// SPDX-License-Identifier: Apache-2.0
#include "stream/expectations.h"

#include <gtest/gtest.h>

#include "flow/slot.h"

namespace t2::test {
namespace {

IpAddress ip(std::uint8_t last) {
  const std::uint8_t b[4] = {10, 0, 0, last};
  return IpAddress::v4(b);
}

/// A new connection.
class Connection {
 public:
  Connection(std::uint8_t src, std::uint16_t sport, std::uint8_t dst, std::uint16_t dport) {
    key().family = Family::kIpv4;
    key().src = ip(src).bytes;
    key().dst = ip(dst).bytes;
    key().src_port = sport;
    key().dst_port = dport;
    key().l4_proto = 6;
  }
  operator const OrderedFlow&() const { return slot_.ordered; }
  FlowKey& key() { return slot_.key; }

 private:
  FlowSlot slot_;
};

Connection flow(std::uint8_t src, std::uint16_t sport, std::uint8_t dst, std::uint16_t dport) {
  return {src, sport, dst, dport};
}

/// A control flow.
OrderedRef control(std::uint32_t number) {
  return {nullptr, 0, number + 1};
}

Expectation expect(std::uint8_t listener, std::uint16_t port, std::uint32_t control,
                   std::uint64_t tag = 0, IpAddress peer = {}) {
  return {ip(listener), port, 0, peer, test::control(control), tag};
}

TEST(Expectations, TakenOnceFromEitherDirection) {
  ExpectationTable t;
  EXPECT_TRUE(t.empty());
  t.add(expect(2, 5000, 1, 42), 0);
  EXPECT_FALSE(t.take(flow(1, 1000, 2, 5001), 1));
  const auto e = t.take(flow(1, 1000, 2, 5000), 1);
  ASSERT_TRUE(e);
  EXPECT_EQ(e->tag, 42u);
  EXPECT_FALSE(t.take(flow(1, 1001, 2, 5000), 1));
  t.add(expect(2, 5000, 1), 0);
  EXPECT_TRUE(t.take(flow(2, 5000, 1, 1000), 1));
  EXPECT_TRUE(t.empty());
}

TEST(Expectations, ContextMustMatch) {
  ExpectationTable t;
  Expectation e = expect(2, 5000, 1);
  e.vlan_id = 7;
  t.add(e, 0);
  Connection f = flow(1, 1000, 2, 5000);
  EXPECT_FALSE(t.take(f, 1));
  f.key().vlan_id = 7;
  EXPECT_TRUE(t.take(f, 1));
}

TEST(Expectations, NewerReplacesOlderOfItsControlFlow) {
  ExpectationTable t;
  t.add(expect(2, 5000, 1, 1), 0);
  t.add(expect(2, 5000, 1, 2), 1);
  EXPECT_EQ(t.size(), 1u);
  EXPECT_EQ(t.take(flow(1, 1000, 2, 5000), 2)->tag, 2u);
}

TEST(Expectations, NewestOfSeveralControlFlowsFirst) {
  ExpectationTable t;
  t.add(expect(2, 5000, 1, 1), 0);
  t.add(expect(2, 5000, 2, 2), 1);
  EXPECT_EQ(t.take(flow(1, 1000, 2, 5000), 2)->tag, 2u);
  EXPECT_EQ(t.take(flow(1, 1000, 2, 5000), 2)->tag, 1u);
}

TEST(Expectations, TwoControlFlowsMayWaitForOneConnection) {
  ExpectationTable t;
  t.add(expect(2, 5000, 1, 1), 0);
  t.add(expect(2, 5000, 2, 2, ip(3)), 0);
  const Connection f = flow(3, 20, 2, 5000);
  EXPECT_EQ(t.take(f, 1)->tag, 2u);
  EXPECT_EQ(t.take(f, 1)->tag, 1u);
  EXPECT_FALSE(t.take(f, 1));
}

TEST(Expectations, PeerNarrows) {
  ExpectationTable t;
  t.add(expect(2, 5000, 1, 1, ip(9)), 0);
  EXPECT_FALSE(t.take(flow(1, 1000, 2, 5000), 1));
  EXPECT_TRUE(t.take(flow(9, 1000, 2, 5000), 1));
}

TEST(Expectations, ForgottenAfterFiveMinutes) {
  ExpectationTable t;
  t.add(expect(2, 5000, 1), 0);
  t.add(expect(2, 5001, 1), 200 * kSecond);
  EXPECT_FALSE(t.take(flow(1, 1, 2, 5000), 301 * kSecond));
  EXPECT_TRUE(t.take(flow(1, 1, 2, 5001), 301 * kSecond));
}

TEST(Expectations, DropByControlFlowAndTag) {
  ExpectationTable t;
  t.add(expect(2, 5000, 1, 1), 0);
  t.add(expect(2, 5001, 1, 1), 0);
  t.add(expect(2, 5002, 1, 2), 0);
  t.add(expect(2, 5003, 2, 1), 0);
  t.drop(control(1), 1);
  EXPECT_EQ(t.size(), 2u);
  t.drop(control(1));
  EXPECT_EQ(t.size(), 1u);
  EXPECT_TRUE(t.take(flow(1, 1, 2, 5003), 1));
}

TEST(Expectations, BoundedOldestOut) {
  ExpectationOptions o;
  o.capacity = 1000;
  ExpectationTable t(o);
  for (std::uint16_t p = 1; p <= 5000; ++p) t.add(expect(2, p, p % 7), p);
  EXPECT_EQ(t.size(), 1000u);
  EXPECT_EQ(t.evicted(), 4000u);
  EXPECT_FALSE(t.take(flow(1, 1, 2, 4000), 5000));
  EXPECT_TRUE(t.take(flow(1, 1, 2, 4001), 5000));
  for (std::uint32_t c = 0; c < 7; ++c) t.drop(control(c));
  EXPECT_TRUE(t.empty());
}

TEST(Expectations, PeersPerListenerAreBounded) {
  ExpectationTable t;
  for (std::uint8_t peer = 1; peer < 100; ++peer) t.add(expect(2, 5000, 1, peer, ip(peer)), peer);
  EXPECT_EQ(t.size(), 4u);
  EXPECT_TRUE(t.take(flow(99, 1, 2, 5000), 100));
  EXPECT_FALSE(t.take(flow(1, 1, 2, 5000), 100));
}

}  // namespace
}  // namespace t2::test
