// SPDX-License-Identifier: Apache-2.0
#include "endpoint.h"

#include <arpa/inet.h>

#include <array>
#include <cstring>
#include <string>
#include <vector>

#include "t2/words.h"

namespace t2::ftp {
namespace {

constexpr std::size_t kMostNumbers = 2 + 16 + 1 + 2;  // LPRT with IPv6

bool digit(char c) {
  return c >= '0' && c <= '9';
}
bool blank(char c) {
  return c == ' ' || c == '\t';
}

/// Octets separated by commas, from the start of `s`. Blanks may stand around a comma.
struct Octets {
  std::array<std::uint8_t, kMostNumbers> value{};
  std::size_t count = 0;
};

Octets read_octets(std::string_view s) {
  Octets o;
  std::size_t i = 0;
  while (o.count < kMostNumbers) {
    unsigned n = 0;
    const std::size_t begin = i;
    while (i < s.size() && digit(s[i]) && n <= 255)
      n = n * 10 + static_cast<unsigned>(s[i++] - '0');
    if (i == begin || n > 255 || i - begin > 6) return {};
    o.value[o.count++] = static_cast<std::uint8_t>(n);
    std::size_t comma = i;
    while (comma < s.size() && blank(s[comma])) ++comma;
    if (comma == s.size() || s[comma] != ',') return o;
    i = comma + 1;
    while (i < s.size() && blank(s[i])) ++i;
    if (i == s.size() || !digit(s[i])) return o;
  }
  return {};
}

std::optional<HostPort> with_port(const IpAddress& a, unsigned port) {
  if (port == 0 || port > 65535) return {};
  return HostPort{a, static_cast<std::uint16_t>(port)};
}

std::optional<HostPort> short_form(const Octets& o) {
  if (o.count != 6) return {};
  return with_port(IpAddress::v4(o.value.data()), o.value[4] * 256u + o.value[5]);
}

/// RFC 4291 2.5.5.2: an IPv4 host that speaks through an IPv6 socket.
IpAddress unmapped(const IpAddress& a) {
  static constexpr std::uint8_t kPrefix[12] = {0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0xff, 0xff};
  if (!a.is_v6() || std::memcmp(a.bytes.data(), kPrefix, sizeof kPrefix) != 0) return a;
  return IpAddress::v4(a.bytes.data() + sizeof kPrefix);
}

std::optional<HostPort> long_form(const Octets& o) {
  const std::size_t address = o.value[1];
  const bool v4 = o.value[0] == 4 && address == 4;
  const bool v6 = o.value[0] == 6 && address == 16;
  if (o.count < 3 || (!v4 && !v6)) return {};
  const std::size_t at = 2 + address;
  if (o.count != at + 3 || o.value[at] != 2) return {};
  const unsigned port = o.value[at + 1] * 256u + o.value[at + 2];
  if (v4) return with_port(IpAddress::v4(o.value.data() + 2), port);
  return with_port(unmapped(IpAddress::v6(o.value.data() + 2)), port);
}

/// Tries `parse` at every place where a list of numbers begins.
template <class Parse>
std::optional<HostPort> find_numbers(std::string_view text, Parse parse) {
  for (std::size_t i = 0; i < text.size(); ++i) {
    if (!digit(text[i]) || (i > 0 && (digit(text[i - 1]) || text[i - 1] == '.'))) continue;
    if (const auto h = parse(read_octets(text.substr(i)))) return h;
  }
  return {};
}

std::optional<IpAddress> parse_address(std::string_view s) {
  if (const auto zone = s.find('%'); zone != s.npos) s = s.substr(0, zone);
  const std::string text(s);
  std::array<std::uint8_t, 16> raw{};
  if (inet_pton(AF_INET, text.c_str(), raw.data()) == 1) return IpAddress::v4(raw.data());
  if (inet_pton(AF_INET6, text.c_str(), raw.data()) == 1) {
    return unmapped(IpAddress::v6(raw.data()));
  }
  return {};
}

/// <d><protocol><d><address><d><port><d>, from the start of `s`; the last delimiter may be missing.
std::optional<HostPort> delimited(std::string_view s) {
  if (s.empty() || s[0] < 33 || s[0] > 126 || digit(s[0])) return {};
  const char d = s[0];
  std::array<std::string_view, 2> field;
  s.remove_prefix(1);
  for (std::string_view& f : field) {
    const std::size_t end = s.find(d);
    if (end == s.npos) return {};
    f = trimmed(s.substr(0, end));
    s.remove_prefix(end + 1);
  }
  s = trimmed(s);
  unsigned port = 0;
  std::size_t i = 0;
  for (; i < s.size() && digit(s[i]) && port <= 65535; ++i) {
    port = port * 10 + static_cast<unsigned>(s[i] - '0');
  }
  if (i == 0 || (i < s.size() && s[i] != d && s[i] != ')' && !blank(s[i]) && s[i] != '.'))
    return {};
  for (const char c : field[0]) {
    if (!digit(c)) return {};
  }
  IpAddress address;
  if (!field[1].empty()) {
    const auto a = parse_address(field[1]);
    if (!a) return {};
    address = *a;
  }
  return with_port(address, port);
}

}  // namespace

std::optional<HostPort> parse_port(std::string_view argument) {
  return short_form(read_octets(argument));
}

std::optional<HostPort> parse_227(std::string_view text) {
  return find_numbers(text, short_form);
}

std::optional<HostPort> parse_eprt(std::string_view argument) {
  const auto h = delimited(argument);
  if (!h || h->address.family == Family::kNone) return {};
  return h;
}

std::optional<HostPort> parse_229(std::string_view text) {
  if (const std::size_t bracket = text.find('('); bracket != text.npos) {
    if (const auto h = delimited(text.substr(bracket + 1))) return h;
  }
  for (std::size_t i = 0; i < text.size(); ++i) {
    const char c = text[i];
    const bool letter = (c >= 'A' && c <= 'Z') || (c >= 'a' && c <= 'z');
    if (letter || c == '(' || c == '.') continue;
    if (const auto h = delimited(text.substr(i))) return h;
  }
  return {};
}

std::optional<HostPort> parse_lprt(std::string_view argument) {
  return long_form(read_octets(argument));
}

std::optional<HostPort> parse_228(std::string_view text) {
  return find_numbers(text, long_form);
}

bool is_private(const IpAddress& a) {
  if (a.is_v4()) {
    const std::uint32_t v = a.v4_value();
    return v >> 24 == 10 || v >> 24 == 127 || v >> 20 == 0xac1 || v >> 16 == 0xc0a8 ||
           v >> 16 == 0xa9fe || v >> 22 == 0x191;  // RFC 1918, 1122, 3927, 6598
  }
  return (a.bytes[0] & 0xfe) == 0xfc || (a.bytes[0] == 0xfe && (a.bytes[1] & 0xc0) == 0x80);
}

bool is_unusable(const IpAddress& a) {
  if (a.is_v4()) {
    const std::uint32_t v = a.v4_value();
    return v >> 24 == 0 || v >> 28 >= 0xe;
  }
  if (!a.is_v6()) return true;
  return a.bytes[0] == 0xff || a.bytes == std::array<std::uint8_t, 16>{};
}

}  // namespace t2::ftp
