// SPDX-License-Identifier: Apache-2.0
// One value of the user's configuration, for programs that do not need all settings.
#pragma once

#include <optional>
#include <string>

namespace t2::tools {

/// What ~/.tranalyzer/config/OWNER.config says of a setting, without the quotes of a string.
std::optional<std::string> user_setting(const std::string& owner, const std::string& flag);

}  // namespace t2::tools
