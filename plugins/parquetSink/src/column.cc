// SPDX-License-Identifier: Apache-2.0
#include "column.h"

#include <zstd.h>

#include <algorithm>
#include <cmath>
#include <cstring>
#include <memory>
#include <span>
#include <stdexcept>

#include "t2/scalars.h"
#include "t2/unicode.h"

namespace t2::parquet {
namespace {

// Numbers of the metadata: Encoding, CompressionCodec, PageType.
enum : std::int32_t { kPlain = 0, kRle = 3, kRleDictionary = 8 };
enum : std::int32_t { kDataPage = 0, kDictionaryPage = 2 };

constexpr int kLevel = 1;  // of zstd: at 3 files are 3 % smaller and take half as long again
constexpr unsigned kPause = 8;
constexpr std::size_t kLongestLimit = 64;  // of a text in statistics

/// What a reader gets for the bytes. What is no UTF-8 would be refused: such bytes become U+FFFD.
void put_shown(std::string_view s, Meaning meaning, std::string& out) {
  char made[kScalarRoom];
  const auto* bytes = reinterpret_cast<const std::uint8_t*>(s.data());
  switch (meaning) {
    case Meaning::kIp:
      out.append(made, s.size() == 4 ? put_ip4(made, bytes) : put_ip6(made, bytes));
      return;
    case Meaning::kMac: {
      Mac m;
      std::copy_n(bytes, m.bytes.size(), m.bytes.begin());
      out.append(made, put_mac(made, m, ":", kLowerHex));
      return;
    }
    case Meaning::kContent:  // as the table shows it
      out.resize(2 * s.size() + kSlack);
      out.resize(static_cast<std::size_t>(put_content(out.data(), s) - out.data()));
      return;
    case Meaning::kText:
      break;
  }
  if (is_utf8(s)) {
    out += s;
    return;
  }
  while (!s.empty()) {
    char32_t c = 0;
    const std::size_t n = character_length(s, c);
    out += n > 0 ? s.substr(0, n) : "\xef\xbf\xbd";
    s.remove_prefix(std::max<std::size_t>(n, 1));
  }
}

std::uint64_t mixed(std::uint64_t v) {
  v *= 0x9e3779b97f4a7c15;
  return v ^ v >> 29;
}

/// Eight bytes at a time. Whoever makes texts collide loses the dictionary, see kLongestSearch.
std::uint64_t hash_of(std::string_view s) {
  std::uint64_t h = s.size();
  for (; s.size() >= sizeof h; s.remove_prefix(sizeof h)) {
    std::uint64_t word = 0;
    std::memcpy(&word, s.data(), sizeof word);
    h = mixed(h ^ word);
  }
  std::uint64_t rest = 0;
  std::memcpy(&rest, s.data(), s.size());
  return mixed(h ^ rest);
}

/// Appends the last `length` elements `n` times.
template <class Sequence>
void repeat_end(Sequence& s, std::size_t length, std::size_t n) {
  if (length == 0) return;
  const std::size_t begin = s.size() - length;
  if (length == 1) {
    s.resize(s.size() + n, s.back());
    return;
  }
  s.resize(s.size() + n * length);
  for (auto at = s.begin() + static_cast<std::ptrdiff_t>(begin + length); at != s.end();) {
    at = std::copy_n(s.begin() + static_cast<std::ptrdiff_t>(begin), length, at);
  }
}

/// Appends a page: its header, then its bytes compressed.
void put_page(Chunk& c, const std::string& page, std::size_t values, std::int32_t type,
              std::int32_t encoding) {
  const std::size_t room = ZSTD_compressBound(page.size());
  const auto packed = std::make_unique_for_overwrite<char[]>(room);
  const std::size_t n = ZSTD_compress(packed.get(), room, page.data(), page.size(), kLevel);
  if (ZSTD_isError(n) != 0) throw std::runtime_error(ZSTD_getErrorName(n));
  Thrift t;
  t.begin_element();
  t.i32(1, type);
  t.i32(2, static_cast<std::int32_t>(page.size()));
  t.i32(3, static_cast<std::int32_t>(n));
  t.begin_struct(type == kDictionaryPage ? 7 : 5);
  t.i32(1, static_cast<std::int32_t>(values));
  t.i32(2, encoding);
  if (type == kDataPage) {
    t.i32(3, kRle);
    t.i32(4, kRle);
  }
  t.end_struct();
  t.end_struct();
  c.pages += t.bytes();
  c.pages.append(packed.get(), n);
  c.uncompressed += t.bytes().size() + page.size();
}

}  // namespace

ColumnBuffer::ColumnBuffer(const Leaf& leaf)
    : leaf_(&leaf),
      width_(leaf.physical == Physical::kInt32 || leaf.physical == Physical::kFloat ? 4 : 8) {
  table_.assign(64, kFree);
}

void ColumnBuffer::plain_text(std::string_view s) {
  shown_.clear();
  put_shown(s, leaf_->meaning, shown_);
  put_plain(plain_, static_cast<std::uint32_t>(shown_.size()));
  plain_ += shown_;
}

/// Entries lie from the hash on; at most half of the table is taken. `is`: whether an entry of this
/// hash is the value; `add` keeps what else a new one has. False: there is no place soon enough.
template <class Is, class Add>
bool ColumnBuffer::index(std::uint64_t hash, Is is, Add add) {
  const std::size_t mask = table_.size() - 1;
  std::size_t i = mixed(hash) & mask;
  for (std::size_t steps = 0; steps < kLongestSearch; ++steps, i = (i + 1) & mask) {
    const std::uint32_t e = table_[i];
    if (e != kFree && entries_[e] == hash && is(e)) return use(e), true;
    if (e != kFree) continue;
    table_[i] = static_cast<std::uint32_t>(entries_.size());
    use(table_[i]);
    entries_.push_back(hash);
    add();
    return grow(), true;
  }
  give_up_dictionary();
  return false;
}

void ColumnBuffer::index_number(std::uint64_t bits) {
  if (!index(
          bits, [](std::uint32_t) { return true; }, [] {}))
    plain_number(bits);
}

void ColumnBuffer::index_text(std::string_view s) {
  const auto add = [&] {
    texts_ += s;
    ends_.push_back(texts_.size());
  };
  if (!index(
          hash_of(s), [&](std::uint32_t e) { return entry(e) == s; }, add))
    plain_text(s);
}

void ColumnBuffer::grow() {
  if (entries_.size() > kMostEntries || texts_.size() > kMostBytes) return give_up_dictionary();
  if (entries_.size() * 2 <= table_.size()) return;
  const std::size_t mask = table_.size() * 2 - 1;
  table_.assign(mask + 1, kFree);
  for (std::uint32_t e = 0; e < entries_.size(); ++e) {
    std::size_t i = mixed(entries_[e]) & mask;
    while (table_[i] != kFree) i = (i + 1) & mask;
    table_[i] = e;
  }
}

/// Too many different values: what was collected becomes plain, and what comes.
void ColumnBuffer::give_up_dictionary() {
  dictionary_ = false;
  groups_without_ = kPause;
  std::size_t row = 0;
  for (std::size_t i = 0; i < indices_.size(); ++i) {
    if (i == row_values_) row = plain_.size();
    if (leaf_->physical == Physical::kBytes) {
      plain_text(entry(indices_[i]));
    } else {
      plain_number(entries_[indices_[i]]);
    }
  }
  row_values_ = row_values_ < indices_.size() ? row : plain_.size();
  clear_dictionary();
}

void ColumnBuffer::repeat_row(std::size_t n) {
  const std::size_t levels = levels_ - row_levels_;
  if (leaf_->max_definition > 0) {
    const std::span row = std::span(definitions_).last(levels);
    nulls_ += n * static_cast<std::size_t>(std::ranges::count_if(
                      row, [&](std::uint32_t d) { return d != leaf_->max_definition; }));
    repeat_end(definitions_, levels, n);
  }
  if (leaf_->max_repetition > 0) repeat_end(repetitions_, levels, n);
  const std::size_t values = (dictionary_ ? indices_.size() : plain_.size()) - row_values_;
  if (dictionary_) {
    repeat_end(indices_, values, n);
  } else {
    repeat_end(plain_, values, n);
  }
  levels_ += n * levels;
  row_levels_ += n * levels;
  row_values_ += n * values;
}

void ColumnBuffer::clear_dictionary() {
  last_ = kFree;
  indices_.clear();
  entries_.clear();
  ends_.clear();
  texts_.clear();
  std::fill(table_.begin(), table_.end(), kFree);
}

void ColumnBuffer::reset() {
  definitions_.clear();
  repetitions_.clear();
  plain_.clear();
  levels_ = nulls_ = row_levels_ = 0;
  row_values_ = 0;
  if (groups_without_ > 0 && --groups_without_ > 0) return;
  dictionary_ = true;
  clear_dictionary();
}

template <class T>
void ColumnBuffer::range_of(Chunk& c) const {
  std::optional<T> low, high;
  bool nan = false;
  const auto look = [&](T v) {
    if constexpr (std::is_floating_point_v<T>) nan |= std::isnan(v);
    if (!low || v < *low) low = v;
    if (!high || v > *high) high = v;
  };
  if (dictionary_) {
    for (const std::uint64_t e : entries_) {
      T v;
      std::memcpy(&v, &e, sizeof v);
      look(v);
    }
  } else {
    for (std::size_t i = 0; i + sizeof(T) <= plain_.size(); i += sizeof(T)) {
      T v;
      std::memcpy(&v, &plain_[i], sizeof v);
      look(v);
    }
  }
  if (!low || nan) return;
  if constexpr (std::is_floating_point_v<T>) {  // a zero may stand for either
    if (*low == 0) low = static_cast<T>(-0.0);
    if (*high == 0) high = static_cast<T>(0.0);
  }
  c.min.emplace(reinterpret_cast<const char*>(&*low), sizeof(T));
  c.max.emplace(reinterpret_cast<const char*>(&*high), sizeof(T));
}

void ColumnBuffer::statistics(Chunk& c) const {
  switch (leaf_->physical) {
    case Physical::kInt32:
      return leaf_->is_signed ? range_of<std::int32_t>(c) : range_of<std::uint32_t>(c);
    case Physical::kInt64:
      return leaf_->is_signed ? range_of<std::int64_t>(c) : range_of<std::uint64_t>(c);
    case Physical::kFloat:
      return range_of<float>(c);
    case Physical::kDouble:
      return range_of<double>(c);
    case Physical::kBytes:
      break;
  }
}

/// The entries as PLAIN has them, and the smallest and largest of them.
std::string ColumnBuffer::dictionary_page(Chunk& c) {
  std::string page;
  if (leaf_->physical != Physical::kBytes) {
    for (const std::uint64_t& e : entries_) page.append(reinterpret_cast<const char*>(&e), width_);
    return page;
  }
  std::string low, high;
  for (std::uint32_t i = 0; i < entries_.size(); ++i) {
    shown_.clear();
    put_shown(entry(i), leaf_->meaning, shown_);
    put_plain(page, static_cast<std::uint32_t>(shown_.size()));
    page += shown_;
    if (i == 0 || shown_ < low) low = shown_;
    if (i == 0 || shown_ > high) high = shown_;
  }
  if (low.size() <= kLongestLimit) c.min = low;
  if (high.size() <= kLongestLimit) c.max = high;
  return page;
}

Chunk ColumnBuffer::finish() {
  Chunk c;
  c.values = levels_;
  c.nulls = nulls_;
  statistics(c);
  std::string page;
  const bool indexed = dictionary_ && !entries_.empty();
  if (indexed) {
    put_page(c, dictionary_page(c), entries_.size(), kDictionaryPage, kPlain);
    c.data_page = c.pages.size();
  }
  if (leaf_->max_repetition > 0) put_levels(repetitions_, leaf_->max_repetition, page);
  if (leaf_->max_definition > 0) put_levels(definitions_, leaf_->max_definition, page);
  if (indexed) {
    const unsigned bits = std::max(1U, bits_for(static_cast<std::uint32_t>(entries_.size() - 1)));
    page += static_cast<char>(bits);
    put_hybrid(indices_, bits, page);
  } else {
    page += plain_;
  }
  put_page(c, page, levels_, kDataPage, indexed ? kRleDictionary : kPlain);
  reset();
  return c;
}

}  // namespace t2::parquet
