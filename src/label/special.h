// SPDX-License-Identifier: Apache-2.0
// The built-in special ranges: private, multicast, documentation and tunnel networks (spec
// basicFlow C.7).
#pragma once

#include "label/pool.h"
#include "label/ranges.h"

namespace t2 {

void add_special_ranges(LabelPool& pool, RangeTable& ranges);

}  // namespace t2
