// SPDX-License-Identifier: Apache-2.0
// `t2 --describe`: plugins, settings, columns and bit texts as JSON, for t2conf, tawk and the docs.
#pragma once

#include <string>

#include "plugin/plugin_set.h"
#include "t2/core_settings.h"
#include "t2/text.h"

namespace t2 {

std::string describe(const PluginSet& plugins, const CoreSettings& core, const TextSettings& text);

}  // namespace t2
