// SPDX-License-Identifier: Apache-2.0
// TaskTrace: which thread did what, and what it cost, so that bench/lanes_model.py can say how long
// the same work takes other numbers of cores. Only tests/lanes/t2_lanes asks for one; elsewhere the
// pointer to it is null, which costs a comparison per task.
#pragma once

#include <cstdint>
#include <ostream>
#include <vector>

#include "base/mutex.h"

namespace t2 {

class TaskTrace {
 public:
  enum class What : std::uint8_t {
    // Of a block, by Conductor.
    kPrepare,
    kLineUp,
    kShard,
    kInOrder,
    kJoin,
    kHelp,  // a look for rows to make; kRows is in it if there were any
    kTake,  // the block is brought in; what the thread did besides is the cut
    // Of a batch of rows, by Writer.
    kHandOver,  // no time: when it was handed over
    kRows,
    kWrite,
    // By the thread that reads ahead; since the last of these it did nothing but read the batch.
    kRead,  // number: packets of the batch
  };

  /// From its making to its end; spans of one thread may lie within each other. Does nothing
  /// without a trace.
  class Span {
   public:
    Span(TaskTrace* trace, What what, std::uint64_t number, unsigned shard = 0);
    ~Span();
    Span(const Span&) = delete;
    Span& operator=(const Span&) = delete;

   private:
    TaskTrace* const trace_;
    const What what_;
    const unsigned shard_;
    const std::uint64_t number_;
    const std::uint64_t begin_;
  };

  TaskTrace();
  /// When everything is done, by the thread that began: "total", CPU time of this thread and of
  /// all, wall time since the trace was made. Then one line per span, in the order of their ends:
  /// what, thread id, number, shard, and the thread's CPU time at begin and end. All in
  /// nanoseconds.
  void write(std::ostream& out) const;

 private:
  struct Entry {
    What what;
    unsigned shard;
    int thread;
    std::uint64_t number, begin, end;
  };

  const std::uint64_t began_;
  mutable Mutex mutex_;
  std::vector<Entry> entries_ T2_GUARDED_BY(mutex_);
};

}  // namespace t2
