// SPDX-License-Identifier: Apache-2.0
#include <fmt/format.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <cstring>

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

}  // namespace

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
