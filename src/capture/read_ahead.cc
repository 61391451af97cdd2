// SPDX-License-Identifier: Apache-2.0
#include "capture/read_ahead.h"

#include <algorithm>
#include <iterator>
#include <span>
#include <utility>

namespace t2 {

void ReadAhead::stop() {
  ended_ = true;
  if (!thread_.joinable()) return;
  stopping_.store(true, std::memory_order_relaxed);
  emptied_.fetch_add(1, std::memory_order_release);  // another value, or it would sleep on
  emptied_.notify_one();
  thread_.join();
}

std::vector<std::string> ReadAhead::take_warnings() {
  return std::exchange(warnings_, {});
}

Source::State ReadAhead::read(FrameBatch& batch) {
  batch.size = 0;
  if (ended_) return State::kEnd;
  if (!thread_.joinable()) {
    thread_ = std::thread([this] { run(); });
  } else {
    give_back();
  }
  filled_.wait(taken_, std::memory_order_acquire);
  return take((*slots_)[taken_++ % kSlots], batch);
}

// Both counters are stored in one order with everything else: notify_one() looks without a fence
// whether anybody waits, and must not do so before the new value can be seen.

/// The caller has done with the batch taken last. The thread is only woken when there is work for a
/// while: waking it for each batch would cost more than the batch.
void ReadAhead::give_back() {
  emptied_.store(taken_);
  if (filled_.load(std::memory_order_relaxed) - taken_ <= kSlots / 2) emptied_.notify_one();
}

Source::State ReadAhead::take(Slot& slot, FrameBatch& batch) {
  bytes_read_ = slot.bytes_read;
  bytes_of_files_ = slot.bytes_of_files;
  std::move(slot.warnings.begin(), slot.warnings.end(), std::back_inserter(warnings_));
  slot.warnings.clear();
  file_ = slot.file;
  batch.memory = slot.batch.memory;
  batch.size = slot.batch.size;
  batch.frames.swap(slot.batch.frames);
  batch.runs.swap(slot.batch.runs);
  ended_ = slot.state == State::kEnd;
  return slot.state;
}

bool ReadAhead::has_room(std::uint32_t n, std::uint32_t emptied) {
  for (; released_ != emptied && released_ != n; ++released_) {
    (*slots_)[released_ % kSlots].batch.memory.reset();
  }
  if (n - emptied >= kSlots) return false;
  std::size_t bytes = 0;
  for (std::uint32_t i = emptied; i != n; ++i) bytes += (*slots_)[i % kSlots].size;
  return bytes <= kMaxBytes;
}

void ReadAhead::wait_for_room(std::uint32_t n) {
  for (bool told = false;; told = true) {
    const std::uint32_t emptied = emptied_.load(std::memory_order_acquire);
    // First this: the destructor moves `emptied_` to no sensible number.
    if (stopping_.load(std::memory_order_relaxed) || has_room(n, emptied)) return;
    if (!told) filled_.notify_one();
    emptied_.wait(emptied, std::memory_order_acquire);
  }
}

void ReadAhead::run() {
  for (std::uint32_t n = 0;; ++n) {
    wait_for_room(n);
    if (stopping_.load(std::memory_order_relaxed)) return;
    Slot& slot = (*slots_)[n % kSlots];
    fill(slot);
    const State state = slot.state;
    filled_.store(n + 1);
    // As in give_back(); but whoever waits for a slow pipe gets what there is.
    const bool enough = n + 1 - emptied_.load(std::memory_order_relaxed) >= kEnough;
    if (enough || state != State::kFrames) filled_.notify_one();
    if (state == State::kEnd) return;
  }
}

void ReadAhead::fill(Slot& slot) {
  slot.state = source_->read(slot.batch);
  slot.file = source_->file();  // into memory that the slot has from the last time
  slot.warnings = source_->take_warnings();
  slot.bytes_read = source_->bytes_read();
  slot.bytes_of_files = source_->bytes_of_files();
  slot.size = 0;
  for (const Frame& f : std::span(slot.batch.frames).first(slot.batch.size)) {
    slot.size += f.bytes.size();
  }
  if (work_ && slot.state == State::kFrames) work_(slot.batch);
}

}  // namespace t2
