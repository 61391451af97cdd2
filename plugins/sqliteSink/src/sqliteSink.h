// SPDX-License-Identifier: Apache-2.0
// sqliteSink: rows of flows and packets, what their columns mean, the run and what it carved, in
// one SQLite database.
#pragma once

#include "t2/settings.h"

namespace t2::sqlite_sink {

/* ========================================================================== */
/* ------------------------ USER CONFIGURATION FLAGS ------------------------ */
/* ========================================================================== */

struct Config : Settings {
  // clang-format off
  Flag SQLITE_APPEND{this, "SQLITE_APPEND", false, "add this run to the database that is there, if it has the same columns"};
  Flag SQLITE_INDEX {this, "SQLITE_INDEX",  true,  "make indexes at the end of the run"};

  /* +++++++++++++++++++++ ENV / RUNTIME - conf Variables +++++++++++++++++++++ */

  String SQLITE_SUFFIX{this, "SQLITE_SUFFIX", ".sqlite", "suffix of the database", kEnv};
  // clang-format on
};

}  // namespace t2::sqlite_sink
