// SPDX-License-Identifier: Apache-2.0
// What time it is.
#pragma once

#include <ctime>

#include "t2/types.h"

namespace t2 {

/// Nanoseconds since 1970, as packets of a live capture have them.
inline Nanoseconds wall_clock() {
  timespec t{};
  clock_gettime(CLOCK_REALTIME, &t);
  return t.tv_sec * kSecond + t.tv_nsec;
}

}  // namespace t2
