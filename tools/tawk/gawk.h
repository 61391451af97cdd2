// SPDX-License-Identifier: Apache-2.0
// Running gawk: in place of this process where that will do, else beside it, when its output or the
// end of its input is our business.
#pragma once

#include <string>
#include <vector>

#include "tawk/feed.h"
#include "tawk/output.h"

namespace t2::tawk {

/// Runs gawk with its output through `output`, its messages printable, and waits for the feeders;
/// returns the exit status: gawk's, or 1 if a feeder failed; 127 if there is no gawk.
int run_gawk(const std::vector<std::string>& argv, Output& output,
             const std::vector<Feeder>& feeders);

}  // namespace t2::tawk
