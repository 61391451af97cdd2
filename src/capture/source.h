// SPDX-License-Identifier: Apache-2.0
// Source: where frames come from. One interface for files, lists, rotating files, standard input
// and live interfaces; the engine's loop does not know which it reads.
#pragma once

#include <cstdint>
#include <functional>
#include <string>
#include <vector>

#include "capture/frame.h"
#include "t2/result.h"
#include "t2/types.h"

namespace t2 {

/// What the source reads at the moment. Frames of one batch all come from one file.
struct SourceFile {
  static constexpr std::size_t kMostLinkTypes = 32;

  std::string path;             // as the user gave it; interface name for live capture
  std::uint16_t link_type = 0;  // of the first interface
  std::uint32_t snap_length = 0;
  std::uint64_t size = 0;   // bytes on disk; 0 for standard input and live capture
  std::uint64_t index = 0;  // number in a list, from 1
  std::uint64_t count = 1;
  // As of the last read(); 0 and empty for live capture.
  std::uint64_t packets = 0;                  // those that the filter left out included
  Nanoseconds first_time = 0, last_time = 0;  // of the first and the last of these packets
  std::vector<std::uint16_t> link_types;      // of all interfaces, kMostLinkTypes at most
};

/// Kernel counters of a live capture.
struct KernelStats {
  std::uint64_t received = 0, dropped_by_kernel = 0, dropped_by_interface = 0;
};

class Source {
 public:
  enum class State : std::uint8_t {
    kFrames,   // the batch holds at least one frame
    kIdle,     // live capture or waiting for a file: nothing now, ask again
    kNewFile,  // a new file begins: file() has changed; the batch is empty
    kEnd,      // nothing follows
  };

  virtual ~Source() = default;

  /// Fills the batch. Truncated or damaged input is not an error: what is readable comes out, then
  /// kEnd (or the next file), and take_warnings() says what was wrong.
  virtual State read(FrameBatch& batch) = 0;

  using Work = std::function<void(FrameBatch&)>;
  /// Before the first read(): each batch of frames is to be shown to `work` first, by the source's
  /// own thread, while read() gives earlier ones. False: the source has no thread of its own, the
  /// caller does the work.
  /// By value: who has a thread moves from it. NOLINTNEXTLINE(performance-unnecessary-value-param)
  virtual bool preprocess_with(Work /*work*/) { return false; }
  /// Ends that thread: `work` is called no more, read() gives kEnd.
  virtual void stop() {}

  virtual const SourceFile& file() const = 0;
  /// Bytes of input consumed so far over all files, and the size of all files (0 if unknown). For
  /// compressed files both count compressed bytes.
  virtual std::uint64_t bytes_read() const = 0;
  virtual std::uint64_t bytes_total() const = 0;
  /// Bytes of all capture files opened so far, as on disk; 0 for standard input and live capture.
  virtual std::uint64_t bytes_of_files() const = 0;
  /// Files and folders that it will open later; the sandbox allows reading them.
  virtual std::vector<std::string> later_paths() const { return {}; }
  virtual bool live() const { return false; }
  virtual KernelStats kernel_stats() const { return {}; }
  /// Lines for the user since the last call, each without prefix and line end.
  virtual std::vector<std::string> take_warnings() { return {}; }
};

}  // namespace t2
