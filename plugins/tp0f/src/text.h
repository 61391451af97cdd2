// SPDX-License-Identifier: Apache-2.0
// Small helpers for reading the rule files.
#pragma once

#include <cstdint>
#include <optional>
#include <string_view>
#include <vector>

#include "t2/words.h"

namespace t2::tp0f {

inline std::string_view trim(std::string_view s) {
  return trimmed(s, " \t\r");
}

/// All parts between separators, each trimmed; at most `most`, the last with the rest.
inline std::vector<std::string_view> split(std::string_view s, char separator,
                                           std::size_t most = 64) {
  std::vector<std::string_view> parts;
  while (parts.size() + 1 < most) {
    const std::size_t at = s.find(separator);
    if (at == s.npos) break;
    parts.push_back(trim(s.substr(0, at)));
    s.remove_prefix(at + 1);
  }
  parts.push_back(trim(s));
  return parts;
}

/// A whole number up to `largest`, all of `s`.
inline std::optional<std::uint32_t> number(std::string_view s, std::uint32_t largest,
                                           int base = 10) {
  if (base == 16 && s.starts_with("0x")) s.remove_prefix(2);
  std::uint32_t n = 0;
  if (!parse_whole(s, n, base) || n > largest) return {};
  return n;
}

}  // namespace t2::tp0f
