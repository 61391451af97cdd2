// SPDX-License-Identifier: Apache-2.0
#include "engine/task_trace.h"

#include <fmt/ostream.h>
#include <unistd.h>

#include <ctime>

namespace t2 {
namespace {

constexpr const char* kNames[] = {"prepare", "line-up",   "shard", "in-order", "join", "help",
                                  "take",    "hand-over", "rows",  "write",    "read"};

std::uint64_t now(clockid_t clock) {
  constexpr std::uint64_t kNanoseconds = 1'000'000'000;
  timespec t{};
  clock_gettime(clock, &t);
  return static_cast<std::uint64_t>(t.tv_sec) * kNanoseconds +
         static_cast<std::uint64_t>(t.tv_nsec);
}

std::uint64_t cpu_time() {
  return now(CLOCK_THREAD_CPUTIME_ID);
}

}  // namespace

TaskTrace::TaskTrace() : began_(now(CLOCK_MONOTONIC)) {}

TaskTrace::Span::Span(TaskTrace* trace, What what, std::uint64_t number, unsigned shard)
    : trace_(trace),
      what_(what),
      shard_(shard),
      number_(number),
      begin_(trace != nullptr ? cpu_time() : 0) {}

TaskTrace::Span::~Span() {
  if (trace_ == nullptr) return;
  const std::uint64_t end = what_ == What::kHandOver ? begin_ : cpu_time();
  const MutexLock lock(trace_->mutex_);
  trace_->entries_.push_back({what_, shard_, gettid(), number_, begin_, end});
}

void TaskTrace::write(std::ostream& out) const {
  fmt::print(out, "total {} {} {} {}\n", gettid(), cpu_time(), now(CLOCK_PROCESS_CPUTIME_ID),
             now(CLOCK_MONOTONIC) - began_);
  const MutexLock lock(mutex_);
  for (const Entry& e : entries_) {
    fmt::print(out, "{} {} {} {} {} {}\n", kNames[static_cast<std::size_t>(e.what)], e.thread,
               e.number, e.shard, e.begin, e.end);
  }
}

}  // namespace t2
