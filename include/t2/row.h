// SPDX-License-Identifier: Apache-2.0
// Rows as sinks see them: typed values back to back, in the order of a schema's columns, as
// RowWriter (columns.h) put them there. This header is the one place that takes them apart:
//
//   for (const t2::RowView row : rows) {
//     t2::RowReader in(row);
//     for (const t2::Column& c : schema.columns) t2::visit(c.type, in, visitor);
//   }
#pragma once

#include <cstdint>
#include <cstring>
#include <string_view>
#include <vector>

#include "t2/columns.h"

namespace t2 {

/// The two tables that a run makes: a row per flow direction; with -s a row per packet.
enum class Table : std::uint32_t { kFlows, kPackets };

/// The columns of one table in output order.
struct Schema {
  std::vector<Column> columns;
};

/// One encoded row. A sink may not keep it, nor any view into it, after the call.
struct RowView {
  Bytes bytes;
};

/// Takes a row apart in column order; the counterpart of RowWriter. The core made the row, so sizes
/// are trusted.
class RowReader {
 public:
  explicit RowReader(RowView row) : at_(row.bytes.data()) {}

  template <class T>
  T scalar() {
    T v;
    std::memcpy(&v, at_, sizeof v);
    at_ += sizeof v;
    return v;
  }
  std::string_view text() {
    const auto n = scalar<std::uint32_t>();
    std::string_view v(reinterpret_cast<const char*>(at_), n);
    at_ += n;
    return v;
  }
  /// Where the next value begins.
  const std::uint8_t* position() const { return at_; }

 private:
  const std::uint8_t* at_;
};

/// Calls `f` with the next value as the type that its column was declared with: std::uint8_t,
/// Hex16, Timestamp, IpAddress...; std::string_view for a string, Text, Content. `kind` is no
/// compound.
template <class F>
[[gnu::always_inline]] inline void visit_scalar(Kind kind, RowReader& in, F&& f) {
  switch (kind) {
    case Kind::kI8:
      return f(in.scalar<std::int8_t>());
    case Kind::kI16:
      return f(in.scalar<std::int16_t>());
    case Kind::kI32:
      return f(in.scalar<std::int32_t>());
    case Kind::kI64:
      return f(in.scalar<std::int64_t>());
    case Kind::kU8:
      return f(in.scalar<std::uint8_t>());
    case Kind::kU16:
      return f(in.scalar<std::uint16_t>());
    case Kind::kU32:
      return f(in.scalar<std::uint32_t>());
    case Kind::kU64:
      return f(in.scalar<std::uint64_t>());
    case Kind::kH8:
      return f(in.scalar<Hex8>());
    case Kind::kH16:
      return f(in.scalar<Hex16>());
    case Kind::kH32:
      return f(in.scalar<Hex32>());
    case Kind::kH64:
      return f(in.scalar<Hex64>());
    case Kind::kFloat:
      return f(in.scalar<float>());
    case Kind::kDouble:
      return f(in.scalar<double>());
    case Kind::kChar:
      return f(in.scalar<char>());
    case Kind::kDirection:
      return f(in.scalar<Direction>());
    case Kind::kTimestamp:
      return f(in.scalar<Timestamp>());
    case Kind::kDuration:
      return f(in.scalar<Duration>());
    case Kind::kMac:
      return f(in.scalar<Mac>());
    case Kind::kIp:
      return f(in.scalar<IpAddress>());
    case Kind::kString:
      return f(in.text());
    case Kind::kText:
      return f(Text{in.text()});
    case Kind::kContent: {
      const std::string_view s = in.text();
      return f(Content{{reinterpret_cast<const std::uint8_t*>(s.data()), s.size()}});
    }
    case Kind::kCompound:
      break;
  }
  __builtin_unreachable();
}

template <class Visitor>
void visit(const Type& type, RowReader& in, Visitor& v);

namespace detail {

template <class Visitor>
void visit_single(const Type& type, RowReader& in, Visitor& v) {
  if (type.kind != Kind::kCompound) {
    return visit_scalar(type.kind, in, [&v](const auto& value) { v.value(value); });
  }
  v.begin_compound(type);
  for (const Type& part : type.parts) visit(part, in, v);
  v.end_compound();
}

}  // namespace detail

/// The next cell, or part of a compound: `v` is told what it is made of.
///   v.value(x)                             a value, see visit_scalar()
///   v.absent()                             an optional value that is not there
///   v.begin_list(type, n), v.end_list()    around the n values of a repeated column
///   v.begin_compound(type), v.end_compound()
template <class Visitor>
void visit(const Type& type, RowReader& in, Visitor& v) {
  if (type.optional && in.scalar<std::uint8_t>() == 0) return v.absent();
  if (!type.repeated) return detail::visit_single(type, in, v);
  const auto n = in.scalar<std::uint32_t>();
  v.begin_list(type, n);
  for (std::uint32_t i = 0; i < n; ++i) detail::visit_single(type, in, v);
  v.end_list();
}

/// The rows of one table, in their order, among the rows of a batch.
class Rows {
 public:
  /// Stands before each row of a batch.
  struct Head {
    std::uint32_t size;  // of the cells behind
    Table table;
  };

  class Iterator {
   public:
    Iterator(const std::uint8_t* at, const std::uint8_t* end, Table table)
        : at_(at), end_(end), table_(table) {
      find();
    }
    RowView operator*() const { return {{at_ + sizeof(Head), head_.size}}; }
    Iterator& operator++() {
      at_ += sizeof(Head) + head_.size;
      find();
      return *this;
    }
    bool operator==(const Iterator& o) const { return at_ == o.at_; }

   private:
    void find() {
      for (; at_ != end_; at_ += sizeof(Head) + head_.size) {
        std::memcpy(&head_, at_, sizeof head_);
        if (head_.table == table_) return;
      }
    }

    const std::uint8_t* at_;
    const std::uint8_t* end_;
    Table table_;
    Head head_{};
  };

  Rows(Table table, Bytes batch) : table_(table), batch_(batch) {}
  Iterator begin() const { return {batch_.data(), end_of_batch(), table_}; }
  Iterator end() const { return {end_of_batch(), end_of_batch(), table_}; }
  bool empty() const { return begin() == end(); }

 private:
  const std::uint8_t* end_of_batch() const { return batch_.data() + batch_.size(); }

  Table table_;
  Bytes batch_;
};

}  // namespace t2
