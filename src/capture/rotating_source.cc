// SPDX-License-Identifier: Apache-2.0
#include "capture/rotating_source.h"

#include <fmt/format.h>
#include <glob.h>
#include <unistd.h>

#include <algorithm>
#include <filesystem>
#include <optional>
#include <thread>
#include <vector>

#include "t2/words.h"

namespace t2 {
namespace {

constexpr std::uint64_t kNever = 0xffffffff;
constexpr std::size_t kMaxDigits = 18;  // 10^18 fits in 64 bits
constexpr std::size_t kMaxSeparator = 3;
constexpr std::chrono::milliseconds kSlice{100};

Error format_error() {
  return Error{"Option '-D': Invalid format, expected 'expr[:schr][,stop]'"};
}

std::optional<std::uint64_t> parse_number(std::string_view text) {
  std::uint64_t value = 0;
  if (text.size() > kMaxDigits || !parse_whole(text, value)) return std::nullopt;
  return value;
}

std::vector<std::string> expand(const std::string& expression) {
  std::vector<std::string> names;
  glob_t found{};
  if (::glob(expression.c_str(), GLOB_TILDE | GLOB_NOMAGIC, nullptr, &found) == 0)
    names.assign(found.gl_pathv, found.gl_pathv + found.gl_pathc);
  ::globfree(&found);
  return names;
}

/// Splits `name` around its index; false if there is none.
bool split_name(const std::string& name, const std::string& separator, Numbering& numbering) {
  const std::size_t slash = name.rfind('/');
  const std::size_t base = slash == std::string::npos ? 0 : slash + 1;
  const std::size_t found = name.rfind(separator);
  if (found == std::string::npos || found < base) return false;
  const std::size_t begin = found + separator.size();
  const std::size_t end = std::min(name.find_first_of("_.", begin), name.size());
  const std::string index = name.substr(begin, end - begin);
  const auto first = parse_number(index);
  if (!first) return false;

  numbering.before = name.substr(0, begin);
  numbering.after = name.substr(end);
  numbering.first = *first;
  numbering.digits = index.front() == '0' ? static_cast<unsigned>(index.size()) : 0;
  return true;
}

}  // namespace

std::string Numbering::name(std::uint64_t index) const {
  return fmt::format("{}{:0{}}{}", before, index, std::max(digits, 1U), after);
}

Result<Numbering> Numbering::parse(const std::string& argument) {
  std::string expression = argument;
  std::optional<std::uint64_t> stop;
  if (const auto comma = expression.rfind(','); comma != std::string::npos) {
    stop = parse_number(std::string_view(expression).substr(comma + 1));
    if (!stop) return format_error();
    expression.resize(comma);
  }
  std::string separator = "p";
  if (const auto colon = expression.rfind(':'); colon != std::string::npos) {
    separator = expression.substr(colon + 1);
    if (separator.empty() || separator.size() > kMaxSeparator) return format_error();
    expression.resize(colon);
  }
  if (expression.empty()) return format_error();

  const auto names = expand(expression);
  if (names.empty()) return Error{fmt::format("Option '-D': no file matches '{}'", expression)};
  Numbering numbering;
  if (std::none_of(names.begin(), names.end(), [&](const std::string& name) {
        return split_name(name, separator, numbering);
      })) {
    return Error{
        fmt::format("Option '-D': no index after the last '{}' in '{}'", separator, names.front())};
  }

  numbering.stop = kNever;
  if (numbering.digits > 0) {
    numbering.stop = 9;
    for (unsigned i = 1; i < numbering.digits; ++i) numbering.stop = numbering.stop * 10 + 9;
  }
  if (stop) numbering.stop = *stop;
  return numbering;
}

Result<std::unique_ptr<Source>> RotatingSource::open(const InputOptions& options) {
  auto numbering = Numbering::parse(options.path);
  if (!numbering) return numbering.error();
  Filter filter(options.filter);
  std::uint16_t link_type = kDltEthernet;
  const std::string first = numbering->name(numbering->first);
  std::error_code no_file;
  // A file that is too short for its header may still be written.
  if (std::filesystem::file_size(first, no_file) >= kMinFileHeader && !no_file) {
    const auto capture = CaptureFile::open(first);
    if (!capture) return capture.error();
    link_type = (*capture)->link_type();
  }
  if (const auto ready = filter.prepare(link_type); !ready) return ready.error();
  return std::unique_ptr<Source>(
      new RotatingSource(std::move(filter), std::move(*numbering), options));
}

std::vector<std::string> RotatingSource::later_paths() const {
  const std::filesystem::path folder = std::filesystem::path(numbering_.before).parent_path();
  return {folder.empty() ? "." : folder.string()};
}

std::uint64_t RotatingSource::successor() const {
  return index_ >= numbering_.stop ? numbering_.first : index_ + 1;
}

bool RotatingSource::advance() {
  reading_ = false;
  next_exists_ = false;
  next_poll_ = {};
  ended_ = index_ >= numbering_.stop && !round_robin_;
  index_ = successor();
  return !ended_;
}

FileSource::Next RotatingSource::open_next() {
  if (reading_ && !advance()) return Next::kNone;
  if (ended_) return Next::kNone;
  if (std::chrono::steady_clock::now() < next_poll_) {
    wait();
    return Next::kWait;
  }
  const std::string name = numbering_.name(index_);
  // Its writer may still append to it, or begin it anew.
  auto capture = CaptureFile::open(name, CaptureFile::Reading::kBuffered);
  if (capture) {
    reading_ = true;
    begin(std::move(*capture), ++opened_, 1);
    return Next::kOpened;
  }
  // A bad file is waited for until its writer has gone on to the next one.
  const bool last = index_ >= numbering_.stop;
  if (::access(name.c_str(), F_OK) == 0 && !last &&
      ::access(numbering_.name(successor()).c_str(), F_OK) == 0) {
    warn(capture.error().message);
    return advance() ? Next::kWait : Next::kNone;
  }
  next_poll_ = std::chrono::steady_clock::now() + poll_interval_;
  if (on_poll_) on_poll_();
  wait();
  return Next::kWait;
}

bool RotatingSource::wait_for_growth() {
  const bool last = index_ >= numbering_.stop && !round_robin_;
  // What was written before the next file appeared is read once more before going on.
  if (last || next_exists_) return false;
  next_exists_ = ::access(numbering_.name(successor()).c_str(), F_OK) == 0;
  if (!next_exists_) wait();
  return true;
}

void RotatingSource::wait() {
  std::this_thread::sleep_for(std::min(kSlice, poll_interval_));
}

}  // namespace t2
