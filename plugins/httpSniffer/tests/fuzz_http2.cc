// SPDX-License-Identifier: Apache-2.0
// Both directions of an HTTP/2 connection: pieces of bytes and gaps, as a first byte each tells
// (direction, gap, begin in the middle), with a length behind it.
#include <algorithm>
#include <memory>

#include "host.h"
#include "http2.h"

namespace {

using namespace t2;
using namespace t2::http;

class FakeHost final : public Host {
 public:
  const Config& config() const override { return config_; }
  StreamStats stream_stats(const Flow&) const override { return {}; }
  BodyTools* tools() override { return nullptr; }

 private:
  Config config_;
};

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  static FakeHost host;
  Flow flow;
  Budget budget(1 << 20);
  http::HttpFlow client(budget), server(budget);
  const auto shared = std::make_shared<Http2Conversation>(budget);
  Http2Side sides[2] = {{host, shared, client, true}, {host, shared, server, false}};
  Cursor c(Bytes(data, size));
  const std::uint8_t start = c.u8();
  if ((start & 1) != 0) sides[0].begin_lost();
  if ((start & 2) != 0) sides[1].begin_lost();
  while (c.left() > 1) {
    const std::uint8_t what = c.u8();
    Chunk chunk;
    chunk.length = 1U + c.u8();
    if ((what & 6) == 6) {
      chunk.kind = (what & 8) != 0 ? Chunk::Kind::kGap : Chunk::Kind::kRestart;
    } else {
      chunk.data = c.bytes(std::min<std::size_t>(chunk.length, c.left()));
      chunk.length = chunk.data.size();
    }
    sides[what & 1].on_chunk(flow, chunk);
  }
  Chunk end;
  end.kind = Chunk::Kind::kEnd;
  for (Http2Side& s : sides) s.on_chunk(flow, end);
  return 0;
}
