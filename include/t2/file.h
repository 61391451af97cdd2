// SPDX-License-Identifier: Apache-2.0
// Files that are read whole: settings, rules, lists of networks. What is no regular file (a device,
// a pipe, a folder) is refused: reading it might never end.
#pragma once

#include <cstddef>
#include <string>

#include "t2/result.h"

namespace t2 {

/// The whole file; an error in one line, with its name, if it cannot be read, is no regular file or
/// has more than `most` bytes.
Result<std::string> read_regular_file(const std::string& path, std::size_t most);
/// Nothing lies there, which is something else than a file that cannot be read.
bool is_absent(const std::string& path);

}  // namespace t2
