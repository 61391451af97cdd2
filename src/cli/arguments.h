// SPDX-License-Identifier: Apache-2.0
// The command line of t2 (spec core 1.1, 1.2).
#pragma once

#include <string>

#include "engine/run_options.h"
#include "t2/result.h"

namespace t2 {

/// What main has to do.
struct Command {
  enum class Kind : unsigned char { kRun, kHelp, kVersion, kUsage };
  Kind kind = Kind::kRun;
  RunOptions options;
};

Result<Command> parse_arguments(int argc, char** argv);
std::string usage_text();

}  // namespace t2
