// SPDX-License-Identifier: Apache-2.0
#include "base/format.h"

#include <fmt/format.h>

#include <cmath>
#include <ctime>

namespace t2 {
namespace {

struct Scaled {
  double value;
  char unit;  // 0 below 1000
};

Scaled scale(double n) {
  static constexpr char kUnits[] = " KMGTPEZY";
  int k = 0;
  double v = n;
  while (v >= 1000 && k < 8) {
    v /= 1000;
    ++k;
  }
  return {v, k == 0 ? '\0' : kUnits[k]};
}

std::string plain_time(Nanoseconds t) {
  const bool negative = t < 0;
  const auto abs = negative ? -static_cast<std::uint64_t>(t) : static_cast<std::uint64_t>(t);
  return fmt::format("{}{}.{:09}", negative ? "-" : "", abs / kSecond, abs % kSecond);
}

}  // namespace

std::string human_suffix(double n) {
  const double whole = std::trunc(n);
  if (whole < 1000) return {};
  const Scaled s = scale(whole);
  return fmt::format(" ({:.2f} {})", s.value, s.unit);
}

std::string with_suffix(std::uint64_t n) {
  return fmt::format("{}{}", n, human_suffix(static_cast<double>(n)));
}

std::string percent(std::uint64_t n, std::uint64_t of) {
  const double p = of == 0 ? 0 : 100.0 * static_cast<double>(n) / static_cast<double>(of);
  return fmt::format(" [{:.2f}%]", p);
}

std::string bit_rate(std::uint64_t bytes, double seconds) {
  const double rate = seconds > 0 ? std::round(static_cast<double>(bytes) * 8 / seconds) : 0;
  if (rate < 1000) return fmt::format("{:.0f} b/s", rate);
  const Scaled s = scale(rate);
  return fmt::format("{:.0f} b/s ({:.2f} {}b/s)", rate, s.value, s.unit);
}

std::string date(Nanoseconds t, bool utc) {
  std::time_t seconds = t / kSecond;
  if (t % kSecond < 0) --seconds;
  std::tm parts{};
  if (utc) {
    gmtime_r(&seconds, &parts);
  } else {
    localtime_r(&seconds, &parts);
  }
  static constexpr const char* kDays[] = {"Sun", "Mon", "Tue", "Wed", "Thu", "Fri", "Sat"};
  static constexpr const char* kMonths[] = {"Jan", "Feb", "Mar", "Apr", "May", "Jun",
                                            "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"};
  return fmt::format("{} sec ({} {:02} {} {:04} {:02}:{:02}:{:02} {})", plain_time(t),
                     kDays[parts.tm_wday], parts.tm_mday, kMonths[parts.tm_mon],
                     parts.tm_year + 1900, parts.tm_hour, parts.tm_min, parts.tm_sec,
                     parts.tm_zone ? parts.tm_zone : "GMT");
}

std::string duration(Nanoseconds t) {
  std::string out = plain_time(t) + " sec";
  std::int64_t left = t / kSecond;
  if (left < 60) return out;
  struct Unit {
    std::int64_t seconds;
    const char* name;
  };
  static constexpr Unit kUnits[] = {
      {365 * 86400, "y"}, {86400, "d"}, {3600, "h"}, {60, "m"}, {1, "s"}};
  std::string parts;
  for (const Unit& u : kUnits) {
    const std::int64_t n = left / u.seconds;
    left %= u.seconds;
    if (n == 0) continue;
    if (!parts.empty()) parts += ' ';
    parts += fmt::format("{}{}", n, u.name);
  }
  return out + " (" + parts + ")";
}

}  // namespace t2
