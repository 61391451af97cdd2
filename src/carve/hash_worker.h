// SPDX-License-Identifier: Apache-2.0
// HashWorker: hashes large files on a thread of its own, in the order given, so that writing does
// not wait for it. The thread starts with the first job; the queue is bounded.
#pragma once

#include <condition_variable>
#include <cstdint>
#include <deque>
#include <mutex>
#include <thread>
#include <vector>

#include "carve/hash.h"

namespace t2 {

class HashWorker {
 public:
  HashWorker() = default;
  ~HashWorker();
  HashWorker(const HashWorker&) = delete;
  HashWorker& operator=(const HashWorker&) = delete;

  /// Adds `data`, then `zeros` zero bytes. The hasher may not be touched before wait() has
  /// returned. Gives an empty buffer, perhaps with capacity, in exchange for `data`.
  std::vector<char> submit(Hasher& hasher, std::vector<char> data, std::uint64_t zeros = 0);
  /// Returns when everything submitted so far is done.
  void wait();

 private:
  struct Job {
    Hasher* hasher = nullptr;
    std::vector<char> data;
    std::uint64_t zeros = 0;
  };
  static constexpr std::size_t kMaxQueued = 64;
  static constexpr std::size_t kMaxSpare = 8;

  void work();

  std::mutex mutex_;
  std::condition_variable changed_;
  std::deque<Job> queue_;
  std::vector<std::vector<char>> spare_;
  std::uint64_t submitted_ = 0, done_ = 0;
  bool stop_ = false;
  std::thread thread_;
};

}  // namespace t2
