// SPDX-License-Identifier: Apache-2.0
#include <fcntl.h>
#include <fmt/format.h>
#include <sys/stat.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <cstring>

#include "capture/parser.h"
#include "t2/sink.h"

namespace t2 {
namespace {

/// Takes back the part of the last line that was written before the error. Pipes keep it.
void cut_back(int fd, std::string_view written) {
  const auto end = written.rfind('\n');
  const std::size_t whole = end == std::string_view::npos ? 0 : end + 1;
  struct stat s {};
  if (fstat(fd, &s) != 0 || !S_ISREG(s.st_mode)) return;
  const off_t at = lseek(fd, 0, SEEK_CUR);
  const auto surplus = static_cast<off_t>(written.size() - whole);
  // Nothing more can be done if that fails, too: the first error is the one to tell.
  if (at >= surplus && ftruncate(fd, at - surplus) == 0) lseek(fd, at - surplus, SEEK_SET);
}

bool is_capture(const std::string& path) {
  struct stat s {};
  if (stat(path.c_str(), &s) != 0 || !S_ISREG(s.st_mode)) return false;
  const int fd = ::open(path.c_str(), O_RDONLY | O_CLOEXEC | O_NONBLOCK);
  if (fd < 0) return false;
  std::array<std::uint8_t, kMinFileHeader> head{};
  const ssize_t n = ::read(fd, head.data(), head.size());
  ::close(fd);
  return n == static_cast<ssize_t>(head.size()) && recognise(head) != nullptr;
}

bool is_link_of_another_user(const std::string& path) {
  struct stat s {};
  const bool link = lstat(path.c_str(), &s) == 0 && S_ISLNK(s.st_mode);
  return link && s.st_uid != 0 && s.st_uid != geteuid();
}

}  // namespace

Result<int> create_output(const std::string& path) {
  const auto error = [&path](const char* why) {
    return Error{fmt::format("Failed to open file '{}' for writing: {}", path, why)};
  };
  if (is_capture(path)) return error("it is a capture. Choose another prefix with '-w'");
  constexpr int kFlags = O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC;
  int fd = ::open(path.c_str(), kFlags | O_NOFOLLOW, 0666);
  if (fd < 0 && errno == ELOOP) {
    if (is_link_of_another_user(path)) return error("it is another user's link. Remove it");
    fd = ::open(path.c_str(), kFlags, 0666);
  }
  if (fd < 0) return error(std::strerror(errno));
  return fd;
}

Result<std::FILE*> create_output_stream(const std::string& path) {
  const auto fd = create_output(path);
  if (!fd) return fd.error();
  std::FILE* file = fdopen(*fd, "w");
  if (file == nullptr)
    return Error{fmt::format("Failed to open file '{}': {}", path, std::strerror(errno))};
  return file;
}

Result<void> write_rows(int fd, const std::string& name, std::string_view rows) {
  std::size_t done = 0;
  while (done < rows.size()) {
    const ssize_t n = ::write(fd, rows.data() + done, rows.size() - done);
    if (n < 0 && errno == EINTR) continue;
    if (n <= 0) {
      const int error = n == 0 ? ENOSPC : errno;
      cut_back(fd, rows.substr(0, done));
      return Error{fmt::format("Failed to write {}: {}", name, std::strerror(error))};
    }
    done += static_cast<std::size_t>(n);
  }
  return {};
}

Result<void> check_linked(int fd, const std::string& name) {
  struct stat s {};
  if (fstat(fd, &s) != 0 || !S_ISREG(s.st_mode) || s.st_nlink > 0) return {};
  return Error{fmt::format("Failed to write {}: it was deleted during the run", name)};
}

}  // namespace t2
