// SPDX-License-Identifier: Apache-2.0
#include "engine/writer.h"

#include <fmt/format.h>

#include <algorithm>
#include <cstddef>
#include <utility>

#include "base/caught.h"

namespace t2 {

void Writer::Batch::clear() {
  rows.clear();
  pairs.clear();
  done.clear();
  for (RowText& t : texts) t.clear();
  no_rows.reset();
  no_text.reset();
  state = State::kWaits;
}

Writer::~Writer() {
  if (!thread_.joinable()) return;
  batch_->clear();
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
  batch_->pairs.push_back(pair);
  if (is_full()) hand_over();
}

/// The rows of the batch's pairs. If a cell throws, the rows before it stay and the others are not
/// made.
void Writer::make_rows(Batch& batch) {
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
  batch.done = std::move(pairs);
}

void Writer::make_text(Batch& batch) {
  std::size_t n = 0;
  for (const Table table : kTables) n += sinks_of(table).size();
  batch.texts.resize(n);
  auto text = batch.texts.begin();
  for (const Table table : kTables) {
    const Rows rows(table, batch.rows.bytes());
    for (const Sink* s : sinks_of(table)) {
      if (!rows.empty()) s->text(table, rows, *text);
      ++text;
    }
  }
}

/// After an error nobody needs rows.
void Writer::make(Batch& batch) {
  if (failed()) return;
  try {
    make_rows(batch);
  } catch (...) {
    batch.no_rows = Error{fmt::format(
        "A plugin failed when a row was made ({}); the rows before it are written", caught())};
  }
  const Result<void> made = guarded([&] {
    make_text(batch);
    return Result<void>();
  });
  if (!made) batch.no_text = made.error();
}

/// That which waits longest. False: none does.
bool Writer::make_one() {
  const auto next = std::find_if(queue_.begin(), queue_.end(),
                                 [](const auto& b) { return b->state == Batch::State::kWaits; });
  if (next == queue_.end()) return false;
  Batch& batch = **next;
  batch.state = Batch::State::kIsMade;
  --waiting_;
  mutex_.unlock();
  {
    const TaskTrace::Span span(trace_, TaskTrace::What::kRows, batch.number);
    make(batch);
  }
  mutex_.lock();
  batch.state = Batch::State::kMade;
  done_.insert(done_.end(), batch.done.begin(), batch.done.end());
  changed_.notify_all();
  return true;
}

bool Writer::help() {
  const MutexLock lock(mutex_);
  return make_one();
}

/// Whoever brings rows faster than they are written makes some.
void Writer::hand_over() {
  if (batch_->rows.size() == 0 && batch_->pairs.empty()) return;
  std::vector<EndedPair> done;
  {
    const MutexLock lock(mutex_);
    // Where others make rows, too, they do that: everybody waits for who brings them.
    if (!wake_ && queue_.size() >= kLongQueue) (void)make_one();
    while (queue_.size() >= kMaxQueued) {
      if (!make_one()) changed_.wait(mutex_);
    }
    batch_->number = handed_over_++;
    const TaskTrace::Span span(trace_, TaskTrace::What::kHandOver, batch_->number);
    queue_.push_back(std::move(batch_));
    ++waiting_;
    if (spare_.empty()) {
      batch_ = std::make_unique<Batch>();
    } else {
      batch_ = std::move(spare_.back());
      spare_.pop_back();
    }
    done.swap(done_);
  }
  changed_.notify_all();
  if (wake_) wake_();
  pairs_.reuse(done);
}

Result<void> Writer::finish() {
  hand_over();
  {
    const MutexLock lock(mutex_);
    ending_ = true;
  }
  changed_.notify_all();
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

Result<void> Writer::write_text(const Batch& batch) {
  auto text = batch.texts.begin();
  for (const Table table : kTables) {
    const Rows rows(table, batch.rows.bytes());
    for (Sink* s : sinks_of(table)) {
      const RowText& made = *text++;
      if (rows.empty()) continue;
      if (auto r = s->write(table, rows, made); !r) return r;
    }
  }
  for (Sink* s : all_sinks_) {
    if (auto r = s->flush(); !r) return r;
  }
  return {};
}

void Writer::write(const Batch& batch) {
  if (failed()) return;
  const Result<void> written =
      batch.no_text ? Result<void>(*batch.no_text) : guarded([&] { return write_text(batch); });
  if (!written) return fail(written.error());
  if (batch.no_rows) fail(*batch.no_rows);
}

/// Waits for it, and makes rows meanwhile. None: there will be no more.
std::unique_ptr<Writer::Batch> Writer::next_batch() {
  const MutexLock lock(mutex_);
  while (!queue_.empty() || !ending_) {
    if (!queue_.empty() && queue_.front()->state == Batch::State::kMade) {
      std::unique_ptr<Batch> batch = std::move(queue_.front());
      queue_.pop_front();
      changed_.notify_all();
      return batch;
    }
    if (!make_one()) changed_.wait(mutex_);
  }
  return nullptr;
}

void Writer::run() {
  while (std::unique_ptr<Batch> batch = next_batch()) {
    {
      const TaskTrace::Span span(trace_, TaskTrace::What::kWrite, batch->number);
      write(*batch);
    }
    batch->clear();
    const MutexLock lock(mutex_);
    if (spare_.size() < kMaxQueued) spare_.push_back(std::move(batch));
  }
  for (Sink* s : all_sinks_) {
    if (auto r = guarded([s] { return s->close(); }); !r) fail(r.error());
  }
}

}  // namespace t2
