// SPDX-License-Identifier: Apache-2.0
#include "database.h"

#include <fmt/format.h>
#include <sys/stat.h>
#include <unistd.h>

#include <array>
#include <cstdio>
#include <filesystem>
#include <utility>

#include "t2/bytes.h"

namespace t2::sqlite_sink {
namespace {

/// "The Database File Format", 1.3: magic, and at byte 68 the application's number.
constexpr std::size_t kHeader = 100, kApplicationAt = 68;
constexpr std::string_view kMagic{"SQLite format 3\0", 16};

std::string folder_of(const std::string& path) {
  const std::filesystem::path folder = std::filesystem::path(path).parent_path();
  return folder.empty() ? "." : folder.string();
}

}  // namespace

std::string quoted(std::string_view name) {
  std::string out = "\"";
  for (const char c : name) out += c == '"' ? std::string("\"\"") : std::string(1, c);
  return out + '"';
}

void bind_text(sqlite3_stmt* s, int at, std::string_view text) {
  sqlite3_bind_text(s, at, text.empty() ? "" : text.data(), static_cast<int>(text.size()),
                    SQLITE_TRANSIENT);
}

Database::~Database() {
  (void)close();
}

Error Database::error() const {
  return Error{fmt::format("Failed to write file '{}': {}", path_,
                           db_ != nullptr ? sqlite3_errmsg(db_) : "out of memory")};
}

/// Another program's database is not overwritten.
Result<void> Database::check_old(bool append) const {
  std::array<std::uint8_t, kHeader> head{};
  std::FILE* f = std::fopen(path_.c_str(), "rb");
  if (f == nullptr) return {};
  const std::size_t n = std::fread(head.data(), 1, head.size(), f);
  std::fclose(f);
  if (n == 0) return {};
  const bool database = n == kHeader && as_text(head).starts_with(kMagic);
  const bool ours = database && load_be32(&head[kApplicationAt]) == kApplication;
  if (ours || (!database && !append)) return {};
  return Error{fmt::format("File '{}' is {}. Choose another prefix with '-w'", path_,
                           database ? "another program's database" : "no database")};
}

Result<void> Database::open(const std::string& path, OutputAccess access, bool append) {
  path_ = path;
  struct stat s {};
  const bool regular = stat(path.c_str(), &s) == 0 && S_ISREG(s.st_mode);
  if (auto r = regular ? check_old(append) : Result<void>(); !r) return r;
  const auto file = create_output(path, access, append ? Existing::kStays : Existing::kGoes);
  if (!file) return file.error();
  lock_ = *file;
  if (fstat(lock_, &s) != 0 || !S_ISREG(s.st_mode)) {
    return Error{
        fmt::format("Failed to open file '{}' for writing: a database must be a file", path)};
  }
  // What a run that was killed left belongs to the database that is gone.
  if (!append) ::unlink((path + "-journal").c_str());
  return prepare_file(append);
}

Result<void> Database::prepare_file(bool append) {
  // Where the sorting for indexes puts what does not fit into memory.
  sqlite3_free(
      std::exchange(sqlite3_temp_directory, sqlite3_mprintf("%s", folder_of(path_).c_str())));
  // Nobody else in this program uses SQLite, and one thread at a time; nobody asks how much memory
  // it has. Without that each allocation takes a lock.
  sqlite3_config(SQLITE_CONFIG_MULTITHREAD);
  sqlite3_config(SQLITE_CONFIG_MEMSTATUS, 0);
  const int flags = SQLITE_OPEN_READWRITE | SQLITE_OPEN_CREATE | SQLITE_OPEN_NOMUTEX;
  if (sqlite3_open_v2(path_.c_str(), &db_, flags, nullptr) != SQLITE_OK) return error();
  const auto old_version = number("PRAGMA user_version");
  if (!old_version) return old_version.error();
  const auto tables = number("SELECT count(*) FROM sqlite_master");
  if (!tables) return tables.error();
  had_tables_ = *tables > 0;
  if (had_tables_ && *old_version != kSchemaVersion) {
    return Error{fmt::format(
        "File '{}' was written by another version (its tables have version {}, this program's {}). "
        "Choose another prefix with '-w', or SQLITE_APPEND=0",
        path_, *old_version, kSchemaVersion)};
  }
  // The journal is cut, not removed, at each commit: the fewer system calls, the better.
  if (auto r = execute("PRAGMA journal_mode=TRUNCATE; PRAGMA synchronous=NORMAL;"
                       "PRAGMA cache_size=-16384; PRAGMA locking_mode=NORMAL");
      !r) {
    return r;
  }
  if (append && had_tables_) return execute("BEGIN IMMEDIATE");
  return execute(fmt::format("PRAGMA application_id={}; PRAGMA user_version={}; BEGIN IMMEDIATE",
                             kApplication, kSchemaVersion));
}

Result<void> Database::execute(const std::string& sql) {
  if (sqlite3_exec(db_, sql.c_str(), nullptr, nullptr, nullptr) != SQLITE_OK) return error();
  return {};
}

Result<Statement> Database::prepare(const std::string& sql) {
  sqlite3_stmt* s = nullptr;
  if (sqlite3_prepare_v3(db_, sql.c_str(), static_cast<int>(sql.size()), SQLITE_PREPARE_PERSISTENT,
                         &s, nullptr) != SQLITE_OK) {
    return error();
  }
  return Statement(s);
}

Result<void> Database::step(sqlite3_stmt* s) {
  sqlite3_step(s);
  return sqlite3_reset(s) == SQLITE_OK ? Result<void>() : error();
}

Result<std::int64_t> Database::number(const std::string& sql) {
  auto s = prepare(sql);
  if (!s) return s.error();
  const int got = sqlite3_step(s->get());
  if (got != SQLITE_ROW && got != SQLITE_DONE) return error();
  return got == SQLITE_ROW ? sqlite3_column_int64(s->get(), 0) : 0;
}

Result<void> Database::commit() {
  committed_ = std::chrono::steady_clock::now();
  return execute("COMMIT; BEGIN IMMEDIATE");
}

std::chrono::steady_clock::duration Database::since_commit() const {
  return std::chrono::steady_clock::now() - committed_;
}

void Database::roll_back() {
  if (db_ != nullptr && sqlite3_get_autocommit(db_) == 0) (void)execute("ROLLBACK");
}

Result<void> Database::close() {
  Result<void> result;
  if (db_ != nullptr && sqlite3_get_autocommit(db_) == 0) result = execute("COMMIT");
  if (!result) roll_back();
  struct stat s {};
  if (result && lock_ >= 0 && fstat(lock_, &s) == 0 && s.st_nlink == 0) {
    result = Error{fmt::format("Failed to write file '{}': it was deleted during the run", path_)};
  }
  if (sqlite3_close(std::exchange(db_, nullptr)) != SQLITE_OK && result) result = error();
  // Behind the last commit there is nothing in it.
  if (lock_ >= 0 && stat((path_ + "-journal").c_str(), &s) == 0 && s.st_size == 0) {
    ::unlink((path_ + "-journal").c_str());
  }
  if (lock_ >= 0) ::close(std::exchange(lock_, -1));
  return result;
}

}  // namespace t2::sqlite_sink
