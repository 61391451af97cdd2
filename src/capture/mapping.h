// SPDX-License-Identifier: Apache-2.0
// Mapping: a part of a file in memory that survives the file's being cut short: what is not there
// any more reads as zeros.
#pragma once

#include <atomic>
#include <cstddef>
#include <cstdint>
#include <memory>

#include "t2/bytes.h"

namespace t2 {

class Mapping {
 public:
  /// Maps `size` bytes from `offset`, a multiple of the page size, with all pages present. Null:
  /// not possible, errno says why. `lost` is set as soon as a byte is read that is gone.
  static std::shared_ptr<const Mapping> make(int fd, std::uint64_t offset, std::size_t size,
                                             std::shared_ptr<std::atomic<bool>> lost);
  ~Mapping();
  Mapping(const Mapping&) = delete;
  Mapping& operator=(const Mapping&) = delete;

  Bytes bytes() const { return {begin_, size_}; }

 private:
  Mapping(const std::uint8_t* begin, std::size_t size, std::shared_ptr<std::atomic<bool>> lost)
      : begin_(begin), size_(size), lost_(std::move(lost)) {}

  const std::uint8_t* begin_;
  std::size_t size_;
  std::shared_ptr<std::atomic<bool>> lost_;
};

}  // namespace t2
