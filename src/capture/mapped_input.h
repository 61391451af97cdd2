// SPDX-License-Identifier: Apache-2.0
// MappedInput: a regular file, mapped a window at a time instead of copied. Pages are brought in
// before they are shown; where that fails, for an I/O error or an old kernel, the rest of the file
// is read through buffers, which then says what is wrong.
//
// Another program may cut the file short while it is mapped. What was cut off then reads as zeros
// (instead of SIGBUS), and the input ends.
#pragma once

#include <atomic>
#include <cstdint>
#include <memory>
#include <string>

#include "capture/input.h"

namespace t2 {

class MappedInput final : public Input {
 public:
  static constexpr std::size_t kWindow = std::size_t{16} << 20;

  /// `size`: of the file, in bytes. It may grow.
  MappedInput(FileDescriptor fd, std::uint64_t size, std::size_t window = kWindow);

  Fill fill(std::size_t want) override;
  std::shared_ptr<const void> memory() const override;
  std::uint64_t position() const override { return ended_ ? end_ : begin(); }
  bool lost() const override { return lost_->load(std::memory_order_acquire); }
  std::string problem() const override;

 private:
  /// Of window_, in the file.
  std::uint64_t begin() const { return end_ - window_.size(); }
  /// Maps from `offset` on at least `want` bytes, or to the end of the file. False: not possible.
  bool map(std::uint64_t offset, std::size_t want);
  void read_ahead(std::uint64_t offset) const;
  Fill fill_mapped(std::size_t want);
  Fill fill_buffer(std::size_t want);

  FileDescriptor fd_;
  std::uint64_t size_;
  std::size_t window_size_;
  std::uint64_t end_ = 0;  // of window_, in the file
  bool ended_ = false;     // nothing follows window_, at present
  std::shared_ptr<const void> mapping_;
  std::shared_ptr<std::atomic<bool>> lost_ = std::make_shared<std::atomic<bool>>(false);
  std::unique_ptr<StreamInput> rest_;  // once mapping has failed
};

}  // namespace t2
