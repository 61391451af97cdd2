// SPDX-License-Identifier: Apache-2.0
// Label: country and organisation of an address. The flow keeps the ids (Flow::src_label,
// Flow::dst_label).
#pragma once

#include <cstdint>
#include <string>
#include <string_view>

#include "t2/result.h"
#include "t2/types.h"

namespace t2 {

/// Views live as long as the store.
struct Label {
  std::string_view country = "-";  // two lower-case letters or digits, "-" unknown
  std::string_view organisation = "-";
  std::string_view county = "-";
  std::string_view city = "-";
  std::uint32_t asn = 0;
  std::uint32_t code = 0;  // country / organisation code word (spec basicFlow C.6)
  float latitude = 0, longitude = 0, radius = 0;
  bool tor = false;
};

class Labels {
 public:
  virtual ~Labels() = default;
  /// 0 when nothing is known. The same label always has the same id within a run.
  virtual std::uint32_t find(const IpAddress& a) = 0;
  /// Label of an id from find(); the unknown label for 0. The reference stays valid.
  virtual const Label& get(std::uint32_t id) const = 0;
  /// Adds a user's list (spec basicFlow C.2 or D.2 "own list"); it wins over everything else. Only
  /// before the first packet.
  virtual Result<void> load_list(const std::string& path) = 0;
};

}  // namespace t2
