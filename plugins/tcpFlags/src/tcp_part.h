// SPDX-License-Identifier: Apache-2.0
// The TCP header of one packet: options, window, sequence numbers, anomalies (spec tcpFlags 3-8).
#pragma once

#include "state.h"
#include "t2/flow.h"

namespace t2::tcp_flags {

struct TcpOptions {
  std::uint32_t window_min = 1;
  bool sequence = true;
  bool trips = true;
  bool count_flags = false;
  std::size_t ja4t_kinds = 0;  // most option kinds kept, 0: none
  bool rows = true;            // packet rows are written
};

/// Updates `me` and, where the rules say so, `peer` (null if the opposite direction was not seen),
/// and, for a packet row, fills the TCP fields of `facts`. `tcp` is what Packet::tcp_header()
/// gives, not empty; `stat` has the packet's bits of tcpFStat so far. `me.packets` counts this
/// packet already.
void look_at_tcp(const TcpOptions& options, const Flow& flow, State& me, State* peer,
                 const Packet& p, Bytes tcp, std::uint16_t stat, PacketFacts& facts,
                 Counts& counts);

}  // namespace t2::tcp_flags
