// SPDX-License-Identifier: Apache-2.0
// Interest: which packets of a direction ordered parts want. It only ever falls: a part that rests
// wants none of the direction any more, and none for a stream either.
#pragma once

#include <cstdint>

#include "flow/slot.h"
#include "stream/streams.h"
#include "t2/packet.h"

namespace t2 {

class Interest {
 public:
  /// The part with this number wants more than PacketUse::kSyn says.
  void add_greedy(std::size_t part) { greedy_ |= std::uint32_t{1} << part; }

  /// Whether anybody wants any packet of it.
  static bool is_any(const OrderedSlot& f) { return f.wanted_by != 0 || TcpStreams::concern(f); }
  /// `first`: of its direction.
  bool is_in(const OrderedSlot& f, const Packet& p, bool first) const {
    return is_any(f) && (is_greedy(f) || first || p.has_syn());
  }
  /// In later packets of the direction, as things stand. The opposite one may still open a stream,
  /// which concerns both. `syn`: there are some with SYN.
  bool is_in_later(const OrderedSlot& f, bool syn) const {
    return is_greedy(f) || (f.opposite != nullptr && is_greedy(slot_of(*f.opposite))) ||
           (syn && is_any(f));
  }
  /// Marks the pair if nobody can want packets of it any more.
  static void note_quiet(OrderedSlot& f) {
    if (f.opposite == nullptr || is_any(f) || is_any(slot_of(*f.opposite))) return;
    f.quiet.store(true, std::memory_order_release);
    slot_of(*f.opposite).quiet.store(true, std::memory_order_release);
  }

 private:
  bool is_greedy(const OrderedSlot& f) const {
    return (f.wanted_by & greedy_) != 0 || TcpStreams::concern(f);
  }

  std::uint32_t greedy_ = 0;  // bits of OrderedSlot::wanted_by
};

}  // namespace t2
