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
  changed_.notify_all();
  thread_.join();
}

std::vector<char> HashWorker::submit(Hasher& hasher, std::vector<char> data, std::uint64_t zeros) {
  std::unique_lock lock(mutex_);
  if (!thread_.joinable()) thread_ = std::thread([this] { work(); });
  changed_.wait(lock, [this] { return queue_.size() < kMaxQueued; });
  queue_.push_back({&hasher, std::move(data), zeros});
  ++submitted_;
  std::vector<char> buffer;
  if (!spare_.empty()) {
    buffer = std::move(spare_.back());
    spare_.pop_back();
  }
  lock.unlock();
  changed_.notify_all();
  return buffer;
}

void HashWorker::wait() {
  std::unique_lock lock(mutex_);
  changed_.wait(lock, [this] { return done_ == submitted_; });
}

void HashWorker::work() {
  std::unique_lock lock(mutex_);
  while (true) {
    changed_.wait(lock, [this] { return stop_ || !queue_.empty(); });
    if (queue_.empty()) return;
    Job job = std::move(queue_.front());
    queue_.pop_front();
    lock.unlock();
    job.hasher->add(job.data.data(), job.data.size());
    job.hasher->add_zeros(job.zeros);
    job.data.clear();
    lock.lock();
    ++done_;
    if (spare_.size() < kMaxSpare && job.data.capacity() > 0) spare_.push_back(std::move(job.data));
    changed_.notify_all();
  }
}

}  // namespace t2
