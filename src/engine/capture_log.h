// SPDX-License-Identifier: Apache-2.0
// CaptureLog: the captures of a run and which packet of the run is which packet of which of them.
// It learns of every new file and every gap that a filter leaves, not of single packets. position()
// is for any thread, the rest for the one that reads; files come when no other thread is at work.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "base/mutex.h"
#include "capture/source.h"
#include "t2/captures.h"

namespace t2 {

class CaptureLog {
 public:
  /// Of files and gaps (48 MiB), and of files. Behind the last one positions are not known.
  struct Limits {
    std::size_t runs = std::size_t{1} << 21;
    std::size_t captures = std::size_t{1} << 18;
  };

  static constexpr std::uint64_t kDisorderShown = 3;

  explicit CaptureLog(const Limits& limits) : limits_(limits) {}
  CaptureLog() : CaptureLog(Limits{}) {}

  /// A new file begins.
  void open(const SourceFile& file);
  /// What is known of this file by now. The line for the user if it turns out to begin before a
  /// file that was read earlier has ended, else empty; after kDisorderShown such files they are
  /// only counted.
  std::string update(const SourceFile& file);
  /// At the end: the line for those that were only counted, else empty.
  std::string uncalled_disorder() const;
  /// The next frames; the first one will be packet `first` of the run.
  void frames(std::uint64_t first, const FrameBatch& batch);

  const Captures& captures() const { return captures_; }
  /// Of packet `number` of the run, from 1. Null if it came from no file, if it was not read yet,
  /// or behind the limits.
  std::optional<CapturePosition> position(std::uint64_t number) const;
  /// The first packet behind the limits, 0 if there is none.
  std::uint64_t full_at() const { return full_at_; }

 private:
  /// Packets `first`, `first` + 1, ... of the run are packets `number`, `number` + 1, ... of a
  /// file.
  struct Run {
    std::uint64_t first = 0;
    std::uint64_t number = 0;
    std::uint32_t capture = 0;
  };

  void add(const Run& run) T2_REQUIRES(mutex_);
  void note_end(const Capture& c);
  std::string check_order(const Capture& c) const;

  Limits limits_;
  Captures captures_;
  mutable Mutex mutex_;
  std::vector<Run> runs_ T2_GUARDED_BY(mutex_);
  const Capture* latest_ = nullptr;  // of those read to their end, the one that ended last
  std::uint64_t end_ T2_GUARDED_BY(mutex_) = 0;  // the first packet that is not known
  std::uint64_t full_at_ = 0;
  std::uint64_t disorder_ = 0;  // files that began before the end of an earlier one
  bool too_many_captures_ = false;
};

}  // namespace t2
