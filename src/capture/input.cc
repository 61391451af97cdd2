// SPDX-License-Identifier: Apache-2.0
#include "capture/input.h"

#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <cstring>

namespace t2 {

Result<std::unique_ptr<Input>> MappedInput::map(FileDescriptor fd, std::size_t size) {
  void* address = ::mmap(nullptr, size, PROT_READ, MAP_SHARED, fd.get(), 0);
  if (address == MAP_FAILED) return Error{std::strerror(errno)};
  ::madvise(address, size, MADV_SEQUENTIAL);
  return std::unique_ptr<Input>(new MappedInput(std::move(fd), address, size));
}

MappedInput::MappedInput(FileDescriptor fd, void* address, std::size_t size)
    : fd_(std::move(fd)), address_(address), mapped_(size), size_(size) {}

MappedInput::~MappedInput() {
  ::munmap(address_, mapped_);
}

Input::Fill MappedInput::fill(std::size_t want) {
  const std::size_t start = window_end_ - window_.size();
  struct stat now {};
  // Reading a page behind the end of a shortened file would be fatal.
  if (::fstat(fd_.get(), &now) == 0 && static_cast<std::size_t>(now.st_size) < size_)
    size_ = std::max(static_cast<std::size_t>(now.st_size), start);

  const std::size_t end = std::min(size_, start + std::max(want, kStep));
  const Bytes all(static_cast<const std::uint8_t*>(address_), mapped_);
  window_ = all.subspan(start, end - start);
  window_end_ = end;
  release_before(start);
  return window_.size() >= want ? Fill::kMore : Fill::kEnd;
}

void MappedInput::release_before(std::size_t offset) {
  static const auto page = static_cast<std::size_t>(::sysconf(_SC_PAGESIZE));
  const std::size_t end = offset / page * page;
  if (end <= released_) return;
  ::madvise(static_cast<std::uint8_t*>(address_) + released_, end - released_, MADV_DONTNEED);
  released_ = end;
}

std::string MappedInput::problem() const {
  return size_ < mapped_ ? "the file became shorter while it was read" : "";
}

StreamInput::StreamInput(std::unique_ptr<ByteStream> stream, std::size_t buffer)
    : stream_(std::move(stream)),
      buffer_(std::make_unique_for_overwrite<std::uint8_t[]>(buffer)),
      capacity_(buffer) {}

Input::Fill StreamInput::fill(std::size_t want) {
  make_room(want);
  std::size_t size = window_.size();
  auto state = ByteStream::State::kData;
  while (size < want && state == ByteStream::State::kData) {
    const auto got = stream_->read(std::span(buffer_.get(), capacity_).subspan(size));
    state = got.state;
    size += got.size;
  }
  window_ = Bytes(buffer_.get(), size);
  if (size >= want) return Fill::kMore;
  return state == ByteStream::State::kAgain ? Fill::kAgain : Fill::kEnd;
}

void StreamInput::make_room(std::size_t want) {
  if (want > capacity_) {
    const std::size_t capacity = std::max(want, capacity_ * 2);
    auto larger = std::make_unique_for_overwrite<std::uint8_t[]>(capacity);
    std::copy(window_.begin(), window_.end(), larger.get());
    buffer_ = std::move(larger);
    capacity_ = capacity;
  } else {
    // The window lies in the buffer itself, behind or at its start.
    if (!window_.empty()) std::memmove(buffer_.get(), window_.data(), window_.size());
  }
  window_ = Bytes(buffer_.get(), window_.size());
}

}  // namespace t2
