// SPDX-License-Identifier: Apache-2.0
#include "carve/hash_worker.h"

#include <utility>

namespace t2 {

HashWorker::~HashWorker() {
  if (!thread_.joinable()) return;
  {
    const std::lock_guard lock(mutex_);
    stop_ = true;
  }
  not_empty_.notify_one();
  thread_.join();
}

std::vector<char> HashWorker::submit(Hasher& hasher, std::vector<char> data, std::uint64_t zeros) {
  return push({&hasher, std::move(data), zeros, nullptr, {}});
}

void HashWorker::finish(std::unique_ptr<Hasher> hasher, std::shared_ptr<CarveOutcome> outcome) {
  push({nullptr, {}, 0, std::move(hasher), std::move(outcome)});
}

void HashWorker::drop(std::unique_ptr<Hasher> hasher) {
  push({nullptr, {}, 0, std::move(hasher), {}});
}

std::vector<char> HashWorker::push(Job job) {
  std::unique_lock lock(mutex_);
  if (!thread_.joinable()) thread_ = std::thread([this] { work(); });
  not_full_.wait(lock, [this] { return queue_.size() < kMaxQueued; });
  queue_.push_back(std::move(job));
  std::vector<char> buffer;
  if (!spare_.empty()) {
    buffer = std::move(spare_.back());
    spare_.pop_back();
  }
  lock.unlock();
  not_empty_.notify_one();
  return buffer;
}

void HashWorker::work() {
  std::unique_lock lock(mutex_);
  while (true) {
    not_empty_.wait(lock, [this] { return stop_ || !queue_.empty(); });
    if (queue_.empty()) return;
    Job job = std::move(queue_.front());
    queue_.pop_front();
    lock.unlock();
    not_full_.notify_one();
    Hasher& hasher = job.last != nullptr ? *job.last : *job.hasher;
    hasher.add(job.data.data(), job.data.size());
    hasher.add_zeros(job.zeros);
    if (job.outcome != nullptr) {
      job.outcome->digest = hasher.finish();
      job.outcome->settle();
    }
    job.last.reset();
    job.data.clear();
    lock.lock();
    if (spare_.size() < kMaxSpare && job.data.capacity() > 0) spare_.push_back(std::move(job.data));
  }
}

}  // namespace t2
