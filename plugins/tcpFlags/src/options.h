// SPDX-License-Identifier: Apache-2.0
// TCP options and the boot time estimate that their timestamps allow (spec tcpFlags 6.1, 6.4, 10).
#pragma once

#include "state.h"
#include "t2/flow.h"

namespace t2::tcp_flags {

/// The TCP header without options, bytes.
inline constexpr std::size_t kFixedHeader = 20;
inline constexpr std::uint8_t kNopOption = 1, kTimestampsOption = 8;

/// Takes the timestamps of a packet. Returns its bits of tcpFStat.
inline std::uint16_t take_timestamps(State& me, Nanoseconds time, std::uint32_t value,
                                     std::uint32_t echo) {
  std::uint16_t stat = 0;
  if ((me.stat & kTimestampSeen) == 0) {
    me.stat |= kTimestampSeen;
    stat = kTimestampSeen;
    me.ts_first = me.ts_max = value;
    me.ts_first_time = time;
  } else if (before(value, me.ts_max)) {
    stat = kTimestampBack;
  } else {
    me.ts_max = value;
  }
  me.ts_value = value;
  me.ts_echo = echo;
  me.ts_last_time = time;
  return stat;
}

/// Two NOPs and the timestamps: what nearly all segments of a connection with timestamps carry
/// (RFC 7323, appendix A), as walk_options() would find it.
inline constexpr std::size_t kPlainTimestamps = 12;  // bytes
inline bool plain_timestamps(Bytes options) {
  constexpr std::uint32_t kNopNopTimestamps = 0x0101080a;
  return options.size() == kPlainTimestamps && load_be32(options.data()) == kNopNopTimestamps;
}
inline std::uint16_t take_plain_timestamps(State& me, Nanoseconds time, Bytes options) {
  bump(me.option_packets);
  bump(me.option_count, 3);
  me.option_kinds |= 1U << kNopOption | 1U << kTimestampsOption;
  const auto o = options.first<kPlainTimestamps>();
  return take_timestamps(me, time, load_be32(&o[4]), load_be32(&o[8]));
}

/// Reads any options behind the fixed part of the header `tcp`; of a SYN, at most `ja4t_kinds`
/// option kinds are kept. `peer` may be null. Returns the bits of tcpFStat that the packet has from
/// them.
std::uint16_t walk_options(std::size_t ja4t_kinds, State& me, State* peer, const Packet& p,
                           Bytes tcp, PacketFacts& facts, Counts& counts);

struct BootTime {
  double tick = 0;  // seconds per timestamp tick
  Nanoseconds up = 0, boot = 0;
};
/// All zero for a direction without timestamps.
BootTime boot_time(const State& s);

}  // namespace t2::tcp_flags
