// SPDX-License-Identifier: Apache-2.0
#include "carve/hash_worker.h"

#include <utility>

namespace t2 {

HashWorker::~HashWorker() {
  if (!thread_.joinable()) return;
  {
    const MutexLock lock(mutex_);
    stop_ = true;
  }
  not_empty_.notify_one();
  thread_.join();
}

std::vector<char> HashWorker::submit(Hasher& hasher, Piece piece) {
  return push({&hasher, std::move(piece), nullptr, false});
}

void HashWorker::finish(std::unique_ptr<Hasher> hasher, std::shared_ptr<CarveOutcome> outcome,
                        bool whole) {
  push({nullptr, {{}, 0, {}, std::move(outcome)}, std::move(hasher), whole});
}

void HashWorker::drop(std::unique_ptr<Hasher> hasher) {
  push({nullptr, {}, std::move(hasher), false});
}

std::vector<char> HashWorker::push(Job job) {
  if (!thread_.joinable()) thread_ = std::thread([this] { work(); });
  std::vector<char> buffer;
  {
    const MutexLock lock(mutex_);
    while (queue_.size() >= kMaxQueued) not_full_.wait(mutex_);
    queue_.push_back(std::move(job));
    if (!spare_.empty()) {
      buffer = std::move(spare_.back());
      spare_.pop_back();
    }
  }
  not_empty_.notify_one();
  return buffer;
}

/// Gives the job's buffer back, empty.
std::vector<char> HashWorker::handle(Job& job) {
  Hasher& hasher = job.last != nullptr ? *job.last : *job.hasher;
  Piece& p = job.piece;
  hasher.add(p.data.data(), p.data.size());
  hasher.add_zeros(p.zeros);
  if (!p.range.empty()) p.outcome->ranges.push_back(hasher.end(p.range));
  if (job.last != nullptr && p.outcome != nullptr) {
    if (job.whole) p.outcome->digest = hasher.finish();
    p.outcome->settle();
  }
  job.last.reset();
  p.outcome.reset();
  p.data.clear();
  return std::move(p.data);
}

/// Waits for it. None: there will be no more.
std::optional<HashWorker::Job> HashWorker::next_job() {
  std::optional<Job> job;
  {
    const MutexLock lock(mutex_);
    while (queue_.empty() && !stop_) not_empty_.wait(mutex_);
    if (queue_.empty()) return job;
    job = std::move(queue_.front());
    queue_.pop_front();
  }
  not_full_.notify_one();
  return job;
}

void HashWorker::work() {
  while (std::optional<Job> job = next_job()) {
    std::vector<char> buffer = handle(*job);
    const MutexLock lock(mutex_);
    if (spare_.size() < kMaxSpare && buffer.capacity() > 0) spare_.push_back(std::move(buffer));
  }
}

}  // namespace t2
