// SPDX-License-Identifier: Apache-2.0
// t2whois(): a process beside gawk that looks labels up, so that no shell and no file is needed.
#pragma once

#include <string>
#include <vector>

#include "t2/result.h"

namespace t2::tawk {

/// Starts the process; returns the options by which gawk's program finds it. It ends with gawk.
Result<std::vector<std::string>> start_whois();

}  // namespace t2::tawk
