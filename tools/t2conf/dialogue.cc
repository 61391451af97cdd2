// SPDX-License-Identifier: Apache-2.0
#include "t2conf/dialogue.h"

#include <fmt/format.h>

#include <cerrno>
#include <cstdio>
#include <cstring>
#include <filesystem>
#include <iostream>

#include "common/process.h"
#include "common/tool.h"
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
  return write_out(printable(raw, "\n\t"));
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
