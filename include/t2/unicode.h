// SPDX-License-Identifier: Apache-2.0
// Text from the wire: where its characters begin, and which of them must not reach a terminal.
#pragma once

#include <algorithm>
#include <cstddef>
#include <string>
#include <string_view>

namespace t2 {

/// Length in bytes of the valid UTF-8 character at the start of `s` (not empty), which it puts into
/// `c`; 0 if there is none. RFC 3629.
std::size_t character_length(std::string_view s, char32_t& c);

/// Whether all of `s` is UTF-8.
bool is_utf8(std::string_view s);

/// Controls (C0, DEL, C1), which terminals obey, and characters that turn the direction of text or
/// break lines: "gpj.exe" may look like "exe.jpg".
bool is_control_or_bidi(char32_t c);

/// Length in bytes of the character at the start of `s` (not empty) if a terminal may get it as it
/// is; 0: a control, a character that turns the direction of text, or no UTF-8.
std::size_t printable_length(std::string_view s);

/// `s` for a terminal: each byte that it must not get raw as \xNN. `kept` are controls that stay,
/// such as the line ends of a text.
std::string printable(std::string_view s, std::string_view kept = {});

/// Cuts to at most `n` bytes, not inside a UTF-8 character.
std::string_view cut_text(std::string_view s, std::size_t n);

/// A cell for text from the wire: at most `n` bytes, and '.' for each NUL, which would end the
/// column there. Calls on_cut() if that is not all of it.
template <class Function>
std::string cell_text(std::string_view s, std::size_t n, Function on_cut) {
  const std::string_view kept = cut_text(s, n);
  if (kept.size() < s.size()) on_cut();
  std::string out(kept);
  std::replace(out.begin(), out.end(), '\0', '.');
  return out;
}

}  // namespace t2
