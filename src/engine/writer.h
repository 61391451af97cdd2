// SPDX-License-Identifier: Apache-2.0
// Writer: the second thread. Takes batches of rows and of pairs that ended from a bounded queue,
// makes the pairs' rows and their text, and hands them to the sinks, so that nothing of this holds
// up the packets. When the queue grows long, others make rows and text, too: the working thread, or
// those of several lanes. Rows keep their order.
#pragma once

#include <atomic>
#include <cstddef>
#include <cstdint>
#include <deque>
#include <functional>
#include <iterator>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <thread>
#include <vector>

#include "base/mutex.h"
#include "engine/task_trace.h"
#include "flow/tracker.h"
#include "t2/sink.h"

namespace t2 {

class Writer {
 public:
  /// Knows how rows of pairs that ended are made.
  class Pairs {
   public:
    // On any thread, for several batches at a time:
    /// Before the rows of these pairs are made.
    virtual void find_labels(std::span<const EndedPair> pairs) = 0;
    /// Appends the cells of one direction. May throw: a plugin's cell.
    virtual void encode(Flow& flow, RowWriter& row) = 0;
    /// Soon the pair's rows will be made.
    virtual void prefetch(const EndedPair& pair) const = 0;
    /// The rows are made, or nobody wants them.
    virtual void destroy(const EndedPair& pair) = 0;
    /// On the working thread: the pairs' memory is not needed any more.
    virtual void reuse(std::span<const EndedPair> pairs) = 0;

   protected:
    ~Pairs() = default;
  };

  explicit Writer(Pairs& pairs) : pairs_(pairs) {}
  ~Writer();
  Writer(const Writer&) = delete;
  Writer& operator=(const Writer&) = delete;

  /// Rows of the tables that `sink` wants go to it; it must outlive the writer. Before start().
  void add(Sink& sink);
  bool wants(Table table) const { return !sinks_of(table).empty(); }
  /// `wake` is called when there may be work for help(), by whoever hands over rows.
  void when_rows_wait(std::function<void()> wake) { wake_ = std::move(wake); }
  /// Null: nobody wants to know.
  void trace_to(TaskTrace* trace) { trace_ = trace; }
  void start();
  /// Makes the rows of a batch that waits; false if there is none. On any thread.
  bool help();
  bool rows_wait() const { return waiting_.load(std::memory_order_relaxed) > 0; }

  /// The row of a packet, which `encode(RowWriter&)` makes now. A row whose making throws is left
  /// out.
  template <class Encode>
  void packet_row(Encode encode) {
    append_row(*batch_, Table::kPackets, encode);
    if (is_full()) hand_over();
  }
  /// The rows of a pair that ended, first those of `a`.
  void pair_rows(const EndedPair& pair);

  /// A sink failed: no more rows are needed. Cheap, to be asked between batches of packets.
  bool failed() const { return failed_.load(std::memory_order_relaxed); }
  /// Hands over what is collected although it is little (live capture).
  void flush() { hand_over(); }
  /// Writes the rest, closes the sinks, ends the thread. Returns the first error of any sink.
  Result<void> finish();

 private:
  static constexpr std::size_t kBatchBytes = 256 * 1024;
  static constexpr std::size_t kBatchPairs = 256;
  static constexpr std::size_t kMaxQueued = 16;
  static constexpr std::size_t kLongQueue = 4;

  struct Batch {
    enum class State : std::uint8_t { kWaits, kIsMade, kMade };
    void clear();

    RowWriter rows;
    std::vector<EndedPair> pairs;  // whose rows come behind `rows`
    // Then: the pairs whose rows are made; for each table and sink the text of the rows.
    std::vector<EndedPair> done;
    std::vector<RowText> texts;
    std::optional<Error> no_rows, no_text;  // why rows are missing, or all text
    State state = State::kWaits;            // guarded by mutex_
    std::uint64_t number = 0;               // of those handed over
  };

  template <class Encode>
  static void append_row(Batch& batch, Table table, Encode encode);
  void make_rows(Batch& batch);
  void make_text(Batch& batch);
  void make(Batch& batch);
  bool make_one() T2_REQUIRES(mutex_);
  bool is_full() const {
    return batch_->pairs.size() >= kBatchPairs || batch_->rows.size() >= kBatchBytes;
  }
  void hand_over();
  void run();
  std::unique_ptr<Batch> next_batch();
  void write(const Batch& batch);
  Result<void> write_text(const Batch& batch);
  template <class Step>
  static Result<void> guarded(Step step);
  void fail(const Error& e);

  const std::vector<Sink*>& sinks_of(Table table) const {
    return sinks_[static_cast<std::size_t>(table)];
  }

  static constexpr Table kTables[] = {Table::kFlows, Table::kPackets};
  std::vector<Sink*> all_sinks_;
  std::vector<Sink*> sinks_[std::size(kTables)];  // by table
  std::thread thread_;

  Pairs& pairs_;
  std::function<void()> wake_;
  TaskTrace* trace_ = nullptr;
  std::uint64_t handed_over_ = 0;                             // batches
  std::unique_ptr<Batch> batch_ = std::make_unique<Batch>();  // being filled

  Mutex mutex_;
  CondVar changed_;
  std::deque<std::unique_ptr<Batch>> queue_ T2_GUARDED_BY(mutex_);
  std::vector<std::unique_ptr<Batch>> spare_ T2_GUARDED_BY(mutex_);
  std::atomic<std::size_t> waiting_ = 0;               // in the queue; changed under mutex_
  std::vector<EndedPair> done_ T2_GUARDED_BY(mutex_);  // may be used again
  bool ending_ T2_GUARDED_BY(mutex_) = false;
  std::optional<Error> error_;
  std::atomic<bool> failed_ = false;
};

template <class Encode>
void Writer::append_row(Batch& batch, Table table, Encode encode) {
  const std::size_t at = batch.rows.size();
  batch.rows.scalar(Rows::Head{0, table});
  try {
    encode(batch.rows);
  } catch (...) {  // a plugin's cell: half a row must not reach the sinks
    batch.rows.truncate(at);
    throw;
  }
  const auto size = static_cast<std::uint32_t>(batch.rows.size() - at - sizeof(Rows::Head));
  batch.rows.patch(at + offsetof(Rows::Head, size), &size, sizeof size);
}

}  // namespace t2
