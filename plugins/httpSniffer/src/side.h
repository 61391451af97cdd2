// SPDX-License-Identifier: Apache-2.0
// Side: one direction of an HTTP/1 connection. Pairs responses with requests, notes what the
// columns show, and hands bodies on.
#pragma once

#include <cstdint>
#include <deque>
#include <memory>
#include <optional>
#include <string>

#include "body.h"
#include "budget.h"
#include "host.h"
#include "http_flow.h"
#include "message.h"
#include "t2/flow.h"

namespace t2::http {

class Http2Conversation;

/// What both directions of a connection share.
class Conversation {
 public:
  /// To HTTP/2, by an upgrade or from the start.
  bool to_http2 = false;
  std::optional<Exchange> upgraded;          // the request that becomes stream 1
  std::shared_ptr<Http2Conversation> http2;  // once one direction has switched

  explicit Conversation(Budget& budget) : share_(budget) {}

  /// `ack`: the TCP acknowledgement that came with the request. False if one does not wait any
  /// more, or not at all, for want of room.
  bool add_request(const Exchange& e, std::uint32_t ack);
  bool is_waiting() const { return !waiting_.empty(); }
  /// The request whose response has come as far as stream offset `end`, if it is known. Without
  /// `take` it goes on waiting.
  Exchange request_for(std::uint64_t end, bool take);
  /// Whether a request that waits acknowledged what came before stream offset `at`, and no more:
  /// its response begins there.
  bool expects_at(std::uint64_t at) const;
  /// The sequence number of offset 0 of the responses.
  void set_base(std::uint32_t seq) { base_ = seq; }
  bool has_base() const { return base_.has_value(); }
  /// Requests or responses may have been lost.
  void lose() { lost_ = true; }
  void restart();

 private:
  static constexpr std::size_t kMostWaiting = 1024;
  struct Waiting {
    Exchange exchange;
    std::uint32_t ack;
  };
  bool may_answer(const Waiting& w, std::uint64_t end) const;
  void pop();

  Share share_;                  // of those that wait
  std::deque<Waiting> waiting_;  // without a final response yet
  std::optional<std::uint32_t> base_;
  bool lost_ = false;
};

class Side final : private MessageEvents {
 public:
  Side(Host& host, std::shared_ptr<Conversation> conversation, HttpFlow& d, bool client);

  void on_chunk(Flow& f, const Chunk& c);
  /// Before the first chunk: it begins in the middle.
  void begin_lost();
  bool is_client() const { return client_; }
  /// What comes from now on is not HTTP/1.
  bool over() const { return over_; }
  const std::shared_ptr<Conversation>& shared_conversation() const { return conversation_; }
  /// There was no message, and what came is none.
  bool is_none() const { return none_; }
  bool has_heads() const { return heads_; }
  /// The first bytes behind it.
  const std::string& tunnel() const { return tunnel_; }

 private:
  BodyRule on_head(Head head) override;
  void on_body_start(std::optional<std::uint64_t> declared, bool chunked) override;
  void on_body(Bytes data) override;
  void on_body_gap(std::uint64_t length) override;
  void on_body_end(const BodyEnd& end) override;
  void on_tunnel(Bytes data) override;
  void on_lost() override;
  void on_no_room() override { http_flow_.facts.refuse(); }

  void take(Flow& f, const Chunk& c);
  void begin(const Chunk& c);
  void look_at(const Packet& p, const Chunk& c);
  void on_request(const Head& h);
  BodyRule on_response(const Head& h);

  Host& host_;
  std::shared_ptr<Conversation> conversation_;
  HttpFlow& http_flow_;
  const bool client_;
  MessageReader reader_;
  Flow* flow_ = nullptr;  // of the call at hand
  Moment now_;
  std::uint32_t ack_ = 0;                          // of the packet at hand
  std::uint64_t chunk_start_ = 0, chunk_end_ = 0;  // stream offsets of the chunk at hand
  Exchange exchange_;                              // of the message at hand
  std::optional<Head> head_;                       // ... while its body has not begun
  std::unique_ptr<Body> body_;
  std::uint32_t conflicts_ = 0;  // of the stream when the body began
  std::string tunnel_;
  bool fin_ = false, reset_ = false, over_ = false;
  bool heads_ = false, none_ = false, begun_ = false;
};

/// What the head says of its body: names, codings, ranges.
BodyPlan plan_body(const Head& h, const RequestPtr& request, bool upload);
/// Fills in what a plan says of its flow.
void place_body(BodyPlan& plan, const Flow& f);

}  // namespace t2::http
