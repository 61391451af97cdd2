// SPDX-License-Identifier: Apache-2.0
// All rules, so that a page can say what was looked for and not found.
#pragma once

#include <vector>

#include "findings/finding.h"

namespace t2::report {

std::vector<const Rule*> all_rules();

}  // namespace t2::report
