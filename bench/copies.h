// SPDX-License-Identifier: Apache-2.0
// Copies: how a captured Ethernet frame becomes that of other hosts, so that a capture repeated is
// traffic of more hosts and not the same flows once more. What was right stays right: checksums,
// both directions, and the addresses that FTP announces, for mapped IPv4 addresses are as long as
// text as before.
#pragma once

#include <cstdint>
#include <span>
#include <vector>

#include "decode/decoder.h"

namespace traffic {

/// Where a frame tells addresses; offsets in the frame. Made once, used for each copy.
struct Addresses {
  struct Number {
    std::uint32_t at = 0, digits = 0;
  };
  std::uint32_t ip = 0;           // innermost IP header
  std::uint32_t sum = 0;          // checksum of the layer behind it, if it covers them; 0: none
  std::uint8_t version = 0;       // 4, 6; 0: MAC addresses are all that is changed
  bool udp = false;               // a checksum of 0 means none
  std::vector<Number> announced;  // third and fourth number of IPv4 addresses in FTP's text
};

/// There are so many different copies; 0 is the frame as it was.
inline constexpr unsigned kCopies = 100;

/// `p`: decoded from `frame`, an Ethernet frame.
Addresses find_addresses(const t2::Frame& frame, const t2::Packet& p);

/// `frame`: a copy of the bytes in which `a` was found.
void change_addresses(std::span<std::uint8_t> frame, const Addresses& a, unsigned copy);

}  // namespace traffic
