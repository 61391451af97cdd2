// SPDX-License-Identifier: Apache-2.0
// Flow: one direction of a conversation, as plugins see it. Both directions of a pair share `index`
// and are linked by `opposite`; they are ended together, A printed before B (spec core 4).
#pragma once

#include <cstddef>
#include <cstdint>

#include "t2/packet.h"
#include "t2/protocols.h"
#include "t2/types.h"

namespace t2 {

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
};
static_assert(sizeof(FlowKey) == 48, "hashed as six 64-bit words");

class Stream;

/// Plugins read everything and change only what the comments allow. The address is stable from
/// on_flow_start to on_flow_end; keep a FlowRef, not a pointer, across packets of other flows.
struct Flow {
  FlowKey key;
  std::uint64_t index = 0;   // flowInd, from 1
  std::uint64_t status = 0;  // flow_stat bits; plugins may set bits with set()
  Nanoseconds first_seen = 0;
  Nanoseconds last_seen = 0;  // time of the packet processed last, also when time runs backwards
  Nanoseconds previous_seen = 0;  // of the packet before that; equals last_seen at the first one
  Nanoseconds timeout = 0;        // change it with set_timeout()
  std::uint64_t last_packet = 0;  // number of the packet processed last
  Flow* opposite = nullptr;       // the other direction, if it was seen
  Stream* stream = nullptr;       // ordered TCP bytes of this direction, if a plugin asked for them
  // Label store ids (label.h), 0 unknown. For columns; before that see Services::find_labels.
  std::uint32_t src_label = 0;
  std::uint32_t dst_label = 0;
  std::uint32_t slot = 0;                                                   // the core's
  std::uint32_t generation = 0;                                             // the core's
  std::uint32_t schedule_prev = 0, schedule_next = 0, schedule_bucket = 0;  // the core's
  std::uint32_t fragment_entry = 0;                                         // the core's
  std::uint32_t last_ip_id = 0;                                             // the core's
  bool timeout_changed = false;                                             // the core's
  bool streaming = false;  // the core's: this or the opposite direction has an open stream
  std::uint8_t stream_consumers = 0;  // the core's: one bit per plugin that gets the stream
  bool second = false;                // made as the partner of an existing flow

  bool has(flow_stat::Bit b) const { return (status >> b) & 1; }
  void set(flow_stat::Bit b) { status |= flow_stat::mask(b); }
  bool inverted() const { return has(flow_stat::kInverted); }
  /// What column `dir` prints: B only for the second of a pair (spec core 4.2).
  Direction direction() const {
    return inverted() && opposite != nullptr ? Direction::kB : Direction::kA;
  }
  bool is_tcp() const { return key.l4_proto == ip_protocol::kTcp && key.family != Family::kMac; }
  bool is_l2() const { return key.family == Family::kMac; }
  /// timeLast - timeFirst, never negative (spec basicFlow A).
  Nanoseconds duration() const { return last_seen > first_seen ? last_seen - first_seen : 0; }

  /// How long this direction may be idle. The pair ends when both directions have been idle for
  /// their timeouts. To be called from on_flow_start, on_packet or on_stream.
  void set_timeout(Nanoseconds t) {
    timeout = t;
    timeout_changed = true;
    if (opposite != nullptr) opposite->timeout_changed = true;
  }

  IpAddress src_ip() const { return ip(key.src); }
  IpAddress dst_ip() const { return ip(key.dst); }

 private:
  IpAddress ip(const std::array<std::uint8_t, 16>& bytes) const {
    IpAddress a;
    if (key.family != Family::kIpv4 && key.family != Family::kIpv6) return a;
    a.bytes = bytes;
    a.family = key.family;
    return a;
  }
};

/// A flow that may have ended meanwhile; resolve it with Services::find.
struct FlowRef {
  std::uint32_t slot = 0;
  std::uint32_t generation = 0;  // 0: no flow
  explicit operator bool() const { return generation != 0; }
};
inline FlowRef ref(const Flow& f) {
  return {f.slot, f.generation};
}

}  // namespace t2
