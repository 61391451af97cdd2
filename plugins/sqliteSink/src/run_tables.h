// SPDX-License-Identifier: Apache-2.0
// The tables that tell of the run: how it was made, from which captures, what it carved.
#pragma once

#include "database.h"
#include "t2/plugin.h"

namespace t2::sqlite_sink {

/// A row of `runs` for a run that begins now; gives its number.
Result<std::int64_t> begin_run(Database& db, const RunInfo& run);
/// What is known when the last row is written: `captures`, `files` and the end of the run.
Result<void> end_run(Database& db, std::int64_t run, const RunFacts& facts);
/// The report, once it is there.
Result<void> add_report(Database& db, std::int64_t run, std::string_view report);

}  // namespace t2::sqlite_sink
