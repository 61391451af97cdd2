// SPDX-License-Identifier: Apache-2.0
#include "sqliteSink.h"

#include <fmt/format.h>

#include <algorithm>
#include <filesystem>
#include <optional>

#include "binder.h"
#include "run_tables.h"
#include "tables.h"

namespace t2::sqlite_sink {
namespace {

/// Rows become visible to readers, and stay whatever happens, after this time.
constexpr std::chrono::seconds kCommitAfter{2};
constexpr std::size_t kMostColumns = 1999;  // SQLite's 2,000, one of them is `run`

class SqliteSink final : public Plugin, private Sink {
 public:
  PluginInfo info() const override {
    return {"sqliteSink", "0.1.0", "Rows in an SQLite database", {}};
  }
  Settings* settings() override { return &config_; }
  t2::Sink* sink() override { return this; }
  /// Its journal comes and goes during the run.
  std::vector<std::string> output_folders() const override {
    const std::string& prefix = run().run_info().prefix;
    const std::string folder = std::filesystem::path(prefix).parent_path().string();
    return {folder.empty() ? "." : folder};
  }

 private:
  /// A table of rows and how one gets into it.
  struct Target {
    explicit Target(RowTable t) : table(std::move(t)) {}
    RowTable table;
    Statement insert;
    std::optional<Binder> binder;
  };

  bool wants(Table) const override { return true; }
  bool to_stdout() const override { return false; }
  bool keeps_report() const override { return true; }
  Result<void> open(const RunInfo& run, const Tables& tables) override;
  Result<void> write(Table table, const Rows& rows, const RowText&) override;
  Result<void> flush() override;
  Result<void> close() override;
  Result<void> finished(std::string_view report) override;

  Result<void> prepare(Target& target);
  Result<void> check_columns(const RowTable& table);
  Result<void> make_indexes(const Target& target);

  Config config_;
  Database db_;
  std::optional<Target> flows_, packets_;
  std::int64_t run_ = 0;
  bool failed_ = false;
};

Result<void> SqliteSink::open(const RunInfo& run, const Tables& tables) {
  if (run.prefix.empty()) {
    return Error{
        "sqliteSink: a database cannot go to standard output. Give a prefix with '-W PREFIX'"};
  }
  flows_.emplace(RowTable("flows", tables.flows));
  if (tables.packets != nullptr) packets_.emplace(RowTable("packets", *tables.packets));
  for (const auto* t : {&flows_, &packets_}) {
    if (*t && (*t)->table.names.size() > kMostColumns) {
      return Error{fmt::format("sqliteSink: {} columns are more than SQLite's 2000",
                               (*t)->table.names.size())};
    }
  }
  const std::string path = run.prefix + config_.SQLITE_SUFFIX.value();
  if (auto r = db_.open(path, run.access, config_.SQLITE_APPEND); !r) return r;
  if (!db_.had_tables()) {
    if (auto r = db_.execute(other_tables()); !r) return r;
  }
  for (auto* t : {&flows_, &packets_}) {
    if (!*t) continue;
    if (auto r = prepare(**t); !r) return r;
  }
  const auto number = begin_run(db_, run);
  if (!number) return number.error();
  run_ = *number;
  return db_.commit();
}

/// Makes the table, or checks that the one of an earlier run has these columns.
Result<void> SqliteSink::prepare(Target& target) {
  const RowTable& table = target.table;
  const auto there = db_.number(fmt::format(
      "SELECT count(*) FROM sqlite_master WHERE type='table' AND name='{}'", table.name));
  if (!there) return there.error();
  if (*there != 0) {
    if (auto r = check_columns(table); !r) return r;
  } else {
    if (auto r = db_.execute(table.create() + ";" + table.create_view()); !r) return r;
    if (auto r = explain(db_, table); !r) return r;
  }
  auto insert = db_.prepare(table.insert());
  if (!insert) return insert.error();
  target.insert = std::move(*insert);
  target.binder.emplace(target.insert.get());
  return {};
}

Result<void> SqliteSink::check_columns(const RowTable& table) {
  auto s = db_.prepare(
      fmt::format("SELECT name, type FROM columns WHERE tbl='{}' ORDER BY position", table.name));
  if (!s) return s.error();
  const auto text = [&](int i) {
    const unsigned char* t = sqlite3_column_text(s->get(), i);
    return t == nullptr ? std::string() : std::string(reinterpret_cast<const char*>(t));
  };
  std::size_t i = 0;
  bool same = true;
  while (sqlite3_step(s->get()) == SQLITE_ROW) {
    same = same && i < table.names.size() && text(0) == table.names[i] &&
           text(1) == type_name(table.schema->columns[i].type);
    ++i;
  }
  if (same && i == table.names.size()) return {};
  return Error{fmt::format(
      "sqliteSink: the table '{}' that is there has other columns than this run. Use the same "
      "plugins and settings, another prefix, or SQLITE_APPEND=0",
      table.name)};
}

Result<void> SqliteSink::write(Table table, const Rows& rows, const RowText&) {
  Target& target = table == Table::kFlows ? *flows_ : *packets_;
  sqlite3_stmt* s = target.insert.get();
  sqlite3_bind_int64(s, 1, run_);
  for (const RowView row : rows) {
    target.binder->bind(*target.table.schema, row);
    if (auto r = db_.step(s); !r) {
      failed_ = true;
      return r;
    }
  }
  return {};
}

Result<void> SqliteSink::flush() {
  if (db_.since_commit() < kCommitAfter) return {};
  Result<void> done = db_.commit();
  failed_ = failed_ || !done;
  return done;
}

Result<void> SqliteSink::make_indexes(const Target& target) {
  const RowTable& table = target.table;
  for (const char* name : {"flowInd", "srcIP", "dstIP", "timeFirst", "communityID", "pktNo"}) {
    if (std::find(table.names.begin(), table.names.end(), name) == table.names.end()) continue;
    if (auto r = db_.execute(
            fmt::format("CREATE INDEX IF NOT EXISTS {0}_{1} ON {0} ({1})", table.name, name));
        !r) {
      return r;
    }
  }
  return {};
}

Result<void> SqliteSink::close() {
  if (failed_) {
    db_.roll_back();
    return {};
  }
  if (auto r = end_run(db_, run_, run()); !r) return r;
  if (auto r = db_.commit(); !r || !config_.SQLITE_INDEX) return r;
  for (auto* t : {&flows_, &packets_}) {
    if (!*t) continue;
    if (auto r = make_indexes(**t); !r) return r;
  }
  return db_.commit();
}

Result<void> SqliteSink::finished(std::string_view report) {
  if (auto r = add_report(db_, run_, report); !r) return r;
  flows_.reset();  // statements end before the database
  packets_.reset();
  return db_.close();
}

}  // namespace
}  // namespace t2::sqlite_sink

T2_PLUGIN(t2::sqlite_sink::SqliteSink)
