// SPDX-License-Identifier: Apache-2.0
#include "stream/streams.h"

#include <algorithm>
#include "t2/protocols.h"

namespace t2 {
namespace {

using namespace tcp_flag;
constexpr std::uint32_t kFixedHeader = 20;

bool parse(const Packet& p, TcpSegment& s) {
  const Bytes header = p.tcp_header();
  if (header.empty()) return false;
  Cursor c(header);
  c.skip(4);
  s.seq = c.be32();
  s.ack = c.be32();
  c.skip(1);
  const std::uint8_t flags = c.u8();
  s.syn = (flags & kSyn) != 0;
  s.fin = (flags & kFin) != 0 && !p.more_fragments;  // it belongs behind the last one
  s.rst = (flags & kRst) != 0;
  s.has_ack = (flags & kAck) != 0;
  s.payload = p.l7;
  s.length = p.l7_length;
  if (s.payload.size() > s.length) s.payload = first(s.payload, s.length);
  return true;
}

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

bool TcpStreams::make(StreamEnd& flow, unsigned group, StreamUse use,
                      std::optional<std::uint32_t> first_seq) {
  flow.stream_ = new Stream(options_, use, usage_, group);
  if (first_seq) flow.stream_->begin_behind_syn(*first_seq);
  return true;
}

void TcpStreams::close(StreamEnd& flow) {
  Stream* s = flow.stream_;
  flow.stream_ = nullptr;
  if (s == nullptr) return;
  s->closed_ = true;
  if (!s->busy_) delete s;
}

StreamStats TcpStreams::stats(const StreamEnd& flow) {
  return flow.stream_ != nullptr ? flow.stream_->stats() : StreamStats{};
}

bool TcpStreams::has_begun(const StreamEnd& flow) {
  const StreamStats s = stats(flow);
  return s.bytes + s.gap_bytes > 0 || flow.stream_->ended();
}

void TcpStreams::on_part(StreamEnd& flow, const Packet& packet, Bytes transport,
                         std::uint32_t offset) {
  if (flow.stream_ == nullptr || transport.size() < kFixedHeader) return;
  Cursor c(transport);
  c.skip(4);
  const std::uint32_t seq = c.be32();
  c.skip(4);
  const std::uint32_t header = (c.u8() >> 4) * 4U;
  const bool syn = (c.u8() & kSyn) != 0;
  if (syn || header < kFixedHeader) return;
  const std::uint32_t behind = std::max(offset, header);  // where there is payload
  flow.stream_->on_part(seq + (behind - header), skip(packet.l4, behind - offset), packet);
}

void TcpStreams::on_packet(const Ends& ends, const Packet& packet, ChunkHandler& out) {
  TcpSegment s;
  if (!parse(packet, s)) return;
  if (options_.checksum_ok != nullptr && !options_.checksum_ok(packet)) {
    ++bad_checksums_;
    return;
  }
  // The acknowledgement first: a gap in what the peer answers to comes before the answer.
  AckVerdict verdict;
  if (ends.opposite != nullptr && ends.opposite->stream_ != nullptr) {
    Stream& peer = *ends.opposite->stream_;
    const Busy busy(peer);
    peer.on_peer();
    if (s.rst) {
      peer.on_peer_reset(s);
    } else if (s.has_ack) {
      verdict = peer.on_ack(*ends.opposite, s, packet, out);
    }
  }
  if (ends.own.stream_ == nullptr) return;
  const Busy busy(*ends.own.stream_);
  if (verdict.unacceptable && !s.syn && !ends.own.stream_->ended()) {
    return ends.own.stream_->on_unacceptable(s);
  }
  if (verdict.doubtful && !s.syn) ends.own.stream_->doubt(s);
  if (verdict.renewed) ends.own.stream_->renew(ends.own, s, verdict, packet, out);
  if (ends.own.stream_ == nullptr) return;
  const bool began = ends.own.stream_->on_segment(ends.own, s, packet, out);
  if (began) renew_peer(ends, s, packet, out);
  if (s.syn && !s.has_ack) match_answer(ends, s, packet, out);
}

/// Data behind a SYN began a new connection: the other direction has one, too, from where its SYN
/// will tell.
void TcpStreams::renew_peer(const Ends& ends, const TcpSegment& s, const Packet& p,
                            ChunkHandler& out) {
  if (ends.opposite == nullptr || ends.opposite->stream_ == nullptr) return;
  Stream& peer = *ends.opposite->stream_;
  // close() takes a stream from its flow before a Busy may delete it: this one lives.
  const Busy busy(peer);  // NOLINT(clang-analyzer-cplusplus.NewDelete)
  AckVerdict verdict;
  verdict.known = s.has_ack && peer.doubt_ != nullptr && peer.doubt_->find(s.ack) != nullptr;
  verdict.first_seq = s.ack;
  TcpSegment answer;
  answer.ack = s.seq;
  peer.renew(*ends.opposite, answer, verdict, p, out);
}

/// The answer to the SYN of a new connection may stand before it in the capture.
void TcpStreams::match_answer(const Ends& ends, const TcpSegment& syn, const Packet& p,
                              ChunkHandler& out) {
  Stream* const own = ends.own.stream_;
  if (own == nullptr || ends.opposite == nullptr || ends.opposite->stream_ == nullptr) return;
  Stream& peer = *ends.opposite->stream_;
  const std::uint32_t first_seq = syn.seq + 1;
  if (own->doubt_ == nullptr || peer.doubt_ == nullptr || !own->settled() || !peer.settled() ||
      own->doubt_->find(first_seq) == nullptr || own->is_behind_us(own->position(first_seq))) {
    return;
  }
  const Stream::Syn* const answer = peer.doubt_->answer_to(first_seq);
  if (answer == nullptr) return;
  const std::uint32_t peers_first_seq = answer->first_seq;
  own->restart(ends.own, first_seq, Stream::Start::kProven, &p, out);
  if (ends.opposite == nullptr || ends.opposite->stream_ == nullptr) return;
  const Busy busy(peer);
  peer.restart(*ends.opposite, peers_first_seq, Stream::Start::kSyn, &p, out);
}

void TcpStreams::finish(StreamEnd& flow, ChunkHandler& out) {
  if (flow.stream_ == nullptr) return;
  const Busy busy(*flow.stream_);
  flow.stream_->finish(flow, out);
}

}  // namespace t2
