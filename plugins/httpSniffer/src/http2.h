// SPDX-License-Identifier: Apache-2.0
// Http2Side: one direction of an HTTP/2 connection in clear (RFC 9113): a body per stream. Also
// where the beginning was not captured: then names may be unknown, bytes are not.
#pragma once

#include <cstdint>
#include <map>
#include <memory>
#include <string>

#include "body.h"
#include "budget.h"
#include "frames.h"
#include "host.h"
#include "http_flow.h"
#include "t2/flow.h"

namespace t2::http {

class Http2Side;

/// What both directions share.
class Http2Conversation {
 public:
  explicit Http2Conversation(Budget& budget) : share_(budget) {}

  Http2Side* sides[2] = {};  // server, client; while they are there

  /// Keeps it until the response ends. False if there was no room for it, or only in place of
  /// another one.
  bool add(std::uint32_t stream, const Exchange& e);
  /// Without a request if it is not known.
  Exchange find(std::uint32_t stream) const;
  void erase(std::uint32_t stream);
  void clear();

 private:
  static constexpr std::size_t kMostExchanges = 1024;

  std::map<std::uint32_t, Exchange> exchanges_;  // by stream
  Share share_;
};

// NOLINTNEXTLINE(*-Padding): members stand by topic
class Http2Side {
 public:
  Http2Side(Host& host, std::shared_ptr<Http2Conversation> conversation, HttpFlow& d, bool client);
  ~Http2Side();
  Http2Side(const Http2Side&) = delete;
  Http2Side& operator=(const Http2Side&) = delete;

  void on_chunk(Flow& f, const Chunk& c);
  /// Bytes behind an upgrade that the chunk at hand holds.
  void on_first_bytes(Flow& f, const Chunk& c, Bytes data);
  /// Before the first chunk: it begins in the middle.
  void begin_lost();
  bool is_client() const { return client_; }
  const std::shared_ptr<Http2Conversation>& shared_conversation() const { return conversation_; }

 private:
  struct Stream {
    std::unique_ptr<Body> body;
    std::uint32_t conflicts = 0;  // of the connection when it began
    bool started = false;         // its head was seen
    bool opened = false;          // its body began, though perhaps nobody reads it
    bool lost = false;            // bytes of it may be missing, nobody knows where
  };
  using Streams = std::map<std::uint32_t, Stream>;
  static constexpr std::size_t kMostStreams = 1024;
  static constexpr std::size_t kStreamBytes = sizeof(Streams::value_type) + 48;  // as a tree's node
  static constexpr std::size_t kMostCollected = 512 << 10;  // of frames that are read as a whole

  void look_at(Flow& f, const Chunk& c);
  void feed(Bytes data);
  void gap(std::uint64_t length);
  void end(bool fin, bool reset);
  bool preface(Bytes& data);
  void frame_header(Bytes& data);
  void payload(Bytes& data);
  void data_bytes(Bytes data);
  void whole_frame();
  void headers(Bytes block);
  void settings();
  void end_frame();
  void end_stream(std::uint32_t id, const BodyEnd& end, std::string aborted);
  void open_body(std::uint32_t id, Stream& s, const Head& h);
  Stream& stream(std::uint32_t id);
  Stream& open_stream(std::uint32_t id);
  void hold();
  void lose();

  Host& host_;
  std::shared_ptr<Http2Conversation> conversation_;
  HttpFlow& http_flow_;
  const bool client_;
  Flow* flow_ = nullptr;  // of the call at hand
  Moment now_;
  Share share_;  // of streams without their bodies, and of what is collected
  HeaderBlocks blocks_;
  Streams streams_;
  std::string text_;   // a frame header, or a frame read as a whole
  std::string block_;  // header block so far
  std::uint32_t block_stream_ = 0;
  bool block_ends_stream_ = false, block_cut_ = false;
  FrameHeader frame_;
  std::uint32_t left_ = 0;  // of the payload
  std::uint32_t padding_ = 0;
  bool in_frame_ = false, pad_known_ = true, search_ = false;
  std::size_t preface_ = 0;  // bytes of it so far
  bool before_preface_ = true;
  bool reset_ = false;
};

}  // namespace t2::http
