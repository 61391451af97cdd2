// SPDX-License-Identifier: Apache-2.0
// Columns whose values have names (protocols, reply codes): the tables of values.txt.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "t2/result.h"

namespace t2::tawk {

/// A row: numbers (`value` & mask) lies between first and last, or a text that equals `shown`.
struct ValueRow {
  std::string shown, text;
  bool number = false;
  int part = 0;  // of a value such as 0x80_0x00100000: 0 or 1
  std::uint64_t first = 0, last = 0, mask = ~std::uint64_t{0};
};

struct ValueTable {
  std::vector<ValueRow> rows;
  bool pair = false;  // the value is first_second, each a bit field
};

/// The table of a column; without rows if the file has none.
ValueTable find_values(std::string_view file, std::string_view column);
/// Names of the columns that have tables.
std::vector<std::string> value_columns(std::string_view file);

/// The rows that a value fits; all of them for "". An error says what is wrong with the value.
Result<std::vector<ValueRow>> matching(const ValueTable& table, std::string_view column,
                                       std::string_view value);

/// The unit of a column's numbers; "" if the file names none.
std::string_view find_unit(std::string_view file, std::string_view column);

/// Decimal, or hexadecimal behind 0x.
bool parse_number(std::string_view text, std::uint64_t& out);

}  // namespace t2::tawk
