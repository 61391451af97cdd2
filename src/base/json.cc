// SPDX-License-Identifier: Apache-2.0
#include "t2/json.h"

#include <algorithm>
#include <charconv>
#include <iterator>

#include "t2/unicode.h"

namespace t2 {
namespace {

constexpr char kDigits[] = "0123456789abcdef";

bool is_plain(char c) {
  return c >= 0x20 && c < 0x7f && c != '"' && c != '\\';
}

/// A character of the first plane (all that must be escaped are in it) as \uXXXX.
void put_escape(std::string& out, char32_t c) {
  out += "\\u";
  for (int shift = 12; shift >= 0; shift -= 4) out += kDigits[c >> shift & 15];
}

}  // namespace

JsonWriter& JsonWriter::number(std::uint64_t n) {
  char digits[20];
  return plain({digits, std::to_chars(std::begin(digits), std::end(digits), n).ptr});
}

JsonWriter& JsonWriter::text(std::string_view s) {
  comma();
  if (std::all_of(s.begin(), s.end(), is_plain)) {
    quote(s);
  } else {
    escape(s);
  }
  return *this;
}

/// False if it is no UTF-8 or holds a control or direction character.
bool JsonWriter::escape(std::string_view s) {
  bool exact = true;
  out_ += '"';
  while (!s.empty()) {
    char32_t c = 0;
    const std::size_t n = character_length(s, c);
    if (n == 0) {
      out_ += "\xef\xbf\xbd";
      exact = false;
    } else if (c == '"' || c == '\\') {
      out_ += '\\';
      out_ += s[0];
    } else if (is_control_or_bidi(c)) {
      put_escape(out_, c);
      exact = false;
    } else {
      out_ += s.substr(0, n);
    }
    s.remove_prefix(std::max<std::size_t>(n, 1));
  }
  out_ += '"';
  return exact;
}

JsonWriter& JsonWriter::bytes(std::string_view name, std::string_view s) {
  key(name);
  comma();
  if (std::all_of(s.begin(), s.end(), is_plain)) {
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
