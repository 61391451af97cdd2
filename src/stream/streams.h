// SPDX-License-Identifier: Apache-2.0
// TcpStreams: the reassembly service. The engine tells it of every packet of a pair that has an
// open stream (TcpStreams::concern); it calls back with ordered chunks. One for the
// shard parts, whose flows are Flows, and one for the ordered parts, with OrderedFlows.
//
// At the end of a pair: finish() both directions, A then B; then the plugins' on_flow_end; then
// close() both. Opening in the middle of a packet's processing is possible: the engine that wants
// the packet at hand delivered calls on_packet() once more for it.
#pragma once

#include <cstdint>
#include <optional>

#include "stream/stream.h"

namespace t2 {

class TcpStreams {
 public:
  explicit TcpStreams(const StreamOptions& options = {}) : options_(options) {}

  /// Whether packets of this direction matter to its stream or to the opposite one's.
  static bool concern(const StreamEnd& flow) { return flow.streaming_; }
  /// Who gets the bytes, one bit each.
  static unsigned consumers(const StreamEnd& flow) { return flow.consumers_; }
  /// The flow is new, its opposite may have a stream.
  template <class AnyFlow>
  static void begin(AnyFlow& flow) {
    if (flow.opposite != nullptr) flow.streaming_ = flow.opposite->streaming_;
  }

  /// A consumer more, which the first of several opens the stream for. False if it is one already,
  /// if others were given bytes, or if open() says so.
  template <class AnyFlow>
  bool subscribe(AnyFlow& flow, std::uint8_t consumer, StreamUse use,
                 std::optional<std::uint32_t> first_seq) {
    if ((flow.consumers_ & consumer) != 0) return false;
    if (flow.has_stream() ? has_begun(flow) : !open(flow, use, first_seq)) return false;
    flow.consumers_ |= consumer;
    mark(flow, flow.opposite, true);
    return true;
  }
  /// A consumer less; the last one closes the stream.
  template <class AnyFlow>
  static void leave(AnyFlow& flow, std::uint8_t consumer) {
    flow.consumers_ &= static_cast<std::uint8_t>(~consumer);
    if (flow.consumers_ != 0) return;
    close(flow);
    if (flow.opposite == nullptr || !flow.opposite->has_stream()) mark(flow, flow.opposite, false);
  }

  /// False if there is a stream already or the flow is not TCP. `first_seq`: the sequence number of
  /// the first byte, if the SYN has passed.
  template <class AnyFlow>
  bool open(AnyFlow& flow, StreamUse use = StreamUse::kBulk,
            std::optional<std::uint32_t> first_seq = {}) {
    return !flow.has_stream() && flow.is_tcp() && make(flow, flow.key.group(), use, first_seq);
  }
  /// Frees the stream; buffered bytes are dropped. Fine for a flow without one, and from a
  /// callback.
  static void close(StreamEnd& flow);

  template <class AnyFlow>
  void on_packet(AnyFlow& flow, const Packet& packet, ChunkHandler& out) {
    on_packet(Ends{flow, flow.opposite}, packet, out);
  }
  /// A fragment of a datagram that is not complete. `transport`: as much as is known of its TCP
  /// header; `offset`: where the packet's bytes belong behind the IP header. They fill a hole that
  /// would be a gap otherwise.
  static void on_part(StreamEnd& flow, const Packet& packet, Bytes transport, std::uint32_t offset);
  /// Delivers what is left and kEnd; the stats stay readable until close().
  static void finish(StreamEnd& flow, ChunkHandler& out);

  static StreamStats stats(const StreamEnd& flow);
  const StreamUsage& usage() const { return usage_; }
  /// For one of several that share StreamOptions::total_bytes: what the others hold.
  void set_held_elsewhere(std::uint64_t bytes) { usage_.elsewhere = bytes; }
  std::uint64_t bad_checksums() const { return bad_checksums_; }

 private:
  class Busy;

  /// A direction and the opposite one, null if that was not seen.
  struct Ends {
    StreamEnd& own;
    StreamEnd* opposite;
  };

  static void mark(StreamEnd& own, StreamEnd* opposite, bool streaming) {
    own.streaming_ = streaming;
    if (opposite != nullptr) opposite->streaming_ = streaming;
  }
  /// Whether bytes were delivered, or none will be.
  static bool has_begun(const StreamEnd& flow);
  bool make(StreamEnd& flow, unsigned group, StreamUse use, std::optional<std::uint32_t> first_seq);
  void on_packet(const Ends& ends, const Packet& packet, ChunkHandler& out);
  static void renew_peer(const Ends& e, const TcpSegment& s, const Packet& p, ChunkHandler& out);
  static void match_answer(const Ends& e, const TcpSegment& syn, const Packet& p,
                           ChunkHandler& out);

  StreamOptions options_;
  StreamUsage usage_;
  std::uint64_t bad_checksums_ = 0;
};

}  // namespace t2
