// SPDX-License-Identifier: Apache-2.0
// timeBins: how many packets and bytes came when, in a file of their own.
#pragma once

#include "t2/settings.h"

namespace t2::time_bins {

// clang-format off

/* ========================================================================== */
/* ------------------------ USER CONFIGURATION FLAGS ------------------------ */
/* ========================================================================== */

struct Config : Settings {
  Real   TIMEBINS_WIDTH {this, "TIMEBINS_WIDTH", 0.001, {0.000001, 86400}, "seconds that a bin is wide, if there is room for so many"};
  Int    TIMEBINS_MOST  {this, "TIMEBINS_MOST",  4096,  {16, 1000000},     "most bins; when there are more, all become twice as wide"};
  String TIMEBINS_SUFFIX{this, "TIMEBINS_SUFFIX", "_timeBins.txt",         "suffix of the file"};
};

/* ========================================================================== */
/* ------------------------- DO NOT EDIT BELOW HERE ------------------------- */
/* ========================================================================== */

// clang-format on

}  // namespace t2::time_bins
