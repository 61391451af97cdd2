// SPDX-License-Identifier: Apache-2.0
// A run of t2 for the report: all shipped plugins that analyse or carve, the text sink, nothing of
// the user's settings and active plugins.
#pragma once

#include <string>

#include "options.h"
#include "t2/result.h"

namespace t2::report {

struct RunResult {
  std::string table;   // the flow table
  std::string carved;  // folder of carved files; empty: none
  /// Digests of the captures that the manifest has none of: t2 reads a capture again only when
  /// something is carved from it.
  CaptureDigests digests;
};

/// Runs t2 beside `o.output` and waits. Its progress goes to standard error, as always.
Result<RunResult> run_t2(const Options& o);

/// The folder of the shipped plugins, or an error that says how to get them.
Result<std::string> shipped_plugins();

/// What an earlier run of ours noted beside this table.
CaptureDigests noted_digests(const std::string& table);

/// FILE_files for FILE.html.
std::string results_folder(const std::string& output);

}  // namespace t2::report
