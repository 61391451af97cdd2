// SPDX-License-Identifier: Apache-2.0
// Input: the window of a capture file that a parser is shown: a mapped file, or a buffer that is
// refilled from a stream. Both move forward only and keep memory bounded.
#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <string>

#include "capture/byte_stream.h"
#include "t2/bytes.h"
#include "t2/result.h"

namespace t2 {

class Input {
 public:
  enum class Fill : std::uint8_t { kMore, kAgain, kEnd };

  virtual ~Input() = default;

  /// What is there. Valid until the next fill().
  Bytes window() const { return window_; }
  void consume(std::size_t n) { window_ = window_.subspan(n); }
  /// Tries to make `want` bytes available; kMore means that it did. kEnd is final only for files
  /// that do not grow.
  virtual Fill fill(std::size_t want) = 0;
  /// Bytes of the file on disk that are behind the window's start. For compressed data: that the
  /// decompressor has taken.
  virtual std::uint64_t position() const = 0;
  /// Why the input ended early; empty if it did not.
  virtual std::string problem() const { return {}; }

 protected:
  Bytes window_;
};

/// A regular file, mapped. The window reaches kStep bytes ahead and pages behind it are released,
/// so that a large file does not show as used memory. A file that is shortened while it is read
/// ends there (its size is looked at for every step).
class MappedInput final : public Input {
 public:
  static constexpr std::size_t kStep = std::size_t{4} << 20;

  static Result<std::unique_ptr<Input>> map(FileDescriptor fd, std::size_t size);
  ~MappedInput() override;
  MappedInput(const MappedInput&) = delete;
  MappedInput& operator=(const MappedInput&) = delete;

  Fill fill(std::size_t want) override;
  std::uint64_t position() const override { return window_end_ - window_.size(); }
  std::string problem() const override;

 private:
  MappedInput(FileDescriptor fd, void* address, std::size_t size);
  void release_before(std::size_t offset);

  FileDescriptor fd_;
  void* address_;
  std::size_t mapped_;
  std::size_t size_;  // smaller than mapped_ if the file was shortened
  std::size_t window_end_ = 0;
  std::size_t released_ = 0;
};

/// A buffer over a stream. Grows up to the longest record asked for.
class StreamInput final : public Input {
 public:
  static constexpr std::size_t kBuffer = std::size_t{512} << 10;

  explicit StreamInput(std::unique_ptr<ByteStream> stream, std::size_t buffer = kBuffer);
  Fill fill(std::size_t want) override;
  std::uint64_t position() const override { return stream_->consumed(); }
  std::string problem() const override { return stream_->error(); }

 private:
  void make_room(std::size_t want);

  std::unique_ptr<ByteStream> stream_;
  std::unique_ptr<std::uint8_t[]> buffer_;
  std::size_t capacity_;
};

/// Memory that outlives it, all there from the start (tests and fuzzing).
class MemoryInput final : public Input {
 public:
  explicit MemoryInput(Bytes bytes) : size_(bytes.size()) { window_ = bytes; }
  Fill fill(std::size_t /*want*/) override { return Fill::kEnd; }
  std::uint64_t position() const override { return size_ - window_.size(); }

 private:
  std::size_t size_;
};

}  // namespace t2
