// SPDX-License-Identifier: Apache-2.0
#include "output/prefix.h"

#include <fmt/format.h>
#include <sys/stat.h>

#include <cerrno>
#include <cstring>
#include <filesystem>

#include "t2/words.h"

namespace t2 {
namespace {

/// `dir/a.pcap` -> `dir/a`; only the last path component counts.
std::string without_extension(const std::string& path) {
  const auto slash = path.rfind('/');
  const auto from = slash == std::string::npos ? 0 : slash + 1;
  const auto dot = path.rfind('.');
  return dot == std::string::npos || dot <= from ? path : path.substr(0, dot);
}

std::string base_name(const std::string& path) {
  return path.substr(path.rfind('/') + 1);
}

/// Of a part, and of the first part's number: counting on from here cannot wrap.
constexpr double kLargestSize = 1e18;
constexpr std::uint64_t kLargestStart = 1'000'000'000'000'000'000;

bool take_suffix(std::string_view& s, std::string_view suffix) {
  if (!s.ends_with(suffix)) return false;
  s.remove_suffix(suffix.size());
  return true;
}

/// `10M` bytes, `10Kf` rows, `90s`, `15min`, `1h`.
bool parse_size(std::string_view text, SplitOption& o) {
  double factor = 1;
  if (take_suffix(text, "min")) {
    o.unit = SplitUnit::kSeconds, factor = 60;
  } else if (take_suffix(text, "h")) {
    o.unit = SplitUnit::kSeconds, factor = 3600;
  } else if (take_suffix(text, "s")) {
    o.unit = SplitUnit::kSeconds;
  } else {
    if (take_suffix(text, "f")) o.unit = SplitUnit::kRows;
    if (take_suffix(text, "K")) {
      factor = 1e3;
    } else if (take_suffix(text, "M")) {
      factor = 1e6;
    } else if (take_suffix(text, "G")) {
      factor = 1e9;
    }
  }
  if (!parse_whole(text, o.size) || !(o.size > 0)) return false;
  o.size *= factor;
  return o.size <= kLargestSize;
}

/// What output files are called after that have no other name, with the folder they go to.
std::string name_of(const std::string& input) {
  if (input == "-") return "stdin";
  if (!is_directory(input)) return without_extension(input);
  std::string folder = input;
  while (folder.size() > 1 && folder.ends_with('/')) folder.pop_back();
  const std::string name = base_name(folder);
  const bool nameless = name.empty() || name == "." || name == "..";
  return nameless ? folder + "/captures" : folder;
}

}  // namespace

bool is_directory(const std::string& path) {
  struct stat s {};
  return stat(path.c_str(), &s) == 0 && S_ISDIR(s.st_mode);
}

Result<void> make_directories(const std::string& path) {
  for (std::size_t at = 0; at != std::string::npos;) {
    at = path.find('/', at + 1);
    const std::string part = path.substr(0, at);
    if (part.empty() || is_directory(part)) continue;
    if (mkdir(part.c_str(), 0700) != 0) {
      return Error{fmt::format("Failed to create directory '{}': {}", part, std::strerror(errno))};
    }
  }
  return {};
}

std::string folder_of(const std::string& path) {
  const auto slash = path.rfind('/');
  if (slash == std::string::npos) return ".";
  return slash == 0 ? "/" : path.substr(0, slash);
}

Result<SplitOption> parse_split(const std::string& text) {
  const Error bad{fmt::format(
      "Option '-W': Invalid format, expected 'PREFIX[:SIZE][,START]', found '{}'", text)};
  SplitOption o;
  std::string_view rest = text;
  if (const auto comma = rest.rfind(','); comma != std::string_view::npos) {
    if (!parse_whole(rest.substr(comma + 1), o.start) || o.start > kLargestStart) return bad;
    rest = rest.substr(0, comma);
  }
  if (const auto colon = rest.rfind(':'); colon != std::string_view::npos) {
    if (!parse_size(rest.substr(colon + 1), o)) return bad;
    rest = rest.substr(0, colon);
  }
  if (rest.empty()) return bad;
  o.prefix = rest;
  return o;
}

Result<std::string> output_prefix(const std::string& wanted, const std::string& input) {
  const std::string name = name_of(input);
  if (wanted.empty()) return name;
  const auto slash = wanted.rfind('/');
  if (slash != std::string::npos && slash > 0) {
    if (auto r = make_directories(wanted.substr(0, slash)); !r) return r.error();
  }
  if (!is_directory(wanted)) return wanted;
  return wanted + (wanted.ends_with('/') ? "" : "/") + base_name(name);
}

}  // namespace t2
