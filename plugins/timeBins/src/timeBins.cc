// SPDX-License-Identifier: Apache-2.0
#include "timeBins.h"

#include <fmt/format.h>

#include <cmath>

#include "bins.h"
#include "t2/digits.h"
#include "t2/plugin.h"

namespace t2::time_bins {
namespace {

/// A sink without rows: that is who may make files before the first packet.
class TimeBins final : public Plugin, private Sink {
 public:
  PluginInfo info() const override {
    return {"timeBins", "0.1.0", "Packets and bytes by time, in a file of their own", {}};
  }
  Settings* settings() override { return &config_; }
  t2::Sink* sink() override { return this; }

  Bins no_bins() const {
    const double width = static_cast<double>(config_.TIMEBINS_WIDTH) * kSecond;
    return Bins(std::llround(width), static_cast<std::size_t>(config_.TIMEBINS_MOST));
  }
  /// All of the run, once no packet comes any more.
  void keep(const Bins& bins) const { bins_ = bins; }

 private:
  void report(Report& r) const override { r.count("Number of time bins", bins_.all().size()); }
  bool wants(Table) const override { return false; }
  bool to_stdout() const override { return false; }
  Result<void> open(const RunInfo& run, const Tables&) override {
    if (run.prefix.empty()) return {};
    return file_.open(run.prefix + config_.TIMEBINS_SUFFIX.value(), Compression::kNone, run.access);
  }
  Result<void> write(Table, const Rows&, const RowText&) override { return {}; }
  Result<void> close() override;
  std::string lines() const;

  Config config_;
  mutable Bins bins_{1, 1};
  OutputFile file_;
};

Result<void> TimeBins::close() {
  if (!file_.is_open()) return {};
  if (auto r = file_.write(lines()); !r) return r;
  return file_.close();
}

std::string TimeBins::lines() const {
  const TextSettings& text = run().text_settings();
  const std::string& mark = text.HDR_CHR.value();
  const std::string& separator = text.SEP_CHR.value();
  std::string out = fmt::format("{1}timeFirst{0}duration{0}numPkts{0}numBytes\n", separator, mark);
  char cell[24];
  const std::string width(cell, put_time(cell, bins_.width()));
  for (const Bin& b : bins_.all()) {
    out.append(cell, put_time(cell, bins_.begin(b))).append(separator).append(width);
    out.append(separator).append(cell, put_decimal(cell, b.packets));
    out.append(separator).append(cell, put_decimal(cell, b.bytes)).append("\n");
  }
  return out;
}

class Counter final : public ShardPart<TimeBins, NoState> {
 public:
  Result<void> begin() override {
    bins_ = plugin().no_bins();
    return {};
  }
  void on_packet(Flow&, NoState&, const Packet& p) override { bins_.add(p.time, p.l7_length); }
  void merge(const Counter& other) { bins_.merge(other.bins_); }
  void finish() override {
    bins_.finish();
    plugin().keep(bins_);
  }

 private:
  Bins bins_{1, 1};  // as the settings say, from begin() on
};

}  // namespace
}  // namespace t2::time_bins

T2_PLUGIN(t2::time_bins::TimeBins, t2::time_bins::Counter)
