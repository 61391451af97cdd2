// SPDX-License-Identifier: Apache-2.0
#include "tawk/json_rows.h"

#include <fmt/format.h>

#include <algorithm>
#include <charconv>
#include <chrono>
#include <cstdint>

namespace t2::tawk {
namespace {

bool is_digit(char c) {
  return c >= '0' && c <= '9';
}

/// Takes digits; false if there is none.
bool take_digits(std::string_view& s) {
  const std::size_t n = std::min(s.find_first_not_of("0123456789"), s.size());
  s.remove_prefix(n);
  return n > 0;
}

/// RFC 8259, section 6.
bool is_number(std::string_view s) {
  if (s.starts_with('-')) s.remove_prefix(1);
  if (s.size() > 1 && s[0] == '0' && is_digit(s[1])) return false;
  if (!take_digits(s)) return false;
  if (s.starts_with('.')) {
    s.remove_prefix(1);
    if (!take_digits(s)) return false;
  }
  if (s.starts_with('e') || s.starts_with('E')) {
    s.remove_prefix(1);
    if (s.starts_with('+') || s.starts_with('-')) s.remove_prefix(1);
    if (!take_digits(s)) return false;
  }
  return s.empty();
}

/// Splits at separators that stand outside quotes.
template <class Function>
void each_part(std::string_view s, char separator, Function f) {
  bool quoted = false;
  std::size_t from = 0;
  for (std::size_t i = 0; i < s.size(); ++i) {
    if (s[i] == '\\' && quoted)
      ++i;
    else if (s[i] == '"')
      quoted = !quoted;
    else if (s[i] == separator && !quoted) {
      f(s.substr(from, i - from));
      from = i + 1;
    }
  }
  f(s.substr(from));
}

void put_utf8(std::string& out, unsigned c) {
  if (c < 0x80) {
    out += static_cast<char>(c);
  } else if (c < 0x800) {
    out += {static_cast<char>(0xc0 | c >> 6), static_cast<char>(0x80 | (c & 0x3f))};
  } else {
    out += {static_cast<char>(0xe0 | c >> 12), static_cast<char>(0x80 | (c >> 6 & 0x3f)),
            static_cast<char>(0x80 | (c & 0x3f))};
  }
}

/// Undoes what put_escaped() of t2/text.h does; what it does not write stays.
std::string unescaped(std::string_view s) {
  static constexpr std::string_view kLetters = "bfnrtv\\\"", kMeant = "\b\f\n\r\t\v\\\"";
  std::string out;
  while (!s.empty()) {
    const std::size_t letter = s.size() > 1 ? kLetters.find(s[1]) : std::string_view::npos;
    unsigned c = 0;
    std::size_t n = 1;
    if (s[0] == '\\' && letter != std::string_view::npos) {
      out += kMeant[letter];
      n = 2;
    } else if (s.starts_with("\\u") && s.size() >= 6 &&
               std::from_chars(s.data() + 2, s.data() + 6, c, 16).ptr == s.data() + 6) {
      put_utf8(out, c);
      n = 6;
    } else {
      out += s[0];
    }
    s.remove_prefix(n);
  }
  return out;
}

bool is_quoted(std::string_view s) {
  return s.size() >= 2 && s.front() == '"' && s.back() == '"';
}

/// Seconds since 1970 as ISO 8601 in UTC, all decimals kept; "" for other text.
std::string iso_time(std::string_view s) {
  std::int64_t seconds = 0;
  const auto [end, error] = std::from_chars(s.data(), s.data() + s.size(), seconds);
  std::string_view fraction = s.substr(static_cast<std::size_t>(end - s.data()));
  const std::string_view decimals = fraction;
  if (error != std::errc{} || s.starts_with('-')) return "";
  if (fraction.starts_with('.')) {
    fraction.remove_prefix(1);
    if (!take_digits(fraction)) return "";
  }
  constexpr std::int64_t kYear10000 = 253402300800;
  if (!fraction.empty() || seconds >= kYear10000) return "";
  using namespace std::chrono;
  const sys_seconds at{std::chrono::seconds(seconds)};
  const auto day = floor<days>(at);
  const year_month_day date(day);
  const hh_mm_ss time(at - day);
  return fmt::format("{:04}-{:02}-{:02}T{:02}:{:02}:{:02}{}Z", static_cast<int>(date.year()),
                     static_cast<unsigned>(date.month()), static_cast<unsigned>(date.day()),
                     time.hours().count(), time.minutes().count(), time.seconds().count(),
                     decimals);
}

// Numbers of types: spec core 8.1.
constexpr std::string_view kTimestamp = "25", kText = "31", kString = "23";

bool is_numeric(std::string_view type) {
  static constexpr std::string_view kNumeric[] = {"1", "2",  "3",  "4",  "7", "8",
                                                  "9", "10", "19", "20", "26"};
  return std::find(std::begin(kNumeric), std::end(kNumeric), type) != std::end(kNumeric);
}

void put_scalar(std::string_view cell, std::string_view type, JsonWriter& out) {
  if (is_numeric(type) && is_number(cell)) {
    out.literal(cell);
  } else if (is_numeric(type) &&
             (cell.empty() || cell == "nan" || cell == "inf" || cell == "-nan" || cell == "-inf")) {
    out.null();
  } else if (type == kTimestamp) {
    const std::string iso = iso_time(cell);
    out.text(iso.empty() ? cell : iso);
  } else if (type == kString || type == kText) {
    out.text(unescaped(is_quoted(cell) ? cell.substr(1, cell.size() - 2) : cell));
  } else {
    out.text(cell);
  }
}

/// A column that no plugin declares: its text says what it is.
void put_unknown(std::string_view cell, JsonWriter& out) {
  const auto put = [&](std::string_view part) {
    if (is_number(part))
      out.literal(part);
    else
      put_scalar(part, is_quoted(part) ? kString : "", out);
  };
  std::size_t parts = 0;
  each_part(cell, ';', [&](std::string_view) { ++parts; });
  if (parts < 2 || !is_quoted(cell)) return put(cell);
  out.begin_array();
  each_part(cell, ';', put);
  out.end_array();
}

void put_compound(std::string_view cell, std::string_view type, JsonWriter& out) {
  if (type.find('_') == std::string_view::npos) return put_scalar(cell, type, out);
  out.begin_array();
  each_part(cell, '_', [&](std::string_view part) {
    const std::size_t end = type.find('_');
    put_scalar(part, type.substr(0, end), out);
    if (end != std::string_view::npos) type.remove_prefix(end + 1);
  });
  out.end_array();
}

void put_cell(std::string_view cell, std::string_view type, JsonWriter& out) {
  if (type.empty()) return put_unknown(cell, out);
  const bool repeated = type.ends_with(":R");
  if (!repeated) return put_compound(cell, type, out);
  type.remove_suffix(2);
  out.begin_array();
  each_part(cell, ';', [&](std::string_view part) { put_compound(part, type, out); });
  out.end_array();
}

}  // namespace

void JsonRows::names(const std::vector<std::string_view>& names) {
  columns_.clear();
  for (const std::string_view n : names) {
    std::string name(n);
    const auto same = [&](const Column& c) { return c.name == name; };
    // Two members of one name: most readers keep only the last one.
    for (int i = 2; std::any_of(columns_.begin(), columns_.end(), same); ++i)
      name = fmt::format("{}_{}", n, i);
    columns_.push_back({name, type_of_(name)});
  }
}

std::string JsonRows::row(const std::vector<std::string_view>& cells) {
  out_.begin_object();
  for (std::size_t i = 0; i < cells.size(); ++i) {
    if (cells[i].empty()) continue;
    out_.key_text(i < columns_.size() ? columns_[i].name : fmt::format("column{}", i + 1));
    put_cell(cells[i], i < columns_.size() ? std::string_view(columns_[i].type) : "", out_);
  }
  out_.end_object();
  std::string line = out_.take_line();
  line.pop_back();
  return line;
}

}  // namespace t2::tawk
