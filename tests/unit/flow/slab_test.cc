// SPDX-License-Identifier: Apache-2.0
// Slab: slots, references to them, and the states in them.
#include "flow/slab.h"

#include <gtest/gtest.h>

#include "release.h"

namespace t2 {
namespace {

TEST(Slab, TheOrderedViewIsWherePluginsLookForIt) {
  FlowSlot s;
  EXPECT_EQ(&detail::ordered_of(s), &s.ordered);
  EXPECT_EQ(&slot_of(detail::ordered_of(s)), &s.ordered);
  EXPECT_EQ(static_cast<void*>(static_cast<Flow*>(&s)), static_cast<void*>(&s));
}

TEST(Slab, StaleReferencesFindNothing) {
  Slab slab{SlotLayout()};
  FlowSlot& f = slab.make();
  const FlowRef r = ref(f);
  EXPECT_EQ(slab.find(r), &f);
  release(slab, f);
  EXPECT_EQ(slab.find(r), nullptr);
  slab.make();
  EXPECT_EQ(slab.find(r), nullptr);
  EXPECT_EQ(slab.find({}), nullptr);
}

TEST(Slab, WhatIsRetiredStaysWhereItIs) {
  Slab slab{SlotLayout()};
  FlowSlot& f = slab.make();
  f.last_packet = 7;
  const FlowRef r = ref(f);
  slab.retire(f);
  EXPECT_EQ(slab.find(r), nullptr);
  EXPECT_EQ(slab.live(), 0u);
  FlowSlot& next = slab.make();
  EXPECT_NE(&next, &f);
  EXPECT_EQ(f.last_packet, 7u);
  const std::uint32_t slot = f.slot;
  slab.destroy(f);
  EXPECT_NE(&slab.make(), &f);
  slab.reuse(slot);
  EXPECT_EQ(&slab.make(), &f);
  EXPECT_EQ(slab.find(r), nullptr);
}

TEST(Slab, StatesAreBuiltAndDestroyed) {
  static int alive;
  alive = 0;
  struct Counter {
    Counter() { ++alive; }
    ~Counter() { --alive; }
    double value = 1.5;
  };
  SlotLayout layout;
  layout.add(detail::state_type<char>());
  const std::size_t at = layout.add(detail::state_type<Counter>());
  EXPECT_EQ(at % alignof(Counter), 0u);
  {
    Slab slab(layout);
    FlowSlot& f = slab.make();
    slab.make();
    EXPECT_EQ(alive, 2);
    EXPECT_EQ(static_cast<Counter*>(detail::behind(f, at))->value, 1.5);
    release(slab, f);
    EXPECT_EQ(alive, 1);
    slab.retire(slab.make());
    EXPECT_EQ(alive, 2);
  }
  EXPECT_EQ(alive, 0);
}

}  // namespace
}  // namespace t2
