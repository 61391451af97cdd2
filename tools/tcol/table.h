// SPDX-License-Identifier: Apache-2.0
// The layout of tcol: tab-separated rows as aligned columns (spec tools 4).
#pragma once

#include <cstddef>
#include <string>
#include <string_view>
#include <vector>

namespace t2::tcol {

/// Width of a cell on the terminal, and its text with control characters as \xNN.
/// `limit` 0: no limit, else the cell is cut to that many columns.
struct Cell {
  std::string text;
  std::size_t width = 0;
};
Cell display(std::string_view cell, std::size_t limit);

/// Whether a line is a row: empty lines and comments are none.
bool laid_out(std::string_view line);

class Table {
 public:
  explicit Table(std::size_t cell_limit) : limit_(cell_limit) {}

  /// First pass: takes note of the widths of one line (without line end).
  void measure(std::string_view line);
  /// After it: columns of the screen that the first `columns` take; 0 if they are too many to stay.
  std::size_t width_of_first(std::size_t columns) const;
  /// Second pass: the aligned line with its line end, appended to `out`. Empty lines vanish, lines
  /// that begin with '#' stay as they are.
  void put(std::string_view line, std::string& out) const;

 private:
  std::size_t limit_;
  std::vector<std::size_t> widths_;
};

}  // namespace t2::tcol
