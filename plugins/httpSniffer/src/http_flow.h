// SPDX-License-Identifier: Apache-2.0
// What httpSniffer keeps of one direction of a flow that is HTTP, or may turn out to be. Other
// flows keep a null pointer.
#pragma once

#include <array>
#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "budget.h"
#include "exchange.h"
#include "head.h"
#include "httpSniffer.h"
#include "mime.h"
#include "t2/types.h"

namespace t2::http {

/// Bits of httpStat.
enum class Stat : unsigned {
  kHttp1,
  kHttp2,
  kRequests,
  kResponses,
  kComplete,
  kIncomplete,
  kLost,
  kNoBeginning,
  kTunnel,
  kCut,
  kFileError,
  kUnlike,
  kBomb,
  kRange,
  kParts,
  kEncoded,
};
/// Bits of httpAFlags.
enum class Anomaly : unsigned {
  kOddHead,
  kLengthsDiffer,
  kLengthAndChunks,
  kCodingAbsent,
  kCodingBroken,
  kChunksAbsent,
  kBodyNotAllowed,
  kNoRequest,
  kPipelined,
  kCredentials,
  kFraming,
};
/// Bits of httpCFlags.
enum class ContentFlag : unsigned {
  kAuthorization,
  kProxyAuthorization,
  kCookie,
  kSetCookie,
  kChallenge,
  kUpload,
  kForm,
  kUpgrade,
};

struct BodyPlan;
struct BodyVerdict;

/// The columns of one direction.
struct Facts {
  Hex16 stat, anomalies, head_mimes;
  Hex8 methods, flags;
  std::uint32_t refused = 0;    // times that a limit was met
  std::uint64_t heads[2] = {};  // requests, responses: columns end at 65,535
  std::uint16_t responses = 0;
  std::array<std::uint16_t, 2> get_post{};
  std::vector<std::uint16_t> codes;
  std::array<std::uint16_t, 10> counts{};
  std::array<std::uint16_t, kMimeClasses> mimes{};
  std::vector<std::string> hosts, urls, types, cookies, agents, forwarded, referrers, vias,
      locations, servers, powered, detected;
  std::array<std::vector<std::string>, kMimeClasses> contents;
  std::shared_ptr<Logins> logins;  // the responses of the other direction fill in their codes

  void set(Stat s) { stat.set(static_cast<unsigned>(s)); }
  void set(Anomaly a) { anomalies.set(static_cast<unsigned>(a)); }
  void set(ContentFlag f) { flags.set(static_cast<unsigned>(f)); }
  /// A limit was met: something is given up.
  void refuse() {
    ++refused;
    set(Stat::kFileError);
  }
  /// A text as its column shows it: cut to HTTP_MXNMLN, which is told.
  std::string limited(std::string_view text, const Config& config);
  /// Adds a text once, as long as there is room (HTTP_DATA_C_MAX, HTTP_MXNMLN).
  void add(std::vector<std::string>& to, std::string_view text, const Config& config);
  void note_head(const Head& h, const Config& config);
  /// A request with its credentials: each pair once.
  Exchange note_request(const Head& h, const Config& config);
  void note_body(const BodyPlan& plan, const Config& config);
  void note_verdict(const BodyVerdict& v, const Config& config);

 private:
  void note_code(const Head& h, const Config& config);
  void note_method(const Head& h);
  void note_login(const Head& h, Exchange& e, const Config& config);
};

class Side;
class Http2Side;

struct HttpFlow {
  explicit HttpFlow(Budget& b);
  ~HttpFlow();
  HttpFlow(const HttpFlow&) = delete;
  HttpFlow& operator=(const HttpFlow&) = delete;

  Budget& budget;  // of its group
  Facts facts;
  std::uint32_t contents = 0;        // so far
  std::unique_ptr<Side> side;        // null: nothing more is read, or ...
  std::unique_ptr<Http2Side> http2;  // ... it is HTTP/2
};

/// What became of a direction's contents that were saved: bits of httpStat.
struct Saved {
  Hex16 stat;
};

/// What is kept of a direction that is read: one word. Null: not HTTP. Waiting: TCP, no payload
/// seen yet; it knows the sequence number of the first byte if it saw the SYN. Undecided: bytes
/// come from a stream, and none has told what they are.
class State {
 public:
  State() = default;
  ~State() { reset(); }
  State(const State&) = delete;
  State& operator=(const State&) = delete;

  bool is_null() const { return word_ == 0; }
  bool is_blank() const { return get() == nullptr; }
  bool waiting() const { return (word_ & (kTag | kStream)) == kTag; }
  bool undecided() const { return (word_ & (kTag | kStream)) == (kTag | kStream); }
  HttpFlow* get() const {
    // The word is what make() made. NOLINTNEXTLINE(performance-no-int-to-ptr)
    return (word_ & kTag) != 0 ? nullptr : reinterpret_cast<HttpFlow*>(word_);
  }
  void reset() {
    delete get();
    word_ = 0;
  }
  void wait() { word_ = kTag; }
  void expect(std::uint32_t seq) { word_ = kTag | kKnown | std::uint64_t{seq} << 32; }
  std::optional<std::uint32_t> expected() const {
    const bool known = (word_ & (kTag | kKnown)) == (kTag | kKnown);
    return known ? std::optional(static_cast<std::uint32_t>(word_ >> 32)) : std::nullopt;
  }
  void set_undecided() { word_ = kTag | kStream; }
  HttpFlow& make(Budget& b) {
    reset();
    auto* d = new HttpFlow(b);
    word_ = reinterpret_cast<std::uint64_t>(d);
    return *d;
  }

 private:
  static constexpr std::uint64_t kTag = 1, kKnown = 2, kStream = 4;  // a pointer has none of them
  std::uint64_t word_ = 0;
};
static_assert(sizeof(void*) == sizeof(std::uint64_t) && alignof(HttpFlow) >= 8);

}  // namespace t2::http
