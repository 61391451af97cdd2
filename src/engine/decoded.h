// SPDX-License-Identifier: Apache-2.0
// Decoded: a packet on its way from the decoder to its flow.
#pragma once

#include "decode/decoder.h"
#include "flow/tracker.h"
#include "t2/packet.h"

namespace t2 {

struct Decoded {
  Packet packet;
  FlowTracker::Keyed keyed;  // if the outcome is kOk
  Decoder::Outcome outcome = Decoder::Outcome::kOk;
};

}  // namespace t2
