// SPDX-License-Identifier: Apache-2.0
// Floating-point numbers and times as text (spec core 8.1, txtSink 4).
#include <array>
#include <bit>
#include <charconv>
#include <cmath>
#include <limits>

#include "t2/digits.h"
#include "t2/scalars.h"
#include "t2/text.h"

namespace t2 {
namespace {

/// Powers of ten that are doubles without error.
constexpr double kPowers[] = {1e0,  1e1,  1e2,  1e3,  1e4,  1e5,  1e6,  1e7,
                              1e8,  1e9,  1e10, 1e11, 1e12, 1e13, 1e14, 1e15,
                              1e16, 1e17, 1e18, 1e19, 1e20, 1e21, 1e22};

/// put_seven_digits() knows numbers from kSmallest on below kTooLarge.
constexpr double kSmallest = 1e-15, kTooLarge = 1e15;
constexpr int kMinTens = -15;
/// Numbers below kLimits[i], but not below the one before, are d.dd * 10^(i + kMinTens).
constexpr double kLimits[] = {1e-14, 1e-13, 1e-12, 1e-11, 1e-10, 1e-9, 1e-8, 1e-7, 1e-6, 1e-5,
                              1e-4,  1e-3,  1e-2,  1e-1,  1e0,   1e1,  1e2,  1e3,  1e4,  1e5,
                              1e6,   1e7,   1e8,   1e9,   1e10,  1e11, 1e12, 1e13, 1e14, 1e15};

constexpr int kMinTwos = -50, kMaxTwos = 49;
/// The first limit above 2^n, by n. Below 2^(n + 1) there is at most one more.
constexpr auto kFirstLimit = [] {
  std::array<std::uint8_t, kMaxTwos - kMinTwos + 1> first{};
  double power = 1.0 / (std::uint64_t{1} << -kMinTwos);
  for (std::uint8_t& i : first) {
    while (kLimits[i] <= power) ++i;
    power *= 2;
  }
  return first;
}();

/// n of a number d.dd * 10^n between kSmallest and kTooLarge.
int tens_of(double size) {
  const int twos = static_cast<int>(std::bit_cast<std::uint64_t>(size) >> 52) - 1023;
  const int limit = kFirstLimit.data()[twos - kMinTwos];
  return limit + kMinTens + (size >= kLimits[limit] ? 1 : 0);
}

/// The whole number next to `v`, an approximation that is off by less than 2^-29. False: `v` lies
/// too close to the middle of two to tell.
bool round_surely(double v, std::uint32_t& rounded) {
  rounded = static_cast<std::uint32_t>(v);
  const double rest = v - rounded;
  rounded += rest > 0.5;
  return std::fabs(rest - 0.5) >= 1e-6;
}

/// Takes back zeros behind the point, and the point if nothing else stands there.
char* trim(char* end) {
  while (end[-1] == '0') --end;
  return end[-1] == '.' ? end - 1 : end;
}

/// Ten million, of which numbers of seven digits are below.
constexpr std::uint32_t kSevenDigits = 10'000'000;

/// d.dddddde-dd, a number of seven digits times 10^(tens - 6).
char* put_scientific(char* out, std::uint32_t digits, int tens) {
  put_padded<7>(out + 1, digits);
  out[0] = out[1];
  out[1] = '.';
  out = trim(out + 8);
  *out++ = 'e';
  *out++ = tens < 0 ? '-' : '+';
  return put_pair(out, kDecimals.text[tens < 0 ? -tens : tens]);
}

/// The same without exponent, from 1 on: `whole` is the number rounded down.
char* put_with_point(char* out, std::uint32_t digits, std::uint32_t whole, int tens) {
  const int decimals = 6 - tens;
  const auto unit = static_cast<std::uint32_t>(kPowers[decimals]);
  std::uint32_t fraction = digits - whole * unit;
  if (fraction >= unit) {  // rounded up to the next whole number
    fraction = 0;
    ++whole;
  }
  out = put_number(out, whole);
  *out++ = '.';
  put_padded<6>(out, fraction * static_cast<std::uint32_t>(kPowers[tens]));
  return trim(out + decimals);
}

/// "%.7g" of numbers whose digits can be had with one product or quotient. Null: not such a number.
char* put_seven_digits(char* out, double value) {
  const double size = std::fabs(value);
  if (!(size >= kSmallest && size < kTooLarge)) return nullptr;
  if (value < 0) *out++ = '-';
  const auto whole = size < kSevenDigits ? static_cast<std::uint32_t>(size) : 0;
  if (whole == size) return put_number(out, whole);
  const int tens = tens_of(size);
  const double scaled = tens <= 6 ? size * kPowers[6 - tens] : size / kPowers[tens - 6];
  std::uint32_t digits = 0;
  if (!round_surely(scaled, digits)) return nullptr;
  if (digits >= kSevenDigits || digits < kSevenDigits / 10) return nullptr;
  if (tens < -4 || tens > 6) return put_scientific(out, digits, tens);
  if (whole != 0) return put_with_point(out, digits, whole, tens);
  put_text(out, "0.000");  // 0.000ddddddd at most
  return trim(put_padded<7>(out + 1 - tens, digits));
}

}  // namespace

char* put_decimal(char* p, std::uint32_t v) {
  if (v < power_of_ten(2)) return put_one_or_two(p, v);
  if (v < power_of_ten(4)) return put_up_to<2>(p, v);
  if (v < power_of_ten(6)) return put_up_to<4>(p, v);
  constexpr std::uint32_t kEightDigits = 100'000'000;
  if (v < kEightDigits) return put_up_to<6>(p, v);
  return put_padded<8>(put_one_or_two(p, v / kEightDigits), v % kEightDigits);
}

char* put_decimal(char* p, std::uint64_t v) {
  if (v <= std::numeric_limits<std::uint32_t>::max()) {
    return put_decimal(p, static_cast<std::uint32_t>(v));
  }
  constexpr std::uint32_t kEightDigits = 100'000'000;
  p = put_decimal(p, v / kEightDigits);
  return put_padded<8>(p, static_cast<std::uint32_t>(v % kEightDigits));
}

char* put_float(char* out, double value) {
  if (char* end = put_seven_digits(out, value); end != nullptr) return end;
  return std::to_chars(out, out + 24, value, std::chars_format::general, 7).ptr;
}

char* put_fixed(char* out, double value) {
  constexpr double kMillion = 1e6;
  const double size = std::fabs(value);
  if (size < std::numeric_limits<std::uint32_t>::max()) {
    auto whole = static_cast<std::uint32_t>(size);
    std::uint32_t millionths = 0;
    if (round_surely((size - whole) * kMillion, millionths)) {
      if (std::signbit(value)) *out++ = '-';
      const bool carry = millionths == kMillion;
      out = put_number(out, whole + carry);
      *out++ = '.';
      return put_padded<6>(out, carry ? 0 : millionths);
    }
  }
  // "%f" of the largest double has 309 digits; such a value has no meaning in any column.
  if (size > 1e60) return put_float(out, value);
  return std::to_chars(out, out + kScalarRoom, value, std::chars_format::fixed, 6).ptr;
}

char* put_time(char* out, Nanoseconds ns, int digits) {
  auto v = static_cast<std::uint64_t>(ns);
  if (ns < 0) {
    *out++ = '-';
    v = -v;
  }
  out = put_number(out, v / kSecond);
  *out++ = '.';
  return put_subsecond(out, static_cast<std::uint32_t>(v % kSecond), digits);
}

char* put_subsecond(char* out, std::uint32_t ns, int digits) {
  return digits == 9 ? put_padded<9>(out, ns) : put_padded<6>(out, ns / 1000);
}

}  // namespace t2
