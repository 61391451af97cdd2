// SPDX-License-Identifier: Apache-2.0
// ReadAhead: another source, read by a thread of its own, some batches ahead. Copying out of the
// page cache and decompressing then cost the working thread nothing. What comes out, and in which
// order, is the same.
#pragma once

#include <array>
#include <atomic>
#include <cstdint>
#include <memory>
#include <string>
#include <thread>
#include <vector>

#include "capture/source.h"

namespace t2 {

class ReadAhead final : public Source {
 public:
  /// `source` must keep the memory of its frames (FrameBatch::memory).
  explicit ReadAhead(std::unique_ptr<Source> source) : source_(std::move(source)) {}
  ~ReadAhead() override { stop(); }

  /// The thread starts with the first call.
  State read(FrameBatch& batch) override;
  bool preprocess_with(Work work) override {
    work_ = std::move(work);
    return true;
  }
  void stop() override;
  // As of the last read().
  const SourceFile& file() const override { return file_; }
  std::uint64_t bytes_read() const override { return bytes_read_; }
  std::uint64_t bytes_total() const override { return source_->bytes_total(); }
  std::uint64_t bytes_of_files() const override { return bytes_of_files_; }
  /// To be asked before the first read().
  std::vector<std::string> later_paths() const override { return source_->later_paths(); }
  std::vector<std::string> take_warnings() override;

 private:
  /// Enough for some milliseconds, so that nobody waits when either thread loses its core for one.
  static constexpr std::uint32_t kSlots = 64;
  /// Batches that are worth waking up for.
  static constexpr std::uint32_t kEnough = 8;
  /// No further batch is read while those ahead hold more bytes than this. One batch may.
  static constexpr std::size_t kMaxBytes = std::size_t{32} << 20;

  struct Slot {
    State state = State::kEnd;
    FrameBatch batch;
    SourceFile file;
    std::vector<std::string> warnings;
    std::uint64_t bytes_read = 0, bytes_of_files = 0;
    std::size_t size = 0;  // of all frames, bytes
  };

  void run();
  void wait_for_room(std::uint32_t n);
  bool has_room(std::uint32_t n, std::uint32_t emptied);
  void fill(Slot& slot);
  void give_back();
  State take(Slot& slot, FrameBatch& batch);

  std::unique_ptr<Source> source_;  // the thread's, once it runs
  Work work_;
  SourceFile file_;
  std::uint64_t bytes_read_ = 0, bytes_of_files_ = 0;
  std::vector<std::string> warnings_;

  // A ring. Both counters only grow; each is written by one thread and read by the other.
  std::unique_ptr<std::array<Slot, kSlots>> slots_ = std::make_unique<std::array<Slot, kSlots>>();
  std::atomic<std::uint32_t> filled_ = 0, emptied_ = 0;
  std::atomic<bool> stopping_ = false;
  std::uint32_t taken_ = 0;     // the caller's: batches it was given
  std::uint32_t released_ = 0;  // the thread's: emptied batches whose memory it has let go
  bool ended_ = false;
  std::thread thread_;
};

}  // namespace t2
