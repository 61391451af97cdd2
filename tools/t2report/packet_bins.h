// SPDX-License-Identifier: Apache-2.0
// When packets came, as the plugin timeBins counted them: PREFIX_timeBins.txt. Flows tell only when
// they began and ended.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "t2/types.h"

namespace t2::report {

struct PacketBins {
  struct Bin {
    std::int64_t number = 0;  // covers [number * width, (number + 1) * width)
    std::uint64_t packets = 0, bytes = 0;
  };
  Nanoseconds width = 0;  // 0: there are none
  std::vector<Bin> bins;  // in order

  std::uint64_t packets() const;
  std::uint64_t bytes() const;
};

/// `flows` is the path of the flow table. None if there is no such file, or one that makes no
/// sense.
PacketBins read_packet_bins(const std::string& flows, char separator);

}  // namespace t2::report
