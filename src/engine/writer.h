// SPDX-License-Identifier: Apache-2.0
// Writer: the second thread. Takes batches of encoded rows from a bounded queue and hands them to
// the sinks, so that formatting and writing never hold up the packets. Rows keep their order.
#pragma once

#include <atomic>
#include <condition_variable>
#include <cstdint>
#include <deque>
#include <memory>
#include <mutex>
#include <optional>
#include <string>
#include <thread>
#include <vector>

#include "t2/sink.h"

namespace t2 {

class Writer {
 public:
  enum class Table : std::uint32_t { kFlows, kPackets };

  Writer() = default;
  ~Writer();
  Writer(const Writer&) = delete;
  Writer& operator=(const Writer&) = delete;

  /// Rows of `table` go to `sink`, which must outlive the writer. Before start().
  void add(Table table, Sink& sink);
  bool wants(Table table) const { return !sinks_[static_cast<std::size_t>(table)].empty(); }
  void start();

  /// Opens a row; its cells are then appended with row_writer(), and end_row() closes it.
  void begin_row(Table table);
  RowWriter& row_writer() { return batch_; }
  void end_row();
  /// Instead of end_row(): what was appended since begin_row() is forgotten.
  void drop_row() { batch_.truncate(row_at_); }

  /// A sink failed: no more rows are needed. Cheap, to be asked between batches of packets.
  bool failed() const { return failed_.load(std::memory_order_relaxed); }
  /// Hands over what is collected although it is little (live capture).
  void flush() { hand_over(); }
  /// Writes the rest, closes the sinks, ends the thread. Returns the first error of any sink.
  Result<void> finish();

 private:
  static constexpr std::size_t kBatchBytes = 256 * 1024;
  static constexpr std::size_t kMaxQueued = 16;

  using Batch = RowWriter;
  struct RowHead {
    std::uint32_t size;  // of the cells behind
    Table table;
  };

  void hand_over();
  void run();
  Result<void> write(const Batch& batch);
  template <class Step>
  static Result<void> guarded(Step step);
  void fail(const Error& e);

  std::vector<Sink*> sinks_[2];
  std::thread thread_;

  Batch batch_;  // being filled by the working thread
  std::size_t row_at_ = 0;

  std::mutex mutex_;
  std::condition_variable not_empty_, not_full_;
  std::deque<Batch> queue_;
  std::vector<Batch> spare_;
  bool ending_ = false;
  std::optional<Error> error_;
  std::atomic<bool> failed_ = false;
};

}  // namespace t2
