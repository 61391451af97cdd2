// SPDX-License-Identifier: Apache-2.0
// The one file that is written. It is opened before anything hostile is read, and changed only when
// the page is complete; what is not a report of ours is never overwritten.
#pragma once

#include <string>
#include <string_view>

#include "t2/result.h"

namespace t2::report {

class OutputFile {
 public:
  /// `path` "-": standard output. An error if something else than a report lies there.
  static Result<OutputFile> open(const std::string& path, bool json);
  OutputFile(OutputFile&& other) noexcept;
  OutputFile& operator=(OutputFile&&) = delete;
  OutputFile(const OutputFile&) = delete;
  OutputFile& operator=(const OutputFile&) = delete;
  /// Removes a file that was made and never written.
  ~OutputFile();

  Result<void> write(std::string_view text);
  /// It was written, if by another process.
  void keep() { made_ = false; }

 private:
  OutputFile(int fd, std::string path, bool made) : fd_(fd), path_(std::move(path)), made_(made) {}

  int fd_;
  std::string path_;
  bool made_;
};

}  // namespace t2::report
