// SPDX-License-Identifier: Apache-2.0
#include "httpSniffer.h"

#include <algorithm>
#include <array>
#include <tuple>
#include <utility>

#include "options.h"
#include "plugin.h"

namespace t2::http {
namespace {

std::vector<BitText> bit_texts(std::initializer_list<std::pair<const char*, Severity>> texts) {
  std::vector<BitText> bits;
  unsigned bit = 0;
  for (const auto& [text, severity] : texts) bits.push_back({bit++, text, severity});
  return bits;
}

const Facts kNoFacts;  // of flows that are not HTTP

const Facts& facts_of(const State& s) {
  const HttpFlow* d = s.get();
  return d != nullptr ? d->facts : kNoFacts;
}

template <class T>
auto fact(T Facts::*member) {
  return [member](const State& s) -> const T& { return facts_of(s).*member; };
}

auto contents_of(MimeClass c) {
  return [c](const State& s) -> const std::vector<std::string>& {
    return facts_of(s).contents[static_cast<std::size_t>(c)];
  };
}

/// An empty cell for a flow that is not HTTP: most are not, and a row of zeros tells nothing.
template <std::size_t kN>
auto counts_of(std::array<std::uint16_t, kN> Facts::*member) {
  return [member](const State& s) {
    const auto tuple = [](auto... v) { return std::make_tuple(v...); };
    using Tuple = decltype(std::apply(tuple, std::array<std::uint16_t, kN>()));
    const HttpFlow* d = s.get();
    return d != nullptr ? std::optional<Tuple>(std::apply(tuple, d->facts.*member)) : std::nullopt;
  };
}

}  // namespace

HttpSniffer::HttpSniffer() = default;
HttpSniffer::~HttpSniffer() = default;

PluginInfo HttpSniffer::info() const {
  return {"httpSniffer", "0.9.1", "HTTP/1 and HTTP/2 in clear, and carved contents", {}};
}

bool HttpSniffer::saves() const {
  const ClassSet wanted = wanted_classes(config_);
  return std::find(wanted.begin(), wanted.end(), true) != wanted.end();
}

Result<void> HttpSniffer::start() {
  std::unique_ptr<Contents> contents;
  ClassSet wanted{};
  if (services().carving()) {
    contents = services().run_contents("http");
    wanted.fill(true);
  } else if (saves()) {
    if (auto r = use_own_folder(config_.HTTP_F_PATH, services(), "httpSniffer"); !r) return r;
    auto options = content_options(config_);
    if (!options) return options.error();
    contents = std::make_unique<Contents>(services());
    if (auto r = contents->start(std::move(*options)); !r) {
      return Error{"HTTP_F_PATH: " + r.error().message};
    }
    wanted = wanted_classes(config_);
  }
  if (contents == nullptr) return {};
  saver_ = std::make_unique<Saver>(std::move(contents), wanted, config_.HTTP_NONAME.value());
  if (config_.HTTP_DETECT) {
    auto detector = Detector::open();
    if (!detector) return detector.error();
    detector_ = std::move(*detector);
  }
  constexpr std::uint64_t kMiB = std::uint64_t{1} << 20, kRatio = 100;
  tools_.emplace(*saver_, BombLimits{static_cast<std::uint64_t>(config_.HTTP_BOMB) * kMiB, kRatio},
                 detector_.get());
  return {};
}

std::vector<std::string> HttpSniffer::output_folders() const {
  if (services().carving() || !saves()) return {};
  return {config_.HTTP_F_PATH};
}

void HttpSniffer::columns(Cols& flow, Cols& /*packet*/) {
  constexpr Severity kNone = Severity::kNone, kInfo = Severity::kInfo, kWarn = Severity::kWarning;
  flow.add("httpStat", "HTTP status", fact(&Facts::stat),
           bit_texts({{"HTTP/1", kInfo},
                      {"HTTP/2 in clear", kInfo},
                      {"Requests", kNone},
                      {"Responses", kNone},
                      {"A content is complete (saved)", kInfo},
                      {"A content is not complete", kWarn},
                      {"Bytes lost: looked for the next message", kWarn},
                      {"The beginning was not captured", kWarn},
                      {"Tunnel or upgrade: what follows is not HTTP", kInfo},
                      {"List or string was cut", kWarn},
                      {"File error or limit", Severity::kError},
                      {"Content unlike its declared type", kWarn},
                      {"Decompression bomb: unpacking was ended", kWarn},
                      {"Ranges", kNone},
                      {"Multipart", kNone},
                      {"Content codings", kNone}}));
  flow.add("httpAFlags", "HTTP anomalies", fact(&Facts::anomalies),
           bit_texts({{"Head that a strict reader refuses", kWarn},
                      {"Several lengths that differ", kWarn},
                      {"Length and chunks", kWarn},
                      {"Claimed content coding is absent", kWarn},
                      {"Content coding is broken", kWarn},
                      {"Claimed chunks are absent", kWarn},
                      {"Body where none is allowed", kWarn},
                      {"Response without request", kInfo},
                      {"Pipelined requests", kInfo},
                      {"Credentials in clear", kWarn},
                      {"Framing of a body was lost", kWarn}}));
  flow.add("httpMethods", "HTTP methods", fact(&Facts::methods),
           bit_texts({{"OPTIONS", kNone},
                      {"GET", kNone},
                      {"HEAD", kNone},
                      {"POST", kNone},
                      {"PUT", kNone},
                      {"DELETE", kNone},
                      {"TRACE", kNone},
                      {"CONNECT", kNone}}));
  flow.add("httpHeadMimes", "HTTP media types in heads", fact(&Facts::head_mimes),
           bit_texts({{"application", kNone},
                      {"audio", kNone},
                      {"image", kNone},
                      {"message", kNone},
                      {"model", kNone},
                      {"multipart", kNone},
                      {"text", kNone},
                      {"video", kNone},
                      {"font", kNone},
                      {"x-", kNone}}));
  flow.add("httpCFlags", "HTTP content flags", fact(&Facts::flags),
           bit_texts({{"Authorization", kInfo},
                      {"Proxy-Authorization", kInfo},
                      {"Cookie", kNone},
                      {"Set-Cookie", kNone},
                      {"WWW-Authenticate", kNone},
                      {"Upload", kInfo},
                      {"Form", kNone},
                      {"Upgrade", kNone}}));
  flow.add("httpGet_Post", "HTTP number of GET and POST requests", counts_of(&Facts::get_post));
  flow.add("httpRSCnt", "HTTP number of responses", fact(&Facts::responses));
  flow.add("httpRSCode", "HTTP response codes", fact(&Facts::codes));
  flow.add("httpURL_Via_Loc_Srv_Pwr_UAg_XFr_Ref_Cky_Mim", "HTTP numbers of header fields",
           counts_of(&Facts::counts));
  flow.add("httpImg_Vid_Aud_Msg_Txt_App_Unk", "HTTP numbers of bodies by type",
           counts_of(&Facts::mimes));
  flow.add("httpHosts", "HTTP hosts", fact(&Facts::hosts));
  flow.add("httpURL", "HTTP URLs", fact(&Facts::urls));
  flow.add("httpMimes", "HTTP media types", fact(&Facts::types));
  flow.add("httpCookies", "HTTP cookies", fact(&Facts::cookies));
  flow.add("httpImages", "HTTP images", contents_of(MimeClass::kImage));
  flow.add("httpVideos", "HTTP videos", contents_of(MimeClass::kVideo));
  flow.add("httpAudios", "HTTP audio", contents_of(MimeClass::kAudio));
  flow.add("httpMsgs", "HTTP messages", contents_of(MimeClass::kMessage));
  flow.add("httpAppl", "HTTP application data", contents_of(MimeClass::kApplication));
  flow.add("httpText", "HTTP texts", contents_of(MimeClass::kText));
  flow.add("httpPunk", "HTTP contents of other or no type", contents_of(MimeClass::kUnknown));
  if (config_.HTTP_DETECT) {
    flow.add("httpDetect", "HTTP media types by content", fact(&Facts::detected));
  }
  flow.add("httpUsrAg", "HTTP user agents", fact(&Facts::agents));
  flow.add("httpXFor", "HTTP X-Forwarded-For", fact(&Facts::forwarded));
  flow.add("httpRefrr", "HTTP referers", fact(&Facts::referrers));
  flow.add("httpVia", "HTTP Via", fact(&Facts::vias));
  flow.add("httpLoc", "HTTP Location", fact(&Facts::locations));
  flow.add("httpServ", "HTTP servers", fact(&Facts::servers));
  flow.add("httpPwr", "HTTP X-Powered-By", fact(&Facts::powered));
}

// ---- flows

void HttpSniffer::on_flow_start(Flow& f, State& s, const Packet& /*p*/) {
  if (!std::exchange(prepared_, true) && saver_ != nullptr) saver_->contents().prepare();
  if (!f.is_tcp()) return;
  if (f.opposite != nullptr && state_of(*f.opposite).is_null()) return;
  const HttpFlow* other = f.opposite != nullptr ? state_of(*f.opposite).get() : nullptr;
  if (other != nullptr && other->side == nullptr && other->http2 == nullptr) return;
  // Where another plugin reads, too, one must begin with it.
  if (other == nullptr && f.stream == nullptr) return s.wait();
  if (!services().open_stream(f, *this)) return;
  s.set_undecided();
  if (other == nullptr) return;
  if (other->http2 != nullptr) {
    read_http2(s, other->http2->shared_conversation(), !other->http2->is_client());
  } else {
    read(s, other->side->shared_conversation(), !other->side->is_client());
  }
}

/// The first payload of a direction tells what it is. Most flows are none of ours: they never have
/// a stream. What comes out of order has one until its first bytes are there.
void HttpSniffer::wait(Flow& f, State& s, const Packet& p) {
  constexpr std::uint8_t kSyn = 0x02;
  const Bytes tcp = p.tcp_header();
  if (tcp.size() < 14) return;
  const std::uint32_t seq = load_be32(tcp.data() + 4);
  if ((tcp[13] & kSyn) != 0) return s.expect(seq + 1);
  if (p.l7_length == 0) return;
  const auto expected = s.expected();
  const bool in_order = p.part == nullptr && (!expected || *expected == seq);
  const Verdict v = in_order ? judge(p.l7, expected.has_value()) : Verdict::kNeither;
  if (in_order && v == Verdict::kNeither) return s.reset();
  if (!services().open_stream(f, *this, StreamUse::kBulk, expected)) return s.reset();
  if (in_order) return take(f, s, v);
  s.set_undecided();
}

void HttpSniffer::on_stream(Flow& f, State& s, const Chunk& c) {
  if (s.undecided()) decide(f, s, c);
  HttpFlow* d = s.get();
  if (d == nullptr) return;
  const bool switched =
      d->side != nullptr && !d->side->has_heads() && d->side->shared_conversation()->to_http2;
  // A server that was taken to answer in HTTP/1, whose client turned out to speak HTTP/2. Before an
  // upgrade it does.
  if (switched && !as_text(c.data).starts_with("HTTP/1.")) {
    const auto shared = http2_of(*d->side->shared_conversation());
    d->side.reset();
    read_http2(s, shared, false);
    d = s.get();
  }
  if (d->http2 != nullptr) {
    d->http2->on_chunk(f, c);
  } else if (d->side != nullptr) {
    d->side->on_chunk(f, c);
    settle(f, s, c);
  }
  stop_if_broken();
}

/// By the first bytes of the direction.
void HttpSniffer::decide(Flow& f, State& s, const Chunk& c) {
  if (c.kind == Chunk::Kind::kGap) return;
  if (c.kind != Chunk::Kind::kData) return forget(f, s);
  const bool from_start = services().stream_stats(f).started_at_syn && c.offset == 0;
  const Verdict v = judge(c.data, from_start);
  v == Verdict::kNeither ? forget(f, s) : take(f, s, v);
}

void HttpSniffer::take(Flow& f, State& s, Verdict v) {
  switch (v) {
    case Verdict::kRequests:
      return become(f, s, true);
    case Verdict::kResponses:
      return become(f, s, false);
    case Verdict::kHttp2Server:
      return become_http2(f, s, false, true);
    case Verdict::kFrames:  // the server's port is the lower one
      return become_http2(f, s, f.key.src_port > f.key.dst_port, false);
    case Verdict::kNeither:
      break;
  }
}

HttpSniffer::Verdict HttpSniffer::judge(Bytes data, bool from_start) {
  if (is_server_preface(data)) return Verdict::kHttp2Server;
  if (!from_start && looks_like_frames(data)) return Verdict::kFrames;
  std::string_view text = as_text(first(data, 4096));
  text.remove_prefix(std::min(text.find_first_not_of("\r\n"), text.size()));
  if (text.empty()) return Verdict::kNeither;
  for (const std::string_view start : {"HTTP/1.", "HTTP/0.9", "HTTP/2", "ICY 200"}) {
    if (text.starts_with(start) || start.starts_with(text)) return Verdict::kResponses;
  }
  return is_request(text).value_or(true) ? Verdict::kRequests : Verdict::kNeither;
}

void HttpSniffer::become(Flow& f, State& s, bool client) {
  const auto c = std::make_shared<Conversation>();
  read(s, c, client);
  if (f.opposite == nullptr) return;
  State& other = state_of(*f.opposite);
  const bool known = !other.is_null();  // what came so far is not HTTP, or nothing came
  if (!open(*f.opposite, other)) return;
  read(other, c, !client);
  if (!known) other.get()->side->begin_lost();
}

/// False if its bytes cannot be had. `s` has no HttpFlow.
bool HttpSniffer::open(Flow& f, State& s) {
  return s.undecided() || services().open_stream(f, *this, StreamUse::kBulk, s.expected());
}

void HttpSniffer::become_http2(Flow& f, State& s, bool client, bool from_start) {
  const auto c = std::make_shared<Http2Conversation>();
  read_http2(s, c, client);
  if (!from_start) s.get()->http2->begin_lost();
  if (f.opposite == nullptr) return;
  State& other = state_of(*f.opposite);
  if (other.is_null() || !open(*f.opposite, other)) return;
  read_http2(other, c, !client);
  if (!from_start) other.get()->http2->begin_lost();
}

void HttpSniffer::read(State& s, const std::shared_ptr<Conversation>& c, bool client) {
  HttpFlow& d = s.make();
  d.side = std::make_unique<Side>(*this, c, d, client);
}

void HttpSniffer::read_http2(State& s, const std::shared_ptr<Http2Conversation>& c, bool client) {
  HttpFlow* d = s.get();
  if (d == nullptr) d = &s.make();
  d->http2 = std::make_unique<Http2Side>(*this, c, *d, client);
}

std::shared_ptr<Http2Conversation> HttpSniffer::http2_of(Conversation& c) {
  if (c.http2 == nullptr) {
    c.http2 = std::make_shared<Http2Conversation>();
    if (c.upgraded != nullptr) c.http2->exchanges[1] = c.upgraded;
  }
  return c.http2;
}

/// It is not HTTP.
void HttpSniffer::forget(Flow& f, State& s) {
  services().close_stream(f, *this);
  s.reset();
}

/// After each chunk: whether it still is HTTP/1.
void HttpSniffer::settle(Flow& f, State& s, const Chunk& c) {
  HttpFlow& d = *s.get();
  if (d.side->is_none()) return forget(f, s);
  if (!d.side->over()) return;
  const std::unique_ptr<Side> side = std::move(d.side);
  if (!side->shared_conversation()->to_http2) return services().close_stream(f, *this);
  read_http2(s, http2_of(*side->shared_conversation()), side->is_client());
  d.http2->on_first_bytes(f, c, as_bytes(side->tunnel()));
}

void HttpSniffer::on_flow_end(Flow& /*f*/, State& s) {
  HttpFlow* d = s.get();
  if (d == nullptr) return s.reset();
  d->side.reset();
  d->http2.reset();
  aggregate_ |= d->facts.stat;
  requests_ += d->facts.counts[0];
  responses_ += d->facts.responses;
}

/// A file that cannot be written: the run ends with an error (docs/design.md 8).
void HttpSniffer::stop_if_broken() {
  if (saver_ == nullptr || !saver_->contents().broken()) return;
  services().fail("httpSniffer: " + saver_->contents().error());
}

void HttpSniffer::finish() {
  if (saver_ == nullptr) return;
  if (!std::exchange(prepared_, true)) saver_->contents().prepare();
  saver_->finish();
  stop_if_broken();
}

// ---- reports

void HttpSniffer::report(Report& r) const {
  r.aggregate("httpStat", aggregate_.value, 4);
  r.count("Number of HTTP requests", requests_);
  r.count("Number of HTTP responses", responses_);
  if (saver_ == nullptr) return;
  r.count("Number of files extracted", saver_->contents().files());
  r.count("Number of files merged from ranges", saver_->merged());
  if (!saver_->contents().error().empty()) {
    r.line("Carving is incomplete: " + saver_->contents().error());
  }
}

void HttpSniffer::monitor(Monitor& m) const {
  m.value("httpReq", requests_);
  m.value("httpRsp", responses_);
}

}  // namespace t2::http

T2_PLUGIN(t2::http::HttpSniffer)
