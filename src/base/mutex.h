// SPDX-License-Identifier: Apache-2.0
// Mutex, MutexLock, CondVar: those of the standard library with annotations, so that Clang proves
// that what a mutex guards is only touched by who holds it (-Wthread-safety, part of the fuzz and
// lint builds). docs/threads.md says which thread owns what.
#pragma once

#include <chrono>
#include <condition_variable>
#include <mutex>

#ifdef __clang__
#define T2_THREAD_ANNOTATION(x) __attribute__((x))
#else
#define T2_THREAD_ANNOTATION(x)
#endif
/// Of a member: only touched by who holds the mutex.
#define T2_GUARDED_BY(x) T2_THREAD_ANNOTATION(guarded_by(x))
/// Of a function: to be called with the mutex held.
#define T2_REQUIRES(x) T2_THREAD_ANNOTATION(requires_capability(x))

namespace t2 {

class T2_THREAD_ANNOTATION(capability("mutex")) Mutex {
 public:
  void lock() T2_THREAD_ANNOTATION(acquire_capability()) { mutex_.lock(); }
  void unlock() T2_THREAD_ANNOTATION(release_capability()) { mutex_.unlock(); }

 private:
  friend class CondVar;
  std::mutex mutex_;
};

/// Holds a mutex for its own life.
class T2_THREAD_ANNOTATION(scoped_lockable) MutexLock {
 public:
  explicit MutexLock(Mutex& m) T2_THREAD_ANNOTATION(acquire_capability(m)) : mutex_(m) { m.lock(); }
  ~MutexLock() T2_THREAD_ANNOTATION(release_capability()) { mutex_.unlock(); }
  MutexLock(const MutexLock&) = delete;
  MutexLock& operator=(const MutexLock&) = delete;

 private:
  Mutex& mutex_;
};

/// Waiting may end without a reason: ask again.
class CondVar {
 public:
  void wait(Mutex& m) T2_REQUIRES(m) {
    std::unique_lock lock(m.mutex_, std::adopt_lock);
    condition_.wait(lock);
    lock.release();
  }
  /// False when the time has come.
  bool wait_until(Mutex& m, std::chrono::steady_clock::time_point time) T2_REQUIRES(m) {
    std::unique_lock lock(m.mutex_, std::adopt_lock);
    const bool told = condition_.wait_until(lock, time) == std::cv_status::no_timeout;
    lock.release();
    return told;
  }
  void notify_one() { condition_.notify_one(); }
  void notify_all() { condition_.notify_all(); }

 private:
  std::condition_variable condition_;
};

}  // namespace t2
