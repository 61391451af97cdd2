// SPDX-License-Identifier: Apache-2.0
// What httpSniffer keeps of one direction of a flow that is HTTP, or may turn out to be. Other
// flows keep a null pointer.
#pragma once

#include <array>
#include <cstdint>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

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
  std::uint16_t gets = 0, posts = 0, responses = 0;
  std::vector<std::uint16_t> codes;
  std::array<std::uint16_t, 10> counts{};
  std::array<std::uint16_t, kMimeClasses> mimes{};
  std::vector<std::string> hosts, urls, types, cookies, agents, forwarded, referrers, vias,
      locations, servers, powered;
  std::array<std::vector<std::string>, kMimeClasses> contents;

  void set(Stat s) { stat.set(static_cast<unsigned>(s)); }
  void set(Anomaly a) { anomalies.set(static_cast<unsigned>(a)); }
  void set(ContentFlag f) { flags.set(static_cast<unsigned>(f)); }
  /// Adds a text once, as long as there is room (HTTP_DATA_C_MAX, HTTP_MXNMLN).
  void add(std::vector<std::string>& to, std::string_view text, const Config& config);
  void note_head(const Head& h, const Config& config);
  void note_body(const BodyPlan& plan, const Config& config);
  void note_verdict(const BodyVerdict& v);
};

class Side;
class Http2Side;

struct Direction {
  Direction();
  ~Direction();
  Direction(const Direction&) = delete;
  Direction& operator=(const Direction&) = delete;

  Facts facts;
  std::uint32_t contents = 0;        // so far
  std::unique_ptr<Side> side;        // null: nothing more is read, or ...
  std::unique_ptr<Http2Side> http2;  // ... it is HTTP/2
};

/// The plugin's state per direction: one pointer. Null: not HTTP. Undecided: TCP, no payload seen
/// yet.
class State {
 public:
  State() = default;
  ~State() { reset(); }
  State(const State&) = delete;
  State& operator=(const State&) = delete;

  bool is_null() const { return place_ == nullptr; }
  bool undecided() const { return place_ == &kUndecided; }
  Direction* get() const {
    return undecided() ? nullptr : static_cast<Direction*>(const_cast<void*>(place_));
  }
  void reset() {
    delete get();
    place_ = nullptr;
  }
  void set_undecided() {
    reset();
    place_ = &kUndecided;
  }
  Direction& make() {
    reset();
    auto* d = new Direction;
    place_ = d;
    return *d;
  }

 private:
  static constexpr char kUndecided = 0;  // only its address counts
  const void* place_ = nullptr;
};
static_assert(sizeof(State) == sizeof(void*));

}  // namespace t2::http
