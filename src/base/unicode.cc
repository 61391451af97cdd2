// SPDX-License-Identifier: Apache-2.0
#include "t2/unicode.h"

#include <algorithm>

namespace t2 {

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

bool is_utf8(std::string_view s) {
  while (!s.empty()) {
    const auto ascii = std::find_if(s.begin(), s.end(), [](char c) { return (c & 0x80) != 0; });
    s.remove_prefix(static_cast<std::size_t>(ascii - s.begin()));
    if (s.empty()) return true;
    char32_t c = 0;
    const std::size_t n = character_length(s, c);
    if (n == 0) return false;
    s.remove_prefix(n);
  }
  return true;
}

bool is_control_or_bidi(char32_t c) {
  if (c < 0x20 || c == 0x7f || (c >= 0x80 && c < 0xa0)) return true;
  if (c == 0x200e || c == 0x200f || c == 0x061c) return true;
  return (c >= 0x2028 && c <= 0x202e) || (c >= 0x2066 && c <= 0x2069);
}

std::size_t printable_length(std::string_view s) {
  char32_t c = 0;
  const std::size_t n = character_length(s, c);
  return n > 0 && is_control_or_bidi(c) ? 0 : n;
}

std::string printable(std::string_view s, std::string_view kept) {
  static constexpr std::string_view kDigits = "0123456789abcdef";
  std::string out;
  out.reserve(s.size());
  while (!s.empty()) {
    char32_t c = 0;
    const bool stays = kept.find(s[0]) != std::string_view::npos;
    std::size_t n = stays ? 1 : printable_length(s);
    if (n > 0) {
      out += s.substr(0, n);
    } else {
      n = std::max<std::size_t>(1, character_length(s, c));
      for (const char byte : s.substr(0, n)) {
        const auto b = static_cast<unsigned char>(byte);
        out += {'\\', 'x', kDigits[b >> 4], kDigits[b & 15]};
      }
    }
    s.remove_prefix(n);
  }
  return out;
}

std::string_view cut_text(std::string_view s, std::size_t n) {
  if (s.size() <= n) return s;
  const auto continuation = [](char c) { return (static_cast<unsigned char>(c) & 0xc0) == 0x80; };
  std::size_t end = n;
  for (int back = 0; back < 3 && end > 0 && continuation(s[end]); ++back) --end;
  // Only if the byte there begins a character; in other encodings every byte is a character.
  if (static_cast<unsigned char>(s[end]) < 0xc0) end = n;
  return s.substr(0, end);
}

}  // namespace t2
