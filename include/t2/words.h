// SPDX-License-Identifier: Apache-2.0
// Short texts taken apart: numbers, blanks, quotes, lists.
#pragma once

#include <charconv>
#include <string_view>
#include <vector>

namespace t2 {

/// The number that is all of `s`, in the C locale; `base`: of an integer, 10 if it is left out.
/// False, with any value in `v`, if it is none or does not fit.
template <class T, class... Base>
bool parse_whole(std::string_view s, T& v, Base... base) {
  const auto [end, error] = std::from_chars(s.data(), s.data() + s.size(), v, base...);
  return error == std::errc{} && end == s.data() + s.size();
}

inline std::string_view trimmed(std::string_view s, std::string_view blanks = " \t") {
  const std::size_t from = s.find_first_not_of(blanks);
  return from == s.npos ? std::string_view()
                        : s.substr(from, s.find_last_not_of(blanks) - from + 1);
}

/// Without the double quotes around all of it.
inline std::string_view unquoted(std::string_view s) {
  return s.size() >= 2 && s.front() == '"' && s.back() == '"' ? s.substr(1, s.size() - 2) : s;
}

/// All parts between separators: one if there is none.
inline std::vector<std::string_view> split(std::string_view s, std::string_view separator) {
  std::vector<std::string_view> parts;
  for (;;) {
    const std::size_t end = s.find(separator);
    parts.push_back(s.substr(0, end));
    if (end == s.npos) return parts;
    s.remove_prefix(end + separator.size());
  }
}

}  // namespace t2
