// SPDX-License-Identifier: Apache-2.0
#include "words.h"

#include <fmt/format.h>

#include <array>
#include <ctime>

namespace t2::report {

std::string grouped(std::uint64_t n) {
  std::string digits = fmt::format("{}", n);
  for (std::size_t at = digits.size(); at > 3; at -= 3) digits.insert(at - 3, ",");
  return digits;
}

std::string size_words(std::uint64_t bytes) {
  constexpr std::array<const char*, 6> kUnits = {"kB", "MB", "GB", "TB", "PB", "EB"};
  if (bytes < 1000) return fmt::format("{} B", bytes);
  double v = static_cast<double>(bytes) / 1000;
  std::size_t unit = 0;
  // 999.95 would print as 1000.0.
  for (; v >= 999.95 && unit + 1 < kUnits.size(); ++unit) v /= 1000;
  return fmt::format("{:.1f} {}", v, kUnits[unit]);
}

std::string span_words(Nanoseconds t) {
  const double s = static_cast<double>(t) / static_cast<double>(kSecond);
  constexpr double kMinute = 60, kHour = 3600, kDay = 86400, kYear = 365.25 * kDay;
  if (s < 0.001) return fmt::format("{:.0f} µs", s * 1e6);
  if (s < 1) return fmt::format("{:.1f} ms", s * 1e3);
  if (s < kMinute) return fmt::format("{:.3g} s", s);
  const auto whole = static_cast<std::uint64_t>(s);
  if (s < kHour)
    return fmt::format("{} min{}", whole / 60, whole % 60 ? fmt::format(" {} s", whole % 60) : "");
  if (s < kDay) {
    const auto minutes = whole / 60;
    return fmt::format("{} h{}", minutes / 60,
                       minutes % 60 ? fmt::format(" {} min", minutes % 60) : "");
  }
  if (s < 2 * kYear) return counted(static_cast<std::uint64_t>(s / kDay), "day", "days");
  return fmt::format("{:.1f} years", s / kYear);
}

std::string counted(std::uint64_t n, std::string_view one, std::string_view many) {
  return fmt::format("{} {}", grouped(n), n == 1 ? one : many);
}

std::string listed(const std::vector<std::string>& words, std::size_t most) {
  std::string out;
  const std::size_t shown = std::min(words.size(), most);
  for (std::size_t i = 0; i < shown; ++i) {
    const bool last = i + 1 == words.size();
    out += i == 0 ? "" : last ? " and " : ", ";
    out += words[i];
  }
  if (shown < words.size()) out += fmt::format(" and {} more", grouped(words.size() - shown));
  return out;
}

std::string time_words(Nanoseconds t) {
  std::time_t s = static_cast<std::time_t>(t / kSecond - (t % kSecond < 0 ? 1 : 0));
  std::tm parts{};
  if (gmtime_r(&s, &parts) == nullptr) return fmt::format("{} s", s);
  return fmt::format("{:04}-{:02}-{:02} {:02}:{:02}:{:02}", parts.tm_year + 1900, parts.tm_mon + 1,
                     parts.tm_mday, parts.tm_hour, parts.tm_min, parts.tm_sec);
}

}  // namespace t2::report
