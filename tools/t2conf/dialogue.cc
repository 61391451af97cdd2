// SPDX-License-Identifier: Apache-2.0
#include "t2conf/dialogue.h"

#include <fmt/format.h>

#include <cerrno>
#include <cstdio>
#include <cstring>
#include <filesystem>
#include <iostream>

#include "common/process.h"
#include "t2/unicode.h"
#include "t2conf/store.h"

namespace t2::tools {
namespace {

/// `yes`: -y was given.
bool agreed(const std::string& question, bool yes) {
  fmt::print("{} (y/N)? ", printable(question));
  std::fflush(stdout);
  std::string answer = "yes";
  if (yes) {
    fmt::print("yes\n");
  } else if (!std::getline(std::cin, answer)) {
    fmt::print("\n");
    return false;
  }
  return answer == "y" || answer == "Y" || answer == "yes" || answer == "Yes" || answer == "YES";
}

}  // namespace

Result<void> print(const std::string& raw) {
  const std::string text = printable(raw, "\n\t");
  const bool good =
      std::fwrite(text.data(), 1, text.size(), stdout) == text.size() && std::fflush(stdout) == 0;
  if (good || errno == EPIPE) return {};
  return Error{fmt::format("Failed to write: {}", std::strerror(errno))};
}

Result<void> write_new(const std::string& path, const std::string& text, bool yes) {
  if (std::filesystem::exists(path) &&
      !agreed(fmt::format("'{}' exists already. Overwrite it", path), yes))
    return Error{fmt::format("Nothing was saved: '{}' is kept, -y overwrites it", path)};
  return write_atomically(path, text);
}

Result<void> become(const std::vector<std::string>& argv) {
  execute(argv);
  return Error{fmt::format("Failed to run '{}': {}", argv[0], std::strerror(errno))};
}

}  // namespace t2::tools
