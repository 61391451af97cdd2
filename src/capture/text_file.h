// SPDX-License-Identifier: Apache-2.0
// Small text files that the user writes: capture lists (-R) and filters (-F).
#pragma once

#include <string>
#include <vector>

#include "t2/result.h"

namespace t2 {

/// All lines, without LF and without trailing CRs. At most kMaxTextFile bytes.
Result<std::vector<std::string>> read_lines(const std::string& path);
/// The same for a file that the user did not name: it must be a regular one.
Result<std::vector<std::string>> regular_lines(const std::string& path);

inline constexpr std::size_t kMaxTextFile = std::size_t{64} << 20;

}  // namespace t2
