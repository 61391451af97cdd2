// SPDX-License-Identifier: Apache-2.0
// MessageReader: one direction of an HTTP/1 connection -> heads and bodies (RFC 9112 6.3). After
// lost bytes it looks for the next message where segments begin: anywhere else a body may quote
// one.
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "budget.h"
#include "chunks.h"
#include "head.h"
#include "t2/bytes.h"

namespace t2::http {

/// What its reader knows of a body besides the message's head.
enum class BodyRule : std::uint8_t {
  kAsDeclared,
  kNone,     // the request was HEAD; 1xx
  kPerhaps,  // 204, 304, or the request is not known: a next message may follow at once
  kTunnel,   // nothing behind this head is HTTP/1
};

/// How a body came to its end.
struct BodyEnd {
  bool declared = false;      // as many bytes as announced, lost ones counted
  bool length_proves = true;  // DeclaredLength::proves
  bool marker = false;        // the last chunk
  bool closed = false;        // the end of the connection, which ends such a body, in order
  bool framing_lost = false;  // chunks could not be followed
};

/// Content-Length as browsers read it: of several the first that begins with digits. Nobody proves
/// the end of a body by it if there is a larger number in its place.
struct DeclaredLength {
  std::optional<std::uint64_t> value;
  bool proves = true;
};
DeclaredLength content_length(const Head& h);

class MessageEvents {
 public:
  virtual ~MessageEvents() = default;
  virtual BodyRule on_head(Head head) = 0;
  /// Where the body begins, and how long it says it is.
  virtual void on_body_start(std::optional<std::uint64_t> declared, bool chunked) = 0;
  virtual void on_body(Bytes data) = 0;
  virtual void on_body_gap(std::uint64_t length) = 0;
  /// After each on_body_start().
  virtual void on_body_end(const BodyEnd& end) = 0;
  /// Bytes of a tunnel.
  virtual void on_tunnel(Bytes data) = 0;
  /// Messages may have been lost.
  virtual void on_lost() = 0;
  /// There was no room for what has come of a message: it is lost.
  virtual void on_no_room() = 0;
};

class MessageReader {
 public:
  MessageReader(bool responses, MessageEvents& events, Budget& budget)
      : responses_(responses), events_(events), share_(budget) {}

  void feed(Bytes data);
  void gap(std::uint64_t length);
  /// The connection ended, with a FIN in order or otherwise.
  void end(bool fin);
  /// Looks for the next message from here on.
  void lose();
  /// Between messages, nothing of one has come.
  bool idle() const { return step_ == Step::kStart && text_.empty(); }
  /// The message at hand, or one before it, was found by looking for it where a segment begins.
  bool found() const { return found_; }
  /// Whatever came before: a message begins here.
  void trust() { found_ = false; }

 private:
  enum class Step : std::uint8_t {
    kStart,      // before a head
    kHead,       // in it
    kBodyStart,  // it depends on the first bytes what the body is
    kLength,
    kChunks,
    kTrailer,  // fields behind the last chunk
    kUntilEnd,
    kTunnel,
    kSearch,  // lost
  };
  static constexpr std::size_t kLongestHead = 128 << 10;
  /// What a byte of a head that grows costs: the copies that it outgrew leave holes in the heap
  /// (scripts/floods.sh heads).
  static constexpr std::size_t kBytesPerByte = 4;
  static constexpr std::size_t kLongestStart = 4096;  // a request line that is looked for
  static constexpr std::size_t kMostJunk = 256;       // before the first response

  bool collect(Bytes& data, std::size_t most);
  void start(Bytes& data, bool ended);
  void head(Bytes& data, bool ended);
  void after_head();
  void body_start(Bytes& data, bool ended);
  bool wants_more(Bytes& data, std::optional<bool> answer, bool ended);
  void begin_body(bool chunked);
  void length(Bytes& data);
  void chunks(Bytes& data);
  void trailer(Bytes& data, bool ended);
  void search(Bytes& data);
  bool has_line_end(std::string_view head);
  void hold();
  void end_body(const BodyEnd& end);
  void next_message();
  void step(Bytes& data, bool ended);

  const bool responses_;
  MessageEvents& events_;
  Share share_;
  Step step_ = Step::kStart;
  std::string text_;          // of a start, a head, or the first bytes of a body
  std::size_t scanned_ = 0;   // of a head: whole lines
  std::size_t searched_ = 0;  // ... and how far there is no end of the next line
  BodyRule rule_ = BodyRule::kAsDeclared;
  bool may_be_chunked_ = false, body_open_ = false, found_ = false;
  bool first_ = true;  // no message has come yet
  DeclaredLength declared_;
  std::uint64_t left_ = 0;
  std::optional<ChunkReader> chunk_reader_;
};

}  // namespace t2::http
