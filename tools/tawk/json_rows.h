// SPDX-License-Identifier: Apache-2.0
// Rows of a table as JSON. docs/json.md says what becomes of each type of column; this is its one
// implementation for text tables.
#pragma once

#include <functional>
#include <string>
#include <string_view>
#include <vector>

#include "t2/json.h"

namespace t2::tawk {

class JsonRows {
 public:
  /// Type of a column as t2 --describe numbers it ("10", "13_15", "31:R", "content"); "" if it is
  /// not known.
  using TypeOf = std::function<std::string(const std::string& column)>;

  explicit JsonRows(TypeOf type_of) : type_of_(std::move(type_of)) {}

  /// Names of the columns of the rows that follow.
  void names(const std::vector<std::string_view>& names);
  /// One row as an object on one line, without line end.
  std::string row(const std::vector<std::string_view>& cells);

 private:
  struct Column {
    std::string name, type;
  };

  TypeOf type_of_;
  std::vector<Column> columns_;
  JsonWriter out_;
};

}  // namespace t2::tawk
