// SPDX-License-Identifier: Apache-2.0
// Readers of UDP tunnels that fill files of their own. Walk::at is at the UDP payload.
#pragma once

#include "decode/walk.h"

namespace t2::decoding {

// tunnel_wireless.cc
/// CAPWAP, RFC 5415; `data`: on the data port.
Next capwap(Walk& w, bool data);
/// LWAPP, RFC 5412.
Next lwapp(Walk& w);

// tunnel_l2tp.cc
/// L2TP over UDP, RFC 2661 and 3931.
Next l2tp(Walk& w);

/// Notes `udp`, the tunnel's name and bit.
void recognised(Walk& w, HeaderName name, flow_stat::Bit bit);

}  // namespace t2::decoding
