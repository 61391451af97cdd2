// SPDX-License-Identifier: Apache-2.0
#include "engine/output.h"

#include <fmt/format.h>
#include <sys/stat.h>

#include <cerrno>
#include <charconv>
#include <cstring>
#include <filesystem>

namespace t2 {
namespace {

bool is_directory(const std::string& path) {
  struct stat s {};
  return stat(path.c_str(), &s) == 0 && S_ISDIR(s.st_mode);
}

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

template <class T>
bool parse_whole(std::string_view s, T& value) {
  const auto [end, error] = std::from_chars(s.data(), s.data() + s.size(), value);
  return error == std::errc{} && end == s.data() + s.size();
}

}  // namespace

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
    if (!parse_whole(rest.substr(comma + 1), o.start)) return bad;
    rest = rest.substr(0, comma);
  }
  if (const auto colon = rest.rfind(':'); colon != std::string_view::npos) {
    std::string_view size = rest.substr(colon + 1);
    rest = rest.substr(0, colon);
    if (size.ends_with('f')) {
      o.rows = true;
      size.remove_suffix(1);
    }
    double unit = 1;
    if (size.ends_with('K')) unit = 1e3;
    if (size.ends_with('M')) unit = 1e6;
    if (size.ends_with('G')) unit = 1e9;
    if (unit != 1) size.remove_suffix(1);
    if (!parse_whole(size, o.size) || !(o.size > 0)) return bad;
    o.size *= unit;
  }
  if (rest.empty()) return bad;
  o.prefix = rest;
  return o;
}

Result<std::string> output_prefix(const std::string& wanted, const std::string& input) {
  const std::string name = input == "-" ? "stdin" : without_extension(input);
  if (wanted.empty()) return name;
  const auto slash = wanted.rfind('/');
  if (slash != std::string::npos && slash > 0) {
    if (auto r = make_directories(wanted.substr(0, slash)); !r) return r.error();
  }
  if (!is_directory(wanted)) return wanted;
  return wanted + (wanted.ends_with('/') ? "" : "/") + base_name(name);
}

}  // namespace t2
