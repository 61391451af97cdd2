// SPDX-License-Identifier: Apache-2.0
#include "rows.h"

#include <bit>
#include <concepts>

namespace t2::parquet {
namespace {

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
  Walk(std::vector<ColumnBuffer>& columns, RowReader& in) : columns_(columns), in_(in) {}

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
      Put put(columns_[node.first_leaf], definition, repetition);
      return visit_scalar(node.type->kind, in_, put);
    }
    for (const Node& part : node.parts) cell(part, definition, repetition);
  }
  void nulls(const Node& node, std::uint32_t definition, std::uint32_t repetition) {
    for (std::size_t i = 0; i < node.leaves; ++i) {
      columns_[node.first_leaf + i].null(definition, repetition);
    }
  }

  std::vector<ColumnBuffer>& columns_;
  RowReader& in_;
};

}  // namespace

RowGroup::RowGroup(const Layout& layout) : layout_(layout) {
  columns_.reserve(layout.leaves.size());
  for (const Leaf& l : layout.leaves) columns_.emplace_back(l);
}

void RowGroup::add(RowView row) {
  RowReader in(row);
  Walk walk(columns_, in);
  for (const Node& column : layout_.columns) {
    if (column.plain) {
      Put put(columns_[column.first_leaf], 0, 0);
      visit_scalar(column.type->kind, in, put);
    } else {
      walk.cell(column, 0, 0);
    }
  }
  ++rows_;
}

std::size_t RowGroup::size() const {
  std::size_t n = 0;
  for (const ColumnBuffer& c : columns_) n += c.size();
  return n;
}

std::vector<Chunk> RowGroup::finish() {
  std::vector<Chunk> chunks;
  for (ColumnBuffer& c : columns_) chunks.push_back(c.finish());
  rows_ = 0;
  return chunks;
}

}  // namespace t2::parquet
