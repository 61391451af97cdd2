// SPDX-License-Identifier: Apache-2.0
// What ftpDecode keeps of one direction of a flow that is FTP, or may turn out to be. Other flows
// keep a null pointer.
#pragma once

#include <cstdint>
#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "t2/types.h"
#include "verbs.h"

namespace t2::ftp {

class Content;
class Control;
class Transcript;
struct DataConnection;

/// Bits of ftpStat (spec ftpDecode 3).
enum StatBit : unsigned {
  kControlBit = 0,
  kDataBit = 1,
  kCompleteBit = 2,
  kNegotiatedBit = 3,
  kTableFullBit = 4,
  kFileErrorBit = 5,
  kNoDataFlowBit = 6,
  kOverflowBit = 7,
};

enum class Role : std::uint8_t {
  kProbe,  // a server greeted like FTP on another port; the client's first line will tell
  kControl,
  kCandidate,  // between hosts with a control connection; kept until it is claimed or too old
  kData,
};

struct Side {
  explicit Side(Role r);
  ~Side();
  Side(const Side&) = delete;
  Side& operator=(const Side&) = delete;

  /// After the pair's end: keeps what the columns show and lets go of all that others share.
  void stand_alone();

  Role role;
  bool client = false;  // control connections: the side that sends commands
  Hex8 stat;
  Hex64 verb_bits;
  std::vector<Verb> verbs;
  std::vector<std::uint16_t> codes;
  std::vector<std::string> users, passwords, parameters;
  std::uint64_t length = 0;           // ftpPLen
  std::vector<std::uint64_t> linked;  // ftpCDFindex, once the flow has ended
  bool ended = false;

  std::shared_ptr<Control> control;        // kControl, kProbe
  std::shared_ptr<DataConnection> data;    // kData
  std::unique_ptr<Content> content;        // kData, kCandidate, with FTP_SAVE
  std::unique_ptr<Transcript> transcript;  // kControl, with FTP_SAVE
};

/// The plugin's state per direction: one pointer. Null: not FTP. Undecided: TCP, no payload seen
/// yet.
class State {
 public:
  State() = default;
  ~State() { reset(); }
  State(const State&) = delete;
  State& operator=(const State&) = delete;

  bool is_null() const { return place_ == nullptr; }
  bool is_blank() const { return get() == nullptr; }
  bool undecided() const { return place_ == &kUndecided; }
  Side* get() const {
    return undecided() ? nullptr : static_cast<Side*>(const_cast<void*>(place_));
  }
  void reset() {
    delete get();
    place_ = nullptr;
  }
  void set_undecided() {
    reset();
    place_ = &kUndecided;
  }
  Side& make(Role r) {
    reset();
    auto* d = new Side(r);
    place_ = d;
    return *d;
  }

 private:
  static constexpr char kUndecided = 0;  // only its address counts
  const void* place_ = nullptr;
};
static_assert(sizeof(State) == sizeof(void*));

}  // namespace t2::ftp
