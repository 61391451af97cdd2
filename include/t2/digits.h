// SPDX-License-Identifier: Apache-2.0
// Numbers as digits, two at a time. All functions write behind `p`, where the caller has made room
// for 24 characters, and return the end; they may touch characters behind the end.
#pragma once

#include <cstddef>
#include <cstdint>
#include <cstring>
#include <type_traits>

namespace t2 {

/// Two characters for each number below kN.
template <std::size_t kN>
struct Pairs {
  char text[kN][2];
};

/// "00" to "99", or "00" to "ff".
template <std::size_t kBase>
constexpr Pairs<kBase * kBase> make_pairs(const char* alphabet) {
  Pairs<kBase * kBase> pairs{};
  for (std::size_t i = 0; i < kBase * kBase; ++i) {
    pairs.text[i][0] = alphabet[i / kBase];
    pairs.text[i][1] = alphabet[i % kBase];
  }
  return pairs;
}

using HexPairs = Pairs<256>;
inline constexpr HexPairs kLowerHex = make_pairs<16>("0123456789abcdef");
inline constexpr HexPairs kUpperHex = make_pairs<16>("0123456789ABCDEF");
inline constexpr Pairs<100> kDecimals = make_pairs<10>("0123456789");

inline char* put_pair(char* p, const char (&pair)[2]) {
  std::memcpy(p, pair, sizeof pair);
  return p + sizeof pair;
}

/// The two digits of each of `kBytes` bytes.
template <std::size_t kBytes>
char* put_hex_digits(char* p, std::uint64_t v, const HexPairs& hex) {
  for (std::size_t i = kBytes; i-- > 0; v >>= 8) put_pair(p + 2 * i, hex.text[v & 0xff]);
  return p + 2 * kBytes;
}

constexpr std::uint64_t power_of_ten(int n) {
  return n == 0 ? 1 : 10 * power_of_ten(n - 1);
}

/// A number of at most 2 + kRest decimal digits, divided by 10^kRest: 57 bits stand behind the
/// point. What stands before it are the first two digits, and each product with 100 brings the next
/// two there. The factor is too large by less than 2^-57, the quotient by less than 100 times
/// 10^kRest times that, which changes no digit up to kRest = 7.
template <int kRest>
class FixedPoint {
 public:
  static_assert(kRest <= 7);
  explicit FixedPoint(std::uint32_t v) : v_(v * kFactor) {}

  std::size_t first() const { return v_ >> kBits; }
  char* put_first(char* p) const { return put_pair(p, kDecimals.text[first()]); }
  /// The digits after the first two.
  char* put_rest(char* p) const {
    std::uint64_t v = v_;
    for (int i = kRest; i >= 2; i -= 2) {
      v = (v & kFraction) * 100;
      p = put_pair(p, kDecimals.text[v >> kBits]);
    }
    if (kRest % 2 != 0) *p++ = static_cast<char>('0' + ((v & kFraction) * 10 >> kBits));
    return p;
  }

 private:
  static constexpr int kBits = 57;
  static constexpr std::uint64_t kFraction = (std::uint64_t{1} << kBits) - 1;
  static constexpr std::uint64_t kFactor = (std::uint64_t{1} << kBits) / power_of_ten(kRest) + 1;

  std::uint64_t v_;
};

/// Exactly kDigits decimal digits (2 to 9), zero padded; v < 10^kDigits.
template <int kDigits>
char* put_padded(char* p, std::uint32_t v) {
  const FixedPoint<kDigits - 2> digits(v);
  return digits.put_rest(digits.put_first(p));
}

/// One or two digits, v < 100.
inline char* put_one_or_two(char* p, std::size_t v) {
  const auto& pair = kDecimals.text[v];
  if (v >= 10) return put_pair(p, pair);
  *p = pair[1];
  return p + 1;
}

/// A number of at most 2 + kRest digits.
template <int kRest>
char* put_up_to(char* p, std::uint32_t v) {
  const FixedPoint<kRest> digits(v);
  return digits.put_rest(put_one_or_two(p, digits.first()));
}

char* put_decimal(char* p, std::uint32_t v);
char* put_decimal(char* p, std::uint64_t v);

/// Any integer but a char. Most numbers in a flow table have one digit.
template <class Int>
char* put_number(char* p, Int v) {
  using Wide = std::conditional_t<sizeof(Int) <= 4, std::uint32_t, std::uint64_t>;
  auto size = static_cast<Wide>(static_cast<std::int64_t>(v));
  if (std::is_signed_v<Int> && v < 0) {
    *p++ = '-';
    size = -size;
  }
  if (size >= 10) return put_decimal(p, size);
  *p = static_cast<char>('0' + size);
  return p + 1;
}

}  // namespace t2
