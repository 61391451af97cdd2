// SPDX-License-Identifier: Apache-2.0
// What t2conf tells and asks its user, and other programs that go on in its place.
#pragma once

#include <string>
#include <vector>

#include "t2/result.h"

namespace t2::tools {

/// To standard output; that nobody reads it is no error.
Result<void> print(const std::string& text);
/// Writes a file whole or not at all. Asks before it replaces one that is there, unless `yes`.
Result<void> write_new(const std::string& path, const std::string& text, bool yes);
/// Replaces this process; returns only if that failed.
Result<void> become(const std::vector<std::string>& argv);

}  // namespace t2::tools
