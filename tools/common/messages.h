// SPDX-License-Identifier: Apache-2.0
// What programs tell the user. A message may quote anything: names of files, settings, tables.
#pragma once

#include <fmt/format.h>

#include <cstdio>
#include <string_view>

#include "t2/unicode.h"

namespace t2::tools {

/// A line on standard error without characters that a terminal would obey.
inline void complain(std::string_view message) {
  fmt::print(stderr, "{}\n", printable(message, "\n"));
}

/// The same; returns the exit status of a failure.
inline int fail(std::string_view message) {
  complain(message);
  return 1;
}

}  // namespace t2::tools
