// SPDX-License-Identifier: Apache-2.0
// ManyLanes: the way of packets through several shards at a time and one Join behind them. What
// comes out is what one shard alone gives, to the byte (docs/many-cores.md).
#pragma once

#include <cstdint>
#include <memory>
#include <span>
#include <vector>

#include "base/mutex.h"
#include "engine/block.h"
#include "engine/conductor.h"
#include "engine/join.h"
#include "engine/line_up.h"
#include "engine/recorder.h"
#include "engine/shard.h"

namespace t2 {

struct LaneOptions {
  ConductorOptions conductor;
  std::size_t block_packets = std::size_t{1} << 14;  // 2^16 at most
};

/// What all shards have counted.
struct LaneSums {
  RunTotals totals;
  FlowCounts flows;
  StreamUsage streams;
  std::uint64_t status = 0, live = 0;
};

class ManyLanes final : private Stages {
 public:
  /// All outlive it. `flows`: of each shard.
  ManyLanes(const LaneOptions& options, PluginSet& plugins, const CoreSettings& settings,
            const TrackerOptions& flows, FlowLabels& labels, Join& join, Undecoded& undecoded);
  ~ManyLanes();

  /// After the plugins' start. `timeouts`: FlowTracker::register_timeout; `checksums`: a plugin
  /// will ask for them.
  Result<void> begin(std::span<const Nanoseconds> timeouts, bool checksums);
  void take(const FrameBatch& batch);
  /// Until everything taken so far has been done.
  void settle();
  /// No packet may follow: all flows end, the parts of all shards are merged.
  void finish();
  LaneSums sums() const;
  std::uint64_t packets() const { return taken_; }
  /// The first frame without bytes among those that are through, once; 0: none.
  std::uint64_t take_empty_frame();
  ReassemblyStats fragments() const { return line_up_.fragments(); }

  /// On any thread: these slots are not needed any more.
  void reuse(std::span<const EndedPair> pairs);

 private:
  struct Lane;

  void prepare(Block& b) override;
  void line_up(Block& b) override;
  void shard(Block& b, unsigned shard) override;
  void join(Block& b) override;
  void expire(Lane& lane, const Block& b, std::size_t from, std::size_t to);
  const FlowTracker::Keyed* decode(const Block& b, std::span<const Item> items, std::size_t i,
                                   Lane& lane, Decoded& d);
  void work_on(Lane& lane, const Block& b, const Item& item, const Decoded& plain);
  void hear(Block& b, ShardResult& r, std::size_t event);
  void deliver(ShardResult& r, std::size_t event);
  void show(const Block& b, const Event& e, const Packet& p);
  const Packet* packet_of(const Block& b, const Item& item, Packet& room) const;
  void hand_over();

  const LaneOptions options_;
  PluginSet& plugins_;
  Join& join_;
  std::vector<std::unique_ptr<Lane>> lanes_;
  LineUp line_up_;
  std::unique_ptr<Block> block_;  // being filled
  std::uint64_t taken_ = 0;       // packets
  Mutex mutex_;
  std::uint64_t empty_frame_ T2_GUARDED_BY(mutex_) = 0;
  bool empty_told_ T2_GUARDED_BY(mutex_) = false;
  std::vector<std::vector<std::uint32_t>> returned_ T2_GUARDED_BY(mutex_);  // slots, by shard
  Conductor conductor_;  // last: its threads end first
};

}  // namespace t2
