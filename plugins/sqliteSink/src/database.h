// SPDX-License-Identifier: Apache-2.0
// Database: the file, its lock, and what is asked of SQLite, with errors in one line.
#pragma once

#include <sqlite3.h>

#include <chrono>
#include <concepts>
#include <memory>
#include <string>
#include <string_view>
#include <type_traits>

#include "t2/output.h"

namespace t2::sqlite_sink {

/// What PRAGMA application_id says of our files: "t2++".
inline constexpr std::uint32_t kApplication = 0x74322b2b;
/// PRAGMA user_version: raised when tables that readers know change.
inline constexpr int kSchemaVersion = 1;

struct FinishStatement {
  void operator()(sqlite3_stmt* s) const { sqlite3_finalize(s); }
};
using Statement = std::unique_ptr<sqlite3_stmt, FinishStatement>;

/// Not bind(): with a std::string that would be std::bind wherever <functional> is included.
void bind_text(sqlite3_stmt* s, int at, std::string_view text);
/// Whole numbers and texts, as all parameters from the first one on.
template <class... Values>
void bind_all(sqlite3_stmt* s, const Values&... values) {
  int at = 0;
  const auto one = [&](const auto& v) {
    if constexpr (std::integral<std::remove_cvref_t<decltype(v)>>) {
      sqlite3_bind_int64(s, ++at, static_cast<std::int64_t>(v));
    } else {
      bind_text(s, ++at, v);
    }
  };
  (one(values), ...);
}

class Database {
 public:
  Database() = default;
  ~Database();
  Database(const Database&) = delete;
  Database& operator=(const Database&) = delete;

  /// A new database, or with `append` the one that is there. Refuses what is no database of ours.
  Result<void> open(const std::string& path, OutputAccess access, bool append);
  /// Whether there were tables already.
  bool had_tables() const { return had_tables_; }
  bool is_open() const { return db_ != nullptr; }

  Result<void> execute(const std::string& sql);
  Result<Statement> prepare(const std::string& sql);
  /// Runs a statement without rows, and makes it ready again.
  Result<void> step(sqlite3_stmt* s);
  /// The whole number that a query gives, 0 if none.
  Result<std::int64_t> number(const std::string& sql);

  /// Ends the transaction and begins the next one: what was written stays, whatever happens.
  Result<void> commit();
  /// The last one ended this long ago.
  std::chrono::steady_clock::duration since_commit() const;
  /// Forgets what was written since the last commit.
  void roll_back();
  Result<void> close();

  Error error() const;

 private:
  Result<void> check_old(bool append) const;
  Result<void> prepare_file(bool append);

  std::string path_;
  sqlite3* db_ = nullptr;
  int lock_ = -1;  // closing it would take SQLite's own locks away, so it is closed last
  bool had_tables_ = false;
  std::chrono::steady_clock::time_point committed_;
};

/// A name in SQL.
std::string quoted(std::string_view name);

}  // namespace t2::sqlite_sink
