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

#include "common/unpack.h"

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

/// Reads until the header is complete; `taken` gets the text of all that was read.
Result<std::string> look(int fd, const HeaderRule& rule, tools::Unpacker& unpacker,
                         std::string& taken) {
  Block block;
  for (;;) {
    const ssize_t n = read_some(fd, block);
    if (n < 0) return Error{std::strerror(errno)};
    if (!unpacker.add({block.data(), static_cast<std::size_t>(n)}, taken))
      return Error{tools::kDamaged};
    const bool last = n == 0 || taken.size() >= kMaxHeader;
    if (const auto header = find_header(taken, rule, last)) return std::string(*header);
    if (last) return std::string();
  }
}

/// In a child process: writes `taken`, then the text of what follows in `fd`, and ends.
[[noreturn]] void hand_over(int fd, int to, const std::string& taken, tools::Unpacker& unpacker,
                            const std::string& name) {
  // A reader behind gawk must not wait for us.
  close(STDOUT_FILENO);
  std::signal(SIGPIPE, SIG_DFL);
  Block block;
  std::string text = taken;
  bool sound = true;
  for (ssize_t n = 0; write_all(to, text.data(), text.size()) && sound;) {
    if ((n = read_some(fd, block)) <= 0) break;
    text.clear();
    sound = unpacker.add({block.data(), static_cast<std::size_t>(n)}, text);
  }
  if (!sound || !unpacker.complete())
    fmt::print(stderr, "Failed to read {}: {}\n", name, tools::kDamaged);
  _exit(0);
}

/// Standard input becomes a pipe that first holds `taken`, then what follows in the old one.
Result<void> hand_on(const std::string& taken, tools::Unpacker& unpacker) {
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
  close(ends[0]);
  hand_over(STDIN_FILENO, ends[1], taken, unpacker, "standard input");
}

/// Only a file: a pipe that is opened loses what is read.
bool is_packed(const std::string& path) {
  struct stat st {};
  if (stat(path.c_str(), &st) != 0 || !S_ISREG(st.st_mode)) return false;
  const int fd = open(path.c_str(), O_RDONLY | O_CLOEXEC);
  char magic[2] = {};
  const bool packed = fd >= 0 && read(fd, magic, 2) == 2 && tools::begins_like_gzip({magic, 2});
  if (fd >= 0) close(fd);
  return packed;
}

}  // namespace

Result<std::string> readable_file(const std::string& path) {
  if (!is_packed(path)) return path;
  int ends[2];
  if (pipe(ends) != 0) return Error{fmt::format("Failed to make a pipe: {}", std::strerror(errno))};
  const pid_t pid = fork();
  if (pid < 0) return Error{fmt::format("Failed to start a process: {}", std::strerror(errno))};
  if (pid == 0) {
    close(ends[0]);
    tools::Unpacker unpacker;
    hand_over(open(path.c_str(), O_RDONLY), ends[1], "", unpacker, fmt::format("file '{}'", path));
  }
  close(ends[1]);
  return fmt::format("/dev/fd/{}", ends[0]);
}

Result<std::string> header_of_file(const std::string& path, const HeaderRule& rule) {
  const auto failed = [&] {
    return Error{
        fmt::format("Failed to open file '{}' for reading: {}", path, std::strerror(errno))};
  };
  const int fd = open(path.c_str(), O_RDONLY | O_CLOEXEC);
  if (fd < 0) return failed();
  std::string taken;
  tools::Unpacker unpacker;
  auto header = look(fd, rule, unpacker, taken);
  close(fd);
  if (!header)
    return Error{fmt::format("Failed to read file '{}': {}", path, header.error().message)};
  return header;
}

Result<std::string> header_of_input(const HeaderRule& rule) {
  std::string taken;
  const off_t start = lseek(STDIN_FILENO, 0, SEEK_CUR);
  tools::Unpacker unpacker;
  auto header = look(STDIN_FILENO, rule, unpacker, taken);
  if (!header)
    return Error{fmt::format("Failed to read standard input: {}", header.error().message)};
  if (start >= 0 && !unpacker.packed()) {
    lseek(STDIN_FILENO, start, SEEK_SET);
  } else if (auto r = hand_on(taken, unpacker); !r) {
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
