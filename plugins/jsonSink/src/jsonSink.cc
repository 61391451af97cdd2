// SPDX-License-Identifier: Apache-2.0
#include "jsonSink.h"

#include "row_json.h"
#include "t2/plugin.h"

namespace t2::json_sink {
namespace {

class JsonSink final : public Plugin, private Sink {
 public:
  PluginInfo info() const override { return {"jsonSink", "0.1.0", "Rows as JSON lines", {}}; }
  Settings* settings() override { return &config_; }
  t2::Sink* sink() override { return this; }
  void report(Report& r) const override { flows_.file.report(r); }

 private:
  struct Output {
    Plan plan;
    RowFile file;
  };

  bool wants(Table) const override { return true; }
  Result<void> open(const RunInfo& run, const Tables& tables) override {
    constexpr Compression kCompressions[] = {Compression::kNone, Compression::kGzip,
                                             Compression::kZstd};
    const Compression compression = kCompressions[config_.JSON_COMPRESS];
    flows_.plan = make_plan(Table::kFlows, tables.flows, config_);
    if (auto r = flows_.file.open(
            run, {config_.JSON_FLOWS_SUFFIX, compression, config_.JSON_SPLIT, true});
        !r) {
      return r;
    }
    if (tables.packets == nullptr) return {};
    packets_.plan = make_plan(Table::kPackets, *tables.packets, config_);
    return packets_.file.open(run, {config_.JSON_PACKETS_SUFFIX, compression, false, false});
  }
  void text(Table table, const Rows& rows, RowText& out) const override {
    put_rows(table == Table::kFlows ? flows_.plan : packets_.plan, rows, out);
  }
  Result<void> write(Table table, const Rows&, const RowText& text) override {
    return (table == Table::kFlows ? flows_ : packets_).file.write(text);
  }
  Result<void> close() override {
    const Result<void> flows = flows_.file.close();
    const Result<void> packets = packets_.file.close();
    return flows ? packets : flows;
  }

  Config config_;
  Output flows_, packets_;
};

}  // namespace
}  // namespace t2::json_sink

T2_PLUGIN(t2::json_sink::JsonSink)
