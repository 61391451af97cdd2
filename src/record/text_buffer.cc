// SPDX-License-Identifier: Apache-2.0
#include "t2/text_buffer.h"

#include <utility>

namespace t2 {

void TextBuffer::grow(std::size_t n) {
  std::size_t capacity = capacity_ < 4096 ? 4096 : capacity_ * 2;
  while (capacity - size_ < n) capacity *= 2;
  auto data = std::make_unique_for_overwrite<char[]>(capacity);
  if (size_ > 0) std::memcpy(data.get(), data_.get(), size_);
  data_ = std::move(data);
  capacity_ = capacity;
}

}  // namespace t2
