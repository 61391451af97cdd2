// SPDX-License-Identifier: Apache-2.0
// basicStats: packet and byte counts, sizes, inter-arrival times, rates, asymmetry (spec
// basicStats).
#pragma once

#include "t2/settings.h"

namespace t2::basic_stats {

/* ========================================================================== */
/* ------------------------ USER CONFIGURATION FLAGS ------------------------ */
/* ========================================================================== */

struct Config : Settings {
  // clang-format off
  Flag BS_AGGR_CNT  {this, "BS_AGGR_CNT",  false,          "sums over both directions"};
  Flag BS_REV_CNT   {this, "BS_REV_CNT",   true,           "counts of the opposite direction"};
  Int  BS_MOD       {this, "BS_MOD",       0, {0, 65535},  "packet length modulo this, 0 or 1: off"};
  Flag BS_PAD       {this, "BS_PAD",       true,           "bytes of link-layer padding"};
  Flag BS_STATS     {this, "BS_STATS",     true,           "statistics, else counts only"};
  Flag BS_PL_STATS  {this, "BS_PL_STATS",  true,           "packet length statistics"};
  Flag BS_IAT_STATS {this, "BS_IAT_STATS", true,           "inter-arrival time statistics"};
  Flag BS_VAR       {this, "BS_VAR",       false,          "variances"};
  Flag BS_STDDEV    {this, "BS_STDDEV",    true,           "standard deviations"};
  Flag BS_SK        {this, "BS_SK",        true,           "skewness and kurtosis (need BS_VAR)"};
  Int  BS_XCLD      {this, "BS_XCLD",      0, {0, 4},      "lengths L that count: 0 all, 1 L > XMIN, 2 L < XMAX, 3 XMIN <= L <= XMAX, 4 L <= XMIN or L >= XMAX"};
  Int  BS_NAMES     {this, "BS_NAMES",     93, {91, 93},   "column names of version 0.9.1 (91) or 0.9.3 (93)"};

  Flag ANONYM_IP    {this, "ANONYM_IP",    false,          "no IP addresses in the report"};

  /* +++++++++++++++++++++ ENV / RUNTIME - conf Variables +++++++++++++++++++++ */

  Int  BS_XMIN      {this, "BS_XMIN",      1, {0, 4294967295.0},     "BS_XCLD: lower limit", kEnv};
  Int  BS_XMAX      {this, "BS_XMAX",      65535, {0, 4294967295.0}, "BS_XCLD: upper limit", kEnv};
  // clang-format on
};

}  // namespace t2::basic_stats
