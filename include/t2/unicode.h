// SPDX-License-Identifier: Apache-2.0
// Text from the wire: where its characters begin, and which of them must not reach a terminal.
#pragma once

#include <cstddef>
#include <string_view>

namespace t2 {

/// Length in bytes of the valid UTF-8 character at the start of `s` (not empty), which it puts into
/// `c`; 0 if there is none. RFC 3629.
std::size_t character_length(std::string_view s, char32_t& c);

/// Controls (C0, DEL, C1), which terminals obey, and characters that turn the direction of text or
/// break lines: "gpj.exe" may look like "exe.jpg".
bool is_control_or_bidi(char32_t c);

}  // namespace t2
