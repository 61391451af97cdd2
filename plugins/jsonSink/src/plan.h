// SPDX-License-Identifier: Apache-2.0
// Plan: which members a row of a table has, made once from its columns and the settings.
#pragma once

#include <string>
#include <vector>

#include "jsonSink.h"
#include "t2/json_cell.h"
#include "t2/row.h"

namespace t2::json_sink {

/// What stands beside a cell.
enum class Extra : std::uint8_t {
  kNone,   // it is the cell itself
  kTexts,  // the texts of the bits that are set
  kExact,  // the exact bytes of text that is no UTF-8
};

/// A member of the object.
struct Member {
  std::string key;  // `,"NAME":`
  JsonForm form = JsonForm::kCell;
  Extra extra = Extra::kNone;
};

/// What becomes of a column.
struct ColumnPlan {
  const Type* type = nullptr;
  const std::vector<BitText>* bits = nullptr;
  std::vector<Member> members;
};

struct Plan {
  std::string constants;  // members that are the same in all rows: `,"NAME":VALUE...`
  std::vector<ColumnPlan> columns;
  bool a_only = false;  // one row a connection: column 0 is `dir`, and only rows of A are written
};

Plan make_plan(Table table, const Schema& schema, const Config& config);

}  // namespace t2::json_sink
