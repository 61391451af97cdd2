// SPDX-License-Identifier: Apache-2.0
#include "http2.h"

#include <algorithm>
#include <utility>

#include "side.h"

namespace t2::http {
namespace {

constexpr std::string_view kPreface = "PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n";
constexpr std::string_view kPrefaceTail = "SM\r\n\r\n";  // behind what an HTTP/1 reader took

}  // namespace

bool Http2Conversation::add(std::uint32_t stream, const Exchange& e) {
  erase(stream);
  const bool full = exchanges_.size() == kMostExchanges;
  if (full) erase(exchanges_.begin()->first);
  if (!share_.add(e.footprint())) return false;
  exchanges_.emplace(stream, e);
  return !full;
}

Exchange Http2Conversation::find(std::uint32_t stream) const {
  const auto it = exchanges_.find(stream);
  return it != exchanges_.end() ? it->second : Exchange();
}

void Http2Conversation::erase(std::uint32_t stream) {
  const auto node = exchanges_.extract(stream);
  if (!node.empty()) share_.give_back(node.mapped().footprint());
}

void Http2Conversation::clear() {
  exchanges_.clear();
  share_.set(0);
}

Http2Side::Http2Side(Host& host, std::shared_ptr<Http2Conversation> conversation, HttpFlow& d,
                     bool client)
    : host_(host),
      conversation_(std::move(conversation)),
      http_flow_(d),
      client_(client),
      share_(d.budget) {
  conversation_->sides[client_ ? 1 : 0] = this;
  d.facts.set(Stat::kHttp2);
  d.facts.set(client ? Stat::kRequests : Stat::kResponses);
}

Http2Side::~Http2Side() {
  conversation_->sides[client_ ? 1 : 0] = nullptr;
}

void Http2Side::begin_lost() {
  http_flow_.facts.set(Stat::kNoBeginning);
  before_preface_ = false;
}

void Http2Side::look_at(Flow& f, const Chunk& c) {
  flow_ = &f;
  now_ = {f.last_seen, f.last_packet};
  if (c.packet != nullptr) now_ = {c.packet->time, c.packet->number};
}

void Http2Side::on_first_bytes(Flow& f, const Chunk& c, Bytes data) {
  look_at(f, c);
  feed(data);
  hold();
}

void Http2Side::on_chunk(Flow& f, const Chunk& c) {
  look_at(f, c);
  switch (c.kind) {
    case Chunk::Kind::kData:
      feed(c.data);
      return hold();
    case Chunk::Kind::kGap:
      gap(c.length);
      return hold();
    case Chunk::Kind::kEnd: {
      const StreamStats s = host_.stream_stats(f);
      if (s.end_packet != 0) now_ = {s.end_time, s.end_packet};
      return end(c.fin, !c.fin && s.reset);
    }
    case Chunk::Kind::kRestart:
      break;
  }
  conversation_->clear();
  blocks_ = HeaderBlocks();
  before_preface_ = true;
  preface_ = 0;
  search_ = in_frame_ = false;
  text_.clear();
}

/// Passes over it; false: more may come.
bool Http2Side::preface(Bytes& data) {
  if (!client_) before_preface_ = false;
  while (before_preface_ && !data.empty()) {
    const char c = static_cast<char>(data[0]);
    if (preface_ == 0 && c == kPrefaceTail[0]) preface_ = kPreface.size() - kPrefaceTail.size();
    if (c != kPreface[preface_]) {
      before_preface_ = false;
      break;
    }
    data = skip(data, 1);
    before_preface_ = ++preface_ < kPreface.size();
  }
  return !before_preface_;
}

void Http2Side::feed(Bytes data) {
  if (!preface(data)) return;
  if (search_) {
    if (!looks_like_frames(data)) return;
    search_ = false;
  }
  while (!data.empty() && !search_) in_frame_ ? payload(data) : frame_header(data);
}

void Http2Side::frame_header(Bytes& data) {
  const Bytes piece = first(data, FrameHeader::kSize - text_.size());
  text_ += as_text(piece);
  data = skip(data, piece.size());
  if (text_.size() < FrameHeader::kSize) return;
  frame_ = FrameHeader::read(as_bytes(text_));
  text_.clear();
  if (frame_.type <= 9 && !frame_.plausible()) return lose();
  in_frame_ = true;
  left_ = frame_.length;
  padding_ = 0;
  pad_known_ = !frame_.has(kPadded) || !frame_.is(FrameType::kData);
  if (left_ == 0) end_frame();
}

void Http2Side::payload(Bytes& data) {
  const Bytes piece = first(data, left_);
  data = skip(data, piece.size());
  left_ -= static_cast<std::uint32_t>(piece.size());
  if (frame_.is(FrameType::kData)) {
    data_bytes(piece);
  } else if (text_.size() < kMostCollected) {
    text_ += as_text(piece);
  }
  if (left_ == 0) end_frame();
}

/// Padding stands at the end: what is left when it begins is padding alone.
void Http2Side::data_bytes(Bytes data) {
  if (!pad_known_ && !data.empty()) {
    pad_known_ = true;
    padding_ = data[0];
    data = skip(data, 1);
  }
  const std::uint64_t behind = left_;  // of the payload, after these bytes
  const std::uint64_t pad_here = padding_ > behind ? padding_ - behind : 0;
  data = data.first(data.size() - std::min<std::uint64_t>(data.size(), pad_here));
  if (data.empty()) return;
  const Stream& s = open_stream(frame_.stream);
  if (s.body != nullptr) s.body->feed(data, now_);
}

void Http2Side::end_frame() {
  in_frame_ = false;
  if (frame_.is(FrameType::kData)) {
    if (frame_.has(kEndStream)) end_stream(frame_.stream, {.marker = true}, {});
  } else {
    whole_frame();
  }
  text_.clear();
}

void Http2Side::whole_frame() {
  Cursor c(as_bytes(text_));
  const bool promise = frame_.is(FrameType::kPushPromise);
  if (frame_.is(FrameType::kHeaders) || promise) {
    std::uint32_t pad = frame_.has(kPadded) ? c.u8() : 0;
    if (frame_.is(FrameType::kHeaders) && frame_.has(kHasPriority)) c.skip(5);
    block_stream_ = promise ? c.be32() & 0x7fffffff : frame_.stream;
    block_ends_stream_ = !promise && frame_.has(kEndStream);
    block_cut_ = frame_.length > text_.size();
    pad = std::min(pad, static_cast<std::uint32_t>(c.left()));
    block_ = as_text(first(c.rest(), c.left() - pad));
  } else if (frame_.is(FrameType::kContinuation)) {
    block_cut_ = block_cut_ || block_.size() + text_.size() > kMostCollected;
    if (!block_cut_) block_ += text_;
  } else if (frame_.is(FrameType::kReset)) {
    return end_stream(frame_.stream, {}, "RST_STREAM");
  } else if (frame_.is(FrameType::kSettings)) {
    return settings();
  } else {
    return;
  }
  if (!frame_.has(kEndHeaders)) return;
  if (block_cut_) blocks_.lose();
  const std::string block = std::exchange(block_, {});
  headers(as_bytes(block));
}

/// A table size that one side allows is for the header blocks of the other (RFC 9113 6.5.2).
void Http2Side::settings() {
  constexpr std::uint16_t kTableSize = 1;
  Http2Side* const other = conversation_->sides[client_ ? 0 : 1];
  Cursor c(as_bytes(text_));
  while (c.left() >= 6) {
    const std::uint16_t id = c.be16();
    const std::uint32_t value = c.be32();
    if (id == kTableSize && other != nullptr) other->blocks_.allow_table(value);
  }
}

void Http2Side::headers(Bytes block) {
  Head h = blocks_.read(block);
  const bool promise = frame_.is(FrameType::kPushPromise);
  const std::uint32_t id = block_stream_;
  if (!h.method.empty()) {
    const Exchange e = http_flow_.facts.note_request(h, host_.config());
    if (!conversation_->add(id, e)) http_flow_.facts.refuse();
  }
  if (!h.method.empty() || h.status != 0) http_flow_.facts.note_head(h, host_.config());
  if (promise) return;
  const bool interim = h.status >= 100 && h.status < 200;
  Stream& s = stream(id);
  if (!interim && !s.started) {
    s.started = true;
    open_body(id, s, h);
  }
  if (block_ends_stream_) end_stream(id, {.marker = true}, {});
}

/// The lowest stream makes room.
Http2Side::Stream& Http2Side::stream(std::uint32_t id) {
  const auto it = streams_.find(id);
  if (it != streams_.end()) return it->second;
  if (streams_.size() == kMostStreams) {
    http_flow_.facts.refuse();
    end_stream(streams_.begin()->first, {}, {});
  }
  return streams_[id];
}

/// Also one whose head was not seen.
Http2Side::Stream& Http2Side::open_stream(std::uint32_t id) {
  Stream& s = stream(id);
  if (!s.opened) open_body(id, s, Head{});
  return s;
}

void Http2Side::open_body(std::uint32_t id, Stream& s, const Head& h) {
  s.opened = true;
  const Exchange exchange = conversation_->find(id);
  if (h.status != 0) exchange.answer(h.status);
  BodyPlan plan = plan_body(h, exchange.request, client_);
  place_body(plan, *flow_);
  plan.start.http2 = true;
  plan.start.start_known = s.started;
  plan.start.declared = content_length(h).value;
  http_flow_.facts.note_body(plan, host_.config());
  if (host_.tools() == nullptr) return;
  s.conflicts = host_.stream_stats(*flow_).conflicts;
  s.body = Body::open(*host_.tools(), http_flow_.budget, std::move(plan), http_flow_.contents);
  if (s.body == nullptr) http_flow_.facts.refuse();
}

void Http2Side::end_stream(std::uint32_t id, const BodyEnd& end, std::string aborted) {
  const auto node = streams_.extract(id);
  if (!client_ && (end.marker || !aborted.empty())) conversation_->erase(id);
  if (node.empty() || node.mapped().body == nullptr) return;
  const Stream& s = node.mapped();
  ItemEnd stream;
  stream.reset = reset_;
  stream.aborted = std::move(aborted);
  stream.last = now_;
  stream.conflicts = host_.stream_stats(*flow_).conflicts - s.conflicts;
  BodyEnd e = end;
  e.framing_lost = e.framing_lost || s.lost;
  http_flow_.facts.note_verdict(s.body->end(e, stream), host_.config());
}

void Http2Side::gap(std::uint64_t length) {
  before_preface_ = false;
  const bool inside =
      in_frame_ && frame_.is(FrameType::kData) && pad_known_ && length + padding_ <= left_;
  if (!inside) return lose();
  left_ -= static_cast<std::uint32_t>(length);
  const Stream& s = open_stream(frame_.stream);
  if (s.body != nullptr) s.body->gap(length, now_);
  if (left_ == 0) end_frame();
}

/// What waits for more. Without room for it all streams end here.
void Http2Side::hold() {
  if (text_.empty()) text_ = std::string();
  const std::size_t collected = text_.capacity() + block_.capacity();
  if (share_.set(streams_.size() * kStreamBytes + collected + blocks_.table())) return;
  http_flow_.facts.refuse();
  while (!streams_.empty()) end_stream(streams_.begin()->first, {}, {});
  lose();
  text_ = std::string();
  block_ = std::string();
  share_.set(0);
}

/// Frames were lost: header blocks may be among them, and bytes of any stream.
void Http2Side::lose() {
  http_flow_.facts.set(Stat::kLost);
  in_frame_ = false;
  search_ = true;
  text_.clear();
  block_.clear();
  blocks_.lose();
  for (auto& [id, s] : streams_) s.lost = true;
}

void Http2Side::end(bool /*fin*/, bool reset) {
  reset_ = reset;
  while (!streams_.empty()) end_stream(streams_.begin()->first, {}, {});
  text_.clear();
  in_frame_ = false;
  hold();
}

}  // namespace t2::http
