// SPDX-License-Identifier: Apache-2.0
// Text that grows while it is written: the formatters' output.
#pragma once

#include <cstddef>
#include <cstring>
#include <memory>
#include <string_view>
#include <vector>

namespace t2 {

/// A growing character buffer for writers: reserve room, write through the pointer, commit the end.
class TextBuffer {
 public:
  std::string_view view() const { return {data_.get(), size_}; }
  std::size_t size() const { return size_; }
  void clear() { size_ = 0; }

  /// Room for `n` more characters; the pointer is valid until the next call.
  char* reserve(std::size_t n) {
    if (capacity_ - size_ < n) grow(n);
    return data_.get() + size_;
  }
  /// `end` is one past the last character written behind reserve()'s pointer.
  void commit(const char* end) { size_ = static_cast<std::size_t>(end - data_.get()); }

  void overwrite(std::size_t at, char c) { data_[at] = c; }

  void append(std::string_view s) {
    if (s.empty()) return;
    std::memcpy(reserve(s.size()), s.data(), s.size());
    size_ += s.size();
  }
  void append(char c) {
    *reserve(1) = c;
    ++size_;
  }

 private:
  void grow(std::size_t n);

  std::unique_ptr<char[]> data_;
  std::size_t size_ = 0;
  std::size_t capacity_ = 0;
};

/// The text that a sink made of some rows, and where each of them ends in it.
struct RowText {
  TextBuffer text;
  std::vector<std::size_t> ends;

  void end_row() { ends.push_back(text.size()); }
  void clear() {
    text.clear();
    ends.clear();
  }
};

}  // namespace t2
