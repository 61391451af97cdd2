// SPDX-License-Identifier: Apache-2.0
// The texts of the flowStat bits (spec core 5).
#pragma once

#include <vector>

#include "t2/columns.h"

namespace t2::basic_flow {

std::vector<BitText> flow_stat_bits();

}  // namespace t2::basic_flow
