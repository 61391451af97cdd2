// SPDX-License-Identifier: Apache-2.0
// What gawk gets before the user's program: the columns, the rule that knows the header row.
#pragma once

#include <string>
#include <string_view>

#include "tawk/header.h"
#include "tawk/options.h"

namespace t2::tawk {

struct Source {
  const ColumnNames& columns;
  std::string name;     // of the input, for -c
  std::string program;  // of the command line, for -c
};

std::string preamble(const Options& o, const Source& source);

/// As a string of the awk language.
std::string awk_string(std::string_view text);

}  // namespace t2::tawk
