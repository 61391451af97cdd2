// SPDX-License-Identifier: Apache-2.0
// TcpPair: two flows and a TcpStreams, fed with hand-made segments; records what is delivered.
#pragma once

#include <string>
#include <utility>
#include <vector>

#include "stream/streams.h"

namespace t2::test {

/// What one direction got, put together again: bytes with '\0' for gaps, and the gaps' ranges.
struct Received {
  std::string bytes;
  std::vector<std::pair<std::uint64_t, std::uint64_t>> gaps;  // [from, to)
  int ends = 0, restarts = 0;
  bool fin = false;
  bool in_order = true;
};

struct Seg {
  std::uint32_t seq = 0;
  std::string data;
  const char* flags = "A";  // of S F R A
  std::uint32_t ack = 0;
  std::uint32_t wire = 0;  // length on the wire if more than data
};

class TcpPair : public ChunkHandler {
 public:
  explicit TcpPair(const StreamOptions& options = {}, StreamUse use = StreamUse::kInteractive)
      : streams(options) {
    for (Flow* f : {&a, &b}) {
      f->key.l4_proto = 6;
      f->key.family = Family::kIpv4;
    }
    a.opposite = &b;
    b.opposite = &a;
    streams.open(a, use);
    streams.open(b, use);
  }
  ~TcpPair() override {
    streams.close(a);
    streams.close(b);
  }

  void send(Flow& from, const Seg& s) {
    std::string header(20, '\0');
    put32(header, 4, s.seq);
    put32(header, 8, s.ack);
    header[12] = 0x50;
    for (const char* f = s.flags; *f != 0; ++f) {
      header[13] = static_cast<char>(header[13] | (*f == 'S'   ? 0x02
                                                   : *f == 'F' ? 0x01
                                                   : *f == 'R' ? 0x04
                                                               : 0x10));
    }
    const std::string l4 = header + s.data;
    Packet p;
    p.number = ++number;
    p.time = time += step;
    p.l4_proto = 6;
    p.src_ip.family = p.dst_ip.family = Family::kIpv4;
    p.l4 = as_bytes(l4);
    p.l4_header_length = 20;
    p.l7 = p.l4.subspan(20);
    p.l7_length = s.wire != 0 ? s.wire : static_cast<std::uint32_t>(s.data.size());
    streams.on_packet(from, p, *this);
  }
  void finish() {
    streams.finish(a, *this);
    streams.finish(b, *this);
  }
  StreamStats stats(const StreamEnd& f) const { return TcpStreams::stats(f); }
  Received& got(const StreamEnd& f) { return &f == &a ? from_a : from_b; }

  void on_chunk(StreamEnd& flow, const Chunk& c) override {
    Received& r = got(flow);
    if (c.kind == Chunk::Kind::kRestart) {
      ++r.restarts;
      r.bytes.clear();
      r.gaps.clear();
    }
    if (c.offset != r.bytes.size()) r.in_order = false;
    if (c.kind == Chunk::Kind::kData) {
      if (c.length != c.data.size() || c.length == 0) r.in_order = false;
      r.bytes.append(as_text(c.data));
    } else if (c.kind == Chunk::Kind::kGap) {
      if (!r.gaps.empty() && r.gaps.back().second == c.offset) {
        r.gaps.back().second += c.length;
      } else {
        r.gaps.emplace_back(c.offset, c.offset + c.length);
      }
      if (c.length < (1u << 26)) r.bytes.append(c.length, '\0');
    } else if (c.kind == Chunk::Kind::kEnd) {
      ++r.ends;
      r.fin = c.fin;
    }
    if (close_on_chunk) streams.close(flow);
  }

  TcpStreams streams;
  Flow a, b;
  Received from_a, from_b;
  std::uint64_t number = 0;
  Nanoseconds time = 0, step = 1000;
  bool close_on_chunk = false;

 private:
  static void put32(std::string& s, std::size_t at, std::uint32_t v) {
    for (int i = 0; i < 4; ++i) s[at + i] = static_cast<char>(v >> (24 - 8 * i));
  }
};

}  // namespace t2::test
