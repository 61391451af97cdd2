// SPDX-License-Identifier: Apache-2.0
#include "common/process.h"

#include <fcntl.h>
#include <fmt/format.h>
#include <poll.h>
#include <sys/wait.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <climits>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <exception>
#include <filesystem>
#include <fstream>

namespace t2::tools {
namespace {

std::vector<char*> pointers(const std::vector<std::string>& words) {
  std::vector<char*> out;
  out.reserve(words.size() + 1);
  for (const std::string& w : words) out.push_back(const_cast<char*>(w.c_str()));
  out.push_back(nullptr);
  return out;
}

int wait_for(pid_t pid) {
  int status = 0;
  while (waitpid(pid, &status, 0) < 0 && errno == EINTR) {
  }
  return WIFEXITED(status) ? WEXITSTATUS(status) : 128 + WTERMSIG(status);
}

/// Reads both pipes until both are closed.
void collect(int out_fd, int err_fd, Output& output) {
  std::array<pollfd, 2> fds{{{out_fd, POLLIN, 0}, {err_fd, POLLIN, 0}}};
  std::array<char, 65536> buffer;
  while (fds[0].fd >= 0 || fds[1].fd >= 0) {
    if (poll(fds.data(), fds.size(), -1) < 0 && errno != EINTR) return;
    for (std::size_t i = 0; i < fds.size(); ++i) {
      if (fds[i].fd < 0 || fds[i].revents == 0) continue;
      const ssize_t n = read(fds[i].fd, buffer.data(), buffer.size());
      if (n > 0)
        (i == 0 ? output.out : output.err).append(buffer.data(), static_cast<std::size_t>(n));
      if (n == 0 || (n < 0 && errno != EINTR)) fds[i].fd = -1;
    }
  }
}

}  // namespace

std::string own_folder() {
  std::error_code error;
  return std::filesystem::read_symlink("/proc/self/exe", error).parent_path();
}

std::string home() {
  const char* h = std::getenv("HOME");
  return h == nullptr ? "" : h;
}

std::string share_folder() {
  return std::filesystem::path(own_folder()).parent_path() / "share" / "tranalyzer";
}

std::string source_home() {
  if (const char* h = std::getenv("T2HOME"); h != nullptr && *h != '\0') return h;
  std::ifstream in(share_folder() + "/home");
  std::string line;
  if (std::getline(in, line)) return line;
  const std::filesystem::path tree = std::filesystem::path(own_folder()) / "../../..";
  std::error_code error;
  if (!std::filesystem::exists(tree / "CMakeLists.txt", error)) return "";
  return std::filesystem::canonical(tree, error);
}

Result<std::string> read_file(const std::string& path) {
  std::FILE* f = std::fopen(path.c_str(), "re");
  std::string text;
  std::array<char, 65536> buffer;
  std::size_t n = 0;
  while (f != nullptr && (n = std::fread(buffer.data(), 1, buffer.size(), f)) > 0) {
    text.append(buffer.data(), n);
    if (text.size() > kLargestText) break;
  }
  const int error = errno;
  const bool good = f != nullptr && std::ferror(f) == 0;
  if (f != nullptr) std::fclose(f);
  if (good && text.size() <= kLargestText) return text;
  if (good) return Error{fmt::format("File '{}' is larger than {} bytes", path, kLargestText)};
  return Error{fmt::format("Failed to open file '{}' for reading: {}", path, std::strerror(error))};
}

Result<Output> run(const std::vector<std::string>& argv,
                   const std::vector<std::string>& environment) {
  int out[2], err[2];
  if (pipe2(out, O_CLOEXEC) != 0 || pipe2(err, O_CLOEXEC) != 0) {
    return Error{fmt::format("Failed to make a pipe: {}", std::strerror(errno))};
  }
  const std::vector<char*> words = pointers(argv), variables = pointers(environment);
  const pid_t pid = fork();
  if (pid < 0) return Error{fmt::format("Failed to start '{}': {}", argv[0], std::strerror(errno))};
  if (pid == 0) {
    const int null = open("/dev/null", O_RDONLY);
    dup2(null, STDIN_FILENO);
    dup2(out[1], STDOUT_FILENO);
    dup2(err[1], STDERR_FILENO);
    execvpe(words[0], words.data(), variables.data());
    _exit(127);
  }
  close(out[1]);
  close(err[1]);
  Output output;
  collect(out[0], err[0], output);
  close(out[0]);
  close(err[0]);
  output.status = wait_for(pid);
  return output;
}

int run_here(const std::vector<std::string>& argv) {
  const std::vector<char*> words = pointers(argv);
  const pid_t pid = fork();
  if (pid < 0) return 127;
  if (pid == 0) {
    execvp(words[0], words.data());
    _exit(127);
  }
  return wait_for(pid);
}

int run_apart(const std::function<int()>& work) {
  std::fflush(stdout);
  const pid_t pid = fork();
  if (pid < 0) return 127;
  if (pid > 0) return wait_for(pid);
  int status = 1;
  try {
    status = work();
  } catch (const std::exception& e) {
    std::fprintf(stderr, "%s\n", e.what());
  }
  const bool written = std::fflush(stdout) == 0 && std::ferror(stdout) == 0;
  _exit(written ? status : 1);
}

void execute(const std::vector<std::string>& argv) {
  execvp(argv[0].c_str(), pointers(argv).data());
}

}  // namespace t2::tools
