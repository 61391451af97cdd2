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

/// A member of each login.
template <class T>
auto logins_of(T Login::*member) {
  return [member](const State& s) {
    const Logins* l = facts_of(s).logins.get();
    return generate<T>(l != nullptr ? l->size() : 0,
                       [l, member](std::size_t i) { return (*l)[i].*member; });
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

Readers::Readers() = default;
Readers::~Readers() = default;

PluginInfo HttpSniffer::info() const {
  return {"httpSniffer", "0.9.1", "HTTP/1 and HTTP/2 in clear, and carved contents", {}};
}

Result<void> HttpSniffer::start(StartUp& core) {
  if (run().carving()) {
    wanted_.fill(true);
    saves_ = true;
    return {};
  }
  wanted_ = wanted_classes(config_);
  saves_ = std::find(wanted_.begin(), wanted_.end(), true) != wanted_.end();
  return saves_ ? use_own_folder(config_.HTTP_F_PATH, core, "httpSniffer") : Result<void>();
}

std::vector<std::string> HttpSniffer::output_folders() const {
  if (run().carving() || !saves_) return {};
  return {config_.HTTP_F_PATH};
}

/// What the contents came to is the other part's to tell.
Hex16 HttpSniffer::stat(const State& s, const Flow& f) const {
  Hex16 all = facts_of(s).stat;
  all |= state<Saved>(f).stat;
  return all;
}

void HttpSniffer::columns(ColumnSet& flows, ColumnSet& /*packets*/) {
  auto flow = flows.of<State>();
  constexpr Severity kNone = Severity::kNone, kInfo = Severity::kInfo, kWarn = Severity::kWarning;
  flow.add(
      "httpStat", "HTTP status", [this](const State& s, const Flow& f) { return stat(s, f); },
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
  flow.add("httpUser", "HTTP users (Basic)", logins_of(&Login::user));
  flow.add("httpPass", "HTTP passwords (Basic)", logins_of(&Login::password));
  flow.add("httpAuthRC", "HTTP response codes to these, 0: none seen", logins_of(&Login::code));
}

// ---- flows

void Readers::on_flow_start(Flow& f, State& s, const Packet& /*p*/) {
  if (!f.is_tcp()) return;
  if (f.opposite != nullptr && opposite_state(s, f)->is_null()) return;
  const HttpFlow* other = f.opposite != nullptr ? opposite_state(s, f)->get() : nullptr;
  if (other != nullptr && other->side == nullptr && other->http2 == nullptr) return;
  // Where another plugin reads, too, one must begin with it.
  if (other == nullptr && !f.has_stream()) return s.wait();
  if (!core().open_stream(f, *this)) return;
  s.set_undecided();
  if (other == nullptr) return;
  if (other->http2 != nullptr) {
    read_http2(f, s, other->http2->shared_conversation(), !other->http2->is_client());
  } else {
    read(f, s, other->side->shared_conversation(), !other->side->is_client());
  }
}

/// The first payload of a direction tells what it is. Most flows are none of ours: they never have
/// a stream. What comes out of order has one until its first bytes are there.
void Readers::wait(Flow& f, State& s, const Packet& p) {
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
  if (!core().open_stream(f, *this, StreamUse::kBulk, expected)) return s.reset();
  if (in_order) return take(f, s, v);
  s.set_undecided();
}

void Readers::on_stream(Flow& f, State& s, const Chunk& c) {
  const std::uint64_t packet = c.packet != nullptr ? c.packet->number : 0;
  if (packet != packet_ || &f != flow_) released_ = 0;
  packet_ = packet;
  flow_ = &f;
  if (s.undecided()) decide(f, s, c);
  HttpFlow* d = s.get();
  if (d == nullptr) return;
  const bool switched =
      d->side != nullptr && !d->side->has_heads() && d->side->shared_conversation()->to_http2;
  // A server that was taken to answer in HTTP/1, whose client turned out to speak HTTP/2. Before an
  // upgrade it does.
  if (switched && !as_text(c.data).starts_with("HTTP/1.")) {
    const auto shared = http2_of(f, *d->side->shared_conversation());
    d->side.reset();
    read_http2(f, s, shared, false);
    d = s.get();
  }
  if (d->http2 != nullptr) {
    d->http2->on_chunk(f, c);
  } else if (d->side != nullptr) {
    d->side->on_chunk(f, c);
    settle(f, s, c);
  }
}

/// By the first bytes of the direction.
void Readers::decide(Flow& f, State& s, const Chunk& c) {
  if (c.kind == Chunk::Kind::kGap) return;
  if (c.kind != Chunk::Kind::kData) return forget(f, s);
  const bool from_start = core().stream_stats(f).started_at_syn && c.offset == 0;
  const Verdict v = judge(c.data, from_start);
  v == Verdict::kNeither ? forget(f, s) : take(f, s, v);
}

void Readers::take(Flow& f, State& s, Verdict v) {
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

Readers::Verdict Readers::judge(Bytes data, bool from_start) {
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

void Readers::become(Flow& f, State& s, bool client) {
  const auto c = std::make_shared<Conversation>(budget_of(f));
  read(f, s, c, client);
  if (f.opposite == nullptr) return;
  State& other = *opposite_state(s, f);
  const bool known = !other.is_null();  // what came so far is not HTTP, or nothing came
  if (!open(*f.opposite, other)) return;
  read(*f.opposite, other, c, !client);
  if (!known) other.get()->side->begin_lost();
}

/// False if its bytes cannot be had. `s` has no HttpFlow.
bool Readers::open(Flow& f, State& s) {
  return s.undecided() || core().open_stream(f, *this, StreamUse::kBulk, s.expected());
}

void Readers::become_http2(Flow& f, State& s, bool client, bool from_start) {
  const auto c = std::make_shared<Http2Conversation>(budget_of(f));
  read_http2(f, s, c, client);
  if (!from_start) s.get()->http2->begin_lost();
  if (f.opposite == nullptr) return;
  State& other = *opposite_state(s, f);
  if (other.is_null() || !open(*f.opposite, other)) return;
  read_http2(*f.opposite, other, c, !client);
  if (!from_start) other.get()->http2->begin_lost();
}

void Readers::read(Flow& f, State& s, const std::shared_ptr<Conversation>& c, bool client) {
  HttpFlow& d = s.make(budget_of(f));
  d.side = std::make_unique<Side>(*this, c, d, client);
}

void Readers::read_http2(Flow& f, State& s, const std::shared_ptr<Http2Conversation>& c,
                         bool client) {
  HttpFlow* d = s.get();
  if (d == nullptr) d = &s.make(budget_of(f));
  d->http2 = std::make_unique<Http2Side>(*this, c, *d, client);
}

std::shared_ptr<Http2Conversation> Readers::http2_of(const Flow& f, Conversation& c) {
  if (c.http2 == nullptr) {
    c.http2 = std::make_shared<Http2Conversation>(budget_of(f));
    if (c.upgraded) c.http2->add(1, *c.upgraded);
  }
  return c.http2;
}

/// It is not HTTP.
void Readers::forget(Flow& f, State& s) {
  core().close_stream(f, *this);
  s.reset();
}

/// After each chunk: whether it still is HTTP/1.
void Readers::settle(Flow& f, State& s, const Chunk& c) {
  HttpFlow& d = *s.get();
  if (d.side->is_none()) return forget(f, s);
  if (!d.side->over()) return;
  const std::unique_ptr<Side> side = std::move(d.side);
  if (!side->shared_conversation()->to_http2) return core().close_stream(f, *this);
  read_http2(f, s, http2_of(f, *side->shared_conversation()), side->is_client());
  d.http2->on_first_bytes(f, c, as_bytes(side->tunnel()));
}

void Readers::on_flow_end(Flow& f, State& s) {
  HttpFlow* d = s.get();
  if (d == nullptr) return s.reset();
  flow_ = &f;
  d->side.reset();
  d->http2.reset();
  flow_ = nullptr;
  post(f, DirectionEnd{d->facts.stat, d->facts.heads[0], d->facts.heads[1], d->facts.refused});
}

// ---- contents, to those who save them

Result<void> Readers::begin() {
  constexpr std::uint64_t kMiB = std::uint64_t{1} << 20, kRatio = 100;
  const auto held = static_cast<std::size_t>(config().HTTP_MAXHELD) * kMiB;
  budgets_ = std::vector<Budget>(kFlowGroups, Budget(held / kFlowGroups));
  if (!plugin().saves()) return {};
  if (config().HTTP_DETECT) {
    auto detector = Detector::open();
    if (!detector) return detector.error();
    detector_ = std::move(*detector);
  }
  ItemSink& items = *this;
  tools_.emplace(items, BombLimits{static_cast<std::uint64_t>(config().HTTP_BOMB) * kMiB, kRatio},
                 detector_.get());
  return {};
}

bool Readers::wants(const ItemStart& start) const {
  return plugin().saves(mime_class(plain_type(start.media_type)));
}

/// What is posted waits in memory until the packet is done.
bool Readers::release(std::size_t bytes) {
  if (bytes > kMostReleased - released_) return false;
  released_ += bytes;
  return true;
}

bool Readers::begin(const ItemStart& start) {
  if (!release(sizeof(Message) + start.footprint())) return false;
  post(*flow_, std::make_unique<ItemStart>(start));
  return true;
}

bool Readers::append(std::uint32_t number, Bytes data) {
  if (!release(sizeof(Message) + data.size())) return false;
  post(*flow_, ItemBytes{number, {data.begin(), data.end()}});
  return true;
}

void Readers::gap(std::uint32_t number, std::uint64_t length) {
  post(*flow_, ItemGap{number, length});
}

void Readers::end(std::uint32_t number, ItemEnd end) {
  post(*flow_, std::make_unique<ItemFinish>(ItemFinish{number, std::move(end)}));
}

}  // namespace t2::http

T2_PLUGIN(t2::http::HttpSniffer, t2::http::Readers, t2::http::Files)
