// SPDX-License-Identifier: Apache-2.0
// The core's columns of the packet table, before and behind those of the plugins (spec core 6).
#pragma once

#include <vector>

#include "t2/columns.h"
#include "t2/core_settings.h"

namespace t2 {

/// pktNo and flowInd, before the plugins' columns.
std::vector<Column> leading_packet_columns(const CoreSettings& s);
/// The content columns, behind them.
std::vector<Column> content_columns(const CoreSettings& s);

}  // namespace t2
