// SPDX-License-Identifier: Apache-2.0
// Slots: a direction as the core keeps it. Plugins see its Flow and its OrderedFlow (t2/flow.h) and
// nothing of the rest.
#pragma once

#include <atomic>
#include <cstdint>
#include <type_traits>

#include "t2/flow.h"

namespace t2 {

/// What the ordered parts see, and who of them sees it.
struct OrderedSlot final : OrderedFlow {
  using OrderedFlow::OrderedFlow;

  using OrderedFlow::generation_;
  using OrderedFlow::inverted_;
  using OrderedFlow::place_;
  // One bit per ordered part that sees the flow, and that gets its packets.
  std::uint32_t seen_by = 0, wanted_by = 0;
  // Nobody will want packets of the pair any more. The one thing that a shard reads of this.
  std::atomic<bool> quiet{false};
  // ShardResult::offers of the block at hand, if that one is of this direction.
  std::uint16_t offer = 0;
};

/// What the flow table holds. The States of all parts lie behind it.
struct FlowSlot final : Flow {
  OrderedSlot ordered{key};
  std::uint32_t slot = 0;        // its number, 0: nothing left to be destroyed
  std::uint32_t generation = 0;  // 0: retired
  std::uint32_t schedule_prev = 0, schedule_next = 0, schedule_bucket = 0;  // TimerWheel's
  std::uint32_t fragment_entry = 0;  // IP ID of the datagram that the pending bit is about
  std::uint32_t last_ip_id = 0;
  bool second = false;      // made as the partner of an existing flow
  bool watched = false;     // the pair is seen by an ordered part; the shard's word for it
  std::uint16_t offer = 0;  // as that of `ordered`; the shard's, which may be some blocks ahead

  using Flow::timeout_changed_;
  /// The opposite direction, or null.
  FlowSlot* other() const { return static_cast<FlowSlot*>(opposite); }
};

// The first member lies where its base ends, for they are aligned alike: there detail::ordered_of
// finds it.
static_assert(alignof(OrderedSlot) == alignof(Flow) && !std::is_polymorphic_v<Flow>);
static_assert(sizeof(FlowSlot) == 216, "memory per direction");

/// Each flow that parts are shown lies in a slot.
inline OrderedSlot& slot_of(OrderedFlow& f) {
  return static_cast<OrderedSlot&>(f);
}

}  // namespace t2
