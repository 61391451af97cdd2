// SPDX-License-Identifier: Apache-2.0
// Both directions of a TCP connection, made of the input's bytes: the contract of the chunks must
// hold whatever comes. Input: records of 12 bytes (direction and flags, sequence, acknowledgement,
// length, missing), payload from the rest.
#include <cstdlib>

#include "stream/streams.h"

namespace {

using namespace t2;

/// Aborts when a chunk breaks what stream.h promises.
class Check : public ChunkHandler {
 public:
  explicit Check(const StreamEnd& a) : first_(&a) {}

  void on_chunk(StreamEnd& flow, const Chunk& c) override {
    State& s = &flow == first_ ? a_ : b_;
    if (c.kind == Chunk::Kind::kRestart) {
      if (!s.ended) std::abort();
      s = {};
      return;
    }
    if (s.ended || c.offset != s.next) std::abort();
    if (c.kind == Chunk::Kind::kEnd) {
      s.ended = true;
      const StreamStats stats = TcpStreams::stats(flow);
      if (stats.bytes + stats.gap_bytes != c.offset || stats.finished != c.fin ||
          (stats.finished && stats.reset)) {
        std::abort();
      }
    }
    if (c.kind == Chunk::Kind::kData && (c.length == 0 || c.data.size() != c.length)) std::abort();
    if (c.kind == Chunk::Kind::kGap && (c.length == 0 || !c.data.empty())) std::abort();
    s.next += c.length;
    std::uint8_t sum = 0;
    for (const std::uint8_t byte : c.data) sum = static_cast<std::uint8_t>(sum + byte);
    sum_ = static_cast<std::uint8_t>(sum_ ^ sum);
  }

 private:
  struct State {
    std::uint64_t next = 0;
    bool ended = false;
  };
  const StreamEnd* first_;
  State a_, b_;
  volatile std::uint8_t sum_ = 0;
};

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  StreamOptions options;
  options.flow_bytes = 4096;
  options.total_bytes = 6000;
  options.window = 1 << 16;
  options.history_bytes = 256;
  TcpStreams streams(options);
  Flow a, b;
  Check check(a);
  for (Flow* f : {&a, &b}) {
    f->key.l4_proto = 6;
    f->key.family = Family::kIpv4;
  }
  a.opposite = &b;
  b.opposite = &a;
  streams.open(a, StreamUse::kBulk);
  streams.open(b, StreamUse::kInteractive);
  Cursor c(Bytes(data, size));
  std::uint64_t number = 0;
  while (c.left() >= 12) {
    const std::uint8_t control = c.u8();
    std::uint8_t header[20] = {};
    const Bytes numbers = c.bytes(8);
    std::memcpy(header + 4, numbers.data(), numbers.size());
    header[12] = 0x50;
    header[13] = control & 0x17;
    const std::uint16_t length = c.be16() & 0x7ff;
    const std::uint8_t missing = c.u8();
    Packet p;
    p.number = ++number;
    p.time = static_cast<Nanoseconds>(number) * 1'000'000;
    p.l4_proto = 6;
    p.src_ip.family = Family::kIpv4;
    p.l4 = header;
    p.l4_header_length = 20;
    p.l7 = first(c.rest(), length);
    p.l7_length = static_cast<std::uint32_t>(p.l7.size()) + missing;
    streams.on_packet((control & 0x80) != 0 ? a : b, p, check);
    if (streams.usage().buffered > options.total_bytes) std::abort();
    c.skip(p.l7.size() / 2);
  }
  streams.finish(a, check);
  streams.finish(b, check);
  streams.close(a);
  streams.close(b);
  if (streams.usage().buffered != 0 ||
      streams.usage().history != decltype(streams.usage().history){})
    std::abort();
  return 0;
}
