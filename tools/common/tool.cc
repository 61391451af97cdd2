// SPDX-License-Identifier: Apache-2.0
#include "common/tool.h"

#include <cerrno>
#include <cstdio>
#include <cstring>
#include <exception>
#include <new>

#include "base/standard.h"

namespace t2::tools {

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
  if (status == 0 && errno != EPIPE) {
    const char* why = errno != 0 ? std::strerror(errno) : "some lines are lost";
    std::fprintf(stderr, "Failed to write standard output: %s\n", why);
  }
  return status != 0 ? status : 1;
}

}  // namespace t2::tools
