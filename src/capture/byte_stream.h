// SPDX-License-Identifier: Apache-2.0
// ByteStream: bytes that come one after the other: standard input, pipes, growing files, memory,
// and what a decompressor makes of any of them (decompress.h).
#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <span>
#include <string>
#include <utility>

#include "t2/bytes.h"

namespace t2 {

/// Owns a file descriptor.
class FileDescriptor {
 public:
  explicit FileDescriptor(int fd = -1) : fd_(fd) {}
  ~FileDescriptor();
  FileDescriptor(FileDescriptor&& o) noexcept : fd_(std::exchange(o.fd_, -1)) {}
  FileDescriptor& operator=(FileDescriptor&& o) noexcept {
    std::swap(fd_, o.fd_);
    return *this;
  }
  int get() const { return fd_; }

 private:
  int fd_;
};

class ByteStream {
 public:
  enum class State : std::uint8_t {
    kData,   // 1 or more bytes
    kAgain,  // nothing yet
    kEnd,    // nothing more; a file that has grown since gives data again
    kError,  // see error(); nothing more
  };
  struct Got {
    State state = State::kEnd;
    std::size_t size = 0;
  };

  virtual ~ByteStream() = default;
  /// Fills `out` (not empty) from its start.
  virtual Got read(std::span<std::uint8_t> out) = 0;
  /// Bytes taken from the file or pipe itself, thus compressed ones.
  virtual std::uint64_t consumed() const = 0;
  /// One line without names; empty unless read() has failed.
  virtual std::string error() const { return {}; }
};

/// Reads a descriptor. On pipes and terminals a read waits kWait at most and is then kAgain.
class FdStream final : public ByteStream {
 public:
  static constexpr int kWaitMilliseconds = 100;

  FdStream(FileDescriptor fd, bool regular) : fd_(std::move(fd)), regular_(regular) {}
  Got read(std::span<std::uint8_t> out) override;
  std::uint64_t consumed() const override { return consumed_; }
  std::string error() const override { return error_; }

 private:
  FileDescriptor fd_;
  bool regular_;
  std::uint64_t consumed_ = 0;
  std::string error_;
};

/// Reads memory that outlives it, at most `piece` bytes at a time (tests and fuzzing).
class MemoryStream final : public ByteStream {
 public:
  MemoryStream(Bytes bytes, std::size_t piece) : left_(bytes), piece_(piece) {}
  Got read(std::span<std::uint8_t> out) override;
  std::uint64_t consumed() const override { return consumed_; }

 private:
  Bytes left_;
  std::size_t piece_;
  std::uint64_t consumed_ = 0;
};

/// Gives back bytes that were read ahead to recognise a format, then the rest of the stream.
class RewoundStream final : public ByteStream {
 public:
  RewoundStream(std::string head, std::unique_ptr<ByteStream> rest)
      : head_(std::move(head)), rest_(std::move(rest)) {}
  Got read(std::span<std::uint8_t> out) override;
  std::uint64_t consumed() const override { return rest_->consumed(); }
  std::string error() const override { return rest_->error(); }

 private:
  std::string head_;
  std::size_t given_ = 0;
  std::unique_ptr<ByteStream> rest_;
};

}  // namespace t2
