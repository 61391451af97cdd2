// SPDX-License-Identifier: Apache-2.0
// Lines of a file that may be compressed and as large as the disk: one pass, one buffer.
#pragma once

#include <cstdint>
#include <functional>
#include <optional>
#include <string>
#include <string_view>

#include "common/table_text.h"
#include "t2/result.h"

namespace t2::report {

class LineReader {
 public:
  /// Takes over the descriptor, which is open for reading; `name` is for messages. A line of more
  /// than `most` bytes is passed over, and counted.
  LineReader(int fd, std::string name, std::size_t most);
  ~LineReader();
  LineReader(const LineReader&) = delete;
  LineReader& operator=(const LineReader&) = delete;

  /// The next line without its end, valid until the next call; empty at the end or on error().
  std::optional<std::string_view> next();
  /// Calls `f` with all bytes as they lie in the file, as they are read.
  void watch(std::function<void(std::string_view)> f) { watch_ = std::move(f); }
  /// Why reading ended early; empty if it did not.
  const std::string& error() const { return error_; }
  std::uint64_t passed_over() const { return passed_over_; }

 private:
  bool fill();

  int fd_;
  std::string name_, held_, error_;
  std::size_t most_, at_ = 0;
  bool ended_ = false, dropping_ = false;
  std::uint64_t passed_over_ = 0;
  std::function<void(std::string_view)> watch_;
  tools::TableText text_;
};

/// Opens a regular file for reading, without following a last link if `safe` is set.
Result<int> open_to_read(const std::string& path, bool safe);

}  // namespace t2::report
