// SPDX-License-Identifier: Apache-2.0
// What tells a scan from a short conversation: a scan delivers no payload, and nobody keeps the
// connection: it is not answered, refused, or closed at once.
#pragma once

#include "state.h"
#include "t2/flow.h"

namespace t2::tcp_flags {

/// Whether `from` sent payload, other than in a RST, to a side that has answered otherwise than by
/// RST. Where only one side was captured (`to` is null) payload behind the SYN tells: nobody sends
/// it to a port that has not answered.
bool payload_delivered(const State& from, const State* to);

/// Of a pair without payload: not answered, the handshake not finished, or closed by FIN or RST
/// within seconds.
bool looks_like_probe(const Flow& flow, const State& me, const State* other);

/// The packets that looked like a scan were none.
void withdraw_scan(State& s);

}  // namespace t2::tcp_flags
