// SPDX-License-Identifier: Apache-2.0
// What a plugin's library says of itself, read from the file: loading it would run its code.
#pragma once

#include <string>

#include "t2/result.h"

namespace t2 {

/// The build stamp in the library's section of that name (T2_PLUGIN). An error without the file's
/// name if it is no regular file, no library, not whole (loading it would be SIGBUS), or has no
/// stamp.
Result<std::string> read_build_stamp(const std::string& path);

}  // namespace t2
