// SPDX-License-Identifier: Apache-2.0
// Flow: one direction of a conversation, as the shard parts of plugins see it; OrderedFlow: what
// their ordered parts may know of it (plugin.h). Both directions of a pair share `index` and are
// linked by `opposite`; they are ended together, A printed before B (spec core 4).
#pragma once

#include <array>
#include <bit>
#include <cstddef>
#include <cstdint>
#include <new>
#include <type_traits>

#include "t2/packet.h"
#include "t2/protocols.h"
#include "t2/types.h"

namespace t2 {

/// Pairs of directions fall into so many groups. What a budget of many flows refuses may depend on
/// the flows of one group, never on others: on several cores (`-j`) these may be ahead or behind.
inline constexpr unsigned kFlowGroups = 16;

/// The endpoints of one direction. For L2 flows the MAC addresses stand in src and dst (family
/// kMac). All bytes take part in hashing and comparing, so unused ones are 0.
struct FlowKey {
  std::array<std::uint8_t, 16> src{}, dst{};  // network order
  std::uint16_t src_port = 0, dst_port = 0;
  std::uint16_t ether_type = 0;
  std::uint16_t vlan_id = 0;
  std::uint8_t l4_proto = 0;
  Family family = Family::kNone;
  std::uint16_t reserved = 0;
  std::uint32_t reserved2 = 0;

  bool operator==(const FlowKey&) const = default;

  bool is_tcp() const { return l4_proto == ip_protocol::kTcp && family != Family::kMac; }
  bool is_l2() const { return family == Family::kMac; }
  IpAddress src_ip() const { return ip(src); }
  IpAddress dst_ip() const { return ip(dst); }
  /// Which of the kFlowGroups; the same for both directions and in every run.
  unsigned group() const {
    const auto w = std::bit_cast<std::array<std::uint64_t, 6>>(*this);
    return group_of(w[0] + w[2], w[1] + w[3], unsigned{src_port} + dst_port);
  }
  /// `high`, `low`: sums of both addresses' first and last eight bytes, `ports`: of the ports.
  static unsigned group_of(std::uint64_t high, std::uint64_t low, std::uint64_t ports) {
    constexpr std::uint64_t kSpread = 0x9e3779b97f4a7c15U;
    const std::uint64_t addresses = high * kSpread + low;
    const std::uint64_t mixed = (addresses ^ addresses >> 32) + ports * kSpread;
    return static_cast<unsigned>((mixed ^ mixed >> 29) * kSpread >> 60);
  }

 private:
  IpAddress ip(const std::array<std::uint8_t, 16>& bytes) const {
    IpAddress a;
    if (family != Family::kIpv4 && family != Family::kIpv6) return a;
    a.bytes = bytes;
    a.family = family;
    return a;
  }
};
static_assert(sizeof(FlowKey) == 48, "hashed as six 64-bit words");
static_assert(kFlowGroups == 1U << 4, "the highest four bits of a product");

class Stream;
class TcpStreams;

/// Where the ordered TCP bytes of a direction come from, if a part asked for them.
class StreamEnd {
 public:
  /// Whether a part has an open stream of this direction.
  bool has_stream() const { return stream_ != nullptr; }

 private:
  friend class TcpStreams;
  Stream* stream_ = nullptr;
  bool streaming_ = false;      // this or the opposite direction has an open stream
  std::uint8_t consumers_ = 0;  // one bit per part that gets the stream
};

/// Shard parts read everything and change only what the comments allow. The address is stable from
/// on_flow_start to on_flow_end. Of other flows a shard part sees the opposite direction alone.
struct Flow : StreamEnd {
 protected:
  bool timeout_changed_ = false;  // first, where there is room

 public:
  FlowKey key;
  std::uint64_t status = 0;  // flow_stat bits; plugins may set bits with set()
  Nanoseconds first_seen = 0;
  Nanoseconds last_seen = 0;  // time of the packet processed last, also when time runs backwards
  Nanoseconds previous_seen = 0;  // of the packet before that; equals last_seen at the first one
  Nanoseconds timeout = 0;        // change it with set_timeout()
  std::uint64_t last_packet = 0;  // number of the packet processed last
  Flow* opposite = nullptr;       // the other direction, if it was seen
  // Label store ids (label.h), 0 unknown. For columns; before that see ShardCore::find_labels.
  std::uint32_t src_label = 0;
  std::uint32_t dst_label = 0;

  bool has(flow_stat::Bit b) const { return (status >> b) & 1; }
  void set(flow_stat::Bit b) { status |= flow_stat::mask(b); }
  bool inverted() const { return has(flow_stat::kInverted); }
  /// What column `dir` prints: B only for the second of a pair (spec core 4.2).
  Direction direction() const {
    return inverted() && opposite != nullptr ? Direction::kB : Direction::kA;
  }
  bool is_tcp() const { return key.is_tcp(); }
  bool is_l2() const { return key.is_l2(); }
  IpAddress src_ip() const { return key.src_ip(); }
  IpAddress dst_ip() const { return key.dst_ip(); }
  /// timeLast - timeFirst, never negative (spec basicFlow A).
  Nanoseconds duration() const { return last_seen > first_seen ? last_seen - first_seen : 0; }

  /// How long this direction may be idle. The pair ends when both directions have been idle for
  /// their timeouts. To be called from on_flow_start, on_packet or on_stream.
  void set_timeout(Nanoseconds t) {
    timeout = t;
    timeout_changed_ = true;
    if (opposite != nullptr) opposite->timeout_changed_ = true;
  }
};

struct OrderedRef;

/// The same direction as ordered parts see it, at the packet at hand; the shard may be ahead of it.
/// Nothing of it changes but by what an ordered part has been told. Stable from its birth to its
/// end; keep an OrderedRef, not a pointer, across packets of other flows.
struct OrderedFlow : StreamEnd {
  explicit OrderedFlow(const FlowKey& k) : key(k) {}
  OrderedFlow(const OrderedFlow&) = delete;
  OrderedFlow& operator=(const OrderedFlow&) = delete;

 protected:
  friend OrderedRef ref(OrderedFlow& f);
  bool inverted_ = false;
  std::uint32_t place_ = 0;  // of its memory, among that of all flows

 public:
  const FlowKey& key;               // the Flow's
  std::uint64_t index = 0;          // flowInd, from 1
  OrderedFlow* opposite = nullptr;  // the other direction, if it was seen

  bool inverted() const { return inverted_; }
  Direction direction() const {
    return inverted_ && opposite != nullptr ? Direction::kB : Direction::kA;
  }
  bool is_tcp() const { return key.is_tcp(); }
  bool is_l2() const { return key.is_l2(); }
  IpAddress src_ip() const { return key.src_ip(); }
  IpAddress dst_ip() const { return key.dst_ip(); }

 protected:
  std::uint32_t generation_ = 0;  // of the flow in that place, from 1
};

/// A flow that may have ended meanwhile; resolve it with RunCore::find.
struct OrderedRef {
  OrderedFlow* flow = nullptr;  // its memory stays, but may have become another flow's
  std::uint32_t place = 0;
  std::uint32_t generation = 0;
  explicit operator bool() const { return generation != 0; }
  bool operator==(const OrderedRef&) const = default;
};
inline OrderedRef ref(OrderedFlow& f) {
  return {&f, f.place_, f.generation_};
}

namespace detail {

/// What lies `offset` bytes behind a Flow or an OrderedFlow, in its slot.
inline void* behind(StreamEnd& flow, std::size_t offset) {
  return reinterpret_cast<std::byte*>(&flow) + offset;
}
inline const void* behind(const StreamEnd& flow, std::size_t offset) {
  return reinterpret_cast<const std::byte*>(&flow) + offset;
}

/// Its address tells types of States apart, within the library of a plugin.
template <class State>
inline constexpr char kStateId = 0;

/// What the host knows of the State that a part keeps per direction.
struct StateType {
  const void* id = nullptr;  // kStateId
  std::size_t size = 0, align = 1;
  void (*construct)(void* state) = nullptr;
  void (*destroy)(void* state) = nullptr;  // null if it is trivially destructible
};

template <class State>
StateType state_type() {
  StateType t;
  t.id = &kStateId<State>;
  if constexpr (!std::is_empty_v<State>) {
    t.size = sizeof(State);
    t.align = alignof(State);
    t.construct = [](void* s) { new (s) State; };
    if constexpr (!std::is_trivially_destructible_v<State>) {
      t.destroy = [](void* s) { static_cast<State*>(s)->~State(); };
    }
  }
  return t;
}

/// Where the ordered parts' view of a direction lies behind that of the shard parts.
inline constexpr std::size_t kOrderedOffset = sizeof(Flow);
inline const OrderedFlow& ordered_of(const Flow& f) {
  return *static_cast<const OrderedFlow*>(behind(f, kOrderedOffset));
}
inline OrderedFlow& ordered_of(Flow& f) {
  return *static_cast<OrderedFlow*>(behind(f, kOrderedOffset));
}

}  // namespace detail

/// A plugin's state of the opposite direction, of the kind that `state` is of `flow`, a Flow or an
/// OrderedFlow; null when that direction was not seen.
template <class State, class AnyFlow>
State* opposite_state(State& state, AnyFlow& flow) {
  if (flow.opposite == nullptr) return nullptr;
  const auto distance =
      reinterpret_cast<std::uintptr_t>(&state) - reinterpret_cast<std::uintptr_t>(&flow);
  return static_cast<State*>(detail::behind(*flow.opposite, distance));
}

}  // namespace t2
