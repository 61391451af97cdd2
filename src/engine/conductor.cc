// SPDX-License-Identifier: Apache-2.0
#include "engine/conductor.h"

#include <algorithm>
#include <system_error>
#include <utility>

namespace t2 {

Conductor::Conductor(const ConductorOptions& options, Stages& stages)
    : options_(options),
      stages_(stages),
      sharded_(options.shards),
      shard_busy_(options.shards),
      random_(options.seed) {}

Conductor::~Conductor() {
  std::vector<std::thread> threads;
  {
    const MutexLock lock(mutex_);
    ending_ = true;
    threads.swap(threads_);
  }
  work_.notify_all();
  for (std::thread& t : threads) t.join();
}

void Conductor::start() {
  const MutexLock lock(mutex_);
  started_ = true;
}

Conductor::Flight* Conductor::flight(std::size_t number) {
  const std::size_t at = number - joined_;
  return number >= joined_ && at < flights_.size() ? &flights_[at] : nullptr;
}

/// A block that is on its way alone is in the shards.
bool Conductor::runs_in_order() {
  return admitted_ > joined_ && flight(joined_)->in_order;
}

/// To the shards, as many blocks as the limits of the run cannot stop whatever is in them; or one
/// alone, which is worked on in packet order.
void Conductor::admit() {
  for (; !runs_in_order(); ++admitted_) {
    Flight* const f = flight(admitted_);
    if (f == nullptr || !f->lined_up) return;
    Demand all = in_shards_;
    all += f->demand = f->block->demand;
    if (!stages_.fits(all)) {
      if (admitted_ > joined_) return;
      f->in_order = true;
    }
    in_shards_ = all;
  }
}

/// In the order in which they are chosen: what gives room first.
void Conductor::ready(std::vector<Task>& tasks) {
  tasks.clear();
  if (failure_ != nullptr) return;
  admit();
  const Flight* const first = flight(joined_);
  if (first != nullptr && !join_busy_ && first->shards_done == options_.shards) {
    tasks.push_back({Stage::kJoin, joined_});
  }
  if (stages_.rows_wait()) tasks.push_back({Stage::kRows, 0});
  const Flight* const next = flight(lined_up_);
  if (next != nullptr && !line_busy_ && next->prepared)
    tasks.push_back({Stage::kLineUp, lined_up_});
  if (runs_in_order()) {
    if (!in_order_busy_ && first->shards_done == 0) tasks.push_back({Stage::kInOrder, joined_});
  }
  const std::size_t others = tasks.size();
  for (unsigned s = 0; s < options_.shards && !runs_in_order(); ++s) {
    if (sharded_[s] < admitted_ && !shard_busy_[s]) {
      tasks.push_back({Stage::kShard, sharded_[s], s});
    }
  }
  std::stable_sort(tasks.begin() + static_cast<std::ptrdiff_t>(others), tasks.end(),
                   [](const Task& x, const Task& y) { return x.flight < y.flight; });
  for (std::size_t i = 0; i < flights_.size(); ++i) {
    if (!flights_[i].preparing && !flights_[i].prepared) {
      tasks.push_back({Stage::kPrepare, joined_ + i});
    }
  }
}

std::optional<Conductor::Task> Conductor::pick() {
  ready(tasks_);
  if (tasks_.empty()) return {};
  if (tasks_.size() > 1) call_another();
  return tasks_[is_random() ? random_() % tasks_.size() : 0];
}

void Conductor::begin(const Task& t) {
  switch (t.stage) {
    case Stage::kPrepare:
      flight(t.flight)->preparing = true;
      break;
    case Stage::kLineUp:
      line_busy_ = true;
      break;
    case Stage::kShard:
      shard_busy_[t.shard] = true;
      break;
    case Stage::kInOrder:
      in_order_busy_ = true;
      break;
    case Stage::kJoin:
      join_busy_ = true;
      break;
    case Stage::kRows:
      break;
  }
}

void Conductor::done(const Task& t) {
  if (t.stage == Stage::kRows) return;
  Flight& f = *flight(t.flight);
  switch (t.stage) {
    case Stage::kPrepare:
      f.preparing = false;
      f.prepared = true;
      break;
    case Stage::kLineUp:
      line_busy_ = false;
      f.lined_up = true;
      ++lined_up_;
      break;
    case Stage::kShard:
      shard_busy_[t.shard] = false;
      ++f.shards_done;
      ++sharded_[t.shard];
      break;
    case Stage::kInOrder:
      in_order_busy_ = false;
      f.shards_done = options_.shards;
      for (std::size_t& s : sharded_) ++s;
      break;
    case Stage::kJoin:
      join_busy_ = false;
      in_shards_ -= f.demand;
      spare_.push_back(std::move(f.block));
      flights_.pop_front();
      ++joined_;
      break;
    case Stage::kRows:
      break;
  }
}

/// `b`: null for kRows.
void Conductor::perform(const Task& t, Block* b) {
  switch (t.stage) {
    case Stage::kPrepare:
      return stages_.prepare(*b);
    case Stage::kLineUp:
      return stages_.line_up(*b);
    case Stage::kShard:
      return stages_.shard(*b, t.shard);
    case Stage::kInOrder:
      return stages_.in_order(*b);
    case Stage::kJoin:
      return stages_.join(*b);
    case Stage::kRows:
      return stages_.make_rows();
  }
}

/// For tests: so that others overtake.
std::chrono::microseconds Conductor::pause() {
  constexpr std::uint64_t kOneOf = 4, kMost = 200;
  if (options_.threads == 0 || options_.seed == 0 || random_() % kOneOf != 0) return {};
  return std::chrono::microseconds(random_() % kMost);
}

TaskTrace::What Conductor::traced(Stage s) {
  switch (s) {
    case Stage::kPrepare:
      return TaskTrace::What::kPrepare;
    case Stage::kLineUp:
      return TaskTrace::What::kLineUp;
    case Stage::kShard:
      return TaskTrace::What::kShard;
    case Stage::kInOrder:
      return TaskTrace::What::kInOrder;
    case Stage::kJoin:
      return TaskTrace::What::kJoin;
    case Stage::kRows:
      break;
  }
  return TaskTrace::What::kHelp;
}

/// False: there is nothing to do now.
bool Conductor::work_once() {
  const std::optional<Task> t = pick();
  if (!t) return false;
  begin(*t);
  Block* const b = t->stage == Stage::kRows ? nullptr : flight(t->flight)->block.get();
  std::exception_ptr failure;
  const std::chrono::microseconds rest = pause();
  mutex_.unlock();
  if (rest.count() > 0) std::this_thread::sleep_for(rest);
  try {
    const TaskTrace::Span span(options_.trace, traced(t->stage), t->flight, t->shard);
    perform(*t, b);
  } catch (...) {
    failure = std::current_exception();
  }
  mutex_.lock();
  done(*t);
  if (failure != nullptr && failure_ == nullptr) failure_ = failure;
  if (t->stage == Stage::kJoin || failure_ != nullptr) call_bringer();
  return true;
}

/// There is more to do than whoever calls will do next.
void Conductor::call_another() {
  if (called_) return;
  if (waiting_ > 0) {
    --waiting_;
    work_.notify_one();
  } else if (!one_more_thread()) {
    return call_bringer();
  }
  called_ = true;
}

/// Where the system refuses one, those that are there do the work.
bool Conductor::one_more_thread() {
  if (!started_ || ending_ || threads_.size() >= options_.threads) return false;
  try {
    threads_.emplace_back([this] { run(); });
  } catch (const std::system_error&) {
    started_ = false;
    return false;
  }
  return true;
}

void Conductor::call_bringer() {
  if (std::exchange(bringer_waits_, false)) room_.notify_one();
}

void Conductor::bringer_waits() {
  bringer_waits_ = true;
  room_.wait(mutex_);
  bringer_waits_ = false;
}

void Conductor::run() {
  const MutexLock lock(mutex_);
  for (;;) {
    // Who woke without being called is as good as the one that was.
    if (!std::exchange(called_, false)) --waiting_;
    while (!ending_ && work_once()) {
    }
    if (ending_) return;
    ++waiting_;
    work_.wait(mutex_);
  }
}

void Conductor::take(std::unique_ptr<Block> block) {
  const MutexLock lock(mutex_);
  const TaskTrace::Span span(options_.trace, TaskTrace::What::kTake, joined_ + flights_.size());
  while (failure_ == nullptr && flights_.size() >= options_.window) {
    if (!work_once()) bringer_waits();
  }
  if (failure_ != nullptr) return;
  flights_.emplace_back().block = std::move(block);
  call_another();
}

void Conductor::settle() {
  const MutexLock lock(mutex_);
  const auto at_work = [&]() T2_REQUIRES(mutex_) {
    const bool preparing =
        std::any_of(flights_.begin(), flights_.end(), [](const Flight& f) { return f.preparing; });
    const bool in_shard =
        std::find(shard_busy_.begin(), shard_busy_.end(), true) != shard_busy_.end();
    return preparing || in_shard || line_busy_ || in_order_busy_ || join_busy_;
  };
  while (failure_ == nullptr ? !flights_.empty() : at_work()) {
    if (!work_once()) bringer_waits();
  }
  if (failure_ != nullptr) std::rethrow_exception(failure_);
}

void Conductor::wake() {
  const MutexLock lock(mutex_);
  call_another();
}

std::unique_ptr<Block> Conductor::spare() {
  const MutexLock lock(mutex_);
  if (spare_.empty()) return nullptr;
  std::unique_ptr<Block> block = std::move(spare_.back());
  spare_.pop_back();
  return block;
}

}  // namespace t2
