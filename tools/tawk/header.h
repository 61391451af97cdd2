// SPDX-License-Identifier: Apache-2.0
// The header row of a table and the names that a program may use for its columns (spec tools 3.1).
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "t2/result.h"

namespace t2::tawk {

struct HeaderRule {
  std::string characters = "%";  // "" : the header has no mark and is row 1
  std::size_t row = 0;           // 0: the first row with the mark; else this row
  std::string separator = "\t";
  std::string row_end = "\n";
};

/// Names by position: the first is column 1.
using ColumnNames = std::vector<std::string>;

/// "l7 Content" -> "l7_Content", "4in6" -> "_4in6"
std::string identifier(std::string_view cell);
/// Whether the line is the header: its number counts from 1.
bool is_header(std::string_view line, std::size_t number, const HeaderRule& rule);
Result<ColumnNames> parse_header(std::string_view line, const HeaderRule& rule);
/// The header in the first lines of a table, or nothing; `rest` gets what stands behind it.
/// `complete` says that no more text follows.
std::optional<std::string_view> find_header(std::string_view text, const HeaderRule& rule,
                                            bool complete, std::string_view& rest);

/// How much of the input may precede the end of its header row, in bytes.
inline constexpr std::size_t kMaxHeader = std::size_t{1} << 20;

}  // namespace t2::tawk
