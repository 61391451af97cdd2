// SPDX-License-Identifier: Apache-2.0
// What a packet brings the parts of one kind, shard parts or ordered ones, alike: first the bytes
// that complete their streams, then the packet itself.
#pragma once

#include <type_traits>

#include "decode/datagrams.h"
#include "flow/slot.h"
#include "stream/streams.h"

namespace t2 {

/// What is known of the datagram that a packet is a fragment of.
struct FragmentOf {
  Datagrams::Taken taken;
  /// The flow of `taken.whole`, in a tunnel another than the fragment's; null if there is none.
  FlowSlot* whole = nullptr;
};

/// A flow as the parts of a kind see it.
template <class AnySlot>
AnySlot& view(FlowSlot& f) {
  if constexpr (std::is_same_v<AnySlot, FlowSlot>) {
    return f;
  } else {
    return f.ordered;
  }
}

/// Of a datagram in fragments, streams get the whole packet when it is complete. A fragment waits
/// in the stream of its flow, should the others never come.
template <class AnySlot>
void feed_fragment(TcpStreams& streams, AnySlot& flow, const Packet& p, const FragmentOf& fragment,
                   ChunkHandler& out) {
  const Datagrams::Taken& taken = fragment.taken;
  if (taken.whole == nullptr) {
    if (flow.has_stream()) streams.on_part(flow, p, taken.transport, taken.offset);
    return;
  }
  if (fragment.whole == nullptr) return;
  AnySlot& to = view<AnySlot>(*fragment.whole);
  if (TcpStreams::concern(to)) streams.on_packet(to, *taken.whole, out);
}

/// `stream(flow)` gives the packet to the streams, `tell(flow)` tells the parts of it.
template <class AnySlot, class GiveToStreams, class Tell>
[[gnu::always_inline]] inline void feed(AnySlot& flow, bool streams, GiveToStreams stream,
                                        Tell tell) {
  if (streams) stream(flow);
  const bool fed = flow.has_stream();
  tell(flow);
  // A stream opened by on_packet begins with this very packet.
  if (!fed && flow.has_stream()) stream(flow);
}

/// What is left in the streams of a pair that ends. `b` may be null.
template <class AnySlot>
void finish_streams(AnySlot& a, AnySlot* b, ChunkHandler& out) {
  if (!TcpStreams::concern(a)) return;
  TcpStreams::finish(a, out);
  if (b != nullptr) TcpStreams::finish(*b, out);
}

/// Closes the streams of a pair that ends, also when a handler throws.
struct ClosedAtEnd {
  ~ClosedAtEnd() {
    const bool any = TcpStreams::concern(a) || (b != nullptr && TcpStreams::concern(*b));
    if (!any) return;
    TcpStreams::close(a);
    if (b != nullptr) TcpStreams::close(*b);
  }
  StreamEnd& a;
  StreamEnd* b;
};

}  // namespace t2
