// SPDX-License-Identifier: Apache-2.0
// HashWorker: hashes larger files on a thread of its own, in the order given, so that
// writing never waits for a digest. The thread starts with the first job; the queue is bounded.
#pragma once

#include <cstdint>
#include <deque>
#include <memory>
#include <optional>
#include <thread>
#include <vector>

#include "base/mutex.h"
#include "carve/hash.h"

namespace t2 {

class HashWorker {
 public:
  HashWorker() = default;
  ~HashWorker();
  HashWorker(const HashWorker&) = delete;
  HashWorker& operator=(const HashWorker&) = delete;

  /// `data`, then `zeros` zero bytes. If `range` is not empty, it ends there, and its digest goes
  /// into the outcome.
  struct Piece {
    std::vector<char> data;
    std::uint64_t zeros = 0;
    HashRange range;
    std::shared_ptr<CarveOutcome> outcome;
  };
  /// Adds the piece. From the first call on the hasher belongs to the worker until finish() or
  /// drop(). Gives an empty buffer, perhaps with capacity, in exchange for the data.
  std::vector<char> submit(Hasher& hasher, Piece piece);
  /// Puts the digest of all that was submitted into the outcome, if `whole`, and settles it.
  void finish(std::unique_ptr<Hasher> hasher, std::shared_ptr<CarveOutcome> outcome, bool whole);
  /// The digest is not wanted any more.
  void drop(std::unique_ptr<Hasher> hasher);

 private:
  struct Job {
    Hasher* hasher = nullptr;  // while the file keeps it
    Piece piece;
    std::unique_ptr<Hasher> last;  // in its place with the last job: it is freed
    bool whole = false;
  };
  static constexpr std::size_t kMaxQueued = 64;
  static constexpr std::size_t kMaxSpare = 8;

  std::vector<char> push(Job job);
  static std::vector<char> handle(Job& job);
  void work();
  std::optional<Job> next_job();

  Mutex mutex_;
  CondVar not_empty_, not_full_;
  std::deque<Job> queue_ T2_GUARDED_BY(mutex_);
  std::vector<std::vector<char>> spare_ T2_GUARDED_BY(mutex_);
  bool stop_ T2_GUARDED_BY(mutex_) = false;
  std::thread thread_;
};

}  // namespace t2
