// SPDX-License-Identifier: Apache-2.0
#include "basic_login.h"

#include <algorithm>
#include <cstdint>

#include "head.h"

namespace t2::http {
namespace {

/// Its six bits; 64: none of the alphabet (RFC 4648 4).
unsigned value_of(char c) {
  constexpr std::string_view kAlphabet =
      "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
  const auto at = kAlphabet.find(c);
  return at == kAlphabet.npos ? 64 : static_cast<unsigned>(at);
}

/// Senders leave padding out.
std::optional<std::string> decode_base64(std::string_view text) {
  while (!text.empty() && text.back() == '=') text.remove_suffix(1);
  std::string out;
  std::uint32_t bits = 0;
  unsigned count = 0;
  for (const char c : text) {
    const unsigned v = value_of(c);
    if (v == 64) return {};
    bits = bits << 6 | v;
    count += 6;
    if (count < 8) continue;
    count -= 8;
    out += static_cast<char>(bits >> count & 0xff);
  }
  return out;
}

}  // namespace

std::optional<BasicLogin> basic_login(std::string_view value) {
  constexpr std::string_view kScheme = "basic ";
  if (!equal_ignoring_case(value.substr(0, kScheme.size()), kScheme)) return {};
  value.remove_prefix(kScheme.size());
  value.remove_prefix(std::min(value.find_first_not_of(' '), value.size()));
  const auto text = decode_base64(value.substr(0, value.find_first_of(" \t")));
  const auto colon = text ? text->find(':') : std::string::npos;
  if (colon == std::string::npos) return {};
  return BasicLogin{text->substr(0, colon), text->substr(colon + 1)};
}

}  // namespace t2::http
