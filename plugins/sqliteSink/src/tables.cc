// SPDX-License-Identifier: Apache-2.0
#include "tables.h"

#include <fmt/format.h>

#include "t2/column_names.h"
#include "t2/text.h"

namespace t2::sqlite_sink {
namespace {

/// The value of byte `i` of a BLOB, as an SQL expression.
std::string byte_of(const std::string& blob, int i) {
  const auto digit = [&](int n) {
    return fmt::format("(instr('123456789ABCDEF',substr(hex({}),{},1)))", blob, n);
  };
  return fmt::format("({}*16+{})", digit(2 * i + 1), digit(2 * i + 2));
}

/// `pieces` pieces of `width` hex digits with colons.
std::string with_colons(const std::string& blob, int pieces, int width) {
  std::string out;
  for (int i = 0; i < pieces; ++i) {
    if (i > 0) out += "||':'||";
    out += fmt::format("substr(lower(hex({})),{},{})", blob, i * width + 1, width);
  }
  return out;
}

/// How the view shows a column that is no text and no plain number; empty: as it is.
std::string shown(const Type& type, const std::string& c) {
  if (type.repeated || type.kind == Kind::kCompound) return "";
  switch (type.kind) {
    case Kind::kH8:
      return fmt::format("printf('0x%02x',{})", c);
    case Kind::kH16:
      return fmt::format("printf('0x%04x',{})", c);
    case Kind::kH32:
      return fmt::format("printf('0x%08x',{})", c);
    case Kind::kH64:
      return fmt::format("printf('0x%016x',{})", c);
    case Kind::kU64:
      return fmt::format("CASE WHEN {0}<0 THEN printf('%llu',{0}) ELSE {0} END", c);
    case Kind::kTimestamp:
      return fmt::format(
          "strftime('%Y-%m-%dT%H:%M:%S',({0}-((({0}%1000000000)+1000000000)%1000000000))/"
          "1000000000,'unixepoch')||printf('.%09dZ',(({0}%1000000000)+1000000000)%1000000000)",
          c);
    case Kind::kDuration:
      return fmt::format(
          "CASE WHEN {0}<0 THEN '-' ELSE '' END||printf('%d.%09d',abs({0}/1000000000),"
          "abs({0}%1000000000))",
          c);
    case Kind::kMac:
      return with_colons(c, 6, 2);
    case Kind::kIp:
      return fmt::format(
          "CASE length({0}) WHEN 4 THEN {1}||'.'||{2}||'.'||{3}||'.'||{4} "
          "WHEN 16 THEN {5} END",
          c, byte_of(c, 0), byte_of(c, 1), byte_of(c, 2), byte_of(c, 3), with_colons(c, 8, 4));
    default:
      return "";
  }
}

const char* unit_of(const Type& type) {
  if (type.repeated || type.kind == Kind::kCompound) return "";
  if (type.kind == Kind::kTimestamp) return "ns since 1970-01-01 UTC";
  return type.kind == Kind::kDuration ? "ns" : "";
}

const char* severity(Severity s) {
  switch (s) {
    case Severity::kInfo:
      return "info";
    case Severity::kWarning:
      return "warning";
    case Severity::kError:
      return "error";
    case Severity::kNone:
      break;
  }
  return "";
}

}  // namespace

RowTable::RowTable(std::string table, const Schema& columns)
    : name(std::move(table)), schema(&columns), names(distinct_names(columns, "run")) {}

const char* declared_type(const Type& type) {
  if (type.repeated || type.kind == Kind::kCompound) return "JSON TEXT";
  switch (type.kind) {
    case Kind::kH8:
      return "HEX8 INTEGER";
    case Kind::kH16:
      return "HEX16 INTEGER";
    case Kind::kH32:
      return "HEX32 INTEGER";
    case Kind::kH64:
      return "HEX64 INTEGER";
    case Kind::kU64:
      return "UNSIGNED INTEGER";
    case Kind::kFloat:
    case Kind::kDouble:
      return "REAL";
    case Kind::kTimestamp:
      return "TIME INTEGER";
    case Kind::kDuration:
      return "DURATION INTEGER";
    case Kind::kMac:
      return "MAC BLOB";
    case Kind::kIp:
      return "IP BLOB";
    case Kind::kChar:
    case Kind::kDirection:
    case Kind::kString:
    case Kind::kText:
    case Kind::kContent:
      return "TEXT";
    default:
      return "INTEGER";
  }
}

std::string RowTable::create() const {
  std::string sql = fmt::format("CREATE TABLE {} (\"run\" INTEGER NOT NULL", name);
  for (std::size_t i = 0; i < names.size(); ++i) {
    sql += fmt::format(", {} {}", quoted(names[i]), declared_type(schema->columns[i].type));
  }
  return sql + ")";
}

std::string RowTable::insert() const {
  std::string sql = fmt::format("INSERT INTO {} VALUES (?", name);
  for (std::size_t i = 0; i < names.size(); ++i) sql += ",?";
  return sql + ")";
}

std::string RowTable::create_view() const {
  std::string sql = fmt::format("CREATE VIEW {0}_text AS SELECT \"run\"", name);
  for (std::size_t i = 0; i < names.size(); ++i) {
    const std::string c = quoted(names[i]);
    const std::string text = shown(schema->columns[i].type, c);
    sql += text.empty() ? ", " + c
                        : fmt::format(", CASE WHEN {1} IS NOT NULL THEN {0} END AS {1}", text, c);
  }
  return fmt::format("{} FROM {}", sql, name);
}

Result<void> explain(Database& db, const RowTable& table) {
  auto column = db.prepare("INSERT INTO columns VALUES (?,?,?,?,?,?,?,?)");
  if (!column) return column.error();
  auto bit = db.prepare("INSERT INTO bits VALUES (?,?,?,?,?)");
  if (!bit) return bit.error();
  for (std::size_t i = 0; i < table.names.size(); ++i) {
    const Column& c = table.schema->columns[i];
    const std::string type = type_name(c.type);
    bind_all(column->get(), table.name, i + 1, table.names[i], c.name, type, unit_of(c.type), c.doc,
             c.plugin);
    if (auto r = db.step(column->get()); !r) return r;
    for (const BitText& b : c.bits) {
      bind_all(bit->get(), table.name, table.names[i], b.bit, b.text, severity(b.severity));
      if (auto r = db.step(bit->get()); !r) return r;
    }
  }
  return {};
}

const char* other_tables() {
  return R"(
CREATE TABLE columns (tbl TEXT, position INTEGER, name TEXT, t2name TEXT, type TEXT, unit TEXT, text TEXT, plugin TEXT);
CREATE TABLE bits (tbl TEXT, name TEXT, bit INTEGER, text TEXT, severity TEXT);
CREATE TABLE runs (run INTEGER PRIMARY KEY, version TEXT, command TEXT, started TIME INTEGER, ended TIME INTEGER,
  "end" TEXT, interface TEXT, filter TEXT, sensor INTEGER, plugins JSON TEXT, settings JSON TEXT, report TEXT);
CREATE TABLE captures (run INTEGER, number INTEGER, file TEXT, first_packet INTEGER, packets INTEGER, sha256 TEXT);
CREATE TABLE files (run INTEGER, manifest TEXT, record TEXT, id INTEGER, protocol TEXT, kind TEXT, way TEXT, name TEXT,
  file TEXT, size INTEGER, sha256 TEXT, complete INTEGER, incomplete TEXT, control_flow INTEGER, data_flow INTEGER,
  first_packet INTEGER, first_time TEXT, json JSON TEXT);
)";
}

}  // namespace t2::sqlite_sink
