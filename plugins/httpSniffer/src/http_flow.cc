// SPDX-License-Identifier: Apache-2.0
#include "http_flow.h"

#include <algorithm>
#include <array>
#include <utility>

#include "basic_login.h"
#include "http2.h"
#include "side.h"
#include "t2/unicode.h"

namespace t2::http {
namespace {

constexpr std::array<std::string_view, 8> kMethods = {"OPTIONS", "GET",    "HEAD",  "POST",
                                                      "PUT",     "DELETE", "TRACE", "CONNECT"};
constexpr std::array<std::string_view, 10> kTrees = {
    "application/", "audio/", "image/", "message/", "model/",
    "multipart/",   "text/",  "video/", "font/",    "x-"};

void count(std::uint16_t& n) {
  if (n < UINT16_MAX) ++n;
}

}  // namespace

HttpFlow::HttpFlow(Budget& b) : budget(b) {}
HttpFlow::~HttpFlow() = default;

MimeClass mime_class(std::string_view t) {
  if (t.starts_with("image/")) return MimeClass::kImage;
  if (t.starts_with("video/")) return MimeClass::kVideo;
  if (t.starts_with("audio/")) return MimeClass::kAudio;
  if (t.starts_with("message/")) return MimeClass::kMessage;
  if (t.starts_with("text/")) return MimeClass::kText;
  return t.starts_with("application/") ? MimeClass::kApplication : MimeClass::kUnknown;
}

std::string Facts::limited(std::string_view text, const Config& config) {
  return cell_text(text, static_cast<std::size_t>(config.HTTP_MXNMLN), [this] { set(Stat::kCut); });
}

void Facts::add(std::vector<std::string>& to, std::string_view text, const Config& config) {
  if (text.empty()) return;
  std::string s = limited(text, config);
  if (std::find(to.begin(), to.end(), s) != to.end()) return;
  if (to.size() >= static_cast<std::size_t>(config.HTTP_DATA_C_MAX)) return set(Stat::kCut);
  to.push_back(std::move(s));
}

void Facts::note_code(const Head& h, const Config& config) {
  count(responses);
  const auto code = static_cast<std::uint16_t>(h.status);
  const bool known = std::find(codes.begin(), codes.end(), code) != codes.end();
  const bool room = codes.size() < static_cast<std::size_t>(config.HTTP_DATA_C_MAX);
  if (!known && room) codes.push_back(code);
}

void Facts::note_method(const Head& h) {
  for (unsigned i = 0; i < kMethods.size(); ++i) {
    if (h.method == kMethods[i]) methods.set(i);
  }
  if (h.method == "GET") count(get_post[0]);
  if (h.method == "POST") count(get_post[1]);
}

void Facts::note_head(const Head& h, const Config& config) {
  enum : std::size_t { kUrl, kVia, kLoc, kSrv, kPwr, kUAg, kXFr, kRef, kCky, kMim };
  const bool hide = config.HTTP_REDACT >= 1;
  if (h.odd) set(Anomaly::kOddHead);
  ++heads[h.response ? 1 : 0];
  if (h.response) {
    note_code(h, config);
  } else {
    note_method(h);
    count(counts[kUrl]);
    add(urls, h.target, config);
  }
  const auto note = [&](std::string_view name, std::size_t counter,
                        std::vector<std::string>& list) {
    const std::string* value = h.find(name);
    if (value == nullptr) return;
    count(counts[counter]);
    add(list, *value, config);
  };
  add(hosts, h.get("host"), config);
  note("via", kVia, vias);
  note("location", kLoc, locations);
  note("server", kSrv, servers);
  note("x-powered-by", kPwr, powered);
  note("user-agent", kUAg, agents);
  note("x-forwarded-for", kXFr, forwarded);
  note("referer", kRef, referrers);
  for (const char* name : {"cookie", "set-cookie"}) {
    const std::string* value = h.find(name);
    if (value == nullptr) continue;
    count(counts[kCky]);
    set(h.response ? ContentFlag::kSetCookie : ContentFlag::kCookie);
    add(cookies, hide ? "***" : *value, config);
  }
  for (const auto& [name, flag] :
       {std::pair("authorization", ContentFlag::kAuthorization),
        std::pair("proxy-authorization", ContentFlag::kProxyAuthorization)}) {
    const std::string* value = h.find(name);
    if (value == nullptr) continue;
    set(flag);
    if (basic_login(*value)) set(Anomaly::kCredentials);
  }
  if (h.find("www-authenticate") != nullptr) set(ContentFlag::kChallenge);
  if (h.find("upgrade") != nullptr) set(ContentFlag::kUpgrade);
  if (const std::string* type = h.find("content-type")) {
    count(counts[kMim]);
    const std::string plain = plain_type(*type);
    add(types, plain, config);
    for (unsigned i = 0; i < kTrees.size(); ++i) {
      if (plain.starts_with(kTrees[i])) head_mimes.set(i);
    }
    if (plain == "application/x-www-form-urlencoded" || plain == "multipart/form-data") {
      set(ContentFlag::kForm);
    }
  }
}

Exchange Facts::note_request(const Head& h, const Config& config) {
  Exchange e{std::make_shared<const Request>(h), {}, 0};
  note_login(h, e, config);
  return e;
}

void Facts::note_login(const Head& h, Exchange& e, const Config& config) {
  const std::string* value = h.find("authorization");
  if (value == nullptr) value = h.find("proxy-authorization");
  if (value == nullptr) return;
  const auto found = basic_login(*value);
  if (!found) return;
  constexpr std::string_view kHidden = "***";
  const auto kept = [&](const std::string& text, int hidden_from) {
    return config.HTTP_REDACT >= hidden_from ? std::string(kHidden) : limited(text, config);
  };
  Login l{kept(found->user, 2), kept(found->password, 1), 0};
  if (logins == nullptr) logins = std::make_shared<Logins>();
  const auto same = [&l](const Login& o) { return o.user == l.user && o.password == l.password; };
  const auto at = std::find_if(logins->begin(), logins->end(), same);
  e.login = static_cast<std::size_t>(at - logins->begin());
  if (at == logins->end()) {
    if (logins->size() >= static_cast<std::size_t>(config.HTTP_DATA_C_MAX)) return set(Stat::kCut);
    logins->push_back(std::move(l));
  }
  e.logins = logins;
}

void Facts::note_body(const BodyPlan& plan, const Config& config) {
  const auto c = static_cast<std::size_t>(mime_class(plain_type(plan.start.media_type)));
  count(mimes[c]);
  const Request* const request = plan.start.request.get();
  const bool unnamed = plan.start.name.empty() && request != nullptr;
  add(contents[c], unnamed ? request->target : plan.start.name, config);
  if (plan.start.range) set(Stat::kRange);
  if (!plan.boundary.empty()) set(Stat::kParts);
  if (!plan.codings.empty()) set(Stat::kEncoded);
}

void Facts::note_verdict(const BodyVerdict& v, const Config& config) {
  add(detected, v.detected, config);
  if (v.broken_coding) set(Anomaly::kCodingBroken);
  if (v.claimed_coding_absent) set(Anomaly::kCodingAbsent);
  if (v.bomb) set(Stat::kBomb);
  if (v.unlike) set(Stat::kUnlike);
  if (v.refused) refuse();
}

}  // namespace t2::http
