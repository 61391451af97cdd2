// SPDX-License-Identifier: Apache-2.0
#include "t2/file.h"

#include <fcntl.h>
#include <fmt/format.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <cstring>

namespace t2 {

Result<std::string> read_regular_file(const std::string& path, std::size_t most) {
  const auto error = [&path](const char* why) {
    return Error{fmt::format("Failed to open file '{}' for reading: {}", path, why)};
  };
  // A pipe without a writer must not stop us before we know that it is one.
  const int fd = ::open(path.c_str(), O_RDONLY | O_CLOEXEC | O_NONBLOCK | O_NOCTTY);
  if (fd < 0) return error(std::strerror(errno));
  struct Closer {
    int fd;
    ~Closer() { ::close(fd); }
  } const closer{fd};
  struct stat s {};
  if (fstat(fd, &s) != 0) return error(std::strerror(errno));
  if (S_ISDIR(s.st_mode)) return error(std::strerror(EISDIR));
  if (!S_ISREG(s.st_mode)) return error("Not a regular file");

  std::string text;
  char piece[65536];
  for (ssize_t n = 0; (n = ::read(fd, piece, sizeof piece)) != 0;) {
    if (n < 0 && errno == EINTR) continue;
    if (n < 0) return error(std::strerror(errno));
    text.append(piece, static_cast<std::size_t>(n));
    if (text.size() > most) {
      return Error{fmt::format("File '{}' is larger than {} bytes", path, most)};
    }
  }
  return text;
}

bool is_absent(const std::string& path) {
  struct stat s {};
  return stat(path.c_str(), &s) != 0 && (errno == ENOENT || errno == ENOTDIR);
}

}  // namespace t2
