// SPDX-License-Identifier: Apache-2.0
// TCP options and the boot time estimate that their timestamps allow (spec tcpFlags 6.1, 6.4, 10).
#pragma once

#include "state.h"
#include "t2/flow.h"

namespace t2::tcp_flags {

struct OptionLimits {
  std::size_t ja4t_kinds = 0;  // most option kinds of a SYN that are kept, 0: none
};

/// Reads the options behind the fixed part of the header `tcp`. `peer` may be null.
void look_at_options(const OptionLimits& limits, State& me, State* peer, const Packet& p, Bytes tcp,
                     PacketFacts& facts, Counts& counts);

struct BootTime {
  double tick = 0;  // seconds per timestamp tick
  Nanoseconds up = 0, boot = 0;
};
/// All zero for a direction without timestamps.
BootTime boot_time(const State& s);

}  // namespace t2::tcp_flags
