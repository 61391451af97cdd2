// SPDX-License-Identifier: Apache-2.0
#include "cells.h"

#include <arpa/inet.h>

#include <array>
#include <charconv>
#include <cmath>
#include <limits>
#include <optional>
#include <string>

#include "t2/words.h"

namespace t2::report {
namespace {

std::uint64_t parse(std::string_view s, int base) {
  std::uint64_t n = 0;
  return std::from_chars(s.data(), s.data() + s.size(), n, base).ec == std::errc() ? n : 0;
}

/// IPv4 in host byte order.
std::optional<std::uint32_t> v4(std::string_view address) {
  in_addr a{};
  const std::string text(address.substr(0, INET_ADDRSTRLEN));
  if (inet_pton(AF_INET, text.c_str(), &a) != 1) return {};
  return ntohl(a.s_addr);
}

std::optional<std::array<std::uint8_t, 16>> v6(std::string_view address) {
  std::array<std::uint8_t, 16> a{};
  const std::string text(address.substr(0, INET6_ADDRSTRLEN));
  if (inet_pton(AF_INET6, text.c_str(), a.data()) != 1) return {};
  return a;
}

constexpr bool in_net(std::uint32_t a, std::uint32_t net, int bits) {
  return (a >> (32 - bits)) == (net >> (32 - bits));
}

}  // namespace

std::uint64_t number_of(std::string_view cell) {
  return parse(cell, 10);
}

std::uint64_t bits_of(std::string_view cell) {
  return cell.starts_with("0x") ? parse(cell.substr(2), 16) : 0;
}

Nanoseconds time_of(std::string_view cell) {
  const bool negative = cell.starts_with('-');
  if (negative) cell.remove_prefix(1);
  const std::size_t point = cell.find('.');
  const std::uint64_t seconds = number_of(cell.substr(0, point));
  // Whatever a table says: 2262 at the latest.
  constexpr auto kLatest =
      static_cast<std::uint64_t>(std::numeric_limits<Nanoseconds>::max() / kSecond - 1);
  if (seconds > kLatest) return 0;
  Nanoseconds t = static_cast<Nanoseconds>(seconds) * kSecond, unit = kSecond / 10;
  if (point != std::string_view::npos) {
    for (const char c : cell.substr(point + 1)) {
      if (c < '0' || c > '9' || unit == 0) break;
      t += (c - '0') * unit;
      unit /= 10;
    }
  }
  return negative ? -t : t;
}

double real_of(std::string_view cell) {
  double v = 0;
  const auto r = std::from_chars(cell.data(), cell.data() + cell.size(), v);
  return r.ec == std::errc() && std::isfinite(v) ? v : 0;
}

std::string_view first_of(std::string_view cell) {
  return cell.substr(0, cell.find(';'));
}

std::vector<std::string_view> strings_of(std::string_view cell) {
  constexpr std::string_view kBetween = "\";\"";  // in a string a quote has a backslash before it
  std::vector<std::string_view> list;
  if (cell.empty()) return list;
  cell = unquoted(cell);
  for (std::size_t end = cell.find(kBetween); end != cell.npos; end = cell.find(kBetween)) {
    list.push_back(cell.substr(0, end));
    cell.remove_prefix(end + kBetween.size());
  }
  list.push_back(cell);
  return list;
}

void split(std::string_view line, char separator, std::size_t most,
           std::vector<std::string_view>& cells) {
  cells.clear();
  while (cells.size() < most) {
    const std::size_t end = line.find(separator);
    cells.push_back(line.substr(0, end));
    if (end == std::string_view::npos) return;
    line.remove_prefix(end + 1);
  }
}

bool is_private(std::string_view address) {
  if (const auto a = v4(address)) {
    return in_net(*a, 0x0a000000, 8) || in_net(*a, 0xac100000, 12) || in_net(*a, 0xc0a80000, 16) ||
           in_net(*a, 0x7f000000, 8) || in_net(*a, 0xa9fe0000, 16);
  }
  const auto a = v6(address);
  if (!a) return false;
  const bool loopback = address == "::1";
  const bool link_local = (*a)[0] == 0xfe && ((*a)[1] & 0xc0) == 0x80;
  return loopback || link_local || ((*a)[0] & 0xfe) == 0xfc;
}

bool is_group(std::string_view address) {
  if (const auto a = v4(address)) return *a >= 0xe0000000 || *a == 0;
  const auto a = v6(address);
  return a && ((*a)[0] == 0xff || address == "::");
}

}  // namespace t2::report
