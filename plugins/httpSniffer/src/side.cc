// SPDX-License-Identifier: Apache-2.0
#include "side.h"

#include <algorithm>
#include <utility>

namespace t2::http {
namespace {

/// "/a/b.html?x" -> "b.html"; "http://host/" -> "".
std::string last_segment(std::string_view target) {
  target = target.substr(0, target.find_first_of("?#"));
  const auto scheme = target.find("://");
  if (scheme != target.npos) {
    const auto path = target.find('/', scheme + 3);
    target = path == target.npos ? std::string_view() : target.substr(path);
  }
  return std::string(target.substr(target.rfind('/') + 1));
}

bool several_lengths(const Head& h) {
  const std::string* first = h.find("content-length");
  return first != nullptr && std::any_of(h.fields.begin(), h.fields.end(), [&](const Field& f) {
           return f.name == "content-length" && f.value != *first;
         });
}

}  // namespace

BodyPlan plan_body(const Head& h, const RequestPtr& request, bool upload) {
  BodyPlan p;
  ItemStart& s = p.start;
  s.upload = upload;
  s.request = request;
  s.status = h.status;
  s.media_type = h.get("content-type");
  s.name = parameter(h.get("content-disposition"), "filename");
  if (s.name.empty() && request != nullptr) s.name = last_segment(request->target);
  for (const Field& f : h.fields) {
    if (f.name == "content-encoding") add_codings(f.value, p.codings);
  }
  for (const Field& f : h.fields) {
    if (f.name == "transfer-encoding") add_codings(f.value, p.codings);
  }
  const std::string type = plain_type(s.media_type);
  if (type.starts_with("multipart/")) p.boundary = parameter(s.media_type, "boundary");
  if (h.response && h.status == 206 && p.boundary.empty()) {
    s.kind = ItemKind::kRangePiece;
    s.range = parse_content_range(h.get("content-range"));
  }
  const std::string_view tag = h.get("etag");
  s.validator = tag.empty() || tag.starts_with("W/") ? h.get("last-modified") : tag;
  return p;
}

void place_body(BodyPlan& plan, const Flow& f) {
  plan.start.direction = f.inverted() ? 'B' : 'A';
  plan.start.sender = {f.src_ip(), f.key.src_port};
  plan.start.receiver = {f.dst_ip(), f.key.dst_port};
}

Side::Side(Host& host, std::shared_ptr<Conversation> conversation, HttpFlow& d, bool client)
    : host_(host),
      conversation_(std::move(conversation)),
      http_flow_(d),
      client_(client),
      reader_(!client, *this, d.budget) {}

/// Begins in the middle.
void Side::begin_lost() {
  http_flow_.facts.set(Stat::kNoBeginning);
  heads_ = true;
  reader_.lose();
}

void Side::on_chunk(Flow& f, const Chunk& c) {
  take(f, c);
  if (reader_.idle()) exchange_ = {};
}

void Side::take(Flow& f, const Chunk& c) {
  flow_ = &f;
  chunk_start_ = c.offset;
  chunk_end_ = c.offset + c.length;
  // Bytes that waited for others to the end are told from the flow's last packet.
  now_ = {f.last_seen, f.last_packet};
  if (c.packet != nullptr) look_at(*c.packet, c);
  switch (c.kind) {
    case Chunk::Kind::kData:
      if (!std::exchange(begun_, true)) begin(c);
      return reader_.feed(c.data);
    case Chunk::Kind::kGap:
      return reader_.gap(c.length);
    case Chunk::Kind::kEnd: {
      const StreamStats s = host_.stream_stats(f);
      if (s.end_packet != 0) now_ = {s.end_time, s.end_packet};
      fin_ = c.fin;
      reset_ = !c.fin && s.reset;
      return reader_.end(c.fin);
    }
    case Chunk::Kind::kRestart:
      break;
  }
  fin_ = reset_ = false;
  conversation_->restart();
}

/// What a capture begins with may be the middle of a message.
void Side::begin(const Chunk& c) {
  if (client_ || as_text(c.data).starts_with("HTTP/")) return;
  if (!host_.stream_stats(*flow_).started_at_syn) begin_lost();
}

void Side::look_at(const Packet& p, const Chunk& c) {
  now_ = {p.time, p.number};
  const Bytes tcp = p.tcp_header();
  if (tcp.size() < 12) return;
  ack_ = load_be32(tcp.data() + 8);
  const bool straight = !c.data.empty() && c.data.data() == p.l7.data();  // not held back
  if (client_ || !straight || conversation_->has_base()) return;
  conversation_->set_base(load_be32(tcp.data() + 4) - static_cast<std::uint32_t>(c.offset));
}

BodyRule Side::on_head(Head head) {
  Facts& facts = http_flow_.facts;
  heads_ = true;
  if (several_lengths(head)) facts.set(Anomaly::kLengthsDiffer);
  if (head.chunked && head.find("content-length") != nullptr) {
    facts.set(Anomaly::kLengthAndChunks);
  }
  BodyRule rule = BodyRule::kAsDeclared;
  if (client_ && head.method == "PRI" && head.target == "*") {
    conversation_->to_http2 = true;
    return BodyRule::kTunnel;
  }
  facts.set(Stat::kHttp1);
  facts.set(client_ ? Stat::kRequests : Stat::kResponses);
  facts.note_head(head, host_.config());
  if (client_) {
    on_request(head);
  } else {
    rule = on_response(head);
  }
  head_ = std::move(head);
  return rule;
}

void Side::on_request(const Head& h) {
  exchange_ = http_flow_.facts.note_request(h, host_.config());
  if (conversation_->is_waiting()) http_flow_.facts.set(Anomaly::kPipelined);
  if (!conversation_->add_request(exchange_, ack_)) http_flow_.facts.refuse();
}

BodyRule Side::on_response(const Head& h) {
  const bool interim = h.status >= 100 && h.status < 200 && h.status != 101;
  if (reader_.found() && conversation_->expects_at(chunk_start_)) reader_.trust();
  exchange_ = conversation_->request_for(chunk_end_, !interim);
  if (interim) return BodyRule::kNone;
  const bool known = exchange_.request != nullptr;
  if (!known) http_flow_.facts.set(Anomaly::kNoRequest);
  exchange_.answer(h.status);
  if (h.status == 101) {
    conversation_->to_http2 = lower(h.get("upgrade")) == "h2c";
    conversation_->upgraded = exchange_;
    return BodyRule::kTunnel;
  }
  if (!known) return BodyRule::kPerhaps;
  if (exchange_.request->method == "HEAD") return BodyRule::kNone;
  if (exchange_.request->method == "CONNECT" && h.status / 100 == 2) return BodyRule::kTunnel;
  return h.status == 204 || h.status == 304 ? BodyRule::kPerhaps : BodyRule::kAsDeclared;
}

void Side::on_body_start(std::optional<std::uint64_t> declared, bool chunked) {
  const Head h = std::exchange(head_, {}).value_or(Head{});
  Facts& facts = http_flow_.facts;
  if (h.chunked && !chunked) facts.set(Anomaly::kChunksAbsent);
  if (h.status == 204 || h.status == 304) facts.set(Anomaly::kBodyNotAllowed);
  if (client_) facts.set(ContentFlag::kUpload);
  BodyPlan plan = plan_body(h, exchange_.request, client_);
  place_body(plan, *flow_);
  plan.chunked = chunked;
  plan.start.start_known = !reader_.found();
  plan.start.declared = declared;
  facts.note_body(plan, host_.config());
  if (host_.tools() == nullptr) return;
  conflicts_ = host_.stream_stats(*flow_).conflicts;
  body_ = Body::open(*host_.tools(), http_flow_.budget, std::move(plan), http_flow_.contents);
  if (body_ == nullptr) facts.refuse();
}

void Side::on_body(Bytes data) {
  if (body_ != nullptr) body_->feed(data, now_);
}

void Side::on_body_gap(std::uint64_t length) {
  http_flow_.facts.set(Stat::kIncomplete);
  if (body_ != nullptr) body_->gap(length, now_);
}

void Side::on_body_end(const BodyEnd& end) {
  Facts& facts = http_flow_.facts;
  if (end.framing_lost) facts.set(Anomaly::kFraming);
  const bool proven = end.declared || end.marker || end.closed;
  if (!proven) facts.set(Stat::kIncomplete);
  if (body_ == nullptr) return;
  ItemEnd stream;
  stream.reset = reset_;
  stream.last = now_;
  stream.conflicts = host_.stream_stats(*flow_).conflicts - conflicts_;
  facts.note_verdict(body_->end(end, stream), host_.config());
  body_.reset();
}

void Side::on_tunnel(Bytes data) {
  if (!conversation_->to_http2) http_flow_.facts.set(Stat::kTunnel);
  over_ = true;
  if (conversation_->to_http2) tunnel_ += as_text(data);
}

void Side::on_lost() {
  none_ = !heads_ && client_;
  http_flow_.facts.set(Stat::kLost);
  conversation_->lose();
}

}  // namespace t2::http
