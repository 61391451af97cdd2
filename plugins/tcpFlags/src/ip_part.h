// SPDX-License-Identifier: Apache-2.0
// The IP header of one packet: ID steps, TTL, fragments, options, checksums (spec tcpFlags 5).
#pragma once

#include "state.h"
#include "t2/flow.h"

namespace t2::tcp_flags {

struct IpOptions {
  bool fragments = true;
  int checksums = 2;  // 0 none, 1 IP header, 2 also layer 4
  bool rows = true;   // packet rows are written
};

/// Updates `me` and, for a packet row, fills the IP fields of `facts`. Returns the packet's bits of
/// tcpFStat.
std::uint16_t look_at_ip(const IpOptions& options, const Flow& flow, State& me, const Packet& p,
                         PacketFacts& facts);

}  // namespace t2::tcp_flags
