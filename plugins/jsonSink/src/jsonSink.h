// SPDX-License-Identifier: Apache-2.0
// jsonSink: rows of flows and packets as JSON lines (docs/json.md).
#pragma once

#include "t2/settings.h"

namespace t2::json_sink {

/* ========================================================================== */
/* ------------------------ USER CONFIGURATION FLAGS ------------------------ */
/* ========================================================================== */

struct Config : Settings {
  // clang-format off
  Int  JSON_PROFILE {this, "JSON_PROFILE",  0, {0, 2}, "names of members: 0 those of the columns, 1 Elastic Common Schema, 2 Zeek's conn.log"};
  Flag JSON_OTHERS  {this, "JSON_OTHERS",   true,      "with JSON_PROFILE: columns that the profile does not know, as t2.NAME"};
  Int  JSON_TIMES   {this, "JSON_TIMES",    0, {0, 2}, "times: 0 ISO 8601, 1 whole nanoseconds, 2 both (NAME, NAME_ns)"};
  Flag JSON_BITS    {this, "JSON_BITS",     false,     "texts of the bits of a bit field in NAME_texts"};
  Flag JSON_EXACT   {this, "JSON_EXACT",    false,     "exact bytes of text that is no UTF-8 in NAME_hex"};
  Int  JSON_COMPRESS{this, "JSON_COMPRESS", 0, {0, 2}, "compression: 0 none, 1 gzip, 2 zstd"};
  Flag JSON_SPLIT   {this, "JSON_SPLIT",    true,      "split the flow file as -W says"};

  /* +++++++++++++++++++++ ENV / RUNTIME - conf Variables +++++++++++++++++++++ */

  String JSON_FLOWS_SUFFIX  {this, "JSON_FLOWS_SUFFIX",   "_flows.json",   "suffix of the flow file", kEnv};
  String JSON_PACKETS_SUFFIX{this, "JSON_PACKETS_SUFFIX", "_packets.json", "suffix of the packet file (-s)", kEnv};
  // clang-format on
};

}  // namespace t2::json_sink
