// SPDX-License-Identifier: Apache-2.0
// parquetSink: rows of flows and packets as Parquet files.
#pragma once

#include "t2/settings.h"

namespace t2::parquet {

/* ========================================================================== */
/* ------------------------ USER CONFIGURATION FLAGS ------------------------ */
/* ========================================================================== */

struct Config : Settings {
  // clang-format off
  Int PARQUET_ROWS{this, "PARQUET_ROWS", 131072, {1, 10000000}, "rows of a row group at most: what a reader can use if the run is killed"};

  /* +++++++++++++++++++++ ENV / RUNTIME - conf Variables +++++++++++++++++++++ */

  String PARQUET_FLOWS_SUFFIX  {this, "PARQUET_FLOWS_SUFFIX",   "_flows.parquet",   "suffix of the flow file", kEnv};
  String PARQUET_PACKETS_SUFFIX{this, "PARQUET_PACKETS_SUFFIX", "_packets.parquet", "suffix of the packet file (-s)", kEnv};
  // clang-format on
};

}  // namespace t2::parquet
