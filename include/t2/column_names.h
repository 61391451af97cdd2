// SPDX-License-Identifier: Apache-2.0
// Names of columns for databases, which compare them without regard to case.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "t2/row.h"

namespace t2 {

/// One name for each column: its own, or, if that differs from `reserved` or the name of an earlier
/// column at most by the case of letters, with `_2`, `_3`... behind it.
std::vector<std::string> distinct_names(const Schema& schema, std::string_view reserved = {});

}  // namespace t2
