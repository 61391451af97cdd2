// SPDX-License-Identifier: Apache-2.0
#include "carve/write_worker.h"

#include <iterator>
#include <utility>

namespace t2 {
namespace {

// From this size on a file is hashed by the hash worker; below, handing it over costs more.
constexpr std::uint64_t kLarge = 1 << 16;

}  // namespace

WriteWorker::~WriteWorker() {
  if (!thread_.joinable()) return;
  {
    const MutexLock lock(mutex_);
    stop_ = true;
  }
  not_empty_.notify_one();
  thread_.join();
}

std::uint64_t WriteWorker::push(WriteJob job) {
  std::vector<WriteJob> returned;
  bool wake = false;
  if (!thread_.joinable()) thread_ = std::thread([this] { work(); });
  {
    const MutexLock lock(mutex_);
    while (queue_.size() >= kMostJobs || queued_bytes_ >= kMostBytes) not_full_.wait(mutex_);
    queued_bytes_ += job.data.size();
    queue_.push_back(std::move(job));
    const bool due = queue_.size() >= kDueJobs || queued_bytes_ >= kDueBytes;
    wake = queue_.size() == 1 || (due && !due_);
    due_ = due_ || due;
    returned.swap(returned_);
  }
  if (wake) not_empty_.notify_one();
  take_back(returned);
  return ++pushed_;
}

void WriteWorker::take_back(std::vector<WriteJob>& jobs) {
  for (WriteJob& job : jobs) {
    if (job.data.capacity() < kLarge || spare_.size() >= kMostSpare) continue;
    job.data.clear();
    spare_.push_back(std::move(job.data));
  }
}

std::vector<char> WriteWorker::spare_buffer() {
  std::vector<char> buffer;
  if (spare_.empty()) {
    buffer.reserve(kLarge);
  } else {
    buffer = std::move(spare_.back());
    spare_.pop_back();
  }
  return buffer;
}

void WriteWorker::wait_for(std::uint64_t number) {
  if (done_.load() >= number) return;
  const std::uint64_t target = number + (pushed_ - number) / 2;
  const MutexLock lock(mutex_);
  awaited_.store(target);
  due_ = true;
  not_empty_.notify_one();
  while (done_.load() < target) progress_.wait(mutex_);
}

/// Waits for some, into the empty `jobs`. False: there will be no more.
bool WriteWorker::next_jobs(std::vector<WriteJob>& jobs) {
  {
    const MutexLock lock(mutex_);
    while (queue_.empty() && !stop_) not_empty_.wait(mutex_);
    const auto latest = std::chrono::steady_clock::now() + kPatience;
    while (!due_ && !stop_ && not_empty_.wait_until(mutex_, latest)) {
    }
    if (queue_.empty()) return false;
    jobs.swap(queue_);
    queued_bytes_ = 0;
    due_ = false;
  }
  not_full_.notify_one();
  return true;
}

void WriteWorker::give_back(std::vector<WriteJob>& jobs) {
  const MutexLock lock(mutex_);
  if (returned_.empty()) return returned_.swap(jobs);
  std::move(jobs.begin(), jobs.end(), std::back_inserter(returned_));
  jobs.clear();
}

void WriteWorker::work() {
  std::vector<WriteJob> jobs;
  while (next_jobs(jobs)) {
    for (WriteJob& job : jobs) {
      handle(job);
      count();
    }
    give_back(jobs);
  }
}

void WriteWorker::count() {
  const std::uint64_t n = done_.load(std::memory_order_relaxed) + 1;
  done_.store(n);
  if (n < awaited_.load()) return;
  {
    const MutexLock lock(mutex_);  // whoever waits has looked, or will
    // The one who waited may have seen it without being told, and wait for another job already.
    if (awaited_.load() <= n) awaited_.store(kNobody);
  }
  progress_.notify_one();
}

void WriteWorker::handle(WriteJob& job) {
  DiskFile& f = *job.file;
  if (job.drop) {
    drop_hasher(f);
    disk_.remove(f);
    return f.outcome.settle();
  }
  disk_.write(f, job.offset, {job.data.data(), job.data.size()});
  hash(f, job);
  if (!job.last) return;
  disk_.extend(f, job.size);
  disk_.close(f);
  if (job.hashed) return finish(job);
  f.outcome.settle();
}

void WriteWorker::hash(DiskFile& f, WriteJob& job) {
  if (!job.hashed || f.outcome.failed) return drop_hasher(f);
  if (f.hasher == nullptr) f.hasher = std::make_unique<Hasher>();
  const std::size_t n = job.data.size();
  f.offloaded = f.offloaded || job.offset + n + job.zeros >= kLarge;
  if (!f.offloaded) {
    f.hasher->add(job.data.data(), n);
    f.hasher->add_zeros(job.zeros);
    if (!job.range.empty()) f.outcome.ranges.push_back(f.hasher->end(job.range));
  } else if (n > 0 || job.zeros > 0 || !job.range.empty()) {
    HashWorker::Piece piece{std::move(job.data), job.zeros, job.range, {}};
    if (!job.range.empty()) piece.outcome = {job.file, &f.outcome};
    job.data = hash_worker_.submit(*f.hasher, std::move(piece));
  }
}

void WriteWorker::drop_hasher(DiskFile& f) {
  if (f.offloaded && f.hasher != nullptr) hash_worker_.drop(std::move(f.hasher));
  f.hasher.reset();
}

void WriteWorker::finish(const WriteJob& job) {
  const std::shared_ptr<DiskFile>& f = job.file;
  CarveOutcome& outcome = f->outcome;
  if (outcome.failed) drop_hasher(*f);  // by the last step
  if (f->hasher != nullptr && f->offloaded) {
    return hash_worker_.finish(std::move(f->hasher), {f, &outcome}, job.whole);
  }
  if (f->hasher != nullptr && job.whole) outcome.digest = f->hasher->finish();
  f->hasher.reset();
  outcome.settle();
}

}  // namespace t2
