// SPDX-License-Identifier: Apache-2.0
// PluginHost: the plugins of a run on the working thread. It calls their handlers in the order of
// their numbers, and is what they call (Services, include/t2/plugin.h).
#pragma once

#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "carve/store.h"
#include "engine/capture_log.h"
#include "engine/flow_labels.h"
#include "engine/look_ahead.h"
#include "engine/progress.h"
#include "engine/totals.h"
#include "engine/writer.h"
#include "flow/slab.h"
#include "flow/tracker.h"
#include "label/store.h"
#include "plugin/plugin_set.h"
#include "stream/expectations.h"
#include "stream/streams.h"
#include "t2/plugin.h"

namespace t2 {

/// What the host works with; everything outlives it.
struct HostParts {
  PluginSet& plugins;
  FlowTracker& tracker;
  TcpStreams& streams;
  FlowLabels& flow_labels;
  LookAhead& look_ahead;
  LabelStore& labels;
  const TextSettings& text;
  const RunInfo& run;
  const CaptureLog& captures;
  const RunTotals& totals;
  const Writer& writer;
  bool packet_mode = false;
};

class PluginHost final : public Services, public ChunkHandler {
 public:
  explicit PluginHost(const HostParts& parts);

  /// Starts the plugins: they read their files and register what they need.
  Result<void> start();
  /// Lines that plugins logged since.
  std::vector<std::string> take_log();

  // What happens to flows
  void flow_starts(Flow& f, const Packet& p) const {
    for (const auto& c : on_flow_start_) c.function(*c.plugin, f, state_behind(f, c.offset), p);
  }
  void packet_comes(Flow& f, const Packet& p) const {
    for (const auto& c : on_packet_) c.function(*c.plugin, f, state_behind(f, c.offset), p);
  }
  void flow_ends(Flow& f) const {
    for (const auto& c : on_flow_end_) c.function(*c.plugin, f, state_behind(f, c.offset));
  }
  void on_chunk(Flow& f, const Chunk& chunk) override;

  // --carve; without it nothing happens
  /// Before start(): makes or takes the folder. Only the protocols listed are carved; empty: all.
  Result<void> carve_into(ContentOptions options, std::vector<std::string> protocols);
  std::optional<CarvedSoFar> carved() const {
    if (contents_ == nullptr) return std::nullopt;
    return CarvedSoFar{contents_->contents(), contents_->bytes()};
  }
  /// After start(): whether any plugin carves.
  bool anything_carves() const { return contents_ != nullptr && contents_->is_shared(); }
  /// After start(), with everything checked: what of it needs rights that the run lacks.
  Result<void> prepare_carving();
  void begin_carving();
  /// A file that cannot be written ends the run with an error (docs/design.md 8).
  void check_carving();
  void finish_carving();
  /// Lines of the end report.
  std::vector<std::string> carving_report() const;

  /// What a plugin called fail() with.
  const std::optional<Error>& failure() const { return failure_; }
  /// A handler threw, or reading failed: the run will end so.
  void note_error() { error_ = true; }

  // Services
  void register_timeout(Nanoseconds t) override { parts_.tracker.register_timeout(t); }
  bool open_stream(Flow& flow, const Plugin& consumer, StreamUse use,
                   std::optional<std::uint32_t> first_seq) override;
  void close_stream(Flow& flow, const Plugin& consumer) override;
  StreamStats stream_stats(const Flow& flow) const override { return TcpStreams::stats(flow); }
  Flow* find(FlowRef r) override { return parts_.tracker.find(r); }
  Labels& labels() override { return parts_.labels; }
  void find_labels(Flow& flow) override { parts_.flow_labels.find(flow); }
  Expectations& expectations() override { return expectations_; }
  void verify_checksums() override { parts_.look_ahead.verify_checksums(); }
  bool carving() const override { return contents_ != nullptr; }
  std::unique_ptr<Contents> run_contents(const std::string& protocol) override;
  const TextSettings& text_settings() const override { return parts_.text; }
  const RunInfo& run_info() const override { return parts_.run; }
  const Captures& captures() const override { return parts_.captures.captures(); }
  std::optional<CapturePosition> capture_position(std::uint64_t number) const override {
    return parts_.captures.position(number);
  }
  Nanoseconds run_start() const override { return parts_.totals.start_time; }
  void note_manifest(const std::string& path) override { manifests_.push_back(path); }
  const std::vector<std::string>& manifests() const override { return manifests_; }
  bool packet_mode() const override { return parts_.packet_mode; }
  bool interrupted() const override;
  RunEnd run_end() const override;
  void fail(const std::string& why) override {
    if (!failure_) failure_ = Error{why};
  }
  void info(std::string_view text) override { log_.push_back("[INF] " + std::string(text)); }
  void warn(std::string_view text) override { log_.push_back("[WRN] " + std::string(text)); }

 private:
  /// A plugin's handler with everything needed to call it.
  template <class Function>
  struct Call {
    Function function;
    Plugin* plugin;
    std::size_t offset;
  };

  std::uint8_t consumer_bit(const Plugin& p) const;

  HostParts parts_;
  std::unique_ptr<ContentStore> contents_;     // --carve
  std::vector<std::string> carved_protocols_;  // empty: all
  ExpectationTable expectations_;
  std::vector<Call<decltype(PluginType::on_flow_start)>> on_flow_start_;
  std::vector<Call<decltype(PluginType::on_packet)>> on_packet_;
  std::vector<Call<decltype(PluginType::on_stream)>> on_stream_;
  std::vector<Call<decltype(PluginType::on_flow_end)>> on_flow_end_;
  std::vector<std::string> log_, manifests_;
  std::optional<Error> failure_;
  bool error_ = false;
};

}  // namespace t2
