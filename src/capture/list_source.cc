// SPDX-License-Identifier: Apache-2.0
#include "capture/list_source.h"

#include <fmt/format.h>

#include <filesystem>

#include "capture/text_file.h"

namespace t2 {
namespace {

/// Opening a pipe a second time would lose what the check of the list has read.
bool can_be_reopened(const std::string& path) {
  std::error_code none;
  return path != "-" && !std::filesystem::is_other(std::filesystem::status(path, none));
}

}  // namespace

Result<std::unique_ptr<Source>> ListSource::open_file(const InputOptions& options) {
  auto capture = CaptureFile::open(options.path);
  if (!capture) return capture.error();
  Filter filter(options.filter);
  if (const auto ready = filter.prepare((*capture)->link_type()); !ready) return ready.error();
  std::unique_ptr<ListSource> source(
      new ListSource(std::move(filter), {options.path}, (*capture)->size()));
  source->checked_ = std::move(*capture);
  return std::unique_ptr<Source>(std::move(source));
}

Result<std::unique_ptr<Source>> ListSource::open_list(const InputOptions& options) {
  const auto lines = read_lines(options.path);
  if (!lines) return lines.error();
  const auto tell = [&options](const std::string& line, bool is_warning) {
    if (options.on_list_line) options.on_list_line(line, is_warning);
  };
  tell("Checking list file", false);

  Filter filter(options.filter);
  std::vector<std::string> valid;
  std::uint64_t total = 0;
  for (const std::string& line : *lines) {
    if (line.empty() || line.front() == '#') continue;
    tell(fmt::format("    checking file '{}'", line), false);
    if (!can_be_reopened(line)) {
      tell(fmt::format("File '{}' in list '{}' is not a regular file", line, options.path), true);
      continue;
    }
    const auto capture = CaptureFile::open(line);
    if (!capture) {
      tell(capture.error().message, true);
      continue;
    }
    if (const auto ready = filter.prepare((*capture)->link_type()); !ready) return ready.error();
    valid.push_back(line);
    total += (*capture)->size();
  }
  if (valid.empty()) return Error{fmt::format("No valid files found in {}", options.path)};
  return std::unique_ptr<Source>(new ListSource(std::move(filter), std::move(valid), total));
}

FileSource::Next ListSource::open_next() {
  while (next_ < paths_.size()) {
    const std::string& path = paths_[next_++];
    if (checked_ != nullptr) {
      begin(std::move(checked_), next_, paths_.size());
      return Next::kOpened;
    }
    auto capture = CaptureFile::open(path);
    if (capture) {
      begin(std::move(*capture), next_, paths_.size());
      return Next::kOpened;
    }
    warn(capture.error().message);
  }
  return Next::kNone;
}

}  // namespace t2
