// SPDX-License-Identifier: Apache-2.0
#include "tawk/gawk.h"

#include <fcntl.h>
#include <poll.h>
#include <sys/wait.h>
#include <termios.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <csignal>
#include <cstdlib>

#include "common/process.h"
#include "t2/unicode.h"

namespace t2::tawk {
namespace {

struct Channel {
  int ours = -1, theirs = -1;
};

/// gawk writes row by row only to what it takes for a terminal.
Channel open_terminal() {
  Channel c;
  c.ours = posix_openpt(O_RDWR | O_NOCTTY | O_CLOEXEC);
  const bool good = c.ours >= 0 && grantpt(c.ours) == 0 && unlockpt(c.ours) == 0;
  const char* const name = good ? ptsname(c.ours) : nullptr;
  if (name != nullptr) c.theirs = open(name, O_RDWR | O_NOCTTY | O_CLOEXEC);
  termios t{};
  if (c.theirs >= 0 && tcgetattr(c.theirs, &t) == 0) {
    cfmakeraw(&t);
    tcsetattr(c.theirs, TCSANOW, &t);
    return c;
  }
  if (c.ours >= 0) close(c.ours);
  return {};
}

Channel open_channel(bool terminal) {
  Channel c = terminal ? open_terminal() : Channel{};
  int ends[2];
  if (c.theirs < 0 && pipe2(ends, O_CLOEXEC) == 0) c = {ends[0], ends[1]};
  return c;
}

bool write_all(int fd, std::string_view text) {
  while (!text.empty()) {
    const ssize_t n = write(fd, text.data(), text.size());
    if (n < 0 && errno == EINTR) continue;
    if (n < 0) return false;
    text.remove_prefix(static_cast<std::size_t>(n));
  }
  return true;
}

/// Until gawk has closed both channels. False if our output cannot be written.
bool pass_on(int out_fd, int err_fd, Output& output) {
  std::array<pollfd, 2> fds{{{out_fd, POLLIN, 0}, {err_fd, POLLIN, 0}}};
  std::array<char, 65536> block;
  std::string text;
  while (fds[0].fd >= 0 || fds[1].fd >= 0) {
    if (poll(fds.data(), fds.size(), -1) < 0 && errno != EINTR) return false;
    for (pollfd& p : fds) {
      if (p.fd < 0 || p.revents == 0) continue;
      const ssize_t n = read(p.fd, block.data(), block.size());
      if (n < 0 && errno == EINTR) continue;
      if (n <= 0) {  // a closed terminal is an error, EIO
        p.fd = -1;
        continue;
      }
      const std::string_view in(block.data(), static_cast<std::size_t>(n));
      text.clear();
      if (p.fd == err_fd)
        text = printable(in, "\n\t");
      else
        output.add(in, text);
      if (!write_all(p.fd == err_fd ? STDERR_FILENO : STDOUT_FILENO, text)) return false;
    }
  }
  text.clear();
  output.finish(text);
  return write_all(STDOUT_FILENO, text);
}

int wait_for(pid_t pid) {
  int status = 0;
  while (waitpid(pid, &status, 0) < 0 && errno == EINTR) {
  }
  return WIFEXITED(status) ? WEXITSTATUS(status) : 128 + WTERMSIG(status);
}

}  // namespace

int run_gawk(const std::vector<std::string>& argv, Output& output,
             const std::vector<Feeder>& feeders) {
  const Channel out = open_channel(isatty(STDOUT_FILENO) != 0);
  const Channel err = open_channel(false);
  const pid_t pid = out.theirs < 0 || err.theirs < 0 ? -1 : fork();
  if (pid < 0) return 126;
  if (pid == 0) {
    dup2(out.theirs, STDOUT_FILENO);
    dup2(err.theirs, STDERR_FILENO);
    tools::execute(argv);
    _exit(errno == ENOENT ? 127 : 126);
  }
  close(out.theirs);
  close(err.theirs);
  // What the feeders write is read by gawk alone: they must notice when it ends.
  for (const Feeder& f : feeders) close(f.fd);
  const bool written = pass_on(out.ours, err.ours, output);
  if (!written) kill(pid, SIGPIPE);
  int status = wait_for(pid);
  for (const Feeder& f : feeders) {
    // One that was stopped because gawk had seen enough has not failed.
    if (wait_for(f.pid) == 1 && status == 0) status = 1;
  }
  return written ? status : 1;
}

}  // namespace t2::tawk
