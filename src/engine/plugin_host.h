// SPDX-License-Identifier: Apache-2.0
// PluginHost: the plugins of a run on the working thread. It calls the handlers of their parts in
// the order of their numbers, and is what they call (include/t2/plugin.h).
#pragma once

#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "carve/store.h"
#include "engine/capture_log.h"
#include "engine/flow_labels.h"
#include "engine/part_calls.h"
#include "engine/predecoder.h"
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
  TcpStreams& streams;          // for shard parts
  TcpStreams& ordered_streams;  // for ordered parts
  FlowLabels& flow_labels;
  Predecoder& predecoder;
  LabelStore& labels;
  const TextSettings& text;
  const RunInfo& run;
  const CaptureLog& captures;
  const RunTotals& totals;
  const Writer& writer;
  bool packet_mode = false;
};

class PluginHost final : public RunFacts, public StartUp, public ShardCore, public RunCore {
 public:
  static constexpr std::size_t kMostOrderedParts = 32;  // OrderedFlow::seen_by

  explicit PluginHost(const HostParts& parts);

  /// Starts the plugins: they read their files and register what they need.
  Result<void> start();
  /// Lines that plugins logged since.
  std::vector<std::string> take_log();

  // What happens to flows: first for the shard parts
  void flow_starts(Flow& f, const Packet& p) const { shard_.flow_starts(f, p); }
  void packet_comes(Flow& f, const Packet& p) const { shard_.packet_comes(f, p); }
  void flow_ends(Flow& f) const { shard_.flow_ends(f); }
  void pair_ends() { ++ends_.number; }
  // ... then for the ordered parts
  void flow_starts(OrderedFlow& f, const Packet& p) const;
  /// What shard parts have posted since.
  void deliver_posted() {
    if (posted_) [[unlikely]]
      deliver();
  }
  void packet_comes(OrderedFlow& f, const Packet& p) const {
    if (f.wanted_by != 0) ordered_.packet_comes(f, p, f.wanted_by);
  }
  void flow_ends(OrderedFlow& f) const {
    if (f.seen_by != 0) ordered_.flow_ends(f, f.seen_by);
  }

  ChunkHandler& chunks_of(Flow&) { return shard_; }
  ChunkHandler& chunks_of(OrderedFlow&) { return ordered_; }

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

  // ShardCore
  bool open_stream(Flow& flow, const ShardPartBase& consumer, StreamUse use,
                   std::optional<std::uint32_t> first_seq) override {
    return shard_.open(parts_.streams, flow, consumer, use, first_seq);
  }
  void close_stream(Flow& flow, const ShardPartBase& consumer) override {
    shard_.close(parts_.streams, flow, consumer);
  }
  StreamStats stream_stats(const Flow& flow) const override { return TcpStreams::stats(flow); }
  void find_labels(Flow& flow) override { parts_.flow_labels.find(flow); }
  EndOrder end_order() const override { return ends_; }
  void note_posted() override { posted_ = true; }

  // RunCore
  const RunFacts& run() const override { return *this; }
  OrderedFlow* find(OrderedRef r) override {
    return r && r.flow->generation == r.generation ? r.flow : nullptr;
  }
  Expectations& expectations() override { return expectations_; }
  bool open_stream(OrderedFlow& flow, const OrderedPartBase& consumer, StreamUse use,
                   std::optional<std::uint32_t> first_seq) override {
    const bool rests = (flow.wanted_by & bit_of(consumer)) == 0;
    return !rests && ordered_.open(parts_.ordered_streams, flow, consumer, use, first_seq);
  }
  void close_stream(OrderedFlow& flow, const OrderedPartBase& consumer) override {
    ordered_.close(parts_.ordered_streams, flow, consumer);
  }
  StreamStats stream_stats(const OrderedFlow& flow) const override {
    return TcpStreams::stats(flow);
  }
  void rest(OrderedFlow& flow, const OrderedPartBase& part) override {
    flow.wanted_by &= ~bit_of(part);
  }
  void note_manifest(const std::string& path) override { manifests_.push_back(path); }
  void fail(const std::string& why) override {
    if (!failure_) failure_ = Error{why};
  }
  // StartUp and RunCore
  void info(std::string_view text) override { log_.push_back("[INF] " + std::string(text)); }
  void warn(std::string_view text) override { log_.push_back("[WRN] " + std::string(text)); }

 private:
  /// An ordered part of a plugin, and what tells which flows it sees.
  struct OrderedMember {
    const Plugin* plugin;
    const OrderedPartBase* part;
  };
  /// A shard part that posts, and where that goes.
  struct Posting {
    ShardPartBase* from;
    OrderedPartBase* to;
    const PluginType* type;
    std::size_t offset;  // of the ordered State, from the OrderedFlow
  };

  void attach(LoadedPlugin& p);
  std::uint32_t bit_of(const OrderedPartBase& part) const;
  void deliver();

  HostParts parts_;
  std::unique_ptr<ContentStore> contents_;     // --carve
  std::vector<std::string> carved_protocols_;  // empty: all
  ExpectationTable expectations_;
  PartCalls<ShardPartBase, Flow> shard_;
  PartCalls<OrderedPartBase, OrderedFlow> ordered_;
  std::vector<OrderedMember> members_;  // a part's number is that of its bit
  std::vector<Posting> posting_;
  EndOrder ends_;
  std::vector<std::string> log_, manifests_;
  std::optional<Error> failure_;
  bool error_ = false, posted_ = false;
};

}  // namespace t2
