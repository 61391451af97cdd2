// SPDX-License-Identifier: Apache-2.0
// ManyLanes: the way of packets through several shards at a time and one Join behind them. What
// comes out is what one shard alone gives, to the byte (docs/many-cores.md).
#pragma once

#include <atomic>
#include <cstdint>
#include <exception>
#include <memory>
#include <span>
#include <vector>

#include "base/mutex.h"
#include "engine/block.h"
#include "engine/conductor.h"
#include "engine/join.h"
#include "engine/line_up.h"
#include "engine/offers.h"
#include "engine/recorder.h"
#include "engine/shard.h"
#include "engine/writer.h"

namespace t2 {

struct LaneOptions {
  ConductorOptions conductor;
  std::size_t block_packets = std::size_t{1} << 14;  // 2^16 at most
  std::size_t block_bytes = std::size_t{1} << 22;    // or few more, captured
};

/// What -j is where the user does not say. With fewer than four CPUs one lane, whose reader and
/// writer have threads of their own, is as fast as several and takes less of them.
unsigned usual_threads(unsigned cpus);

/// For so many threads, 2 at least.
LaneOptions lanes_for(unsigned threads);

/// So many scouts (InputOptions) keep up with them.
unsigned scouts_for(unsigned threads);

/// What all shards have counted.
struct LaneSums {
  RunTotals totals;
  FlowCounts flows;
  StreamUsage streams;
  std::uint64_t status = 0, live = 0;
};

class ManyLanes final : private Stages, private Recorder::Owner {
 public:
  /// All outlive it. `flows`: of each shard. `packet_rows`: rows of packets are wanted.
  ManyLanes(const LaneOptions& options, PluginSet& plugins, const CoreSettings& settings,
            const TrackerOptions& flows, FlowLabels& labels, Join& join, Writer& writer,
            Undecoded& undecoded, bool packet_rows);
  ~ManyLanes();

  /// After the plugins' start. `timeouts`: FlowTracker::register_timeout; `checksums`: a plugin
  /// will ask for them.
  Result<void> begin(std::span<const Nanoseconds> timeouts, bool checksums);
  /// Starts the threads: after the process has given up its rights.
  void start() { conductor_.start(); }
  void take(const FrameBatch& batch);
  /// No packet comes and this is the time: flows that are due end.
  void take_time(Nanoseconds now);
  /// Until everything taken so far has been done. Throws what a part has thrown first.
  void settle();
  /// No packet may follow: all flows end, the parts of all shards are merged. Throws what a part
  /// has thrown since.
  void finish();
  /// A part has thrown, at packet failed_at() if at the end of no flow; a plugin's error ends the
  /// run, though packets that were on their way are still worked on.
  bool failed() const { return failed_.load(); }
  std::uint64_t failed_at() const { return failed_at_; }
  LaneSums sums() const;
  /// After settle().
  std::unique_ptr<CountedSoFar> count_parts() const;
  std::uint64_t packets() const { return taken_; }
  /// Of what is through, what the user is to hear, in order.
  struct Note {
    enum class Kind : std::uint8_t { kEmptyFrame, kTableFull };
    std::uint64_t packet = 0;
    Kind kind = Kind::kEmptyFrame;
    std::uint64_t bytes = 0;  // captured so far
  };
  /// Those since; each kind once.
  std::vector<Note> take_notes();
  ReassemblyStats fragments() const { return line_up_.fragments(); }

  /// On any thread: these slots are not needed any more.
  void reuse(std::span<const EndedPair> pairs);

 private:
  struct Lane;

  void prepare(Block& b) override;
  void line_up(Block& b) override;
  void shard(Block& b, unsigned shard) override;
  void in_order(Block& b) override;
  void join(Block& b) override;
  bool fits(const Demand& d) const override;
  bool rows_wait() const override { return writer_.rows_wait(); }
  void make_rows() override { (void)writer_.help(); }
  void table_full(std::uint64_t packet) override;
  void make_room(std::uint64_t packet, std::uint16_t step) override;
  void begin(Block& b, unsigned shard);
  void end(Block& b, unsigned shard);
  static void expire(Lane& lane, const Block& b, std::size_t to);
  static void end_due(Lane& lane, const Block& b, std::size_t to);
  void work_in_order(const Block& b, Lane& lane, const Item& item);
  std::uint64_t live() const;
  void note(Note n);
  template <class Step>
  void attempt(std::uint64_t packet, Step step);
  void rethrow();
  const FlowTracker::Keyed* decode(const Block& b, std::span<const Item> items, std::size_t i,
                                   Lane& lane, Decoded& d);
  void give(Lane& lane, const Decoded& d, bool further, const Datagrams::Taken& of);
  void work_on(Lane& lane, const Block& b, const Item& item, const Decoded& plain);
  void prefetch_event(const Block& b, const ShardResult& r, std::size_t event) const;
  void hear(Block& b, ShardResult& r, std::size_t event);
  void hear_packet(const Block& b, ShardResult& r, std::size_t event);
  void write_row(const ShardResult& r, const Event& e, std::uint64_t packet);
  void deliver(ShardResult& r, std::size_t event);
  void show(const Block& b, const Event& e, const Packet& p);
  void show_offered(const Block& b, std::size_t until);
  const Packet* packet_of(const Block& b, const Item& item, Packet& room) const;
  std::unique_ptr<Block> next_block();
  void hand_over();
  void end_all_flows();
  void drop_memory();

  const LaneOptions options_;
  const std::uint64_t capacity_, stream_memory_;
  PluginSet& plugins_;
  Join& join_;
  Writer& writer_;
  const bool packet_rows_;
  std::vector<std::unique_ptr<Lane>> lanes_;
  LineUp line_up_;
  std::unique_ptr<Block> block_;  // being filled
  std::size_t block_bytes_ = 0;   // of its frames
  std::uint64_t taken_ = 0;       // packets
  // As of the last block that Join has seen: directions, bytes.
  std::atomic<std::uint64_t> live_ = 0, held_ = 0;
  const Block* ordered_ = nullptr;  // the block of in_order()
  // Join's: how far the events of the block at hand have been heard.
  struct Reading {
    explicit Reading(ShardResult& r) : result(&r) { set_key(); }
    const Event& event() const { return result->events[at]; }
    /// False: that was the last one.
    bool go_on() {
      if (++at == result->events.size()) return false;
      set_key();
      return true;
    }
    static bool is_before(const Event& x, const Event& y);
    void set_key() { key = std::uint64_t{event().order.at} << 16 | event().order.step; }
    bool operator<(const Reading& o) const {
      return key < o.key || (key == o.key && is_before(event(), o.event()));
    }

    ShardResult* result;
    std::size_t at = 0;
    std::uint64_t key = 0;  // the first members of Event::Order
  };
  std::vector<Reading> reading_;
  Offers offers_;  // Join's
  Mutex mutex_;
  std::vector<Note> notes_ T2_GUARDED_BY(mutex_);
  std::exception_ptr failure_ T2_GUARDED_BY(mutex_);
  std::atomic<bool> failed_ = false;
  std::atomic<std::uint64_t> failed_at_ = 0;
  std::vector<std::shared_ptr<const void>> through_ T2_GUARDED_BY(mutex_);  // of joined blocks
  bool empty_noted_ = false, full_noted_ = false;  // Join's; that of in_order()
  std::vector<std::vector<std::uint32_t>> returned_ T2_GUARDED_BY(mutex_);  // slots, by shard
  Conductor conductor_;  // last: its threads end first
};

}  // namespace t2
