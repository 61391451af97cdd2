// SPDX-License-Identifier: Apache-2.0
#include "engine/writer.h"

#include <fmt/format.h>

#include <cstddef>
#include <utility>

#include "base/caught.h"

namespace t2 {

Writer::~Writer() {
  if (!thread_.joinable()) return;
  batch_.clear();
  (void)finish();
}

void Writer::add(Table table, Sink& sink) {
  sinks_[static_cast<std::size_t>(table)].push_back(&sink);
}

void Writer::start() {
  thread_ = std::thread([this] { run(); });
}

void Writer::begin_row(Table table) {
  row_at_ = batch_.size();
  batch_.scalar(RowHead{0, table});
}

void Writer::end_row() {
  const auto size = static_cast<std::uint32_t>(batch_.size() - row_at_ - sizeof(RowHead));
  batch_.patch(row_at_ + offsetof(RowHead, size), &size, sizeof size);
  if (batch_.size() >= kBatchBytes) hand_over();
}

void Writer::hand_over() {
  if (batch_.size() == 0) return;
  std::unique_lock lock(mutex_);
  not_full_.wait(lock, [this] { return queue_.size() < kMaxQueued; });
  queue_.push_back(std::move(batch_));
  batch_ = Batch();
  if (!spare_.empty()) {
    batch_ = std::move(spare_.back());
    spare_.pop_back();
  }
  lock.unlock();
  not_empty_.notify_one();
}

Result<void> Writer::finish() {
  hand_over();
  {
    const std::lock_guard lock(mutex_);
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
  const Bytes bytes = batch.bytes();
  for (std::size_t at = 0; at < bytes.size();) {
    RowHead head{};
    std::memcpy(&head, &bytes[at], sizeof head);
    const RowView row{bytes.subspan(at + sizeof head, head.size)};
    at += sizeof head + head.size;
    for (Sink* s : sinks_[static_cast<std::size_t>(head.table)]) {
      if (auto r = s->row(row); !r) return r;
    }
  }
  for (const auto& table : sinks_) {
    for (Sink* s : table) {
      if (auto r = s->flush(); !r) return r;
    }
  }
  return {};
}

void Writer::run() {
  for (;;) {
    std::unique_lock lock(mutex_);
    not_empty_.wait(lock, [this] { return !queue_.empty() || ending_; });
    if (queue_.empty()) break;
    Batch batch = std::move(queue_.front());
    queue_.pop_front();
    lock.unlock();
    not_full_.notify_one();
    if (!failed()) {
      if (auto r = guarded([&] { return write(batch); }); !r) fail(r.error());
    }
    batch.clear();
    lock.lock();
    if (spare_.size() < kMaxQueued) spare_.push_back(std::move(batch));
  }
  for (const auto& table : sinks_) {
    for (Sink* s : table) {
      if (auto r = guarded([s] { return s->close(); }); !r) fail(r.error());
    }
  }
}

}  // namespace t2
