// SPDX-License-Identifier: Apache-2.0
// One packet: what it changes in the state of its direction and of the opposite one (spec tcpFlags
// 3 to 8 and 11).
#pragma once

#include "state.h"
#include "t2/flow.h"
#include "trips.h"

namespace t2::tcp_flags {

struct PacketOptions {
  bool rows = true;  // packet rows are written
  bool fragments = true;
  int checksums = 2;                              // 0 none, 1 IP header, 2 also layer 4
  std::uint8_t ipv4_checks = 0, ipv6_checks = 0;  // those of Packet::Checked that it asks for
  std::uint32_t window_min = 1;
  bool sequence = true;
  bool trips = true;
  bool count_flags = false;
  std::size_t ja4t_kinds = 0;  // most option kinds kept, 0: none
  Precision precision = Precision::kExact;
};

/// What looking at packets needs, and what it leaves behind apart from states.
struct Work {
  PacketOptions options;
  PacketFacts facts;  // of the packet at hand
  Counts counts;
};

/// `p` is an IP packet of `flow`. `peer` is null if the opposite direction was not seen.
void look_at_packet(Work& work, const Flow& flow, State& me, State* peer, const Packet& p);

}  // namespace t2::tcp_flags
