// SPDX-License-Identifier: Apache-2.0
// What tcpFlags keeps per direction, the rare behind one pointer, and what it found out about the
// packet at hand (kept once, for the packet row).
#pragma once

#include <algorithm>
#include <cstdint>
#include <limits>
#include <memory>
#include <type_traits>

#include "flags.h"
#include "t2/bytes.h"
#include "t2/protocols.h"
#include "t2/types.h"

namespace t2::tcp_flags {

using namespace tcp_flag;

/// Bits 8 to 15 of tcpFlags: at most one per packet (spec 3).
constexpr std::uint16_t combination(std::uint8_t flags) {
  switch (flags & 0x3f) {
    case 0:
      return 0x0800;
    case kFin | kPsh | kUrg:
      return 0x8000;
    default:
      break;
  }
  switch (flags & kAckSynFinRst) {
    case kFin | kAck:
      return 0x0100;
    case kSyn | kAck:
      return 0x0200;
    case kRst | kAck:
      return 0x0400;
    case kSyn | kFin:
      return 0x1000;
    case kSyn | kFin | kRst:
      return 0x2000;
    case kFin | kRst:
      return 0x4000;
    default:
      return 0;
  }
}

/// Whether sequence number `a` stands before `b` (RFC 9293, 3.4).
inline bool before(std::uint32_t a, std::uint32_t b) {
  return static_cast<std::int32_t>(a - b) < 0;
}

/// A counter that stops at its largest value.
template <class Int>
void bump(Int& counter) {
  if (counter < std::numeric_limits<Int>::max()) [[likely]]
    ++counter;
}
template <class Int>
void bump(Int& counter, std::type_identity_t<Int> by) {
  const Int room = std::numeric_limits<Int>::max() - counter;
  counter = static_cast<Int>(counter + std::min(by, room));
}

/// The checksum of a datagram that comes in fragments, summed as long as they come in order.
struct FragmentSum {
  std::uint64_t sum = 0;
  std::uint32_t id = 0;
  std::uint32_t next = 0;  // expected offset, bytes
  std::uint16_t stated = 0;
  bool active = false;  // all pieces so far were there, whole and in order
};

/// What few directions have.
struct Rare {
  static constexpr std::size_t kMaxKinds = 40;

  FragmentSum fragments;
  std::uint32_t ip_options = 0, hop_options = 0, destination_options = 0;  // 1 << number
  std::uint16_t ip_option_count = 0, hop_option_count = 0, destination_option_count = 0;
  std::uint16_t mp_subtypes = 0;
  std::uint8_t ip_option_class = 0;
  std::uint8_t mp_flags = 0, mp_address = 0, mp_dss = 0;
  std::uint8_t syn_kinds[kMaxKinds] = {};  // options of the first SYN, for tcpJA4T
  std::uint8_t syn_kind_count = 0;
  bool syn_seen = false;
  // Of payload_bytes: what packets with SYN, and with RST, carried
  std::uint64_t syn_bytes = 0, reset_bytes = 0;
  std::uint32_t scan_packets = 0;    // that gave the flow kScan
  std::uint16_t hidden_anomaly = 0;  // bits that kScan has hidden
  std::uint16_t flag_counts[16] = {};
};

/// How far a direction has got towards a round trip (spec 11).
enum class Trip : std::uint8_t { kNone, kSyn, kFirst, kAcked, kStop };

/// In the order in which packets touch it, for the sake of cache lines.
struct State {
  // Every packet of this direction; trips and what follows them also those of the opposite one
  std::uint32_t packets = 0;
  std::uint16_t stat = 0, ip_flags = 0;
  std::uint16_t ip_id = 0, min_id_step = 0xffff, max_id_step = 0;
  std::uint8_t ttl = 0, min_ttl = 0, max_ttl = 0;
  std::uint8_t tos = 0;
  Trip trip_state = Trip::kNone;
  bool window_up = false;
  std::uint8_t last_flags = 0;
  std::uint8_t shift = 0;
  std::uint16_t last_anomaly = 0, last_stat = 0;  // of the previous packet
  bool answered = false;                          // sent an ACK that is no RST
  float min_trip = 65535, max_trip = 0;
  double mean_trip = 0, jitter = 0;  // of 32-bit precision with FLOAT32_TIMES
  std::uint32_t tcp_packets = 0;
  std::uint32_t window = 0;
  std::uint32_t in_flight = 0;
  std::uint32_t seq_max = 0, seq_next = 0, ack_last = 0;

  // Every TCP packet of this direction
  std::uint32_t seq_last = 0;
  std::uint32_t max_in_flight = 0;
  float mean_window = 0;
  std::uint16_t tcp_flags = 0, anomaly = 0;
  std::uint16_t seq_ok = 0, acks = 0;
  std::uint32_t option_kinds = 0;
  std::uint64_t seq_bytes = 0, ack_bytes = 0, payload_bytes = 0;

  // TCP packets with options
  std::uint16_t option_packets = 0, option_count = 0;
  std::uint32_t ts_value = 0, ts_echo = 0, ts_max = 0;
  Nanoseconds ts_last_time = 0;

  // Now and then
  std::uint32_t min_window = 0, max_window = 0;
  std::uint16_t window_downs = 0, window_ups = 0, window_turns = 0;
  std::uint16_t seq_faults = 0, ack_faults = 0;
  std::uint16_t mss = 0;
  std::uint16_t fragment_next = 0;  // 8-byte units
  std::uint8_t ttl_changes = 0;
  bool ended = false;  // the pair was judged
  std::uint32_t small_windows = 0;
  std::uint32_t first_seq = 0, first_ack = 0, first_window = 0;
  float trip = 0;
  std::uint32_t ts_first = 0;
  Nanoseconds ts_first_time = 0;

  std::unique_ptr<Rare> rare;

  bool scaled() const { return (stat & kScaled) != 0; }
  std::uint32_t factor() const { return scaled() ? 1U << shift : 1; }
  /// tcpFStat bits that a packet finds set before it is looked at.
  std::uint16_t carried() const {
    constexpr std::uint16_t kKept = kHadPacket | kTimestampSeen | kWindowInit | kScaled | kMptcp;
    return static_cast<std::uint16_t>((stat & kKept) | (window_up ? kWindowUp : 0));
  }
  Rare& more() {
    if (!rare) rare = std::make_unique<Rare>();
    return *rare;
  }
};
static_assert(sizeof(State) <= 256, "part of the memory budget per flow");

inline const Rare kNoRare;
inline const Rare& rare_of(const State& s) {
  return s.rare ? *s.rare : kNoRare;
}

/// What the packet columns show of the packet at hand; has values only when packet rows are
/// written.
struct PacketFacts {
  bool tcp = false;  // the fields from seq on have values
  std::int32_t id_step = 0;
  std::uint16_t fragment_word = 0;
  std::uint16_t ip_stated = 0, ip_computed = 0, l4_stated = 0, l4_computed = 0;
  std::uint16_t ip_flags = 0;
  Bytes ip_options, hop_options, destination_options;
  std::uint32_t seq = 0, ack = 0, seq_max = 0;
  std::int32_t seq_diff = 0, ack_diff = 0;
  std::uint32_t seq_length = 0, ack_length = 0;
  std::uint16_t stat = 0, tcp_flags = 0, anomaly = 0;
  std::uint32_t window = 0;
  std::uint16_t factor = 0;
  std::uint16_t mp_subtype = 0;
  std::uint8_t mp_flags = 0, mp_address = 0, mp_dss = 0;
  std::int32_t tcp_options_length = 0;
  Bytes tcp_options;
};

/// Counted over the run.
struct Counts {
  std::uint64_t tcp_packets = 0, small_windows = 0;
  std::uint64_t scans = 0, successful_scans = 0;
  std::uint64_t syn_retries = 0, seq_retries = 0;
  std::uint64_t mptcp_options = 0;
  std::uint16_t ip_flags = 0, stat = 0, tcp_flags = 0, anomaly = 0, mp_subtypes = 0;
  std::uint8_t tos = 0, mp_flags = 0;

  void merge(const Counts& o) {
    tcp_packets += o.tcp_packets;
    small_windows += o.small_windows;
    scans += o.scans;
    successful_scans += o.successful_scans;
    syn_retries += o.syn_retries;
    seq_retries += o.seq_retries;
    mptcp_options += o.mptcp_options;
    ip_flags |= o.ip_flags;
    stat |= o.stat;
    tcp_flags |= o.tcp_flags;
    anomaly |= o.anomaly;
    mp_subtypes |= o.mp_subtypes;
    tos |= o.tos;
    mp_flags |= o.mp_flags;
  }
};

}  // namespace t2::tcp_flags
