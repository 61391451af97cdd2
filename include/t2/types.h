// SPDX-License-Identifier: Apache-2.0
// The value types that columns are made of: bit fields, times, addresses and text classes. A
// column's printed form follows from its C++ type alone (spec core 8.1), see columns.h.
#pragma once

#include <array>
#include <compare>
#include <cstdint>
#include <cstring>
#include <string>
#include <string_view>

#include "t2/bytes.h"

namespace t2 {

/// Nanoseconds; a point in time counts from the Unix epoch. Signed, so that differences are exact.
using Nanoseconds = std::int64_t;
inline constexpr Nanoseconds kSecond = 1'000'000'000;

/// A bit field, printed `0x` + two digits per byte.
template <class Int>
struct Hex {
  Int value = 0;

  void set(unsigned bit) { value = static_cast<Int>(value | (Int{1} << bit)); }
  void clear(unsigned bit) { value = static_cast<Int>(value & ~(Int{1} << bit)); }
  bool has(unsigned bit) const { return (value >> bit) & 1; }
  Hex& operator|=(Hex o) {
    value = static_cast<Int>(value | o.value);
    return *this;
  }
  bool operator==(const Hex&) const = default;
};
using Hex8 = Hex<std::uint8_t>;
using Hex16 = Hex<std::uint16_t>;
using Hex32 = Hex<std::uint32_t>;
using Hex64 = Hex<std::uint64_t>;

/// A point in time, printed `seconds.nnnnnnnnn`.
struct Timestamp {
  Nanoseconds ns = 0;
};
/// A length of time, printed `seconds.nnnnnnnnn`, with a leading `-` when negative.
struct Duration {
  Nanoseconds ns = 0;
};

struct Mac {
  std::array<std::uint8_t, 6> bytes{};
  auto operator<=>(const Mac&) const = default;
  bool operator==(const Mac& o) const { return value() == o.value(); }  // without a call
  /// The bytes as a number, in no particular order.
  std::uint64_t value() const {
    std::uint32_t low = 0;
    std::uint16_t high = 0;
    std::memcpy(&low, bytes.data(), sizeof low);
    std::memcpy(&high, bytes.data() + sizeof low, sizeof high);
    return std::uint64_t{high} << 32 | low;
  }
};

enum class Family : std::uint8_t { kNone, kIpv4, kIpv6, kMac };

/// An IPv4 address (first 4 bytes), an IPv6 address, or none (printed `-`). Network byte order.
struct IpAddress {
  std::array<std::uint8_t, 16> bytes{};
  Family family = Family::kNone;

  static IpAddress v4(const std::uint8_t* p) {
    IpAddress a;
    std::memcpy(a.bytes.data(), p, 4);
    a.family = Family::kIpv4;
    return a;
  }
  static IpAddress v6(const std::uint8_t* p) {
    IpAddress a;
    std::memcpy(a.bytes.data(), p, 16);
    a.family = Family::kIpv6;
    return a;
  }
  bool is_v4() const { return family == Family::kIpv4; }
  bool is_v6() const { return family == Family::kIpv6; }
  /// Host order; only for IPv4.
  std::uint32_t v4_value() const { return load_be32(bytes.data()); }
  auto operator<=>(const IpAddress&) const = default;  // NOLINT: no 0 of ours in it
};

/// Unquoted text ("string class"): names, flags, header stacks. Escaped like a string.
struct Text {
  std::string_view view;
};

/// The same, made by a getter.
struct OwnedText {
  std::string text;
};

/// Captured content in the packet table: neither quoted nor decoded (spec core 6).
struct Content {
  Bytes bytes;
};

/// Colour class of a bit in tables, or how a line of the report is marked; no meaning beyond that.
enum class Severity : char { kNone = ' ', kInfo = 'I', kWarning = 'W', kError = 'E' };

/// Prints `A` or `B`.
enum class Direction : char { kA = 'A', kB = 'B' };

}  // namespace t2
