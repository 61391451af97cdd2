// SPDX-License-Identifier: Apache-2.0
#include "scan.h"

#include <algorithm>

namespace t2::tcp_flags {
namespace {

/// From the first packet of the pair to its last.
Nanoseconds lasted(const Flow& flow) {
  if (flow.opposite == nullptr) return flow.duration();
  const Flow& other = *flow.opposite;
  return std::max(flow.last_seen, other.last_seen) - std::min(flow.first_seen, other.first_seen);
}

}  // namespace

bool payload_delivered(const State& from, const State* to) {
  const std::uint64_t bytes = from.payload_bytes - rare_of(from).reset_bytes;
  return to == nullptr ? bytes > rare_of(from).syn_bytes : bytes > 0 && to->answered;
}

bool looks_like_probe(const Flow& flow, const State& me, const State* other) {
  constexpr Nanoseconds kAtOnce = 10 * kSecond;
  if (other == nullptr) return true;
  if (((me.tcp_flags | other->tcp_flags) & (kFin | kRst)) != 0) return lasted(flow) <= kAtOnce;
  return (me.tcp_flags & other->tcp_flags & kAck) == 0;
}

void withdraw_scan(State& s) {
  if ((s.anomaly & kScan) == 0) return;
  s.anomaly = static_cast<std::uint16_t>((s.anomaly & ~kScan) | rare_of(s).hidden_anomaly);
  s.more().scan_packets = 0;
}

}  // namespace t2::tcp_flags
