// SPDX-License-Identifier: Apache-2.0
// Looking at the head of the input without taking it away from gawk.
#pragma once

#include <string>

#include "t2/result.h"
#include "tawk/header.h"

namespace t2::tawk {

/// The header row of a file; "" if it has none.
Result<std::string> header_of_file(const std::string& path, const HeaderRule& rule);

/// The header row of standard input; "" if it has none. Afterwards standard input holds everything
/// again: a file is wound back, for a pipe a child process hands the text on.
Result<std::string> header_of_input(const HeaderRule& rule);

/// A file that gawk can read for this one: the file itself, or, if it is compressed, a pipe from a
/// child process that unpacks it.
Result<std::string> readable_file(const std::string& path);

/// Whether standard input is a pipe or socket that has data or whose end has not come yet.
bool input_is_pipe_with_data();

}  // namespace t2::tawk
