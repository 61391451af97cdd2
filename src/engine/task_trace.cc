// SPDX-License-Identifier: Apache-2.0
#include "engine/task_trace.h"

#include <fmt/ostream.h>
#include <unistd.h>

#include <ctime>

namespace t2 {
namespace {

constexpr const char* kNames[] = {"prepare", "line-up", "shard",     "in-order", "join",
                                  "help",    "take",    "hand-over", "rows",     "write"};

std::uint64_t cpu_time() {
  constexpr std::uint64_t kNanoseconds = 1'000'000'000;
  timespec t{};
  clock_gettime(CLOCK_THREAD_CPUTIME_ID, &t);
  return static_cast<std::uint64_t>(t.tv_sec) * kNanoseconds +
         static_cast<std::uint64_t>(t.tv_nsec);
}

}  // namespace

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
  const MutexLock lock(mutex_);
  for (const Entry& e : entries_) {
    fmt::print(out, "{} {} {} {} {} {}\n", e.thread, kNames[static_cast<std::size_t>(e.what)],
                       e.number, e.shard, e.begin, e.end);
  }
}

}  // namespace t2
