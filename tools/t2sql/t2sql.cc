// SPDX-License-Identifier: Apache-2.0
// t2sql: a query on the database that sqliteSink wrote.
#include <fmt/format.h>
#include <sqlite3.h>
#include <unistd.h>

#include <cerrno>
#include <cstring>
#include <memory>
#include <string>
#include <vector>

#include "common/messages.h"
#include "common/process.h"
#include "common/tool.h"
#include "functions.h"
#include "t2/result.h"

namespace {

using namespace t2;

constexpr const char* kUsage =
    "Usage: t2sql [OPTION...] FILE ['SELECT ...']\n"
    "Prints what a query finds in the database of a run (plugin sqliteSink), aligned on a "
    "terminal,\n"
    "with tabs elsewhere. Addresses, bit fields and times look as in the flow table. Without a "
    "query:\n"
    "the tables and views that are there. The database is not changed.\n\n"
    "  -c, --columns [NAME]  what the columns mean; of NAME also its bits\n"
    "  -n, --no-header       no row of names\n"
    "  -h, --help            this help\n\n"
    "Functions besides SQLite's: ip('1.2.3.4') as it is kept, ip_text(X), in_net(X, "
    "'10.0.0.0/8'),\n"
    "time_text(NS).\n\n"
    "Examples:\n"
    "  t2sql run.sqlite 'SELECT srcIP, count(*) FROM flows GROUP BY 1 ORDER BY 2 DESC LIMIT 5'\n"
    "  t2sql run.sqlite \"SELECT * FROM flows WHERE in_net(dstIP, '192.168.0.0/16')\"\n"
    "  t2sql run.sqlite 'SELECT flowInd FROM flows WHERE flowStat & 0x4000'\n"
    "  t2sql -c run.sqlite flowStat\n"
    "  t2sql run.sqlite 'SELECT name, size, sha256 FROM files WHERE complete'\n";

struct Options {
  bool columns = false, header = true;
  std::vector<std::string> words;
};

struct CloseDatabase {
  void operator()(sqlite3* db) const { sqlite3_close(db); }
};
struct FinishStatement {
  void operator()(sqlite3_stmt* s) const { sqlite3_finalize(s); }
};
using Database = std::unique_ptr<sqlite3, CloseDatabase>;
using Statement = std::unique_ptr<sqlite3_stmt, FinishStatement>;

constexpr const char* kTables =
    "SELECT name, type FROM sqlite_master WHERE type IN ('table','view') ORDER BY rowid";
constexpr const char* kColumns =
    "SELECT tbl AS \"table\", name, type, unit, text FROM columns ORDER BY tbl, position";
constexpr const char* kOneColumn =
    "SELECT tbl AS \"table\", name, type, unit, text FROM columns WHERE lower(name) = lower(?1) "
    "OR lower(t2name) = lower(?1)";
constexpr const char* kBits =
    "SELECT DISTINCT printf('0x%x', 1 << bit) AS value, severity, text FROM bits "
    "WHERE lower(name) = lower(?1) ORDER BY bit";

/// Where rows go: standard output, or tcol if that is a terminal.
class Printer {
 public:
  Printer() {
    if (isatty(STDOUT_FILENO) == 0) return;
    std::string quoted = "'";
    for (const char c : tools::own_folder()) quoted += c == '\'' ? "'\\''" : std::string(1, c);
    pipe_ = popen((quoted + "/tcol'").c_str(), "w");
    if (pipe_ != nullptr) out_ = pipe_;
  }
  ~Printer() {
    if (pipe_ != nullptr) pclose(pipe_);
  }
  Printer(const Printer&) = delete;
  Printer& operator=(const Printer&) = delete;
  void line(const std::string& text) { fmt::print(out_, "{}\n", text); }

 private:
  std::FILE* pipe_ = nullptr;
  std::FILE* out_ = stdout;
};

Result<Database> open(const std::string& path) {
  if (access(path.c_str(), R_OK) != 0) {
    return Error{fmt::format("Failed to open file '{}': {}", path, std::strerror(errno))};
  }
  sqlite3* db = nullptr;
  const int opened = sqlite3_open_v2(path.c_str(), &db, SQLITE_OPEN_READONLY, nullptr);
  Database owned(db);
  const bool good = opened == SQLITE_OK && sqlite3_exec(db, "SELECT 1 FROM sqlite_master", nullptr,
                                                        nullptr, nullptr) == SQLITE_OK;
  if (!good) {
    return Error{fmt::format("File '{}' cannot be read: {}", path,
                             db != nullptr ? sqlite3_errmsg(db) : "out of memory")};
  }
  sql::add_functions(db);
  return owned;
}

/// Prints all rows of a query.
Result<void> print(sqlite3* db, const std::string& query, const std::string& parameter, bool header,
                   Printer& out) {
  sqlite3_stmt* made = nullptr;
  const char* rest = nullptr;
  const int prepared = sqlite3_prepare_v2(db, query.c_str(), -1, &made, &rest);
  const Statement s(made);
  if (prepared != SQLITE_OK)
    return Error{fmt::format("{}. See 't2sql -c FILE' for the columns", sqlite3_errmsg(db))};
  if (made == nullptr) return Error{"The query is empty"};
  if (rest != nullptr && std::strspn(rest, "; \t\r\n") != std::strlen(rest)) {
    return Error{"One query at a time"};
  }
  if (sqlite3_bind_parameter_count(made) > 0) {
    sqlite3_bind_text(made, 1, parameter.c_str(), -1, SQLITE_TRANSIENT);
  }
  const int columns = sqlite3_column_count(made);
  std::string line = "%";
  for (int i = 0; i < columns; ++i)
    line += fmt::format("{}{}", i > 0 ? "\t" : "", sqlite3_column_name(made, i));
  if (header && columns > 0) out.line(line);
  int got = SQLITE_ROW;
  while ((got = sqlite3_step(made)) == SQLITE_ROW) {
    line.clear();
    for (int i = 0; i < columns; ++i) line += (i > 0 ? "\t" : "") + sql::shown(made, i);
    out.line(line);
  }
  return got == SQLITE_DONE ? Result<void>() : Result<void>(Error{sqlite3_errmsg(db)});
}

Result<void> work(const Options& o) {
  auto db = open(o.words[0]);
  if (!db) return db.error();
  const std::string second = o.words.size() > 1 ? o.words[1] : "";
  Printer out;
  if (!o.columns) return print(db->get(), second.empty() ? kTables : second, "", o.header, out);
  if (second.empty()) return print(db->get(), kColumns, "", o.header, out);
  if (auto r = print(db->get(), kOneColumn, second, o.header, out); !r) return r;
  return print(db->get(), kBits, second, o.header, out);
}

int hinted(const std::string& what) {
  return tools::fail(what + ". Try 't2sql --help'");
}

int main_work(const std::vector<std::string>& words) {
  Options o;
  for (const std::string& w : words) {
    if (w == "-h" || w == "--help") {
      fmt::print("{}", kUsage);
      return 0;
    }
    if (w == "-c" || w == "--columns") {
      o.columns = true;
    } else if (w == "-n" || w == "--no-header") {
      o.header = false;
    } else if (w.size() > 1 && w.starts_with('-')) {
      return hinted(fmt::format("Unknown option '{}'", w));
    } else {
      o.words.push_back(w);
    }
  }
  if (o.words.empty()) return hinted("Which database?");
  if (o.words.size() > 2) return hinted("A query is one word: put it in quotes");
  const Result<void> done = work(o);
  return done ? 0 : tools::fail("t2sql: " + done.error().message);
}

}  // namespace

int main(int argc, char** argv) {
  return t2::tools::run_tool(argc, argv, main_work);
}
