// SPDX-License-Identifier: Apache-2.0
// OutputFile: a plain or gzip file, or standard output, written in large pieces.
#pragma once

#include <zlib.h>

#include <cstdint>
#include <cstdio>
#include <string>
#include <string_view>

#include "t2/result.h"
#include "t2/sink.h"

namespace t2::txt_sink {

class OutputFile {
 public:
  OutputFile() = default;
  ~OutputFile() { (void)close(); }
  OutputFile(const OutputFile&) = delete;
  OutputFile& operator=(const OutputFile&) = delete;

  /// Makes or overwrites the file; "-" is standard output.
  Result<void> open(const std::string& path, bool gzip, OutputAccess access);
  Result<void> write(std::string_view data);
  /// Overwrites bytes at the start of a plain file.
  Result<void> write_at_start(std::string_view data);
  Result<void> close();

  /// Of the open file, for as long as it is open.
  int descriptor() const { return fd_; }
  bool is_open() const { return file_ != nullptr || gzip_ != nullptr; }
  /// Whether write_at_start() works.
  bool seekable() const { return seekable_; }
  /// Bytes written, before compression.
  std::uint64_t bytes() const { return bytes_; }

 private:
  Error failure() const;

  std::string name_;  // for messages
  std::FILE* file_ = nullptr;
  gzFile gzip_ = nullptr;
  int fd_ = -1;  // of one of them
  bool seekable_ = false;
  std::uint64_t bytes_ = 0;
};

}  // namespace t2::txt_sink
