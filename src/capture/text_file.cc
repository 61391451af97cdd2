// SPDX-License-Identifier: Apache-2.0
#include "capture/text_file.h"

#include <fcntl.h>
#include <fmt/format.h>
#include <unistd.h>

#include <cerrno>
#include <cstdio>
#include <memory>

#include "capture/capture_file.h"
#include "t2/file.h"

namespace t2 {
namespace {

std::vector<std::string> split_lines(const std::string& text) {
  std::vector<std::string> lines;
  for (std::size_t at = 0; at < text.size();) {
    const std::size_t end = std::min(text.find('\n', at), text.size());
    std::string line = text.substr(at, end - at);
    line.erase(line.find_last_not_of('\r') + 1);
    lines.push_back(std::move(line));
    at = end + 1;
  }
  return lines;
}

}  // namespace

Result<std::vector<std::string>> read_lines(const std::string& path) {
  const int input = path == "-" ? ::fcntl(STDIN_FILENO, F_DUPFD_CLOEXEC, 0) : -1;
  const std::unique_ptr<std::FILE, int (*)(std::FILE*)> file(
      path == "-" ? ::fdopen(input, "r") : std::fopen(path.c_str(), "re"), std::fclose);
  if (file == nullptr) return open_error(path, errno);
  std::string text;
  char piece[65536];
  std::size_t n = 0;
  while ((n = std::fread(piece, 1, sizeof piece, file.get())) > 0) {
    text.append(piece, n);
    if (text.size() > kMaxTextFile)
      return Error{fmt::format("File '{}' is larger than {} bytes", path, kMaxTextFile)};
  }
  if (std::ferror(file.get()) != 0) return open_error(path, errno);

  return split_lines(text);
}

Result<std::vector<std::string>> regular_lines(const std::string& path) {
  const auto text = read_regular_file(path, kMaxTextFile);
  if (!text) return text.error();
  return split_lines(*text);
}

}  // namespace t2
