// SPDX-License-Identifier: Apache-2.0
// HTTP/1 messages, content codings and multipart bodies: the first byte chooses which, the second
// how the rest is cut. Cut or whole, with the same bytes the same must come out, until framing is
// lost: the next message is looked for where pieces begin.
#include <cstdlib>
#include <string>
#include <vector>

#include "coding.h"
#include "item.h"
#include "message.h"
#include "multipart.h"

namespace {

using namespace t2;
using namespace t2::http;

/// What came out, without keeping it: codings make a thousand bytes of one.
class Digest : public MessageEvents, public MultipartEvents, public BytesSink {
 public:
  explicit Digest(BodyRule r) : rule(r) {}

  BodyRule on_head(Head head) override {
    note(1);
    note(head.fields.size());
    parse_content_range(head.get("content-range"));
    return rule;
  }
  void on_body_start(std::optional<std::uint64_t>, bool) override { note(2); }
  void on_body(Bytes data) override { on_bytes(data); }
  void on_body_gap(std::uint64_t n) override { note(n); }
  void on_body_end(const BodyEnd& e) override {
    note(3U + (e.declared ? 1 : 0) + (e.marker ? 2 : 0));
  }
  void on_tunnel(Bytes data) override { on_bytes(data); }
  void on_lost() override { lost = true; }
  void on_no_room() override {}
  void on_part(const Head& head) override { note(head.fields.size() + 10); }
  void on_part_data(Bytes data) override { on_bytes(data); }
  void on_part_end(bool marked, bool) override { note(marked ? 20 : 21); }
  void on_bytes(Bytes data) override {
    for (const std::uint8_t byte : data) note(byte);
  }

  BodyRule rule;
  std::uint64_t sum = 0;
  bool lost = false;

 private:
  void note(std::uint64_t n) {
    if (!lost) sum = sum * 31 + n + 1;
  }
};

template <class Feed>
void in_pieces(Bytes data, std::size_t piece, Feed feed) {
  while (!data.empty()) {
    const Bytes part = first(data, piece);
    feed(part);
    data = data.subspan(part.size());
  }
}

Digest run(std::uint8_t choice, Bytes data, std::size_t piece) {
  Digest d(static_cast<BodyRule>(choice >> 4 & 3));
  switch (choice & 3) {
    case 0:
    case 1: {
      Budget budget(1 << 20);
      MessageReader r((choice & 1) != 0, d, budget);
      in_pieces(data, piece, [&](Bytes part) { r.feed(part); });
      if ((choice & 4) != 0) r.gap(choice);
      r.end((choice & 8) != 0);
      break;
    }
    case 2: {
      Workspace w;
      std::vector<Coding> list;
      for (int i = choice >> 6; i >= 0; --i)
        list.push_back(static_cast<Coding>((choice >> 2 & 3) ^ i));
      Budget budget(16 << 20);
      Codings c(list, {1 << 20, 10}, w, budget, d);
      in_pieces(data, piece, [&](Bytes part) { c.feed(part); });
      c.finish();
      d.lost = c.bomb() || c.broken();  // how much came before depends on the pieces
      break;
    }
    default: {
      MultipartReader r("b", d);
      in_pieces(data, piece, [&](Bytes part) { r.feed(part); });
      r.finish();
    }
  }
  return d;
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  if (size < 2) return 0;
  const Bytes rest(data + 2, size - 2);
  const Digest whole = run(data[0], rest, rest.size());
  const Digest cut = run(data[0], rest, 1 + data[1] % 23);
  if (whole.lost || cut.lost) return 0;
  if (whole.sum != cut.sum) std::abort();
  return 0;
}
