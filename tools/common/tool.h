// SPDX-License-Identifier: Apache-2.0
// What every command does around its work, so that none ends with status 0 for something not done.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "t2/result.h"

namespace t2::tools {

/// The body of main(): opens the standard descriptors that are closed, runs `work` with the words
/// of the command line, and gives its status; 1 with one line on standard error if memory ran out,
/// or if what was printed did not reach its reader. A reader that has seen enough (head) is no
/// failure.
int run_tool(int argc, char** argv, int (*work)(const std::vector<std::string>& words));

/// All of it to standard output, at once; that nobody reads it is no error.
Result<void> write_out(std::string_view text);

/// Unless NO_COLOR says otherwise (no-color.org).
bool wants_colour();

}  // namespace t2::tools
