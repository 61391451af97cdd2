// SPDX-License-Identifier: Apache-2.0
// Side: one direction of an HTTP/1 connection. Pairs responses with requests, notes what the columns
// show, and hands bodies on.
#pragma once

#include <cstdint>
#include <deque>
#include <memory>
#include <optional>
#include <string>

#include "body.h"
#include "direction.h"
#include "host.h"
#include "message.h"
#include "t2/flow.h"

namespace t2::http {

/// What both directions of a connection share.
struct Conversation {
  static constexpr std::size_t kMostWaiting = 1024;

  std::deque<std::shared_ptr<Exchange>> waiting;  // requests without a final response yet
  std::shared_ptr<Exchange> answered;             // the one whose response came last
  bool sure = true;                               // no request was lost: they are paired in order
  bool upgraded = false;                          // nothing that follows is HTTP/1
  bool to_http2 = false;                          // ... but HTTP/2
};

class Side final : private MessageEvents {
 public:
  Side(Host& host, std::shared_ptr<Conversation> conversation, Direction& d, bool client);

  void on_chunk(Flow& f, const Chunk& c);
  /// Before the first chunk: it begins in the middle.
  void begin_lost();
  bool is_client() const { return client_; }
  /// What comes from now on is not HTTP/1.
  bool over() const { return over_; }
  const std::shared_ptr<Conversation>& shared_conversation() const { return conversation_; }
  /// There was no message, and what came is none.
  bool is_none() const { return none_; }
  /// The first bytes behind it; valid during the call that brought them.
  Bytes tunnel() const { return tunnel_; }

 private:
  BodyRule on_head(Head head) override;
  void on_body_start(std::optional<std::uint64_t> declared, bool chunked) override;
  void on_body(Bytes data) override;
  void on_body_gap(std::uint64_t length) override;
  void on_body_end(const BodyEnd& end) override;
  void on_tunnel(Bytes data) override;
  void on_lost() override;

  void on_request(const Head& h);
  BodyRule on_response(const Head& h);

  Host& host_;
  std::shared_ptr<Conversation> conversation_;
  Direction& direction_;
  const bool client_;
  MessageReader reader_;
  Flow* flow_ = nullptr;  // of the call at hand
  Moment now_;
  std::shared_ptr<Exchange> exchange_;  // of the message at hand
  std::optional<Head> head_;            // ... while its body has not begun
  std::unique_ptr<Body> body_;
  std::uint32_t conflicts_ = 0;  // of the stream when the body began
  Bytes tunnel_;
  bool fin_ = false, reset_ = false, over_ = false;
  bool heads_ = false, none_ = false;
};

/// What the head says of its body: names, codings, ranges.
BodyPlan plan_body(const Head& h, const std::shared_ptr<Exchange>& exchange, bool upload);
/// Fills in what a plan says of its flow.
void place_body(BodyPlan& plan, const Flow& f);

}  // namespace t2::http
