// SPDX-License-Identifier: Apache-2.0
// ReportWriter: says each fact of the end report twice at once, as a line for people (spec core
// 9.3) and as a member of a JSON object for programs, so that the two never differ. Ratios and
// suffixes are for people alone: who reads JSON has the numbers that they come from.
#pragma once

#include <cstdint>
#include <span>
#include <string>
#include <string_view>
#include <utility>

#include "engine/console.h"
#include "t2/json.h"
#include "t2/types.h"

namespace t2 {

class ReportWriter {
 public:
  explicit ReportWriter(Console& lines) : lines_(lines) { json_.begin_object(); }
  ReportWriter(const ReportWriter&) = delete;
  ReportWriter& operator=(const ReportWriter&) = delete;

  /// Members up to end() belong to an object of this name.
  void begin(std::string_view name) { json_.key(name).begin_object(); }
  void end() { json_.end_object(); }

  /// `Number of LABEL: n (1.23 K) [12.34%]`, as text only if n > 0. The member is called as the
  /// label, in small letters with `_` for what is no letter and no digit.
  void count(std::string_view label, std::uint64_t n);
  void count(std::string_view label, std::uint64_t n, std::uint64_t of);
  /// The same, as text also if it is 0.
  void count_always(std::string_view label, std::uint64_t n, std::uint64_t of);

  /// For people alone.
  Console& lines() { return lines_; }
  /// For programs alone, or said in other words to people.
  void value(std::string_view name, std::uint64_t n) { json_.key(name).number(n); }
  /// Seconds since 1970 with nine decimals, as text.
  void time(std::string_view name, Nanoseconds t);
  /// A length of time in seconds.
  void seconds(std::string_view name, double s);
  void text(std::string_view name, std::string_view s) { json_.key(name).text(s); }
  void flag(std::string_view name, bool b) { json_.key(name).flag(b); }
  void bits(std::string_view name, std::uint64_t value, int digits);
  void texts(std::string_view name, std::span<const std::string> all);
  /// A member or an array that is JSON already.
  void literal(std::string_view name, std::string_view json) { json_.key(name).literal(json); }

  /// The whole object and a line end; nothing may follow.
  std::string take_json() {
    json_.end_object();
    return json_.take_line();
  }

 private:
  Console& lines_;
  JsonWriter json_;
};

/// "processed_l2_flows" of "processed L2   flows".
std::string report_key(std::string_view label);
/// "0x00c3": as columns of bits are printed.
std::string bits_text(std::uint64_t value, int digits);

}  // namespace t2
