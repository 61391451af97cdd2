// SPDX-License-Identifier: Apache-2.0
#include "line_reader.h"

#include <fcntl.h>
#include <fmt/format.h>
#include <sys/stat.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <cstring>

namespace t2::report {

LineReader::LineReader(int fd, std::string name, std::size_t most)
    : fd_(fd), name_(std::move(name)), most_(most) {}

LineReader::~LineReader() {
  if (fd_ >= 0) ::close(fd_);
}

bool LineReader::fill() {
  if (ended_) return false;
  held_.erase(0, at_);
  at_ = 0;
  std::array<char, 1 << 16> buffer;
  ssize_t n = 0;
  do n = ::read(fd_, buffer.data(), buffer.size());
  while (n < 0 && errno == EINTR);
  if (n < 0) error_ = fmt::format("Failed to read '{}': {}", name_, std::strerror(errno));
  if (n >= 0) {
    const std::string_view bytes(buffer.data(), static_cast<std::size_t>(n));
    if (watch_ && n > 0) watch_(bytes);
    if (!text_.add(bytes, held_)) error_ = fmt::format("'{}': {}", name_, tools::kDamaged);
  }
  if (n <= 0 || !error_.empty()) ended_ = true;
  return true;
}

std::optional<std::string_view> LineReader::next() {
  for (std::size_t searched = at_;;) {
    const std::size_t end = held_.find('\n', searched);
    if (end != std::string::npos) {
      const std::string_view line(held_.data() + at_, end - at_);
      at_ = end + 1;
      if (dropping_) {
        dropping_ = false;
        searched = at_;
        continue;
      }
      if (line.size() > most_) {
        ++passed_over_;
        searched = at_;
        continue;
      }
      return line;
    }
    searched = held_.size() - at_;
    if (dropping_ || held_.size() - at_ > most_) {
      if (!dropping_) ++passed_over_;
      dropping_ = true;
      at_ = held_.size();
      searched = 0;
    }
    if (!fill()) break;
  }
  if (at_ >= held_.size() || dropping_ || !error_.empty()) return {};
  const std::string_view line(held_.data() + at_, held_.size() - at_);
  at_ = held_.size();
  return line;
}

Result<int> open_to_read(const std::string& path, bool safe) {
  // Not to wait for the other end of a pipe that somebody put there.
  const int fd = ::open(path.c_str(), O_RDONLY | O_CLOEXEC | O_NONBLOCK | (safe ? O_NOFOLLOW : 0));
  if (fd < 0) return Error{fmt::format("Failed to open '{}': {}", path, std::strerror(errno))};
  struct stat s {};
  if (fstat(fd, &s) == 0 && S_ISREG(s.st_mode)) return fd;
  ::close(fd);
  return Error{fmt::format("'{}' is no regular file", path)};
}

}  // namespace t2::report
