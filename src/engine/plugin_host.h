// SPDX-License-Identifier: Apache-2.0
// PluginHost: what the plugins of a run are told of it, their start, and what is carved of it. Whom
// the parts are told of flows by: ShardParts and Join.
#pragma once

#include <atomic>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "carve/store.h"
#include "engine/capture_log.h"
#include "engine/predecoder.h"
#include "engine/progress.h"
#include "engine/totals.h"
#include "engine/writer.h"
#include "flow/tracker.h"
#include "label/store.h"
#include "plugin/plugin_set.h"
#include "t2/plugin.h"

namespace t2 {

/// What the host works with; everything outlives it.
struct HostParts {
  PluginSet& plugins;
  FlowTracker& tracker;
  Predecoder& predecoder;
  LabelStore& labels;
  const TextSettings& text;
  const RunInfo& run;
  const CaptureLog& captures;
  const RunTotals& totals;
  const Writer& writer;
  bool packet_mode = false;
};

class PluginHost final : public RunFacts, public StartUp {
 public:
  explicit PluginHost(const HostParts& parts);

  /// Starts the plugins and their parts: they read their files and register what they need.
  Result<void> start();
  /// Lines that plugins logged since.
  std::vector<std::string> take_log();

  // --carve; without it nothing happens
  /// Before start(): makes or takes the folder. Only the protocols listed are carved; empty: all.
  Result<void> carve_into(RunCore& core, ContentOptions options,
                          std::vector<std::string> protocols);
  /// As of the last check_carving(). On any thread.
  std::optional<CarvedSoFar> carved() const {
    if (contents_ == nullptr) return std::nullopt;
    return CarvedSoFar{carved_contents_.load(), carved_bytes_.load()};
  }
  /// After start(): whether any plugin carves.
  bool anything_carves() const { return contents_ != nullptr && contents_->is_shared(); }
  /// After start(), with everything checked: what of it needs rights that the run lacks.
  Result<void> prepare_carving();
  void begin_carving();
  /// A file that cannot be written ends the run with an error (docs/design.md 8). To be asked now
  /// and then by the thread of the ordered parts.
  void check_carving();
  void finish_carving();
  /// Lines of the end report.
  std::vector<std::string> carving_report() const;

  /// What an ordered part called fail() with first; null: none did. On any thread.
  const Error* failure() const { return failed_.load() ? &*failure_ : nullptr; }
  void fail(const std::string& why) {
    if (failed_.load()) return;
    failure_ = Error{why};
    failed_.store(true);
  }
  void note_manifest(const std::string& path) { manifests_.push_back(path); }
  /// A handler threw, or reading failed: the run will end so.
  void note_error() { error_ = true; }

  // RunFacts
  const TextSettings& text_settings() const override { return parts_.text; }
  const RunInfo& run_info() const override { return parts_.run; }
  const Captures& captures() const override { return parts_.captures.captures(); }
  std::optional<CapturePosition> capture_position(std::uint64_t number) const override {
    return parts_.captures.position(number);
  }
  Nanoseconds run_start() const override { return parts_.totals.start_time; }
  const std::vector<std::string>& manifests() const override { return manifests_; }
  bool packet_mode() const override { return parts_.packet_mode; }
  bool carving() const override { return contents_ != nullptr; }
  Labels& labels() const override { return parts_.labels; }
  bool interrupted() const override;
  RunEnd run_end() const override;

  // StartUp
  void register_timeout(Nanoseconds t) override { parts_.tracker.register_timeout(t); }
  void verify_checksums() override { parts_.predecoder.verify_checksums(); }
  std::unique_ptr<Contents> run_contents(const std::string& protocol) override;

  void info(std::string_view text) override { log_.push_back("[INF] " + std::string(text)); }
  void warn(std::string_view text) override { log_.push_back("[WRN] " + std::string(text)); }

 private:
  HostParts parts_;
  std::unique_ptr<ContentStore> contents_;     // --carve
  std::vector<std::string> carved_protocols_;  // empty: all
  std::vector<std::string> log_, manifests_;
  std::optional<Error> failure_;  // not changed any more once failed_
  std::atomic<bool> failed_ = false;
  std::atomic<std::uint64_t> carved_contents_ = 0, carved_bytes_ = 0;
  bool error_ = false;
};

}  // namespace t2
