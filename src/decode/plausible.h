// SPDX-License-Identifier: Apache-2.0
// Plausibility of headers that nothing announces but their first bits, which MAC addresses, control
// words and compressed fields may have, too: the whole header is judged.
#pragma once

#include <cstddef>
#include <cstdint>

#include "t2/bytes.h"

namespace t2::decoding {

enum class Likely : std::uint8_t {
  kNo,
  kPerhaps,  // nothing speaks against it
  kYes,      // something speaks for it that chance would hardly give
  kSurely,   // several things do
};

/// An IPv4 or IPv6 header at the start of `b`, of which `on_wire` bytes follow on the wire. kYes:
/// the IPv4 checksum is right, or the IPv6 length is exactly that of the frame.
Likely likely_ip(Bytes b, std::size_t on_wire);
/// An Ethernet header. kYes: behind its VLAN tags there is an IP header that may be one, ARP, or a
/// length field with the LLC header of SNAP, STP or IS-IS. kSurely: and there are tags.
Likely likely_ethernet(Bytes b, std::size_t on_wire);
/// A PPP frame, perhaps without its address and control field and the first byte of its protocol,
/// that carries IP. Never kPerhaps.
Likely likely_ppp(Bytes b, std::size_t on_wire);

}  // namespace t2::decoding
