// SPDX-License-Identifier: Apache-2.0
// Numbers, dates and durations as the reports print them (spec core 9.1).
#pragma once

#include <cstdint>
#include <string>

#include "t2/report.h"
#include "t2/types.h"

namespace t2 {

/// " (69.46 K)" for n >= 1000, else "". Unit = largest k with n >= 1000^k.
std::string human_suffix(double n);
/// "16829 b/s (16.83 Kb/s)"
std::string bit_rate(std::uint64_t bytes, double seconds);
/// "1168195766.739929000 sec (Sun 07 Jan 2007 18:49:26 GMT)"; local time zone if not `utc`.
std::string date(Nanoseconds t, bool utc);
/// "3725.500000000 sec (1h 2m 5s)"; the bracket from 60 s on.
std::string duration(Nanoseconds t);

}  // namespace t2
