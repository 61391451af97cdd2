// SPDX-License-Identifier: Apache-2.0
// Strings and captured content as text: spec txtSink 5 and core 6.
#include <array>

#include "base/plain_text.h"
#include "t2/scalars.h"
#include "t2/text.h"
#include "t2/unicode.h"

namespace t2 {
namespace {

/// The letter after the backslash, or 0 when the byte has no such form.
constexpr char letter_escape(std::uint8_t c) {
  switch (c) {
    case '\b':
      return 'b';
    case '\f':
      return 'f';
    case '\n':
      return 'n';
    case '\r':
      return 'r';
    case '\t':
      return 't';
    case '\v':
      return 'v';
    case '\\':
      return '\\';
    case '"':
      return '"';
    default:
      return 0;
  }
}

/// What the scan at a lead byte of UTF-8 found: `bytes` to consume, printed as they are or as
/// `dots`.
struct Sequence {
  std::size_t bytes;
  std::size_t dots;  // 0: valid
};

bool continuation(std::string_view s, std::size_t at) {
  return at < s.size() && (static_cast<std::uint8_t>(s[at]) & 0xc0) == 0x80;
}

Sequence utf8_sequence(std::string_view s, std::size_t at) {
  const auto c = static_cast<std::uint8_t>(s[at]);
  if (c < 0xc2 || c > 0xf4) return {1, 1};
  if (!continuation(s, at + 1)) return {1, 1};
  if (c < 0xe0) return {2, 0};
  const auto c1 = static_cast<std::uint8_t>(s[at + 1]);
  const bool overlong = (c == 0xe0 && c1 < 0xa0) || (c == 0xf0 && c1 < 0x90);
  const bool too_large = c == 0xf4 && c1 > 0x8f;
  if (overlong || too_large) return {2, 1};
  if (!continuation(s, at + 2)) return {2, 1};
  if (c == 0xed && c1 > 0x9f) return {3, 1};  // a surrogate
  if (c < 0xf0) return {3, 0};
  if (!continuation(s, at + 3)) return {3, 1};
  return {4, 0};
}

constexpr auto kPlain = [] {
  std::array<bool, 256> t{};
  for (std::size_t c = 0; c < 256; ++c) t[c] = is_plain(static_cast<std::uint8_t>(c));
  return t;
}();

/// Escapes what begins with the byte s[i], which is not plain; moves `i` behind it.
char* put_escape(char* p, std::string_view s, std::size_t& i) {
  const auto c = static_cast<std::uint8_t>(s[i]);
  if (const char letter = letter_escape(c)) {
    *p++ = '\\';
    *p++ = letter;
    ++i;
  } else if (c < 0x80) {
    p = put_pair(put_text(p, "\\u00"), kUpperHex.text[c]);
    ++i;
  } else {
    const Sequence q = utf8_sequence(s, i);
    char32_t wide = 0;
    if (q.dots == 0 && character_length(s.substr(i), wide) > 0 && is_control_or_bidi(wide)) {
      i += q.bytes;
      p = put_pair(put_text(p, "\\u"), kUpperHex.text[wide >> 8 & 0xff]);
      return put_pair(p, kUpperHex.text[wide & 0xff]);
    }
    for (std::size_t k = 0; k < (q.dots ? q.dots : q.bytes); ++k) *p++ = q.dots ? '.' : s[i + k];
    i += q.bytes;
  }
  return p;
}

/// Two characters per byte of captured content; the second is 0 for a single one.
constexpr auto kContent = [] {
  std::array<std::array<char, 2>, 256> t{};
  for (std::size_t c = 0; c < 256; ++c) {
    t[c] = {c >= 0x20 && c < 0x7f ? static_cast<char>(c) : '.', 0};
  }
  for (const std::uint8_t c : {'\b', '\f', '\n', '\r', '\t', '\v'}) t[c] = {'\\', letter_escape(c)};
  t[0x1b] = {'\\', 'e'};
  return t;
}();

}  // namespace

char* put_escaped(char* p, std::string_view s) {
  const std::size_t done = copy_plain(p, s);
  p += done;
  for (std::size_t i = done; i < s.size() && s[i] != '\0';) {
    if (kPlain[static_cast<std::uint8_t>(s[i])]) {
      *p++ = s[i++];
    } else {
      p = put_escape(p, s, i);
    }
  }
  return p;
}

char* put_content(char* p, std::string_view s) {
  for (const char ch : s) {
    const auto& t = kContent[static_cast<std::uint8_t>(ch)];
    *p++ = t[0];
    if (t[1]) *p++ = t[1];
  }
  return p;
}

void put_escaped(TextBuffer& out, std::string_view s) {
  out.commit(put_escaped(out.reserve(s.size() * kEscapeRoom + kSlack), s));
}

void put_content(TextBuffer& out, std::string_view s) {
  out.commit(put_content(out.reserve(s.size() * kEscapeRoom + kSlack), s));
}

}  // namespace t2
