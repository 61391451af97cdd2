// SPDX-License-Identifier: Apache-2.0
#include "stream/streams.h"

namespace t2 {
namespace {

constexpr std::uint8_t kFin = 0x01, kSyn = 0x02, kRst = 0x04, kAck = 0x10;

}  // namespace

/// Keeps a stream alive while it delivers; a callback may have closed it.
class TcpStreams::Busy {
 public:
  explicit Busy(Stream& s) : stream_(s), nested_(s.busy_) { s.busy_ = true; }
  ~Busy() {
    stream_.busy_ = nested_;
    if (stream_.closed_ && !nested_) delete &stream_;
  }
  Busy(const Busy&) = delete;
  Busy& operator=(const Busy&) = delete;

 private:
  Stream& stream_;
  bool nested_;
};

bool TcpStreams::open(Flow& flow, StreamUse use) {
  if (flow.stream != nullptr || !flow.is_tcp()) return false;
  flow.stream = new Stream(options_, use, usage_);
  return true;
}

void TcpStreams::close(Flow& flow) {
  Stream* s = flow.stream;
  flow.stream = nullptr;
  if (s == nullptr) return;
  s->closed_ = true;
  if (!s->busy_) delete s;
}

StreamStats TcpStreams::stats(const Flow& flow) {
  return flow.stream != nullptr ? flow.stream->stats() : StreamStats{};
}

bool TcpStreams::parse(const Packet& p, Stream* own, TcpSegment& s) const {
  if (p.later_fragment) {
    // Its bytes belong behind those of the datagram's first fragment, if that came before.
    if (own == nullptr || !own->fragmented_.active || own->fragmented_.ip_id != p.ip_id)
      return false;
    Stream::Fragmented& f = own->fragmented_;
    if (p.fragment_offset < f.header || p.l3_length < p.l3_header_length) return false;
    s.seq = f.seq + (p.fragment_offset - f.header);
    s.payload = skip(p.l3, p.l3_header_length);
    s.length = p.l3_length - p.l3_header_length;
    s.fin = f.fin && !p.more_fragments;
    if (!p.more_fragments) f.active = false;
    return true;
  }
  const Bytes header = p.tcp_header();
  if (header.empty()) return false;
  Cursor c(header);
  c.skip(4);
  s.seq = c.be32();
  s.ack = c.be32();
  c.skip(1);
  const std::uint8_t flags = c.u8();
  s.syn = (flags & kSyn) != 0;
  s.fin = (flags & kFin) != 0;
  s.rst = (flags & kRst) != 0;
  s.has_ack = (flags & kAck) != 0;
  s.payload = p.l7;
  s.length = p.l7_length;
  if (s.payload.size() > s.length) s.payload = first(s.payload, s.length);
  if (own != nullptr && p.more_fragments) {
    own->fragmented_ = {p.ip_id, s.seq, p.l4_header_length, s.fin, true};
    s.fin = false;
  }
  return true;
}

void TcpStreams::on_packet(Flow& flow, const Packet& packet, ChunkHandler& out) {
  TcpSegment s;
  if (!parse(packet, flow.stream, s)) return;
  if (options_.checksum_ok != nullptr && !options_.checksum_ok(packet)) {
    ++bad_checksums_;
    return;
  }
  // The acknowledgement first: a gap in what the peer answers to comes before the answer.
  if (s.has_ack && !s.rst && flow.opposite != nullptr && flow.opposite->stream != nullptr) {
    const Busy busy(*flow.opposite->stream);
    flow.opposite->stream->on_ack(*flow.opposite, s, packet, out);
  }
  if (flow.stream != nullptr) {
    const Busy busy(*flow.stream);
    flow.stream->on_segment(flow, s, packet, out);
  }
}

void TcpStreams::finish(Flow& flow, ChunkHandler& out) {
  if (flow.stream == nullptr) return;
  const Busy busy(*flow.stream);
  flow.stream->finish(flow, out);
}

}  // namespace t2
