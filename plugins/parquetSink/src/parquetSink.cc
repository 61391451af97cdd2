// SPDX-License-Identifier: Apache-2.0
#include "parquetSink.h"

#include <optional>

#include "file.h"
#include "rows.h"
#include "t2/column_names.h"
#include "t2/json.h"
#include "t2/plugin.h"
#include "t2/unicode.h"

namespace t2::parquet {
namespace {

constexpr const char* kSchemaVersion = "1";                // raised when readers of ours must know
constexpr std::size_t kMostBytes = std::size_t{48} << 20;  // held of a row group

/// What the columns and bits mean.
std::string columns_json(const Schema& schema) {
  const std::vector<std::string> names = distinct_names(schema);
  JsonWriter j;
  j.begin_array();
  for (std::size_t i = 0; i < names.size(); ++i) {
    const Column& c = schema.columns[i];
    j.begin_object().key("name").text(names[i]).key("type").text(type_name(c.type));
    j.key("text").text(c.doc);
    if (!c.bits.empty()) {
      j.key("bits").begin_array();
      for (const BitText& b : c.bits) {
        j.begin_object().key("bit").number(b.bit).key("text").text(b.text).end_object();
      }
      j.end_array();
    }
    j.end_object();
  }
  return j.end_array().view();
}

std::string run_json(const RunInfo& run) {
  JsonWriter j;
  j.begin_object().key("program").text("t2++").key("version").text(T2_VERSION);
  j.key("command").text(run.command_line).key("sensor").number(run.sensor_id);
  if (!run.interface.empty()) j.key("interface").text(run.interface);
  if (!run.filter.empty()) j.key("filter").text(run.filter);
  j.key("captures").begin_array();
  for (const std::string& c : run.captures) j.text(c);
  j.end_array().key("plugins").begin_object();
  for (const auto& [name, version] : run.plugins) j.key_text(name).text(version);
  return j.end_object().end_object().view();
}

class ParquetSink final : public Plugin, private Sink {
 public:
  PluginInfo info() const override { return {"parquetSink", "0.1.0", "Rows as Parquet", {}}; }
  Settings* settings() override { return &config_; }
  t2::Sink* sink() override { return this; }

 private:
  /// A file and the row group that is being filled.
  struct Output {
    explicit Output(const Schema& schema) : layout(schema), group(layout) {}
    Layout layout;
    RowGroup group;
    ParquetFile file;
  };

  bool wants(Table) const override { return true; }
  bool to_stdout() const override { return false; }
  Result<void> open(const RunInfo& run, const Tables& tables) override;
  Result<void> write(Table table, const Rows& rows, const RowText&) override;
  Result<void> close() override;

  static Result<void> open(Output& o, const RunInfo& run, const std::string& suffix,
                           const Schema& schema);
  static Result<void> end_group(Output& o);

  Config config_;
  std::optional<Output> flows_, packets_;
  bool failed_ = false;
};

Result<void> ParquetSink::open(const RunInfo& run, const Tables& tables) {
  if (run.prefix.empty()) {
    return Error{
        "parquetSink: Parquet cannot go to standard output. Give a prefix with '-W PREFIX'"};
  }
  flows_.emplace(tables.flows);
  if (auto r = open(*flows_, run, config_.PARQUET_FLOWS_SUFFIX, tables.flows); !r) return r;
  if (tables.packets == nullptr) return {};
  packets_.emplace(*tables.packets);
  return open(*packets_, run, config_.PARQUET_PACKETS_SUFFIX, *tables.packets);
}

Result<void> ParquetSink::open(Output& o, const RunInfo& run, const std::string& suffix,
                               const Schema& schema) {
  return o.file.open(run.prefix + suffix, run.access, o.layout,
                     {{"t2.schema_version", kSchemaVersion},
                      {"t2.run", run_json(run)},
                      {"t2.columns", columns_json(schema)}});
}

Result<void> ParquetSink::end_group(Output& o) {
  const std::uint64_t rows = o.group.rows();
  return rows == 0 ? Result<void>() : o.file.add(o.group.finish(), rows);
}

Result<void> ParquetSink::write(Table table, const Rows& rows, const RowText&) {
  Output& o = table == Table::kFlows ? *flows_ : *packets_;
  const auto most = static_cast<std::uint64_t>(static_cast<std::int64_t>(config_.PARQUET_ROWS));
  Result<void> done;
  for (const RowView row : rows) {
    o.group.add(row);
    if (o.group.rows() >= most) done = end_group(o);
    if (!done) break;
  }
  o.group.end_batch();
  if (done && o.group.size() >= kMostBytes) done = end_group(o);
  failed_ = failed_ || !done;
  return done;
}

Result<void> ParquetSink::close() {
  Result<void> result;
  for (std::optional<Output>* o : {&flows_, &packets_}) {
    if (!*o) continue;
    const Result<void> rest = failed_ ? Result<void>() : end_group(**o);
    const Result<void> closed = failed_ ? Result<void>() : (*o)->file.close();
    if (result) result = rest ? closed : rest;
  }
  return result;
}

}  // namespace
}  // namespace t2::parquet

T2_PLUGIN(t2::parquet::ParquetSink)
