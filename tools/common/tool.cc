// SPDX-License-Identifier: Apache-2.0
#include "common/tool.h"

#include <poll.h>
#include <unistd.h>

#include <cerrno>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <exception>
#include <new>

#include "process/standard.h"

namespace t2::tools {
namespace {

/// Of a pipe, or of a pager that has ended.
bool reader_is_gone() {
  pollfd out{STDOUT_FILENO, 0, 0};
  return poll(&out, 1, 0) == 1;
}

}  // namespace

int run_tool(int argc, char** argv, int (*work)(const std::vector<std::string>& words)) {
  open_standard_descriptors();
  int status = 1;
  try {
    status = work(std::vector<std::string>(argv + 1, argv + argc));
  } catch (const std::bad_alloc&) {
    std::fputs("Out of memory\n", stderr);
  } catch (const std::exception& e) {
    std::fprintf(stderr, "%s\n", e.what());
  }
  errno = 0;
  if (std::fflush(stdout) == 0 && std::ferror(stdout) == 0) return status;
  const int error = errno;
  if (reader_is_gone()) return status;
  if (status == 0) {
    const char* why = error != 0 ? std::strerror(error) : "some lines are lost";
    std::fprintf(stderr, "Failed to write standard output: %s\n", why);
  }
  return 1;
}

Result<void> write_out(std::string_view text) {
  const bool good =
      std::fwrite(text.data(), 1, text.size(), stdout) == text.size() && std::fflush(stdout) == 0;
  if (good || errno == EPIPE) return {};
  return Error{std::string("Failed to write: ") + std::strerror(errno)};
}

bool wants_colour() {
  const char* no_colour = std::getenv("NO_COLOR");
  return no_colour == nullptr || *no_colour == '\0';
}

}  // namespace t2::tools
