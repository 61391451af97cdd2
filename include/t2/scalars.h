// SPDX-License-Identifier: Apache-2.0
// Texts of single values for the formatter. All functions write behind `p`, where the caller has
// made room, and return the end; they may touch up to kSlack characters behind it.
#pragma once

#include <cstddef>
#include <cstdint>
#include <string_view>

#include "t2/digits.h"
#include "t2/types.h"

namespace t2 {

/// Room for one value other than a string: the longest are "%f" of a double and a MAC address with
/// long separators.
inline constexpr std::size_t kScalarRoom = 96;
inline constexpr std::size_t kSlack = 8;
/// Characters per byte of a string at most.
inline constexpr std::size_t kEscapeRoom = 6;

inline char* put_text(char* p, std::string_view s) {
  if (s.size() == 1) {  // most separators
    *p = s.front();
    return p + 1;
  }
  std::memcpy(p, s.data(), s.size());
  return p + s.size();
}

/// C's "%f" in the C locale; at most kScalarRoom characters, with an exponent above 1e60.
char* put_fixed(char* p, double value);
/// The `digits` (6 or 9) decimals of a second; ns < 10^9.
char* put_subsecond(char* p, std::uint32_t ns, int digits);

/// a.b.c.d from four bytes.
char* put_ip4(char* p, const std::uint8_t* bytes);
/// The short form of an IPv6 address, as inet_ntop() writes it, from 16 bytes.
char* put_ip6(char* p, const std::uint8_t* bytes);
/// Six bytes with `separator` between them.
char* put_mac(char* p, const Mac& m, std::string_view separator, const HexPairs& hex);

/// put_escaped() and put_content() of text.h; room for kEscapeRoom per byte and kSlack.
char* put_escaped(char* p, std::string_view s);
char* put_content(char* p, std::string_view s);

}  // namespace t2
