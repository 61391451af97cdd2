// SPDX-License-Identifier: Apache-2.0
// --carve: from command line and settings to what the store of carved contents is told.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "t2/content.h"
#include "t2/core_settings.h"

namespace t2 {

/// "a, b" -> {"a", "b"}; empty items are left out.
std::vector<std::string> comma_list(std::string_view text);
ContentOptions carve_options(const std::string& folder, const CoreSettings& s);

}  // namespace t2
