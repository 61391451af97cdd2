// SPDX-License-Identifier: Apache-2.0
// Tables: how the columns of a run are called and kept in SQL, and the tables that explain them.
#pragma once

#include <string>
#include <vector>

#include "database.h"
#include "t2/sink.h"

namespace t2::sqlite_sink {

/// A table of rows. All names are SQL's: a column whose name differs from another's by capitals
/// alone, or is `run`, has a number behind it.
struct RowTable {
  RowTable(std::string table, const Schema& columns);

  std::string name;
  const Schema* schema;
  std::vector<std::string> names;

  std::string create() const;
  std::string insert() const;
  /// `name_text`: addresses, bit fields and times as the text table shows them.
  std::string create_view() const;
};

/// The type that a column is declared with: what it means, and what SQLite keeps it as.
const char* declared_type(const Type& type);

/// `columns` and `bits`, filled.
Result<void> explain(Database& db, const RowTable& table);

/// All tables of a new database but those of rows.
const char* other_tables();

}  // namespace t2::sqlite_sink
