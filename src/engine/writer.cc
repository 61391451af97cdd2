// SPDX-License-Identifier: Apache-2.0
#include "engine/writer.h"

#include <fmt/format.h>

#include <cstddef>
#include <utility>

#include "base/caught.h"

namespace t2 {

Writer::~Writer() {
  if (!thread_.joinable()) return;
  batch_ = Batch();
  (void)finish();
}

void Writer::add(Sink& sink) {
  all_sinks_.push_back(&sink);
  for (const Table table : kTables) {
    if (sink.wants(table)) sinks_[static_cast<std::size_t>(table)].push_back(&sink);
  }
}

void Writer::start() {
  thread_ = std::thread([this] { run(); });
}

void Writer::pair_rows(const EndedPair& pair) {
  batch_.pairs.push_back(pair);
  if (is_full() && queue_is_long()) pairs_.reuse(make_rows(batch_));
  if (is_full()) hand_over();
}

/// Makes the rows of the batch's pairs and gives the pairs, of which nothing is needed any more. If
/// a cell throws, the rows before it stay and the others are not made.
std::vector<EndedPair> Writer::make_rows(Batch& batch) {
  constexpr std::size_t kAhead = 3;
  std::vector<EndedPair> pairs = std::exchange(batch.pairs, {});
  pairs_.find_labels(pairs);
  for (std::size_t i = 0; i < pairs.size(); ++i) {
    if (i + kAhead < pairs.size()) pairs_.prefetch(pairs[i + kAhead]);
    for (Flow* f : {pairs[i].a, pairs[i].b}) {
      if (f == nullptr) continue;
      append_row(batch, Table::kFlows, [&](RowWriter& row) { pairs_.encode(*f, row); });
    }
    pairs_.destroy(pairs[i]);
  }
  return pairs;
}

bool Writer::queue_is_long() {
  const MutexLock lock(mutex_);
  return queue_.size() >= kLongQueue;
}

void Writer::hand_over() {
  if (batch_.rows.size() == 0 && batch_.pairs.empty()) return;
  std::vector<EndedPair> done;
  {
    const MutexLock lock(mutex_);
    while (queue_.size() >= kMaxQueued) not_full_.wait(mutex_);
    queue_.push_back(std::move(batch_));
    batch_ = Batch();
    if (!spare_.empty()) {
      batch_ = std::move(spare_.back());
      spare_.pop_back();
    }
    done.swap(done_);
  }
  not_empty_.notify_one();
  pairs_.reuse(done);
}

Result<void> Writer::finish() {
  hand_over();
  {
    const MutexLock lock(mutex_);
    ending_ = true;
  }
  not_empty_.notify_one();
  thread_.join();
  if (error_) return *error_;
  return {};
}

void Writer::fail(const Error& e) {
  if (!error_) error_ = e;
  failed_.store(true, std::memory_order_relaxed);
}

/// A sink that throws has failed like one that says so.
template <class Step>
Result<void> Writer::guarded(Step step) {
  try {
    return step();
  } catch (...) {
    return Error{fmt::format("Failed to write rows: {}", caught())};
  }
}

Result<void> Writer::write(const Batch& batch) {
  for (const Table table : kTables) {
    const Rows rows(table, batch.rows.bytes());
    if (rows.empty()) continue;
    for (Sink* s : sinks_of(table)) {
      text_.clear();
      s->text(table, rows, text_);
      if (auto r = s->write(table, rows, text_); !r) return r;
    }
  }
  for (Sink* s : all_sinks_) {
    if (auto r = s->flush(); !r) return r;
  }
  return {};
}

/// Gives the pairs that may be used again; after an error nobody needs them.
std::vector<EndedPair> Writer::work_on(Batch& batch) {
  std::vector<EndedPair> done;
  Result<void> made;
  try {
    done = make_rows(batch);
  } catch (...) {
    made = Error{fmt::format(
        "A plugin failed when a row was made ({}); the rows before it are written", caught())};
  }
  Result<void> written = guarded([&] { return write(batch); });
  if (!written || !made) fail(written ? made.error() : written.error());
  return done;
}

/// Waits for it. None: there will be no more.
std::optional<Writer::Batch> Writer::next_batch() {
  std::optional<Batch> batch;
  {
    const MutexLock lock(mutex_);
    while (queue_.empty() && !ending_) not_empty_.wait(mutex_);
    if (queue_.empty()) return batch;
    batch = std::move(queue_.front());
    queue_.pop_front();
  }
  not_full_.notify_one();
  return batch;
}

void Writer::run() {
  while (std::optional<Batch> batch = next_batch()) {
    std::vector<EndedPair> done;
    if (!failed()) done = work_on(*batch);
    batch->rows.clear();
    batch->pairs.clear();
    const MutexLock lock(mutex_);
    done_.insert(done_.end(), done.begin(), done.end());
    if (spare_.size() < kMaxQueued) spare_.push_back(std::move(*batch));
  }
  for (Sink* s : all_sinks_) {
    if (auto r = guarded([s] { return s->close(); }); !r) fail(r.error());
  }
}

}  // namespace t2
