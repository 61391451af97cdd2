// SPDX-License-Identifier: Apache-2.0
// Link layers that others contain, one file per kind.
#pragma once

#include "decode/walk.h"

namespace t2::decoding {

// link.cc
/// Ethernet, perhaps in Cisco ISL.
Next ethernet_link(Walk& w);
/// PPP in any framing that captures have, or Cisco HDLC.
Next ppp_link(Walk& w);
/// Of at least six bytes each.
void note_macs(Walk& w, Bytes destination, Bytes source);
/// IP without anything before it. There is no alternative, so its version is taken as it is.
Next bare_ip(Walk& w);

// link_serial.cc
/// BSD loopback: an address family in any byte order, or an EtherType in its place.
Next loopback(Walk& w);
/// Cisco HDLC: two bytes, then an EtherType.
Next chdlc(Walk& w);
/// Frame relay: RFC 2427 or Cisco's encapsulation.
Next frame_relay(Walk& w);

// link_pseudo.cc
Next radiotap(Walk& w);
Next prism(Walk& w);
/// The link types of which few captures are made. kDrop with no status bit for an unsupported one.
Next pseudo_link(Walk& w, std::uint16_t link_type);

}  // namespace t2::decoding
