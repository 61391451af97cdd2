// SPDX-License-Identifier: Apache-2.0
// Packets are decoded a group at a time, so that the memory that each will need, of the flow table
// and of its flow, can be asked for early enough to be there when its turn comes. Nothing else
// happens out of turn.
#pragma once

#include <algorithm>
#include <array>
#include <cstddef>

#include "decode/decoder.h"
#include "flow/tracker.h"

namespace t2 {

/// So many packets are decoded before the first is worked on.
inline constexpr std::size_t kGroup = 32;
static_assert(kGroup <= Decoder::kTunnelsKept);

/// For each of `n` packets: `decode(i, room)` gives what its flow is found by, or null if it has
/// none; `handle(i, room)` when its turn comes. `room`: below kGroup, the packet's until then.
template <class Decode, class Handle>
[[gnu::always_inline]] inline void in_groups(const FlowTracker& tracker, std::size_t n,
                                             Decode decode, Handle handle) {
  constexpr std::size_t kFlowsAhead = 6, kOppositesAhead = 3;
  std::array<const FlowTracker::Keyed*, kGroup>
      keyed;  // NOLINT(*-member-init): each is written before it is read
  for (std::size_t at = 0; at < n; at += kGroup) {
    const std::size_t size = std::min(kGroup, n - at);
    for (std::size_t i = 0; i < size; ++i) {
      keyed[i] = decode(at + i, i);
      if (keyed[i] != nullptr) tracker.prefetch_entry(*keyed[i]);
    }
    const bool many = !tracker.flows_fit_cache();
    const auto is_far = [&](std::size_t i) { return many && i < size && keyed[i] != nullptr; };
    const auto prefetch_flow = [&](std::size_t i) {
      if (is_far(i)) tracker.prefetch_flow(*keyed[i]);
    };
    for (std::size_t i = 0; i < kFlowsAhead; ++i) prefetch_flow(i);
    for (std::size_t i = 0; i < size; ++i) {
      prefetch_flow(i + kFlowsAhead);
      if (is_far(i + kOppositesAhead)) tracker.prefetch_opposite(*keyed[i + kOppositesAhead]);
      handle(at + i, i);
    }
  }
}

}  // namespace t2
