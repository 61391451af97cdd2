// SPDX-License-Identifier: Apache-2.0
// The Community ID, version 1 (https://github.com/corelight/community-id-spec): a hash of what
// identifies a flow, the same for both directions and in every tool.
#pragma once

#include <cstdint>
#include <string>

#include "t2/types.h"

namespace t2::community_id {

/// One end of a flow. Of ICMP and ICMPv6, the source's port is the type, the destination's the
/// code.
struct Endpoint {
  IpAddress ip;  // IPv4 or IPv6, both ends alike
  std::uint16_t port = 0;
};

/// "1:" and 28 characters in Base64.
std::string community_id(std::uint16_t seed, std::uint8_t protocol, Endpoint source,
                         Endpoint destination);

}  // namespace t2::community_id
