// SPDX-License-Identifier: Apache-2.0
// WriteWorker: makes, writes, hashes and closes files on a thread of its own, in the order given,
// so that the packets never wait for the disk. The thread starts with the first job; the queue is
// bounded. Hashing of larger files goes on to the HashWorker.
#pragma once

#include <atomic>
#include <chrono>
#include <cstdint>
#include <limits>
#include <memory>
#include <thread>
#include <vector>

#include "base/mutex.h"
#include "carve/disk.h"
#include "carve/hash_worker.h"

namespace t2 {

struct WriteJob {
  std::shared_ptr<DiskFile> file;
  std::vector<char> data = {};
  std::uint64_t offset = 0;  // of data in the file
  std::uint64_t zeros = 0;   // to be hashed behind data
  bool hashed = true;        // false: there will be no digest
  HashRange range = {};      // ends behind data
  bool last = false;         // then the file is closed
  bool drop = false;         // ... and removed, if it was made; without data
  bool whole = true;         // false: ranges stand for a digest; with the last job
  std::uint64_t size = 0;    // of the file; with the last job
};

/// push() and wait_for(): one thread.
class WriteWorker {
 public:
  explicit WriteWorker(Disk& disk) : disk_(disk) {}
  /// After the jobs that were pushed.
  ~WriteWorker();
  WriteWorker(const WriteWorker&) = delete;
  WriteWorker& operator=(const WriteWorker&) = delete;

  /// Gives the job's number, from 1. Waits while the queue is full. An idle thread lets jobs come
  /// together for kPatience: to wake it for every small file would cost more than the file.
  std::uint64_t push(WriteJob job);
  /// Waits until a job is done, and half of those behind it: who waits because the disk is slow
  /// does not wait for each file again.
  void wait_for(std::uint64_t number);
  std::uint64_t last_pushed() const { return pushed_; }
  /// Empty, with the capacity of a large write if one is left over.
  std::vector<char> spare_buffer();

 private:
  static constexpr std::size_t kDueJobs = 128, kDueBytes = 256 << 10;   // worth waking it
  static constexpr std::size_t kMostJobs = 4096, kMostBytes = 2 << 20;  // queued
  static constexpr std::size_t kMostSpare = 32;
  static constexpr std::chrono::milliseconds kPatience{10};
  static constexpr std::uint64_t kNobody = std::numeric_limits<std::uint64_t>::max();

  void take_back(std::vector<WriteJob>& jobs);
  void work();
  bool next_jobs(std::vector<WriteJob>& jobs);
  void give_back(std::vector<WriteJob>& jobs);
  void handle(WriteJob& job);
  void hash(DiskFile& f, WriteJob& job);
  void finish(const WriteJob& job);
  void drop_hasher(DiskFile& f);
  void count();

  Disk& disk_;
  HashWorker hash_worker_;
  std::uint64_t pushed_ = 0;              // by the caller's thread
  std::vector<std::vector<char>> spare_;  // its, too

  std::atomic<std::uint64_t> done_ = 0;
  std::atomic<std::uint64_t> awaited_ = kNobody;  // job whose end is to be told

  Mutex mutex_;
  CondVar not_empty_, not_full_, progress_;
  std::vector<WriteJob> queue_ T2_GUARDED_BY(mutex_);
  /// Done; freed by the thread that allocated their parts.
  std::vector<WriteJob> returned_ T2_GUARDED_BY(mutex_);
  std::size_t queued_bytes_ T2_GUARDED_BY(mutex_) = 0;
  bool due_ T2_GUARDED_BY(mutex_) = false, stop_ T2_GUARDED_BY(mutex_) = false;
  std::thread thread_;
};

}  // namespace t2
