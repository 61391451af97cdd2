// SPDX-License-Identifier: Apache-2.0
// Scouts: threads that walk a window of a capture ahead of its parser. Each takes a segment,
// guesses where a record begins, and goes on from there. The parser takes what a scout has found if
// it comes to that very place itself, else it walks on: what it gives is the same, whatever was
// guessed (docs/many-cores.md, "Guess and prove").
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <functional>
#include <memory>
#include <thread>
#include <vector>

#include "base/mutex.h"
#include "capture/frame.h"
#include "t2/bytes.h"

namespace t2 {

/// Frames of records that follow on each other.
class Stretch {
 public:
  struct Part {
    std::vector<Frame> frames{FrameBatch::kCapacity};
    std::size_t size = 0;
    std::size_t begin = 0, end = 0;  // of the records, in the window
  };

  void clear();
  /// The next frame, of a record that begins `begin` bytes into the window.
  Frame& add(std::size_t begin);
  /// ... and ends there.
  void end_record(std::size_t end) { parts_[used_ - 1].end = end; }
  /// The part that begins there, or null. To be asked in the order of the window.
  Part* find(std::size_t begin);

 private:
  std::vector<Part> parts_;
  std::size_t used_ = 0, next_ = 0;
};

class Scouts {
 public:
  static constexpr std::size_t kSegment = std::size_t{256} << 10;

  /// Walks from where a record seems to begin, at or behind `from`, to the first record that does
  /// not begin before `until`, or cannot be read. On any thread.
  using Walk = std::function<void(Bytes window, std::size_t from, std::size_t until, Stretch& to)>;

  explicit Scouts(unsigned threads, std::size_t segment = kSegment);
  ~Scouts();
  Scouts(const Scouts&) = delete;
  Scouts& operator=(const Scouts&) = delete;

  /// They walk this window from now on, if it is worth it. `memory`: what it lies in.
  void begin(Bytes window, std::shared_ptr<const void> memory, Walk walk);
  /// They walk no more; waits until none does.
  void rest();

  /// Frames of records that begin at the start of `rest`, the end of the window, replace those of
  /// `batch`. So many bytes they take; 0: none are known. Waits for the scout of that segment.
  std::size_t take(Bytes rest, FrameBatch& batch);
  /// Where the parser is to ask again, which begins to walk `rest` itself; counted like `at`, the
  /// place where that is.
  std::size_t own_way(Bytes rest, std::size_t at) const;

 private:
  /// So many segments from the one where the parser is: what they found waits in memory.
  static constexpr std::size_t kAhead = 16;
  struct Segment {
    Stretch found;           // its scout's, then the parser's
    std::size_t number = 0;  // under mutex_, as what follows
    bool busy = false, done = false;
  };
  /// In the window.
  std::size_t place_of(Bytes rest) const;
  bool has_work() const T2_REQUIRES(mutex_);
  void run();

  const unsigned count_;
  const std::size_t size_;  // of a segment
  Bytes window_;
  std::shared_ptr<const void> memory_;
  Walk walk_;
  std::array<Segment, kAhead> segments_;  // number n is at n % kAhead

  Mutex mutex_;
  CondVar changed_;
  std::size_t at_ T2_GUARDED_BY(mutex_) = 0;    // segment where the parser is
  std::size_t next_ T2_GUARDED_BY(mutex_) = 0;  // segment to be walked
  std::size_t end_ T2_GUARDED_BY(mutex_) = 0;   // of those to be walked
  unsigned busy_ T2_GUARDED_BY(mutex_) = 0;
  bool ending_ T2_GUARDED_BY(mutex_) = false;
  std::vector<std::thread> threads_;
};

}  // namespace t2
