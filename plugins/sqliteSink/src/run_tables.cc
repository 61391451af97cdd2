// SPDX-License-Identifier: Apache-2.0
#include "run_tables.h"

#include <chrono>
#include <fstream>

#include "t2/json.h"
#include "t2/unicode.h"

namespace t2::sqlite_sink {
namespace {

/// A record of a manifest may hold many lines of a dialogue; longer ones are left out.
constexpr std::size_t kLongestRecord = std::size_t{64} << 20;

std::int64_t now() {
  using namespace std::chrono;
  return duration_cast<nanoseconds>(system_clock::now().time_since_epoch()).count();
}

/// As UTF-8, which paths need not be.
std::string as_utf8(std::string_view s) {
  if (is_utf8(s)) return std::string(s);
  return printable(s);
}

std::string plugins_json(const RunInfo& run) {
  JsonWriter j;
  j.begin_object();
  for (const auto& [name, version] : run.plugins) j.key_text(name).text(version);
  return j.end_object().view();
}

std::string settings_json(const RunInfo& run) {
  JsonWriter j;
  j.begin_object();
  for (const auto& [name, settings] : run.settings) {
    j.key_text(name).begin_object();
    for (const Setting* s : settings->all()) j.key_text(s->name()).text(s->text());
    j.end_object();
  }
  return j.end_object().view();
}

const char* text_of(RunEnd end) {
  switch (end) {
    case RunEnd::kInput:
      return "input";
    case RunEnd::kSignal:
      return "signal";
    case RunEnd::kError:
      break;
  }
  return "error";
}

Result<void> add_captures(Database& db, std::int64_t run, const Captures& captures) {
  auto s =
      db.prepare("INSERT INTO captures (run,number,file,first_packet,packets) VALUES (?,?,?,?,?)");
  if (!s) return s.error();
  std::int64_t number = 0;
  for (const Capture& c : captures) {
    bind_all(s->get(), run, ++number, as_utf8(c.file), c.first_packet, c.passed);
    if (auto r = db.step(s->get()); !r) return r;
  }
  return {};
}

/// SQLite reads the record itself.
constexpr const char* kInsertFile = R"(
INSERT INTO files SELECT ?1, ?2, json_extract(?3,'$.record'), json_extract(?3,'$.id'), json_extract(?3,'$.protocol'),
  json_extract(?3,'$.kind'), json_extract(?3,'$.way'), json_extract(?3,'$.name'), json_extract(?3,'$.file'),
  json_extract(?3,'$.size'), json_extract(?3,'$.sha256'), json_extract(?3,'$.complete'),
  json_extract(?3,'$.incomplete'), json_extract(?3,'$.control_flow'), json_extract(?3,'$.data_flow'),
  json_extract(?3,'$.first.packet'), json_extract(?3,'$.first.time'), ?3
WHERE json_valid(?3) AND json_extract(?3,'$.record') IN ('content','control'))";
constexpr const char* kUpdateDigests = R"(
UPDATE captures SET sha256 = (SELECT json_extract(value,'$.sha256') FROM json_each(?2,'$.captures')
  WHERE json_extract(value,'$.file') = captures.file)
WHERE run = ?1 AND sha256 IS NULL AND json_valid(?2) AND json_extract(?2,'$.record') = 'end')";

Result<void> add_manifest(Database& db, std::int64_t run, const std::string& path) {
  auto file = db.prepare(kInsertFile);
  if (!file) return file.error();
  auto digests = db.prepare(kUpdateDigests);
  if (!digests) return digests.error();
  std::ifstream in(path, std::ios::binary);
  const std::string name = as_utf8(path);
  for (std::string line; std::getline(in, line);) {
    if (line.size() > kLongestRecord) continue;
    const bool end = line.starts_with("{\"record\":\"end\"");
    sqlite3_stmt* s = end ? digests->get() : file->get();
    sqlite3_bind_int64(s, 1, run);
    bind_text(s, end ? 2 : 3, line);
    if (!end) bind_text(s, 2, name);
    if (auto r = db.step(s); !r) return r;
  }
  return {};
}

}  // namespace

Result<std::int64_t> begin_run(Database& db, const RunInfo& run) {
  const auto last = db.number("SELECT coalesce(max(run),0) FROM runs");
  if (!last) return last.error();
  auto s = db.prepare(
      "INSERT INTO runs (run,version,command,started,interface,filter,sensor,plugins,settings) "
      "VALUES (?,?,?,?,?,?,?,?,?)");
  if (!s) return s.error();
  const std::int64_t number = *last + 1;
  bind_all(s->get(), number, T2_VERSION, as_utf8(run.command_line), now(), run.interface,
           as_utf8(run.filter), run.sensor_id, plugins_json(run), settings_json(run));
  if (auto r = db.step(s->get()); !r) return r.error();
  return number;
}

Result<void> end_run(Database& db, std::int64_t run, const RunFacts& facts) {
  if (auto r = add_captures(db, run, facts.captures()); !r) return r;
  for (const std::string& path : facts.manifests()) {
    if (auto r = add_manifest(db, run, path); !r) return r;
  }
  auto s = db.prepare("UPDATE runs SET ended=?, \"end\"=? WHERE run=?");
  if (!s) return s.error();
  bind_all(s->get(), now(), text_of(facts.run_end()), run);
  return db.step(s->get());
}

Result<void> add_report(Database& db, std::int64_t run, std::string_view report) {
  auto s = db.prepare("UPDATE runs SET report=? WHERE run=?");
  if (!s) return s.error();
  bind_all(s->get(), report, run);
  return db.step(s->get());
}

}  // namespace t2::sqlite_sink
