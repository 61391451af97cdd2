// SPDX-License-Identifier: Apache-2.0
#include "capture/input.h"

#include <algorithm>
#include <cstring>

namespace t2 {

StreamInput::StreamInput(std::unique_ptr<ByteStream> stream, std::size_t buffer)
    : stream_(std::move(stream)) {
  current_ = free_buffer(buffer);
}

Input::Fill StreamInput::fill(std::size_t want) {
  make_room(want);
  const Buffer& buffer = buffers_[current_];
  std::size_t size = window_.size();
  auto state = ByteStream::State::kData;
  while (size < want && state == ByteStream::State::kData) {
    const auto got = stream_->read(std::span(buffer.bytes.get(), buffer.capacity).subspan(size));
    state = got.state;
    size += got.size;
  }
  window_ = Bytes(buffer.bytes.get(), size);
  if (size >= want) return Fill::kMore;
  return state == ByteStream::State::kAgain ? Fill::kAgain : Fill::kEnd;
}

std::size_t StreamInput::free_buffer(std::size_t capacity) {
  std::size_t i = 0;
  while (i < buffers_.size() && buffers_[i].bytes.use_count() > 1) ++i;
  if (i == buffers_.size()) buffers_.emplace_back();
  if (buffers_[i].capacity < capacity) {
    buffers_[i] = {std::make_shared_for_overwrite<std::uint8_t[]>(capacity), capacity};
  }
  return i;
}

void StreamInput::make_room(std::size_t want) {
  const Buffer now = buffers_[current_];
  const bool only_ours = now.bytes.use_count() == 2;  // the pool's and `now`
  if (!only_ours || now.capacity < want) {
    current_ = free_buffer(want > now.capacity ? std::max(want, now.capacity * 2) : now.capacity);
  }
  // The window may lie in the same buffer, behind or at its start.
  std::uint8_t* start = buffers_[current_].bytes.get();
  if (!window_.empty()) std::memmove(start, window_.data(), window_.size());
  window_ = Bytes(start, window_.size());
}

}  // namespace t2
