// SPDX-License-Identifier: Apache-2.0
// Report: where plugins write their lines of the end report and their monitoring values.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>

namespace t2 {

/// Counts over the whole run so far that plugins relate their own numbers to.
struct Totals {
  std::uint64_t packets = 0;
  std::uint64_t bytes = 0;  // captured
  std::uint64_t flows = 0;  // directions
};

/// "69464 (69.46 K)": a number as all report lines print it.
std::string with_suffix(std::uint64_t n);
/// " [21.74%]"
std::string percent(std::uint64_t n, std::uint64_t of);

/// Lines come out in the order they are added. Wording: spec core 9.1.
class Report {
 public:
  virtual ~Report() = default;

  /// `NAME: TEXT`
  virtual void line(std::string_view text) = 0;
  /// `NAME: Aggregated COLUMN=0x..`, only if value is not 0. `digits`: hex digits, 2 per byte.
  virtual void aggregate(std::string_view column, std::uint64_t value, int digits) = 0;
  /// `NAME: LABEL: n (1.23 K) [12.34%]`, only if n > 0.
  virtual void count(std::string_view label, std::uint64_t n, std::uint64_t of) = 0;
  /// `NAME: LABEL: n (1.23 K)`, only if n > 0.
  virtual void count(std::string_view label, std::uint64_t n) = 0;

  virtual const Totals& totals() const = 0;
};

/// Named counters for the machine-readable monitoring report; values grow, the host makes
/// differences.
class Monitor {
 public:
  virtual ~Monitor() = default;
  virtual void value(std::string_view column, std::uint64_t total) = 0;
  /// A bit field: printed `0x..`, no difference is made.
  virtual void bits(std::string_view column, std::uint64_t value) = 0;
};

}  // namespace t2
