// SPDX-License-Identifier: Apache-2.0
#include "rows.h"

#include <algorithm>
#include <bit>
#include <concepts>
#include <cstring>

namespace t2::parquet {
namespace {

/// Of a column that has no last cell.
constexpr std::size_t kNoCell = ~std::size_t{0};

std::uint64_t word_at(const std::uint8_t* p) {
  std::uint64_t v = 0;
  std::memcpy(&v, p, sizeof v);
  return v;
}

/// How many bytes are the same at the beginning of both.
std::size_t same_bytes(Bytes a, Bytes b) {
  const std::size_t most = std::min(a.size(), b.size());
  const std::uint8_t *x = a.data(), *y = b.data();
  std::size_t n = 0;
  for (; most - n >= sizeof(std::uint64_t); n += sizeof(std::uint64_t)) {
    const std::uint64_t differ = word_at(x + n) ^ word_at(y + n);
    if (differ != 0) return n + static_cast<std::size_t>(std::countr_zero(differ)) / 8;
  }
  while (n < most && x[n] == y[n]) ++n;
  return n;
}

/// Puts values of one scalar into its column. Levels: where it stands (Dremel).
class Put {
 public:
  Put(ColumnBuffer& column, std::uint32_t definition, std::uint32_t repetition)
      : column_(column), definition_(definition), repetition_(repetition) {}

  template <std::integral Int>
  void operator()(Int v) {
    column_.number(static_cast<std::uint64_t>(static_cast<std::int64_t>(v)) & mask<Int>(),
                   repetition_);
  }
  template <class Int>
  void operator()(Hex<Int> v) {
    (*this)(v.value);
  }
  void operator()(float v) { column_.number(std::bit_cast<std::uint32_t>(v), repetition_); }
  void operator()(double v) { column_.number(std::bit_cast<std::uint64_t>(v), repetition_); }
  void operator()(char v) {
    if (v == 0) return column_.null(definition_, repetition_);
    text({&v, 1});
  }
  void operator()(Direction v) { (*this)(static_cast<char>(v)); }
  void operator()(Timestamp v) { (*this)(v.ns); }
  void operator()(Duration v) { (*this)(v.ns); }
  void operator()(const Mac& v) { text(as_text(v.bytes)); }
  void operator()(const IpAddress& v) {
    if (v.family == Family::kNone) return column_.null(definition_, repetition_);
    text(as_text(v.bytes).substr(0, v.is_v4() ? 4 : 16));
  }
  void operator()(std::string_view v) { text(v); }
  void operator()(Text v) { text(v.view); }
  void operator()(Content v) { text(as_text(v.bytes)); }

 private:
  /// Numbers of up to 32 bits are kept in 32.
  template <class Int>
  static constexpr std::uint64_t mask() {
    return sizeof(Int) == 8 ? ~std::uint64_t{0} : 0xffffffff;
  }
  void text(std::string_view s) { column_.text(s, repetition_); }

  ColumnBuffer& column_;
  std::uint32_t definition_, repetition_;
};

/// Walks a cell along its node.
class Walk {
 public:
  Walk(std::vector<ColumnBuffer>& leaves, RowReader& in) : leaves_(leaves), in_(in) {}

  /// `definition`: levels that are defined around it.
  void cell(const Node& node, std::uint32_t definition, std::uint32_t repetition) {
    const Type& type = *node.type;
    if (type.optional && in_.scalar<std::uint8_t>() == 0)
      return nulls(node, definition, repetition);
    if (!type.repeated) {
      return single(node, definition + (node.optional && type.kind == Kind::kCompound ? 1 : 0),
                    repetition);
    }
    if (node.optional) ++definition;
    const auto n = in_.scalar<std::uint32_t>();
    if (n == 0) return nulls(node, definition, repetition);
    for (std::uint32_t i = 0; i < n; ++i) {
      single(node, definition + 1, i == 0 ? repetition : node.list_repetition);
    }
  }

 private:
  void single(const Node& node, std::uint32_t definition, std::uint32_t repetition) {
    if (node.type->kind != Kind::kCompound) {
      Put put(leaves_[node.first_leaf], definition, repetition);
      return visit_scalar(node.type->kind, in_, put);
    }
    for (const Node& part : node.parts) cell(part, definition, repetition);
  }
  void nulls(const Node& node, std::uint32_t definition, std::uint32_t repetition) {
    for (std::size_t i = 0; i < node.leaves; ++i) {
      leaves_[node.first_leaf + i].null(definition, repetition);
    }
  }

  std::vector<ColumnBuffer>& leaves_;
  RowReader& in_;
};

}  // namespace

RowGroup::RowGroup(const Layout& layout) : layout_(layout) {
  leaves_.reserve(layout.leaves.size());
  for (const Leaf& l : layout.leaves) leaves_.emplace_back(l);
  begin();
}

void RowGroup::begin() {
  rows_ = 0;
  last_ = {};
  cells_.assign(layout_.columns.size(), {kNoCell, 0});
}

void RowGroup::add(RowView row) {
  Bytes rest = row.bytes, last = last_;
  for (std::size_t c = 0; c < cells_.size(); ++c) {
    // A cell's bytes say where it ends: what begins alike is alike.
    const std::size_t same = same_bytes(rest, last);
    std::size_t passed = 0;
    for (; c < cells_.size() && cells_[c].size <= same - passed; ++c) passed += cells_[c].size;
    if (c == cells_.size()) break;
    rest = rest.subspan(passed);
    last = last.subspan(passed);
    if (cells_[c].rows != rows_) catch_up(c);
    const std::size_t size = take_apart(layout_.columns[c], rest);
    rest = rest.subspan(size);
    last = last.subspan(std::min(cells_[c].size, last.size()));
    cells_[c] = {size, rows_ + 1};
  }
  ++rows_;
  last_ = row.bytes;
}

/// Returns the cell's length.
std::size_t RowGroup::take_apart(const Node& column, Bytes cells) {
  RowReader in(RowView{cells});
  if (column.plain) {
    Put put(leaves_[column.first_leaf], 0, 0);
    visit_scalar(column.type->kind, in, put);
  } else {
    Walk(leaves_, in).cell(column, 0, 0);
  }
  return static_cast<std::size_t>(in.position() - cells.data());
}

void RowGroup::catch_up(std::size_t column) {
  const std::uint64_t missing = rows_ - cells_[column].rows;
  if (missing == 0) return;
  const Node& node = layout_.columns[column];
  for (ColumnBuffer& leaf : std::span(leaves_).subspan(node.first_leaf, node.leaves)) {
    leaf.repeat_row(missing);
  }
  cells_[column].rows = rows_;
}

void RowGroup::end_batch() {
  kept_.assign(last_.begin(), last_.end());
  last_ = kept_;
  for (std::size_t c = 0; c < cells_.size(); ++c) catch_up(c);
}

std::size_t RowGroup::size() const {
  std::size_t n = 0;
  for (const ColumnBuffer& l : leaves_) n += l.size();
  return n;
}

std::vector<Chunk> RowGroup::finish() {
  for (std::size_t c = 0; c < cells_.size(); ++c) catch_up(c);
  std::vector<Chunk> chunks;
  for (ColumnBuffer& l : leaves_) chunks.push_back(l.finish());
  begin();
  return chunks;
}

}  // namespace t2::parquet
