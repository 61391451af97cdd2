// SPDX-License-Identifier: Apache-2.0
// What queries may use besides SQLite's functions, and how values are shown.
#pragma once

#include <sqlite3.h>

#include <string>
#include <string_view>

namespace t2::sql {

/// ip(TEXT), ip_text(BLOB), in_net(BLOB, TEXT), time_text(NS).
void add_functions(sqlite3* db);

/// The cell `column` of the row at hand, as the text table would show it: by what its column was
/// declared as.
std::string shown(sqlite3_stmt* s, int column);

}  // namespace t2::sql
