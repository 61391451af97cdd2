// SPDX-License-Identifier: Apache-2.0
// A table that is read twice, first for the widths of its columns: a file through a buffer; a pipe
// and what is compressed are kept in memory.
#pragma once

#include <sys/types.h>

#include <functional>
#include <string>
#include <string_view>

#include "t2/result.h"

namespace t2::tcol {

/// Longer than any row of a table, in bytes: what has such a line is no table.
inline constexpr std::size_t kMaxLine = std::size_t{1} << 26;

class Input {
 public:
  using Line = std::function<void(std::string_view)>;

  /// "-" is standard input. The name must outlive the object.
  explicit Input(const char* name);

  const char* name() const { return name_; }
  /// Why the input ends too early; "" if it does not. What came before can be read.
  const std::string& damage() const { return damage_; }
  /// Calls `f` for each line. An error if not all lines could be read.
  Result<void> each_line(const Line& f);

 private:
  static constexpr off_t kUnknown = -2;

  Result<void> from_file(const Line& f);
  Result<void> keep_all();

  const char* name_;
  int fd_;
  off_t start_ = kUnknown;  // of the table in the file; -1: it is kept
  std::string text_, damage_;
  bool kept_ = false;
};

}  // namespace t2::tcol
