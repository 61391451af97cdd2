// SPDX-License-Identifier: Apache-2.0
// Moment: a packet of the run, by its time and number.
#pragma once

#include <cstdint>

#include "t2/types.h"

namespace t2::ftp {

struct Moment {
  Nanoseconds time = 0;
  std::uint64_t packet = 0;  // Packet::number; 0: none
};

}  // namespace t2::ftp
