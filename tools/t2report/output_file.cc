// SPDX-License-Identifier: Apache-2.0
#include "output_file.h"

#include <fcntl.h>
#include <fmt/format.h>
#include <sys/stat.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <cstring>

namespace t2::report {
namespace {

/// What the page and the JSON begin with.
constexpr std::string_view kPage = "<!doctype html>\n<!-- t2report",
                           kJson = "{\"core\":{\"contract\":";

bool is_report(int fd, bool json) {
  std::array<char, 64> head{};
  const ssize_t n = ::pread(fd, head.data(), head.size(), 0);
  if (n < 0) return false;
  const std::string_view text(head.data(), static_cast<std::size_t>(n));
  return text.empty() || text.starts_with(json ? kJson : kPage);
}

}  // namespace

Result<OutputFile> OutputFile::open(const std::string& path, bool json) {
  if (path == "-") return OutputFile(STDOUT_FILENO, path, false);
  struct stat s {};
  const bool existed = ::lstat(path.c_str(), &s) == 0;
  const int fd = ::open(path.c_str(), O_RDWR | O_CREAT | O_CLOEXEC | O_NONBLOCK, S_IRUSR | S_IWUSR);
  if (fd < 0) return Error{fmt::format("Failed to write '{}': {}", path, std::strerror(errno))};
  OutputFile file(fd, path, !existed);
  const bool regular = ::fstat(fd, &s) == 0 && S_ISREG(s.st_mode);
  if (regular && is_report(fd, json)) return file;
  return Error{fmt::format(
      "'{}' exists and is no report of t2report: name another file with '-o', or remove it", path)};
}

OutputFile::OutputFile(OutputFile&& other) noexcept
    : fd_(other.fd_), path_(std::move(other.path_)), made_(other.made_) {
  other.fd_ = -1;
}

OutputFile::~OutputFile() {
  if (fd_ < 0 || fd_ == STDOUT_FILENO) return;
  ::close(fd_);
  if (made_) ::unlink(path_.c_str());
}

Result<void> OutputFile::write(std::string_view text) {
  const auto failed = [&] {
    return Error{fmt::format("Failed to write '{}': {}", path_, std::strerror(errno))};
  };
  const bool file = fd_ != STDOUT_FILENO;
  if (file && (::ftruncate(fd_, 0) != 0 || ::lseek(fd_, 0, SEEK_SET) != 0)) return failed();
  while (!text.empty()) {
    const ssize_t n = ::write(fd_, text.data(), text.size());
    if (n < 0 && errno == EINTR) continue;
    if (n <= 0) return failed();
    text.remove_prefix(static_cast<std::size_t>(n));
  }
  made_ = false;
  return {};
}

}  // namespace t2::report
