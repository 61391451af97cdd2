// SPDX-License-Identifier: Apache-2.0
#include "capture/input.h"

#include <algorithm>
#include <utility>

namespace t2 {

std::shared_ptr<BufferPool::Buffer> BufferPool::take(std::size_t capacity) {
  Buffer buffer;
  {
    const MutexLock lock(mutex_);
    if (!free_.empty()) {
      buffer = std::move(free_.back());
      free_.pop_back();
    }
  }
  if (buffer.capacity < capacity) {
    buffer = {std::make_unique_for_overwrite<std::uint8_t[]>(capacity), capacity};
  }
  const auto give_back = [pool = shared_from_this()](Buffer* b) {
    const std::unique_ptr<Buffer> owner(b);
    const MutexLock lock(pool->mutex_);
    pool->free_.push_back(std::move(*b));
  };
  return {new Buffer(std::move(buffer)), give_back};
}

StreamInput::StreamInput(std::unique_ptr<ByteStream> stream, std::size_t buffer)
    : stream_(std::move(stream)), buffer_(pool_->take(buffer)) {}

Input::Fill StreamInput::fill(std::size_t want) {
  make_room(want);
  std::size_t size = window_.size();
  auto state = ByteStream::State::kData;
  while (size < want && state == ByteStream::State::kData) {
    const auto got =
        stream_->read(std::span(buffer_->bytes.get(), buffer_->capacity).subspan(size));
    state = got.state;
    size += got.size;
  }
  window_ = Bytes(buffer_->bytes.get(), size);
  if (size >= want) return Fill::kMore;
  return state == ByteStream::State::kAgain ? Fill::kAgain : Fill::kEnd;
}

void StreamInput::make_room(std::size_t want) {
  const std::size_t now = buffer_->capacity;
  const auto next = pool_->take(want > now ? std::max(want, now * 2) : now);
  std::copy(window_.begin(), window_.end(), next->bytes.get());
  window_ = Bytes(next->bytes.get(), window_.size());
  buffer_ = next;
}

}  // namespace t2
