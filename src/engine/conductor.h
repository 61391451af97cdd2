// SPDX-License-Identifier: Apache-2.0
// Conductor: which stage of which block is worked on next, and by whom (docs/many-cores.md 2). With
// threads, or with none: then whoever brings blocks does everything, in an order that a seed
// chooses, so that every interleaving can be had again.
#pragma once

#include <chrono>
#include <cstdint>
#include <deque>
#include <exception>
#include <memory>
#include <optional>
#include <random>
#include <thread>
#include <vector>

#include "base/mutex.h"
#include "engine/block.h"
#include "engine/task_trace.h"

namespace t2 {

/// What is done with blocks, in this order. prepare() is called for several blocks at a time;
/// line_up() and join() for one at a time, in order; shard() for one block per shard at a time, in
/// order.
class Stages {
 public:
  virtual void prepare(Block& b) = 0;
  virtual void line_up(Block& b) = 0;
  virtual void shard(Block& b, unsigned shard) = 0;
  /// In place of shard() for each: no other block is in a shard.
  virtual void in_order(Block& b) = 0;
  virtual void join(Block& b) = 0;
  /// Whether shards may work on packets of this demand independently. On any thread.
  virtual bool fits(const Demand& d) const = 0;
  /// Rows of pairs that ended, several at a time: whether some wait, and making some.
  virtual bool rows_wait() const = 0;
  virtual void make_rows() = 0;

 protected:
  ~Stages() = default;
};

struct ConductorOptions {
  unsigned shards = 1;
  unsigned threads = 0;     // at most, besides the one that brings blocks
  std::size_t window = 16;  // blocks on their way
  // Of the order of tasks. With threads: 0 is the best one; else they also pause at random.
  std::uint64_t seed = 0;
  TaskTrace* trace = nullptr;
};

class Conductor {
 public:
  Conductor(const ConductorOptions& options, Stages& stages);
  ~Conductor();
  Conductor(const Conductor&) = delete;
  Conductor& operator=(const Conductor&) = delete;

  /// From now on there are threads, as many as blocks give something to do.
  void start();
  /// Waits, or works, while the window is full. After a failure nothing is done with the block.
  void take(std::unique_ptr<Block> block);
  /// Until all blocks are through. Throws what a stage has thrown; no block may follow then.
  void settle();
  /// One that is through, to be filled again; or null.
  std::unique_ptr<Block> spare();
  /// Rows wait.
  void wake();

 private:
  struct Flight {
    std::unique_ptr<Block> block;
    bool preparing = false, prepared = false, lined_up = false;
    bool in_order = false;  // admitted so
    unsigned shards_done = 0;
    Demand demand;
  };
  enum class Stage : std::uint8_t { kPrepare, kLineUp, kShard, kInOrder, kJoin, kRows };
  struct Task {
    Stage stage;
    std::size_t flight;  // number since the run began; not of kRows
    unsigned shard = 0;
  };

  Flight* flight(std::size_t number) T2_REQUIRES(mutex_);
  bool runs_in_order() T2_REQUIRES(mutex_);
  void admit() T2_REQUIRES(mutex_);
  void ready(std::vector<Task>& tasks) T2_REQUIRES(mutex_);
  bool is_random() const { return options_.threads == 0 || options_.seed != 0; }
  std::optional<Task> pick() T2_REQUIRES(mutex_);
  void begin(const Task& t) T2_REQUIRES(mutex_);
  void done(const Task& t) T2_REQUIRES(mutex_);
  void perform(const Task& t, Block* b);
  std::chrono::microseconds pause() T2_REQUIRES(mutex_);
  static TaskTrace::What traced(Stage s);
  bool work_once() T2_REQUIRES(mutex_);
  void call_another() T2_REQUIRES(mutex_);
  void call_bringer() T2_REQUIRES(mutex_);
  bool one_more_thread() T2_REQUIRES(mutex_);
  void bringer_waits() T2_REQUIRES(mutex_);
  void run();

  const ConductorOptions options_;
  Stages& stages_;
  Mutex mutex_;
  // Tasks are short, and a crowd that is woken for one gets into each other's way: one thread is
  // called at a time, and calls the next one if it finds that there is still more to do.
  CondVar work_, room_;                         // the latter: for who brings blocks
  unsigned waiting_ T2_GUARDED_BY(mutex_) = 0;  // threads that have not been called
  bool called_ T2_GUARDED_BY(mutex_) = false;   // one has been, and is not here yet
  bool bringer_waits_ T2_GUARDED_BY(mutex_) = false;
  std::deque<Flight> flights_ T2_GUARDED_BY(mutex_);
  std::vector<std::unique_ptr<Block>> spare_ T2_GUARDED_BY(mutex_);
  std::size_t joined_ T2_GUARDED_BY(mutex_) = 0;  // flights that are through
  std::size_t lined_up_ T2_GUARDED_BY(mutex_) = 0;
  std::size_t admitted_ T2_GUARDED_BY(mutex_) = 0;          // to the shards
  Demand in_shards_ T2_GUARDED_BY(mutex_);                  // of those admitted and not joined
  std::vector<std::size_t> sharded_ T2_GUARDED_BY(mutex_);  // by shard
  std::vector<bool> shard_busy_ T2_GUARDED_BY(mutex_);
  bool line_busy_ T2_GUARDED_BY(mutex_) = false, join_busy_ T2_GUARDED_BY(mutex_) = false;
  bool in_order_busy_ T2_GUARDED_BY(mutex_) = false;
  bool started_ T2_GUARDED_BY(mutex_) = false, ending_ T2_GUARDED_BY(mutex_) = false;
  std::exception_ptr failure_ T2_GUARDED_BY(mutex_);
  std::mt19937_64 random_ T2_GUARDED_BY(mutex_);
  std::vector<Task> tasks_ T2_GUARDED_BY(mutex_);
  std::vector<std::thread> threads_ T2_GUARDED_BY(mutex_);
};

}  // namespace t2
