// SPDX-License-Identifier: Apache-2.0
#include "capture/scouts.h"

#include <algorithm>
#include <limits>
#include <utility>

namespace t2 {

void Stretch::clear() {
  used_ = next_ = 0;
}

Frame& Stretch::add(std::size_t begin) {
  if (used_ == 0 || parts_[used_ - 1].size == FrameBatch::kCapacity) {
    if (used_ == parts_.size()) parts_.emplace_back();
    Part& fresh = parts_[used_++];
    fresh.size = 0;
    fresh.begin = begin;
  }
  Part& p = parts_[used_ - 1];
  return p.frames[p.size++];
}

Stretch::Part* Stretch::find(std::size_t begin) {
  if (next_ == used_ || parts_[next_].begin != begin) return nullptr;
  return &parts_[next_++];
}

Scouts::Scouts(unsigned threads, std::size_t segment) : count_(threads), size_(segment) {}

Scouts::~Scouts() {
  rest();
  {
    const MutexLock lock(mutex_);
    ending_ = true;
  }
  changed_.notify_all();
  for (std::thread& t : threads_) t.join();
}

void Scouts::rest() {
  const MutexLock lock(mutex_);
  next_ = end_ = 0;
  while (busy_ > 0) changed_.wait(mutex_);
  window_ = {};
  memory_.reset();
}

void Scouts::begin(Bytes window, std::shared_ptr<const void> memory, Walk walk) {
  constexpr std::size_t kWorthIt = 4;  // segments
  rest();
  const std::size_t segments = window.size() / size_;
  if (segments < kWorthIt) return;
  window_ = window;
  memory_ = std::move(memory);
  walk_ = std::move(walk);
  while (threads_.size() < count_) threads_.emplace_back([this] { run(); });
  {
    const MutexLock lock(mutex_);
    for (Segment& s : segments_) s.done = false;
    at_ = 0;
    next_ = 1;  // where the first one begins is known, the parser is there
    end_ = segments;
  }
  changed_.notify_all();
}

std::size_t Scouts::place_of(Bytes rest) const {
  return window_.size() - rest.size();
}

std::size_t Scouts::own_way(Bytes rest, std::size_t at) const {
  if (window_.empty()) return std::numeric_limits<std::size_t>::max();
  const std::size_t place = place_of(rest);
  return at + ((place / size_ + 1) * size_ - place);
}

std::size_t Scouts::take(Bytes rest, FrameBatch& batch) {
  if (window_.empty()) return 0;
  const std::size_t at = place_of(rest), number = at / size_;
  Segment& s = segments_[number % kAhead];
  {
    const MutexLock lock(mutex_);
    if (number != at_) {
      at_ = number;
      next_ = std::max(next_, number);
      changed_.notify_all();
    }
    if (number == 0 || number >= end_) return 0;
    while (!s.done || s.number != number) changed_.wait(mutex_);
  }
  Stretch::Part* const part = s.found.find(at);
  if (part == nullptr) return 0;
  batch.frames.swap(part->frames);
  batch.size = part->size;
  return part->end - part->begin;
}

/// A scout may still be at a segment that the parser has passed.
bool Scouts::has_work() const {
  return next_ < end_ && next_ < at_ + kAhead && !segments_[next_ % kAhead].busy;
}

void Scouts::run() {
  const MutexLock lock(mutex_);
  while (!ending_) {
    if (!has_work()) {
      changed_.wait(mutex_);
      continue;
    }
    const std::size_t number = next_++;
    Segment& s = segments_[number % kAhead];
    s.number = number;
    s.busy = true;
    s.done = false;
    ++busy_;
    mutex_.unlock();
    s.found.clear();
    walk_(window_, number * size_, (number + 1) * size_, s.found);
    mutex_.lock();
    s.busy = false;
    s.done = true;
    --busy_;
    changed_.notify_all();
  }
}

}  // namespace t2
