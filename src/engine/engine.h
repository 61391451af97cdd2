// SPDX-License-Identifier: Apache-2.0
// Engine: the one loop. Frames come in, flows end, rows go out (docs/tour.md). An Engine has no
// globals and could run beside others on its own share of the traffic.
#pragma once

#include <array>
#include <chrono>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "capture/source.h"
#include "decode/datagrams.h"
#include "decode/decoder.h"
#include "engine/capture_log.h"
#include "engine/console.h"
#include "engine/decoded.h"
#include "engine/end_report.h"
#include "engine/flow_labels.h"
#include "engine/groups.h"
#include "engine/join.h"
#include "engine/many_lanes.h"
#include "engine/monitor.h"
#include "engine/pair_rows.h"
#include "engine/plugin_host.h"
#include "engine/predecoder.h"
#include "engine/progress.h"
#include "engine/row_plan.h"
#include "engine/shard.h"
#include "engine/undecoded.h"
#include "engine/writer.h"
#include "label/store.h"
#include "plugin/plugin_set.h"
#include "t2/core_settings.h"

namespace t2 {

/// What the engine works with; everything outlives it.
struct EngineParts {
  Source& source;
  PluginSet& plugins;
  const CoreSettings& settings;
  const TextSettings& text;
  LabelStore& labels;
  Console& console;
  Console& monitor_console;
  RunInfo& run;
  bool packet_mode = false;
  std::uint64_t hash_factor = 1;             // for who asks what -f was
  std::uint64_t capacity = kFlowsPerFactor;  // directions
  std::optional<LaneOptions> lanes = {};     // none: one
  TaskTrace* trace = nullptr;
};

class Engine final {
 public:
  explicit Engine(const EngineParts& parts);
  ~Engine();
  Engine(const Engine&) = delete;
  Engine& operator=(const Engine&) = delete;

  PluginHost& host() { return host_; }
  Writer& writer() { return writer_; }
  const Schema& flow_schema() const { return flow_row_.schema(); }
  const Schema& packet_schema() const { return packet_row_.schema(); }

  /// PluginHost::carve_into
  Result<void> carve_into(ContentOptions options, std::vector<std::string> protocols) {
    return host_.carve_into(join_.core(), std::move(options), std::move(protocols));
  }
  /// Starts the plugins.
  Result<void> start_plugins();
  /// Reads to the end of input or to a signal, ends all flows, writes all rows.
  Result<void> run();
  void print_report(ReportWriter& report);

 private:
  using Clock = std::chrono::steady_clock;

  std::uint64_t packets() const { return lanes_ ? lanes_->packets() : shard_.totals().packets; }
  void warn_of_full(std::uint64_t captured);
  void bind_flow_columns();
  Result<void> loop();
  template <class Step>
  Result<void> guarded(Step step);
  void end_all(Result<void>& result);
  static Error unsupported(const std::string& link);
  Result<void> announce_file();
  void note_file();
  void note_frames();
  void share_predecoding();
  void process(const FrameBatch& batch);
  bool decode(const Frame& f, std::uint64_t number, Decoded& d);
  void begin_dump(Nanoseconds time);
  void handle(Decoded& d);
  void follow(Decoded& d, bool further);
  void rest_of_frame(const Frame& f, Decoded& d);
  void take_fragment(Decoded& d);
  void empty_frame();
  void warn_of_empty(std::uint64_t packet);
  void give_to_lanes();
  void settle_lanes();
  void without_flow(const Decoded& d, bool further);
  void between_batches();
  void reopen_logs();
  void idle();
  LaneSums sums() const;
  ReportInput report_input(const LaneSums& sums, bool monitoring) const;
  void print_monitoring();

  EngineParts parts_;
  Decoder decoder_;
  Predecoder predecoder_;  // perhaps another thread's
  Datagrams datagrams_;
  Datagrams::Taken taken_;  // of the fragment at hand
  FlowLabels flow_labels_;
  RowPlan flow_row_;
  Shard<Join> shard_;
  RowPlan packet_row_;
  PairRows pair_rows_;
  Writer writer_;
  CaptureLog capture_log_;
  PluginHost host_;
  Join join_;
  Undecoded undecoded_;
  std::unique_ptr<ManyLanes> lanes_;  // null: one
  FrameBatch batch_;
  std::array<Decoded, kGroup> group_;
  bool reader_predecodes_ = false;
  MonitorReport monitor_;
  Progress progress_;
  std::uint64_t empty_frames_ = 0;
  Clock::time_point started_, processed_, unloaded_;
  Clock::time_point next_monitoring_, last_frame_, last_flush_;
};

}  // namespace t2
