// SPDX-License-Identifier: Apache-2.0
// Body: the bytes of one message body on their way to who saves them: codings taken off, parts told
// apart.
#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "budget.h"
#include "coding.h"
#include "detector.h"
#include "item.h"
#include "message.h"
#include "multipart.h"

namespace t2::http {

/// What all bodies share.
struct BodyTools {
  BodyTools(ItemSink& s, BombLimits b, const Detector* d) : items(s), bombs(b), detector(d) {}

  ItemSink& items;
  BombLimits bombs;
  const Detector* detector;  // null: types are not detected
  Workspace workspace;
};

/// What the head says of the body.
struct BodyPlan {
  ItemStart start;  // without number, first and flow
  std::vector<Coding> codings;
  bool chunked = false;
  std::string boundary;  // of a multipart body; empty: none
};

/// What became of it, for the columns.
struct BodyVerdict {
  bool broken_coding = false, claimed_coding_absent = false, bomb = false, parts = false;
  bool unlike = false;
  bool refused = false;  // it was cut, or parts of it, by a limit of memory
  std::string detected;
};

class Body final : private BytesSink, private MultipartEvents {
 public:
  /// `number`: counts the contents of the flow direction. Null if there is no room for it.
  static std::unique_ptr<Body> open(BodyTools& tools, Budget& budget, BodyPlan plan,
                                    std::uint32_t& number);
  Body(const Body&) = delete;
  Body& operator=(const Body&) = delete;

  void feed(Bytes data, const Moment& now);
  void gap(std::uint64_t length, const Moment& now);
  /// Once. `stream` tells what the connection came to.
  BodyVerdict end(const BodyEnd& end, const ItemEnd& stream);

 private:
  void on_bytes(Bytes data) override;
  void on_part(const Head& head) override;
  void on_part_data(Bytes data) override;
  void on_part_end(bool marked, bool lost) override;

  Body(BodyTools& tools, Budget& budget, BodyPlan plan, std::uint32_t& number);

  bool begin();
  void cut();
  void keep_start(Bytes data, std::string& start) const;

  BodyTools& tools_;
  Share share_;
  BodyPlan plan_;
  std::uint32_t& number_;
  std::optional<Codings> codings_;
  std::optional<MultipartReader> parts_;
  ItemStart part_;
  std::string start_bytes_, part_bytes_;  // for the detector
  Moment now_;
  bool begun_ = false, wanted_ = true, part_begun_ = false, part_wanted_ = false, broken_ = false;
  bool cut_ = false;       // by a limit of memory: what follows is not taken
  bool part_cut_ = false;  // the part at hand
  bool parts_cut_ = false;
};

}  // namespace t2::http
