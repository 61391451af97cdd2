// SPDX-License-Identifier: Apache-2.0
// ColumnBuffer: the values of one leaf in a row group. They are collected as indices into a
// dictionary as long as it stays small, else as they are.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "encoding.h"
#include "layout.h"

namespace t2::parquet {

/// A column chunk, ready to be written.
struct Chunk {
  std::string pages;  // dictionary page, if any, and data page
  std::uint64_t uncompressed = 0;
  std::uint64_t values = 0, nulls = 0;
  std::optional<std::uint64_t> data_page;  // where it begins, if a dictionary page is before it
  std::optional<std::string> min, max;
};

class ColumnBuffer {
 public:
  explicit ColumnBuffer(const Leaf& leaf);

  /// A value at these levels; definition is the highest.
  void number(std::uint64_t bits, std::uint32_t repetition) {
    note(leaf_->max_definition, repetition);
    if (dictionary_) {
      if (last_ != kFree && entries_[last_] == bits) return indices_.push_back(last_);
      index_number(bits);
    } else {
      plain_number(bits);
    }
  }
  /// Bytes of a text, of a MAC address, of an IPv4 or IPv6 address.
  void text(std::string_view s, std::uint32_t repetition) {
    note(leaf_->max_definition, repetition);
    if (dictionary_) {
      if (last_ != kFree && entry(last_) == s) return indices_.push_back(last_);
      index_text(s);
    } else {
      plain_text(s);
    }
  }
  void null(std::uint32_t definition, std::uint32_t repetition) {
    note(definition, repetition);
    ++nulls_;
  }

  /// What the last row put here, `n` times more.
  void repeat_row(std::size_t n);

  /// Bytes held.
  std::size_t size() const {
    return plain_.size() + texts_.size() +
           sizeof(std::uint32_t) * (indices_.size() + definitions_.size() + repetitions_.size());
  }
  /// The chunk of what was collected; the buffer is empty then.
  Chunk finish();

 private:
  static constexpr std::size_t kMostEntries = std::size_t{1} << 15;
  static constexpr std::size_t kMostBytes = std::size_t{1} << 20;  // of texts in a dictionary
  /// At most half of the table is taken, so that more steps mean values made to collide.
  static constexpr std::size_t kLongestSearch = 256;
  static constexpr std::uint32_t kFree = ~std::uint32_t{0};

  void note(std::uint32_t definition, std::uint32_t repetition) {
    if (repetition == 0) {
      row_levels_ = levels_;
      row_values_ = dictionary_ ? indices_.size() : plain_.size();
    }
    if (leaf_->max_definition > 0) definitions_.push_back(definition);
    if (leaf_->max_repetition > 0) repetitions_.push_back(repetition);
    ++levels_;
  }
  void plain_number(std::uint64_t bits) {
    if (width_ == sizeof bits) return put_plain(plain_, bits);
    put_plain(plain_, static_cast<std::uint32_t>(bits));
  }
  void plain_text(std::string_view s);
  template <class Is, class Add>
  bool index(std::uint64_t hash, Is is, Add add);
  void index_number(std::uint64_t bits);
  void index_text(std::string_view s);
  std::string_view entry(std::uint32_t i) const {
    const std::size_t begin = i == 0 ? 0 : ends_[i - 1];
    return {texts_.data() + begin, ends_[i] - begin};
  }
  void use(std::uint32_t e) {
    last_ = e;
    indices_.push_back(e);
  }
  void clear_dictionary();
  void grow();
  void give_up_dictionary();
  void reset();
  void statistics(Chunk& c) const;
  std::string dictionary_page(Chunk& c);
  template <class T>
  void range_of(Chunk& c) const;

  const Leaf* leaf_;
  std::size_t width_;  // of a number in PLAIN

  std::vector<std::uint32_t> definitions_, repetitions_;
  std::uint64_t levels_ = 0, nulls_ = 0;
  std::uint64_t row_levels_ = 0;  // levels before those of the last row
  std::size_t row_values_ = 0;    // the same in indices_, or in plain_
  std::string plain_;             // values as PLAIN has them, if there is no dictionary

  bool dictionary_ = true;              // as long as there are few different values
  unsigned groups_without_ = 0;         // row groups until a dictionary is tried again
  std::vector<std::uint32_t> indices_;  // of the values
  std::vector<std::uint32_t> table_;    // hash table: entries, or kFree
  std::vector<std::uint64_t> entries_;  // numbers; hashes of texts
  std::uint32_t last_ = kFree;          // the entry of the last value: often the next one's, too
  std::vector<std::size_t> ends_;       // of texts
  std::string texts_;
  std::string shown_;  // a text as it is written
};

}  // namespace t2::parquet
