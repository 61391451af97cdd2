// SPDX-License-Identifier: Apache-2.0
// A control connection: the input is cut into pieces (first byte: direction, second: length), which
// go through line splitter, parsers and session of ftpDecode.
#include "lines.h"
#include "mode.h"
#include "paths.h"
#include "session.h"
#include "t2/unicode.h"
#include "tls.h"

namespace {

using namespace t2;
using namespace t2::ftp;

class Ignore : public SessionEvents, public DecodedSink {
 public:
  void on_endpoint(const Endpoint&) override {}
  void on_endpoint_void(std::uint64_t) override {}
  void on_transfer(const TransferPtr&) override {}
  void on_opened(const TransferPtr&) override {}
  void on_finished(const TransferPtr&) override {}
  void on_tls() override {}
  void on_data(Bytes) override {}
  void on_hole(std::uint64_t) override {}
  void on_file_end() override {}
};

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  Ignore ignore;
  Session session(ignore);
  LineSplitter client, server;
  ReplyParser replies;
  TlsSkipper tls;
  ModeDecoder blocks('B', 'I'), runs('C', 'A'), deflated('Z', 'I');
  Cursor c(Bytes(data, size));
  while (c.left() >= 2) {
    const std::uint8_t kind = c.u8();
    const Bytes piece = c.bytes(std::min<std::size_t>(c.u8(), c.left()));
    Bytes left = piece;
    tls.skip(left);
    blocks.feed(piece, ignore);
    runs.feed(piece, ignore);
    deflated.feed(piece, ignore);
    LineSplitter& in = (kind & 1) != 0 ? client : server;
    if ((kind & 0xe) == 0xe) {
      in.gap();
      replies.gap();
      blocks.gap(kind, ignore);
      tls.gap(kind);
    }
    in.feed(piece);
    LineSplitter::Line line;
    while (in.next(line)) {
      if ((kind & 1) != 0) {
        if (const auto r = replies.on_client()) session.on_reply(*r);
        if (const auto command = parse_command(line.text)) session.on_command(*command);
      } else if (const auto r = replies.on_line(line.text)) {
        session.on_reply(*r);
      }
      resolve("/a", line.text);
      cut_text(line.text, kind);
    }
  }
  return 0;
}
