// SPDX-License-Identifier: Apache-2.0
#include "tawk/feed.h"

#include <fcntl.h>
#include <fmt/format.h>
#include <poll.h>
#include <sys/stat.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <csignal>
#include <cstring>

namespace t2::tawk {
namespace {

using Block = std::array<char, 65536>;

ssize_t read_some(int fd, Block& block) {
  ssize_t n = 0;
  do n = read(fd, block.data(), block.size());
  while (n < 0 && errno == EINTR);
  return n;
}

bool write_all(int fd, const char* data, std::size_t size) {
  while (size > 0) {
    const ssize_t n = write(fd, data, size);
    if (n < 0 && errno == EINTR) continue;
    if (n <= 0) return false;
    data += n;
    size -= static_cast<std::size_t>(n);
  }
  return true;
}

/// Reads until the header is complete; `taken` gets all that was read.
Result<std::string> look(int fd, const HeaderRule& rule, std::string& taken) {
  Block block;
  for (;;) {
    const ssize_t n = read_some(fd, block);
    if (n < 0) return Error{std::strerror(errno)};
    taken.append(block.data(), static_cast<std::size_t>(n));
    const bool last = n == 0 || taken.size() >= kMaxHeader;
    if (const auto header = find_header(taken, rule, last)) return std::string(*header);
    if (last) return std::string();
  }
}

/// Standard input becomes a pipe that first holds `taken`, then what follows in the old one.
Result<void> hand_on(const std::string& taken) {
  int ends[2];
  if (pipe2(ends, O_CLOEXEC) != 0)
    return Error{fmt::format("Failed to make a pipe: {}", std::strerror(errno))};
  const pid_t pid = fork();
  if (pid < 0) return Error{fmt::format("Failed to start a process: {}", std::strerror(errno))};
  if (pid > 0) {
    dup2(ends[0], STDIN_FILENO);
    close(ends[0]);
    close(ends[1]);
    return {};
  }
  // A reader behind gawk must not wait for us.
  close(STDOUT_FILENO);
  close(ends[0]);
  std::signal(SIGPIPE, SIG_DFL);
  Block block;
  bool good = write_all(ends[1], taken.data(), taken.size());
  for (ssize_t n = 0; good && (n = read_some(STDIN_FILENO, block)) > 0;) {
    good = write_all(ends[1], block.data(), static_cast<std::size_t>(n));
  }
  _exit(0);
}

}  // namespace

Result<std::string> header_of_file(const std::string& path, const HeaderRule& rule) {
  const auto failed = [&] {
    return Error{
        fmt::format("Failed to open file '{}' for reading: {}", path, std::strerror(errno))};
  };
  const int fd = open(path.c_str(), O_RDONLY | O_CLOEXEC);
  if (fd < 0) return failed();
  std::string taken;
  auto header = look(fd, rule, taken);
  close(fd);
  if (!header)
    return Error{fmt::format("Failed to read file '{}': {}", path, header.error().message)};
  return header;
}

Result<std::string> header_of_input(const HeaderRule& rule) {
  std::string taken;
  const off_t start = lseek(STDIN_FILENO, 0, SEEK_CUR);
  auto header = look(STDIN_FILENO, rule, taken);
  if (!header)
    return Error{fmt::format("Failed to read standard input: {}", header.error().message)};
  if (start >= 0) {
    lseek(STDIN_FILENO, start, SEEK_SET);
  } else if (auto r = hand_on(taken); !r) {
    return r.error();
  }
  return header;
}

bool input_is_pipe_with_data() {
  struct stat st {};
  if (fstat(STDIN_FILENO, &st) != 0 || !(S_ISFIFO(st.st_mode) || S_ISSOCK(st.st_mode)))
    return false;
  pollfd fd{STDIN_FILENO, POLLIN, 0};
  return poll(&fd, 1, -1) == 1 && (fd.revents & POLLIN) != 0;
}

}  // namespace t2::tawk
