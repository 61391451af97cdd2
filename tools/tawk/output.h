// SPDX-License-Identifier: Apache-2.0
// What lies between gawk's output and tawk's: rows become JSON or CSV, and a terminal gets no
// character that it would obey but for tawk's own colours. Into files and pipes all other text goes
// byte by byte as gawk wrote it.
#pragma once

#include <optional>
#include <string>
#include <string_view>

#include "tawk/csv.h"
#include "tawk/json_rows.h"

namespace t2::tawk {

struct CsvStyle {
  Marks marks;
  std::string separator, line_end;
};

class Output {
 public:
  /// `mark` begins what the function library says to this filter: MARK + "[0;31m" is a colour,
  /// MARK + "N" or "R" + separator + MARK + cells + MARK + "E" the names or cells of a row.
  Output(std::string mark, JsonRows rows) : mark_(std::move(mark)), rows_(std::move(rows)) {}

  void write_csv(CsvStyle style) { csv_ = std::move(style); }
  /// Text becomes printable.
  void for_terminal() { terminal_ = true; }

  /// Appends what the next bytes of gawk become.
  void add(std::string_view in, std::string& out);
  /// The end: appends what is left.
  void finish(std::string& out);

 private:
  /// Text that nobody ends is passed on when it is as long as this.
  static constexpr std::size_t kMaxHeld = std::size_t{16} << 20;

  bool take_message(std::string& out);
  void take_text(std::size_t n, bool last, std::string& out);
  void put(std::string_view text, std::string& out) const;

  std::string mark_, held_;
  JsonRows rows_;
  std::optional<CsvStyle> csv_;
  bool terminal_ = false;
};

}  // namespace t2::tawk
