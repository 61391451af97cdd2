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
#include "engine/core_settings.h"
#include "engine/end_report.h"
#include "engine/flow_labels.h"
#include "engine/monitor.h"
#include "engine/progress.h"
#include "engine/totals.h"
#include "engine/undecoded.h"
#include "engine/writer.h"
#include "flow/tracker.h"
#include "label/store.h"
#include "plugin/plugin_set.h"
#include "stream/expectations.h"
#include "stream/streams.h"
#include "t2/plugin.h"

namespace t2 {

/// dir and flowInd, before the plugins' columns.
std::vector<Column> leading_flow_columns();

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
  std::uint64_t hash_factor = 1;
};

class Engine final : public Services,
                     private FlowTracker::Listener,
                     private ChunkHandler,
                     private Writer::Pairs {
 public:
  explicit Engine(const EngineParts& parts);
  ~Engine() override;

  /// Starts the plugins: they read their files and register what they need.
  Result<void> start_plugins();
  /// Lines that plugins logged while starting.
  std::vector<std::string> take_log();
  const Schema& flow_schema() const { return flow_row_.schema; }
  const Schema& packet_schema() const { return packet_row_.schema; }
  Writer& writer() { return writer_; }

  /// Reads to the end of input or to a signal, ends all flows, writes all rows.
  Result<void> run();
  void print_report();

  // Services
  void register_timeout(Nanoseconds t) override { tracker_.register_timeout(t); }
  bool open_stream(Flow& flow, const Plugin& consumer, StreamUse use) override;
  void close_stream(Flow& flow) override { streams_.close(flow); }
  StreamStats stream_stats(const Flow& flow) const override { return TcpStreams::stats(flow); }
  Flow* find(FlowRef r) override { return tracker_.find(r); }
  Labels& labels() override { return parts_.labels; }
  void find_labels(Flow& flow) override { flow_labels_.find(flow); }
  Expectations& expectations() override { return expectations_; }
  void verify_checksums() override { verify_checksums_ = true; }
  const TextSettings& text_settings() const override { return parts_.text; }
  const RunInfo& run_info() const override { return parts_.run; }
  const Captures& captures() const override { return capture_log_.captures(); }
  std::optional<CapturePosition> capture_position(std::uint64_t number) const override {
    return capture_log_.position(number);
  }
  Nanoseconds run_start() const override { return totals_.start_time; }
  void note_manifest(const std::string& path) override { manifests_.push_back(path); }
  const std::vector<std::string>& manifests() const override { return manifests_; }
  bool packet_mode() const override { return parts_.packet_mode; }
  bool interrupted() const override;
  RunEnd run_end() const override;
  void fail(const std::string& why) override {
    if (!failure_) failure_ = Error{why};
  }
  void log(std::string_view line) override { log_.emplace_back(line); }

 private:
  using Clock = std::chrono::steady_clock;

  /// A plugin's handlers with everything needed to call them.
  template <class Function>
  struct Call {
    Function function;
    Plugin* plugin;
    std::size_t offset;
  };

  /// The columns of a table in output order, and how their cells are made.
  struct RowPlan {
    struct Cell {
      Encoder encode;
      std::size_t offset;  // of the state that the column's getter sees
    };
    void add(const std::vector<Column>& columns, std::size_t offset);
    void encode(Flow& flow, const Packet* packet, RowWriter& row) const;

    Schema schema;
    std::vector<Cell> cells;
  };

  /// A packet and its key. A group of them is decoded before the first is worked on.
  struct Decoded {
    Packet packet;
    FlowTracker::Keyed keyed;
    Decoder::Outcome outcome = Decoder::Outcome::kOk;
  };
  static constexpr std::size_t kGroup = 32;
  static_assert(kGroup <= Decoder::kTunnelsKept);

  void on_pair_end(Flow& a, Flow* b) override;
  bool take_over(const EndedPair& pair) override;
  void on_table_full() override;
  void on_chunk(Flow& flow, const Chunk& chunk) override;

  // Writer::Pairs
  void find_labels(std::span<const EndedPair> pairs) override { flow_labels_.find_all(pairs); }
  void encode(Flow& flow, RowWriter& row) override { flow_row_.encode(flow, nullptr, row); }
  void prefetch(const EndedPair& pair) const override { tracker_.prefetch(pair); }
  void destroy(const EndedPair& pair) override { tracker_.destroy(pair); }
  void reuse(std::span<const EndedPair> pairs) override;

  void bind_handlers();
  void bind_columns();
  Result<void> loop();
  template <class Step>
  Result<void> guarded(Step step);
  void end_all(Result<void>& result);
  static Error unsupported(const std::string& link);
  Result<void> announce_file();
  void note_file();
  void note_frames();
  void look_ahead(FrameBatch& batch);
  void process(const FrameBatch& batch);
  void decode(const Frame& f, std::uint64_t number, Decoded& d);
  void begin_dump(Nanoseconds time);
  void packet(Decoded& d);
  void follow(Decoded& d, bool further);
  void rest_of_frame(const Frame& f, Decoded& d);
  void take_fragment(Decoded& d);
  void stream(Flow& flow, const Packet& p);
  void empty_frame();
  void without_flow(const Decoded& d, bool further);
  void start_flow(Flow& f, const Decoded& d);
  void end_flow(Flow& f);
  void between_batches();
  void reopen_logs();
  void idle();
  ReportInput report_input(bool monitoring) const;
  void print_monitoring();
  static void* state(Flow& f, std::size_t offset) {
    return reinterpret_cast<std::byte*>(&f) + offset;
  }

  EngineParts parts_;
  Decoder decoder_;
  Decoder ahead_;  // of look_ahead(), thus perhaps of another thread
  Datagrams datagrams_;
  Datagrams::Taken taken_;  // of the fragment at hand
  FlowTracker tracker_;
  TcpStreams streams_;
  ExpectationTable expectations_;
  FlowLabels flow_labels_;
  Writer writer_;
  RunTotals totals_;
  Undecoded undecoded_;
  CaptureLog capture_log_;
  FrameBatch batch_;
  std::array<Decoded, kGroup> group_;
  bool verify_checksums_ = false;
  bool reader_looks_ahead_ = false;

  std::vector<Call<decltype(PluginType::on_flow_start)>> on_flow_start_;
  std::vector<Call<decltype(PluginType::on_packet)>> on_packet_;
  std::vector<Call<decltype(PluginType::on_stream)>> on_stream_;
  std::vector<Call<decltype(PluginType::on_flow_end)>> on_flow_end_;

  RowPlan flow_row_, packet_row_;

  std::vector<std::string> log_, manifests_;
  std::optional<Error> failure_;  // of a plugin that writes files
  bool failed_ = false;           // a handler of a plugin, or reading
  MonitorReport monitor_;
  Progress progress_;
  std::uint64_t empty_frames_ = 0;
  Clock::time_point started_, processed_, unloaded_;
  Clock::time_point next_monitoring_, last_frame_, last_flush_;
};

}  // namespace t2
