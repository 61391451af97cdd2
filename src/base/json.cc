// SPDX-License-Identifier: Apache-2.0
#include "t2/json.h"

#include <algorithm>
#include <charconv>
#include <cstring>
#include <iterator>

#include "base/plain_text.h"
#include "t2/unicode.h"

namespace t2 {
namespace {

constexpr char kDigits[] = "0123456789abcdef";

bool is_plain_char(char c) {
  return is_plain(static_cast<std::uint8_t>(c));
}

/// A character of the first plane (all that must be escaped are in it) as \uXXXX.
char* put_escape(char* p, char32_t c) {
  *p++ = '\\';
  *p++ = 'u';
  for (int shift = 12; shift >= 0; shift -= 4) *p++ = kDigits[c >> shift & 15];
  return p;
}

/// Escapes what begins with s[i], which is not plain; moves `i` behind it.
char* put_special(char* p, std::string_view s, std::size_t& i, JsonFlaws& flaws) {
  char32_t c = 0;
  const std::size_t n = character_length(s.substr(i), c);
  if (n == 0) {
    flaws.replaced = true;
    ++i;
    constexpr char kReplacement[] = {'\xef', '\xbf', '\xbd'};  // U+FFFD
    std::memcpy(p, kReplacement, sizeof kReplacement);
    return p + sizeof kReplacement;
  }
  if (is_control_or_bidi(c)) {
    flaws.escaped = true;
    i += n;
    return put_escape(p, c);
  }
  if (c == '"' || c == '\\') *p++ = '\\';
  std::memcpy(p, s.data() + i, n);
  i += n;
  return p + n;
}

}  // namespace

char* put_json_text(char* p, std::string_view s, JsonFlaws& flaws) {
  *p++ = '"';
  std::size_t i = copy_plain(p, s);
  p += i;
  while (i < s.size()) {
    if (is_plain_char(s[i])) {
      *p++ = s[i++];
    } else {
      p = put_special(p, s, i, flaws);
    }
  }
  *p++ = '"';
  return p;
}

JsonWriter& JsonWriter::number(std::uint64_t n) {
  char digits[20] = {};
  return plain({digits, std::to_chars(std::begin(digits), std::end(digits), n).ptr});
}

JsonWriter& JsonWriter::text(std::string_view s) {
  comma();
  if (std::all_of(s.begin(), s.end(), is_plain_char)) {
    quote(s);
  } else {
    escape(s);
  }
  return *this;
}

/// False if it is no UTF-8 or holds a control or direction character.
bool JsonWriter::escape(std::string_view s) {
  const std::size_t at = out_.size();
  out_.resize(at + s.size() * kJsonRoom + kJsonSlack);
  JsonFlaws flaws;
  const char* end = put_json_text(out_.data() + at, s, flaws);
  out_.resize(static_cast<std::size_t>(end - out_.data()));
  return !flaws.replaced && !flaws.escaped;
}

JsonWriter& JsonWriter::bytes(std::string_view name, std::string_view s) {
  key(name);
  comma();
  if (std::all_of(s.begin(), s.end(), is_plain_char)) {
    quote(s);
    return *this;
  }
  if (escape(s)) return *this;
  std::string hex_name(name);
  key(hex_name += "_hex");
  comma();
  out_ += '"';
  for (const char ch : s) {
    const auto b = static_cast<unsigned char>(ch);
    out_ += kDigits[b >> 4];
    out_ += kDigits[b & 15];
  }
  out_ += '"';
  return *this;
}

std::string JsonWriter::take_line() {
  out_ += '\n';
  std::string line;
  line.reserve(kUsual);
  line.swap(out_);
  first_ = true;
  return line;
}

}  // namespace t2
