// SPDX-License-Identifier: Apache-2.0
// What basicFlow keeps per direction: the usual in place, the rare behind one pointer.
#pragma once

#include <cstdint>
#include <memory>
#include <vector>

#include "t2/captures.h"
#include "t2/packet.h"
#include "t2/types.h"

namespace t2::basic_flow {

/// A header stack and how many packets had it.
struct StackCount {
  const HeaderStack* stack = nullptr;
  std::uint64_t packets = 0;
};

struct L2tpHeader {
  Hex16 flags;
  std::uint16_t tunnel = 0, session = 0;
  std::uint32_t connection = 0;  // version 3
  IpAddress src, dst;
  std::uint32_t src_label = 0, dst_label = 0;
};

struct GreHeader {
  Hex32 header;
  IpAddress src, dst;
  std::uint32_t src_label = 0, dst_label = 0;
};

/// What an address of 2001:0::/32 says of the client behind it (RFC 4380, section 4).
struct TeredoEnd {
  Hex8 flags;
  IpAddress server, client;
  std::uint16_t client_port = 0;
  std::uint32_t server_label = 0, client_label = 0;
};

struct TeredoHeader {
  IpAddress origin;
  std::uint16_t origin_port = 0;
  std::uint32_t origin_label = 0;
  TeredoEnd src, dst;
};

struct Extra {
  const Capture* capture = nullptr;     // of the first packet, if asked for and known
  std::vector<StackCount> stacks;       // from the second on
  std::vector<Mac> src_macs, dst_macs;  // from the second on
  std::vector<VlanTag> vlans;
  std::vector<std::uint32_t> mpls;
  Hex32 ppp;
  std::uint8_t sapi = 0, tei = 0;
  L2tpHeader l2tp;
  GreHeader gre;
  TeredoHeader teredo;
};

struct State {
  StackCount first;
  Mac src_mac, dst_mac;
  bool has_mac = false;
  std::unique_ptr<Extra> extra;

  Extra& more() {
    if (!extra) extra = std::make_unique<Extra>();
    return *extra;
  }
  std::size_t stack_count() const { return 1 + (extra ? extra->stacks.size() : 0); }
  const StackCount& stack(std::size_t i) const { return i == 0 ? first : extra->stacks[i - 1]; }
};
static_assert(sizeof(State) <= 40);

/// The Extra of a flow that has none.
inline const Extra kNoExtra;
inline const Extra& extra_of(const State& s) {
  return s.extra ? *s.extra : kNoExtra;
}

/// Records the tunnel headers of the flow's first packet.
void note_tunnels(Extra& e, const TunnelHeaders& t, const Packet& p);

}  // namespace t2::basic_flow
