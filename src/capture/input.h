// SPDX-License-Identifier: Apache-2.0
// Input: the window of a capture file that a parser is shown: buffers that are refilled from a
// stream, or a part of the file itself (mapped_input.h). It moves forward only; memory stays
// bounded.
#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <string>
#include <vector>

#include "base/mutex.h"
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
  /// What window() lies in; a copy keeps the bytes valid beyond the next fill().
  virtual std::shared_ptr<const void> memory() const { return nullptr; }
  /// Bytes of the file on disk that are behind the window's start. For compressed data: that the
  /// decompressor has taken.
  virtual std::uint64_t position() const = 0;
  /// Bytes of window() are not what they were: another program has cut the file short.
  virtual bool lost() const { return false; }
  /// Why the input ended early; empty if it did not.
  virtual std::string problem() const { return {}; }

 protected:
  Bytes window_;
};

/// Buffers that come back when nobody holds them any more, on whichever thread that is.
class BufferPool : public std::enable_shared_from_this<BufferPool> {
 public:
  struct Buffer {
    std::unique_ptr<std::uint8_t[]> bytes;
    std::size_t capacity = 0;
  };
  /// One of at least `capacity` bytes, whatever they are. The pool lives as long as its buffers.
  std::shared_ptr<Buffer> take(std::size_t capacity);

 private:
  Mutex mutex_;
  std::vector<Buffer> free_ T2_GUARDED_BY(mutex_);
};

/// Buffers over a stream. A buffer grows up to the longest record asked for; each fill() takes
/// another one, for somebody may still hold what was there (memory()).
class StreamInput final : public Input {
 public:
  static constexpr std::size_t kBuffer = std::size_t{256} << 10;

  explicit StreamInput(std::unique_ptr<ByteStream> stream, std::size_t buffer = kBuffer);
  Fill fill(std::size_t want) override;
  std::shared_ptr<const void> memory() const override { return buffer_; }
  std::uint64_t position() const override { return stream_->consumed(); }
  std::string problem() const override { return stream_->error(); }

 private:
  /// Moves the window's bytes to the start of a buffer of `want` bytes at least.
  void make_room(std::size_t want);

  std::unique_ptr<ByteStream> stream_;
  std::shared_ptr<BufferPool> pool_ = std::make_shared<BufferPool>();
  std::shared_ptr<BufferPool::Buffer> buffer_;  // that of the window
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
