// SPDX-License-Identifier: Apache-2.0
#pragma once

namespace t2::tools {

/// Whether the descriptor is a device such as /dev/zero, which never ends and cannot be read twice.
/// A terminal and /dev/null, an empty table, are none.
bool is_endless_device(int fd);

}  // namespace t2::tools
