// SPDX-License-Identifier: Apache-2.0
// Round trips (spec tcpFlags 11): how long a direction waits for the answer of the other one.
#pragma once

#include "state.h"
#include "t2/flow.h"

namespace t2::tcp_flags {

/// Whether times go through 32-bit floats, as in the reference, or stay exact.
enum class Precision : bool { kExact, kFloat32 };

/// Seconds between two packets; with kFloat32 the reference's digits.
double trip_seconds(Nanoseconds now, Nanoseconds then, Precision precision);

/// Attributes the time since the last packet of `peer` to it: that is what it waited for `me`,
/// whose packets are counted already. To be called before the flags of the packet are looked at.
void measure_trip(State& me, State& peer, double seconds, Precision precision);

/// Takes the packet into account: `ack_syn_fin_rst` is that part of the TCP flags.
void advance_trip_tcp(State& me, State* peer, std::uint8_t ack_syn_fin_rst);
void advance_trip_other(State& me);

}  // namespace t2::tcp_flags
