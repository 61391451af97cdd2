// SPDX-License-Identifier: Apache-2.0
#include "tawk/header.h"

#include <fmt/format.h>

#include <cctype>

namespace t2::tawk {
namespace {

bool is_letter(char c) {
  return std::isalpha(static_cast<unsigned char>(c)) != 0 || c == '_';
}

std::string_view strip(std::string_view s) {
  const auto from = s.find_first_not_of(" \t\r");
  if (from == std::string_view::npos) return {};
  return s.substr(from, s.find_last_not_of(" \t\r") - from + 1);
}

}  // namespace

std::string identifier(std::string_view cell) {
  std::string name;
  for (const char c : cell) {
    const bool replaced =
        (c >= ' ' && c <= '/') || std::string_view("()[]{}").find(c) != std::string_view::npos;
    name += replaced ? '_' : c;
  }
  if (!name.empty() && std::isdigit(static_cast<unsigned char>(name[0])) != 0) name.insert(0, "_");
  return name;
}

bool is_header(std::string_view line, std::size_t number, const HeaderRule& rule) {
  if (rule.row != 0) return number == rule.row;
  if (rule.characters.empty()) return number == 1;
  if (!line.starts_with(rule.characters)) return false;
  line.remove_prefix(rule.characters.size());
  const auto letter = line.find_first_not_of(" \t");
  return letter != std::string_view::npos && is_letter(line[letter]);
}

Result<ColumnNames> parse_header(std::string_view line, const HeaderRule& rule) {
  constexpr std::string_view kByteOrderMark = "\xef\xbb\xbf";
  if (line.starts_with(kByteOrderMark)) line.remove_prefix(kByteOrderMark.size());
  line = strip(line);
  if (line.starts_with(rule.characters)) line.remove_prefix(rule.characters.size());
  ColumnNames columns;
  for (bool more = true; more;) {
    const auto end = line.find(rule.separator);
    const std::string_view cell = strip(line.substr(0, end));
    if (cell.empty()) return Error{fmt::format("Column {} has an empty name", columns.size() + 1)};
    columns.push_back(identifier(cell));
    more = end != std::string_view::npos;
    if (more) line.remove_prefix(end + rule.separator.size());
  }
  return columns;
}

std::optional<std::string_view> find_header(std::string_view text, const HeaderRule& rule,
                                            bool complete, std::string_view& rest) {
  for (std::size_t number = 1; !text.empty(); ++number) {
    const auto end = text.find(rule.row_end);
    if (end == std::string_view::npos && !complete) return {};
    const std::string_view line = text.substr(0, end);
    text.remove_prefix(end == std::string_view::npos ? text.size() : end + rule.row_end.size());
    rest = text;
    if (is_header(line, number, rule)) return line;
  }
  return {};
}

}  // namespace t2::tawk
