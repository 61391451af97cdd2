// SPDX-License-Identifier: Apache-2.0
#include "t2/carve.h"

namespace t2 {
namespace {

constexpr std::size_t kMaxFileName = 255;  // NAME_MAX of every file system that matters

/// Length of the valid UTF-8 character at the start of `s` (not empty), 0 if there is none. RFC
/// 3629.
std::size_t character_length(std::string_view s, char32_t& c) {
  const auto byte = [&](std::size_t i) { return static_cast<unsigned char>(s[i]); };
  const unsigned lead = byte(0);
  std::size_t n = 0;
  if (lead < 0x80) {
    c = lead;
    return 1;
  }
  if (lead >= 0xc2 && lead < 0xe0) n = 2;
  if (lead >= 0xe0 && lead < 0xf0) n = 3;
  if (lead >= 0xf0 && lead < 0xf5) n = 4;
  if (n == 0 || s.size() < n) return 0;
  c = lead & (0x7fu >> n);
  for (std::size_t i = 1; i < n; ++i) {
    if ((byte(i) & 0xc0) != 0x80) return 0;
    c = c << 6 | (byte(i) & 0x3fu);
  }
  const bool overlong = (n == 3 && c < 0x800) || (n == 4 && c < 0x10000);
  const bool surrogate = c >= 0xd800 && c < 0xe000;
  return overlong || surrogate || c > 0x10ffff ? 0 : n;
}

bool is_harmless(char32_t c) {
  if (c < 0x20 || c == 0x7f || c == '/' || c == '\\') return false;
  if (c >= 0x80 && c < 0xa0) return false;                      // C1 controls: terminals obey them
  if (c == 0x200e || c == 0x200f || c == 0x061c) return false;  // direction marks and overrides:
  if (c >= 0x2028 && c <= 0x202e) return false;                 // "exe.jpg" may be "gpj.exe"
  return c < 0x2066 || c > 0x2069;
}

}  // namespace

std::string safe_file_name(std::string_view name, std::string_view suffix) {
  const std::size_t room = kMaxFileName > suffix.size() ? kMaxFileName - suffix.size() : 0;
  std::string out;
  bool leading = true;
  while (!name.empty()) {
    char32_t c = 0;
    const std::size_t n = character_length(name, c);
    leading = leading && (c == '.' || c == '-') && n == 1;
    const bool keep = n > 0 && is_harmless(c) && !leading;
    const std::string_view piece = keep ? name.substr(0, n) : std::string_view("_");
    if (out.size() + piece.size() > room) break;
    out += piece;
    name.remove_prefix(n > 0 ? n : 1);
  }
  out += suffix;
  return out;
}

}  // namespace t2
