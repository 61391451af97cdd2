// SPDX-License-Identifier: Apache-2.0
#include "capture/list_source.h"

#include <fmt/format.h>

#include <algorithm>
#include <filesystem>
#include <iterator>
#include <optional>
#include <string_view>

#include "capture/text_file.h"

namespace t2 {
namespace {

/// Opening a pipe a second time would lose what the check of the list has read.
bool can_be_reopened(const std::string& path) {
  std::error_code none;
  return path != "-" && !std::filesystem::is_other(std::filesystem::status(path, none));
}

/// Whether a name is as those that a run gives its files (docs/outputs.md): without -w they lie
/// beside the captures.
bool named_like_output(std::string_view path) {
  constexpr std::string_view kEnds[] = {"_flows.txt",     "_flows.csv",      "_flows.json",
                                        "_flows.parquet", "_packets.txt",    "_headers.txt",
                                        "_packets.json",  "_report.json",    "_packets.parquet",
                                        "_log.txt",       "_monitoring.txt", ".sqlite"};
  while (!path.empty() && path.back() >= '0' && path.back() <= '9') path.remove_suffix(1);  // -W
  for (const std::string_view packed : {".gz", ".zst"})
    if (path.ends_with(packed)) path.remove_suffix(packed.size());
  return std::any_of(std::begin(kEnds), std::end(kEnds),
                     [path](std::string_view end) { return path.ends_with(end); });
}

/// Of the first packet; null if there is none.
std::optional<Nanoseconds> first_time(CaptureFile& capture) {
  FrameBatch batch;
  auto state = CaptureFile::State::kAgain;
  while (state == CaptureFile::State::kAgain) state = capture.read(batch);
  if (state == CaptureFile::State::kEnd) return std::nullopt;
  return batch.frames[0].time;
}

/// Opens each capture that a list or a folder holds, so that a mistake shows before the first
/// packet.
class ListCheck {
 public:
  explicit ListCheck(const InputOptions& options) : o_(options), filter_(options.filter) {}

  /// The captures named in a file or on standard input, in their order.
  Result<void> list();
  /// The captures in a folder, not those in folders below it, by the times of their first packets.
  Result<void> folder();

  std::vector<std::string> paths() const;
  std::uint64_t bytes() const { return bytes_; }
  Filter take_filter() { return std::move(filter_); }

 private:
  struct Member {
    std::string path;
    std::optional<Nanoseconds> first;  // looked up for folders only
  };

  Result<void> add(const std::string& path, bool in_folder);
  void tell(const std::string& line, bool is_warning) const {
    if (o_.on_list_line) o_.on_list_line(line, is_warning);
  }

  const InputOptions& o_;
  Filter filter_;
  std::vector<Member> members_;
  std::uint64_t bytes_ = 0;
};

Result<void> ListCheck::list() {
  const auto lines = read_lines(o_.path);
  if (!lines) return lines.error();
  if (can_be_reopened(o_.path) && CaptureFile::open(o_.path).ok())
    return Error{fmt::format("'{}' is a capture, no list of captures: read it with -r", o_.path)};
  tell("Checking list file", false);
  for (const std::string& line : *lines) {
    if (line.empty() || line.front() == '#') continue;
    if (auto r = add(line, false); !r) return r;
  }
  return {};
}

Result<void> ListCheck::folder() {
  std::error_code error;
  std::vector<std::string> files;
  for (const auto& entry : std::filesystem::directory_iterator(o_.path, error)) {
    std::error_code none;
    const std::string path = entry.path().string();
    if (entry.is_directory(none)) continue;
    if (named_like_output(path) && can_be_reopened(path) && !CaptureFile::open(path).ok()) continue;
    files.push_back(path);
  }
  if (error) return open_error(o_.path, error.value());
  std::sort(files.begin(), files.end());
  tell("Checking folder", false);
  for (const std::string& file : files) {
    if (auto r = add(file, true); !r) return r;
  }
  // Captures without packets come last; those of one time by name.
  std::stable_sort(members_.begin(), members_.end(), [](const Member& a, const Member& b) {
    return a.first && (!b.first || *a.first < *b.first);
  });
  return {};
}

std::vector<std::string> ListCheck::paths() const {
  std::vector<std::string> out;
  for (const Member& m : members_) out.push_back(m.path);
  return out;
}

Result<void> ListCheck::add(const std::string& path, bool in_folder) {
  tell(fmt::format("    checking file '{}'", path), false);
  if (!can_be_reopened(path)) {
    tell(fmt::format("File '{}' in {} '{}' is not a regular file", path,
                     in_folder ? "folder" : "list", o_.path),
         true);
    return {};
  }
  const auto capture = CaptureFile::open(path);
  if (!capture) {
    tell(capture.error().message, true);
    return {};
  }
  if (const auto ready = filter_.prepare((*capture)->link_type()); !ready) return ready.error();
  members_.push_back({path, in_folder ? first_time(**capture) : std::nullopt});
  bytes_ += (*capture)->size();
  return {};
}

}  // namespace

Result<std::unique_ptr<Source>> ListSource::open_file(const InputOptions& options) {
  auto capture = CaptureFile::open(options.path);
  if (!capture) return capture.error();
  Filter filter(options.filter);
  if (const auto ready = filter.prepare((*capture)->link_type()); !ready) return ready.error();
  std::unique_ptr<ListSource> source(
      new ListSource(std::move(filter), options, {options.path}, (*capture)->size()));
  source->checked_ = std::move(*capture);
  return std::unique_ptr<Source>(std::move(source));
}

Result<std::unique_ptr<Source>> ListSource::open_list(const InputOptions& options) {
  ListCheck check(options);
  std::error_code none;
  const bool folder = std::filesystem::is_directory(options.path, none);
  auto checked = folder ? check.folder() : check.list();
  if (!checked) return checked.error();
  if (check.paths().empty()) {
    return Error{fmt::format("No valid files found in {}",
                             options.path == "-" ? "standard input" : options.path)};
  }
  return std::unique_ptr<Source>(
      new ListSource(check.take_filter(), options, check.paths(), check.bytes()));
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
