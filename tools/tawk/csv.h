// SPDX-License-Identifier: Apache-2.0
// Tables as RFC 4180 writes them: cells in quotes may hold separators, quotes and line ends. awk
// knows nothing of that, so between it and the files cells and rows end with marks that no table
// holds (Marks).
#pragma once

#include <cstdint>
#include <string>
#include <string_view>

#include "t2/result.h"

namespace t2::tawk {

/// What stands between cells and behind rows on awk's side: a control character and a number that
/// is drawn anew for every run, so that no table can hold it.
struct Marks {
  std::string cell, row;
};

class CsvReader {
 public:
  CsvReader(std::string separator, Marks marks)
      : separator_(std::move(separator)), marks_(std::move(marks)) {}

  /// Appends the cells of the next bytes of a file.
  void add(std::string_view in, std::string& out);
  /// The end of the file: appends what is left. An error if a quote is still open.
  Result<void> finish(std::string& out);
  /// Whether the first row, and with it the style of line ends, is complete.
  bool has_row() const { return rows_ > 0; }
  /// What the first row ends with: "\n" or "\r\n" (as RFC 4180 wants it).
  const char* line_end() const { return crlf_ ? "\r\n" : "\n"; }

 private:
  enum class At { kCellStart, kPlain, kQuoted, kQuoteInQuoted };

  void byte(char c, std::string& out);
  void end_row(std::string& out);

  std::string separator_;
  Marks marks_;
  std::string pending_;  // a carriage return or the beginning of a separator
  At at_ = At::kCellStart;
  std::uint64_t rows_ = 0, quote_row_ = 0;
  bool crlf_ = false, any_ = false;
};

/// Appends one row; cells in `row` end with marks.cell, but for the last one.
void put_csv_row(std::string_view row, const Marks& marks, std::string_view separator,
                 std::string_view line_end, std::string& out);

}  // namespace t2::tawk
