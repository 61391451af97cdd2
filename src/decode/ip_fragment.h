// SPDX-License-Identifier: Apache-2.0
// IpFragment: what the decoder notes of an IP packet that is a fragment, for Datagrams.
#pragma once

#include <cstdint>

#include "t2/bytes.h"
#include "t2/types.h"

namespace t2 {

/// The views point into the frame; what was not captured is not in them.
struct IpFragment {
  Bytes header;                 // the IP header; IPv6: up to the fragment header, that one included
  Bytes payload;                // the piece of the datagram
  std::uint32_t length = 0;     // of the piece on the wire
  std::uint32_t offset = 0;     // of the piece in the datagram
  std::uint32_t transport = 0;  // offset 0: where the transport header begins in the piece
  std::uint32_t id = 0;         // IPv4 ID, or that of the fragment header
  std::uint16_t header_length = 0;  // on the wire
  std::uint16_t next_header = 0;    // IPv6: where in `header` the fragment header is announced
  bool more = false;                // it is not the last one
  std::uint8_t protocol = 0;        // transport, as far as this piece tells
  std::uint16_t src_port = 0, dst_port = 0;  // offset 0: the transport's, else 0
  std::uint16_t vlan_id = 0;
  IpAddress src, dst;
};

}  // namespace t2
