// SPDX-License-Identifier: Apache-2.0
// The core's columns of the packet table, before and behind those of the plugins (spec core 6).
#pragma once

#include <span>
#include <vector>

#include "engine/row_plan.h"
#include "plugin/plugin_set.h"
#include "t2/columns.h"
#include "t2/core_settings.h"

namespace t2 {

/// pktNo and flowInd, before the plugins' columns.
std::vector<Column> leading_packet_columns(const CoreSettings& s);
/// The content columns, behind them.
std::vector<Column> content_columns(const CoreSettings& s);
/// All of them, those of the plugins with what these shard parts know (by plugin).
RowPlan packet_rows(const CoreSettings& settings, const PluginSet& plugins,
                    std::span<ShardPartBase* const> parts);

}  // namespace t2
