// SPDX-License-Identifier: Apache-2.0
// Which rule an address matched last. Of fixed size: the oldest of four neighbours makes room.
#pragma once

#include <cstdint>
#include <vector>

#include "database.h"
#include "t2/types.h"

namespace t2::tp0f {

class IpMemory {
 public:
  struct Entry {
    IpAddress ip;
    std::uint8_t status = 0;
    const Rule* rule = nullptr;
    Nanoseconds time = 0;  // of the packet that matched
  };

  /// `age`: how long an address is remembered, 0 for ever.
  void set_age(Nanoseconds age) { age_ = age; }

  /// Null if the address is not known, or was too long ago.
  const Entry* find(const IpAddress& ip, Nanoseconds now) const;
  void store(const Entry& e);

 private:
  static constexpr std::size_t kSets = 1 << 14, kWays = 4;
  static std::size_t set_of(const IpAddress& ip);

  Nanoseconds age_ = 0;
  std::vector<Entry> entries_;  // empty until the first one is stored
};

}  // namespace t2::tp0f
