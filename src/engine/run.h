// SPDX-License-Identifier: Apache-2.0
// One run of t2 from options to exit status: checks everything, then starts the engine.
#pragma once

#include "engine/run_options.h"

namespace t2 {

/// Returns the exit status (spec core 1.2).
int run(RunOptions options);

}  // namespace t2
