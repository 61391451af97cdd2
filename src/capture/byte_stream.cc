// SPDX-License-Identifier: Apache-2.0
#include "capture/byte_stream.h"

#include <poll.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <cstring>

namespace t2 {

FileDescriptor::~FileDescriptor() {
  if (fd_ >= 0) ::close(fd_);
}

ByteStream::Got FdStream::read(std::span<std::uint8_t> out) {
  if (!regular_) {
    // Waiting here instead of in read(2) lets the caller look at signals and clocks.
    pollfd waiting{fd_.get(), POLLIN, 0};
    if (::poll(&waiting, 1, kWaitMilliseconds) <= 0) return {State::kAgain, 0};
  }
  const ssize_t n = ::read(fd_.get(), out.data(), out.size());
  if (n > 0) {
    consumed_ += static_cast<std::uint64_t>(n);
    return {State::kData, static_cast<std::size_t>(n)};
  }
  if (n == 0) return {State::kEnd, 0};
  if (errno == EINTR || errno == EAGAIN) return {State::kAgain, 0};
  error_ = std::strerror(errno);
  return {State::kError, 0};
}

ByteStream::Got MemoryStream::read(std::span<std::uint8_t> out) {
  const Bytes now = left_.first(std::min({left_.size(), out.size(), piece_}));
  if (now.empty()) return {State::kEnd, 0};
  std::copy(now.begin(), now.end(), out.begin());
  left_ = left_.subspan(now.size());
  consumed_ += now.size();
  return {State::kData, now.size()};
}

ByteStream::Got RewoundStream::read(std::span<std::uint8_t> out) {
  if (given_ == head_.size()) return rest_->read(out);
  const std::size_t n = head_.copy(reinterpret_cast<char*>(out.data()), out.size(), given_);
  given_ += n;
  return {State::kData, n};
}

}  // namespace t2
