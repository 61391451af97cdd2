// SPDX-License-Identifier: Apache-2.0
// ShardParts: the shard parts of all plugins on one shard, and what the core offers them.
#pragma once

#include <memory>
#include <optional>
#include <vector>

#include "engine/flow_labels.h"
#include "engine/part_calls.h"
#include "flow/tracker.h"
#include "plugin/plugin_set.h"
#include "stream/streams.h"
#include "t2/plugin.h"

namespace t2 {

class ShardParts final : private ShardCore {
 public:
  /// All outlive it. `first`: with the parts that the plugins were loaded with, else with others.
  ShardParts(PluginSet& plugins, const FlowTracker& tracker, TcpStreams& streams,
             FlowLabels& labels, bool first);

  /// ShardPartBase::begin of those others.
  Result<void> begin();
  /// Merges those others into the first ones. They count no more.
  void merge_into(PluginSet& plugins) const;
  /// By plugin, null where it has none.
  const std::vector<ShardPartBase*>& all() const { return all_; }
  /// A part more, which has seen nothing.
  std::unique_ptr<ShardPartBase> another(const LoadedPlugin& p);

  void flow_starts(Flow& f, const Packet& p) const { calls_.flow_starts(f, p); }
  void packet_comes(Flow& f, const Packet& p) const { calls_.packet_comes(f, p); }
  void flow_ends(Flow& f) const { calls_.flow_ends(f); }
  ChunkHandler& chunks() { return calls_; }
  /// Whether any has posted a message since this was asked last.
  bool take_posted() {
    if (!posted_) [[likely]]
      return false;
    posted_ = false;
    return true;
  }

 private:
  bool open_stream(Flow& flow, const ShardPartBase& consumer, StreamUse use,
                   std::optional<std::uint32_t> first_seq) override {
    return calls_.open(streams_, flow, consumer, use, first_seq);
  }
  void close_stream(Flow& flow, const ShardPartBase& consumer) override {
    calls_.close(flow, consumer);
  }
  StreamStats stream_stats(const Flow& flow) const override { return TcpStreams::stats(flow); }
  void find_labels(Flow& flow) override { labels_.find(flow); }
  EndOrder end_order() const override { return tracker_.end_order(); }
  void note_posted() override { posted_ = true; }

  const FlowTracker& tracker_;
  TcpStreams& streams_;
  FlowLabels& labels_;
  PartCalls<ShardPartBase, Flow> calls_;
  std::vector<ShardPartBase*> all_;
  std::vector<std::unique_ptr<ShardPartBase>> own_;
  bool posted_ = false;
};

/// As long as this lives, the plugins' first parts are others that hold what those of all shards
/// have counted; for reports in between.
class CountedSoFar {
 public:
  /// By shard; none of them may be at work. Both outlive it.
  CountedSoFar(PluginSet& plugins, const std::vector<ShardParts*>& shards);
  ~CountedSoFar() { swap(); }
  CountedSoFar(const CountedSoFar&) = delete;
  CountedSoFar& operator=(const CountedSoFar&) = delete;

 private:
  void swap();

  PluginSet& plugins_;
  std::vector<std::unique_ptr<ShardPartBase>> parts_;  // by plugin; null: the first part stays
};

}  // namespace t2
