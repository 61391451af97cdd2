// SPDX-License-Identifier: Apache-2.0
#include "txtSink.h"

#include <fmt/format.h>

#include <optional>

#include "headers_file.h"
#include "t2/plugin.h"

namespace t2::txt_sink {
namespace {

/// Room for the number of flows in the first line of an extended header.
constexpr std::size_t kCountRoom = 21;

class TxtSink final : public Plugin, private Sink {
 public:
  PluginInfo info() const override { return {"txtSink", "0.9.1", "Flow rows as text", {}}; }
  Settings* settings() override { return &config_; }
  t2::Sink* sink() override { return this; }
  void report(Report& r) const override { file_.report(r); }

 private:
  Result<void> open(const RunInfo& run, const Tables& tables) override;
  void text(Table, const Rows& rows, RowText& out) const override { formatter_->rows(rows, out); }
  Result<void> write(Table, const Rows&, const RowText& text) override { return file_.write(text); }
  Result<void> flush() override { return file_.flush(); }
  Result<void> close() override;

  const TextSettings& text_settings() const { return run().text_settings(); }
  /// CSV has one header row and nothing else.
  bool extended() const {
    return text_settings().TFS_EXTENDED_HEADER && !config_.TFS_CSV && file_.seekable();
  }
  std::string header(const Schema& flows) const;
  Result<void> put_count();

  Config config_;
  const RunInfo* run_ = nullptr;
  std::optional<RowFormatter> formatter_;
  HeadersFile headers_;
  RowFile file_;
};

Result<void> TxtSink::open(const RunInfo& run, const Tables& tables) {
  run_ = &run;
  formatter_.emplace(tables.flows, text_settings(),
                     config_.TFS_CSV ? Quoting::kCsv : Quoting::kStrings);
  if (config_.TFS_HDR_FILE && !run.prefix.empty()) {
    const std::string path = run.prefix + config_.TFS_HEADER_SUFFIX.value();
    if (auto r = headers_.open(path, run, tables.flows, *this); !r) return r;
  }
  RowFileOptions options;
  options.suffix = config_.TFS_CSV ? config_.TFS_FLOWS_CSV_SUFFIX : config_.TFS_FLOWS_TXT_SUFFIX;
  if (config_.TFS_GZ_COMPRESS) options.compression = Compression::kGzip;
  options.split = config_.TFS_SPLIT;
  if (auto r = file_.open(run, options); !r) return r;
  if (!config_.TFS_PRI_HDR) return {};
  const std::string first = header(tables.flows);
  file_.head(first, config_.TFS_PRI_HDR_FW ? first : "");
  return {};
}

std::string TxtSink::header(const Schema& flows) const {
  TextBuffer out;
  if (extended()) {
    const TextSettings& text = text_settings();
    std::string types;
    for (const Column& c : flows.columns) {
      if (!types.empty()) types += text.SEP_CHR.value();
      types += type_number(c.type);
    }
    out.append(fmt::format("{0} {1:<{2}}\n{0} {3}\n{0} {4}\n", text.HDR_CHR.value(), "", kCountRoom,
                           flows.columns.size(), types));
  }
  formatter_->header(out);
  return std::string(out.view());
}

/// The number of rows, known only now, into the first line.
Result<void> TxtSink::put_count() {
  if (!extended() || !config_.TFS_PRI_HDR || file_.split() || !file_.is_open()) return {};
  if (auto r = file_.flush(); !r) return r;
  return file_.write_at_start(
      fmt::format("{} {:<{}}", text_settings().HDR_CHR.value(), file_.rows(), kCountRoom));
}

Result<void> TxtSink::close() {
  Result<void> counted = put_count();
  const Result<void> rows = file_.close();
  const Result<void> headers = headers_.close(*run_, run().captures());
  if (!counted) return counted;
  return rows ? headers : rows;
}

}  // namespace
}  // namespace t2::txt_sink

T2_PLUGIN(t2::txt_sink::TxtSink)
