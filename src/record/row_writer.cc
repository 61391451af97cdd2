// SPDX-License-Identifier: Apache-2.0
#include "t2/columns.h"

namespace t2 {

void RowWriter::grow(std::size_t n) {
  std::size_t capacity = capacity_ < 4096 ? 4096 : 2 * capacity_;
  while (capacity - size_ < n) capacity *= 2;
  auto data = std::make_unique_for_overwrite<std::uint8_t[]>(capacity);
  if (size_ > 0) std::memcpy(data.get(), data_.get(), size_);
  data_ = std::move(data);
  capacity_ = capacity;
}

void RowWriter::grow_for_text(std::string_view s) {
  grow(sizeof(std::uint32_t) + s.size());
  text(s);
}

}  // namespace t2
