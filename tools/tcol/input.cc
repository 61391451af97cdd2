// SPDX-License-Identifier: Apache-2.0
#include "tcol/input.h"

#include <fcntl.h>
#include <fmt/format.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <cstring>

#include "common/device.h"
#include "common/table_text.h"

namespace t2::tcol {
namespace {

bool is_packed(int fd, off_t at) {
  std::array<std::uint8_t, kPackedMagic> head{};
  const ssize_t n = pread(fd, head.data(), head.size(), at);
  return n > 0 && t2::is_packed(Bytes(head).first(static_cast<std::size_t>(n)));
}

Error unreadable(const char* name, std::string_view why) {
  return {fmt::format("Failed to read file '{}': {}", name, why)};
}

Error too_long(const char* name) {
  return unreadable(name, fmt::format("a line is longer than {} bytes", kMaxLine));
}

ssize_t read_some(int fd, char* buffer, std::size_t size) {
  ssize_t n = 0;
  do n = read(fd, buffer, size);
  while (n < 0 && errno == EINTR);
  return n;
}

/// Calls f for the complete lines, returns what stands behind the last one.
std::string_view lines_of(std::string_view text, const Input::Line& f) {
  for (std::size_t end = 0; (end = text.find('\n')) != std::string_view::npos;) {
    f(text.substr(0, end));
    text.remove_prefix(end + 1);
  }
  return text;
}

}  // namespace

Input::Input(const char* name)
    : name_(name),
      fd_(std::strcmp(name, "-") == 0 ? STDIN_FILENO : open(name, O_RDONLY | O_CLOEXEC)) {}

Result<void> Input::each_line(const Line& f) {
  if (fd_ < 0)
    return Error{
        fmt::format("Failed to open file '{}' for reading: {}", name_, std::strerror(errno))};
  if (start_ == kUnknown) {
    if (tools::is_endless_device(fd_)) return unreadable(name_, "it is a device, not a table");
    start_ = lseek(fd_, 0, SEEK_CUR);
    if (start_ >= 0 && is_packed(fd_, start_)) start_ = -1;
  }
  if (start_ >= 0) return from_file(f);
  if (auto kept = keep_all(); !kept) return kept;
  const std::string_view rest = lines_of(text_, f);
  if (!rest.empty()) f(rest);
  return {};
}

Result<void> Input::from_file(const Line& f) {
  if (lseek(fd_, start_, SEEK_SET) < 0) return unreadable(name_, std::strerror(errno));
  std::string rest;
  char buffer[1 << 18];
  for (;;) {
    const ssize_t n = read_some(fd_, buffer, sizeof buffer);
    if (n < 0) return unreadable(name_, std::strerror(errno));
    if (n == 0) break;
    std::string_view text(buffer, static_cast<std::size_t>(n));
    if (!rest.empty()) {
      const auto end = text.find('\n');
      rest += text.substr(0, end);
      if (rest.size() > kMaxLine) return too_long(name_);
      if (end == std::string_view::npos) continue;
      f(rest);
      rest.clear();
      text.remove_prefix(end + 1);
    }
    rest = lines_of(text, f);
  }
  if (!rest.empty()) f(rest);
  return {};
}

Result<void> Input::keep_all() {
  if (kept_) return {};
  kept_ = true;
  tools::TableText text;
  std::size_t line = 0;  // begin of the line that is not complete
  char buffer[1 << 16];
  for (;;) {
    const ssize_t n = read_some(fd_, buffer, sizeof buffer);
    const std::size_t before = text_.size();
    if (n < 0)
      damage_ = std::strerror(errno);
    else if (!text.add({buffer, static_cast<std::size_t>(n)}, text_))
      damage_ = tools::kDamaged;
    if (n <= 0 || !damage_.empty()) break;
    const auto end = std::string_view(text_).substr(before).rfind('\n');
    if (end != std::string_view::npos) line = before + end + 1;
    if (text_.size() - line > kMaxLine) return too_long(name_);
  }
  // Damage cuts a row short, too.
  if (!damage_.empty()) text_.resize(text_.rfind('\n') + 1);
  return {};
}

}  // namespace t2::tcol
