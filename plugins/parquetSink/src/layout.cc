// SPDX-License-Identifier: Apache-2.0
#include "layout.h"

#include "t2/column_names.h"

namespace t2::parquet {
namespace {

enum : std::int32_t { kRequired = 0, kOptional = 1, kRepeated = 2 };  // FieldRepetitionType
enum : std::int32_t { kNoConverted = -1, kUtf8 = 0, kList = 3 };      // ConvertedType

/// LogicalType: the number of the union's member, and what is in it.
enum : int { kStringType = 1, kListType = 3, kTimestampType = 8, kIntegerType = 10 };

Physical physical_of(Kind k) {
  switch (k) {
    case Kind::kI64:
    case Kind::kU64:
    case Kind::kH64:
    case Kind::kTimestamp:
    case Kind::kDuration:
      return Physical::kInt64;
    case Kind::kFloat:
      return Physical::kFloat;
    case Kind::kDouble:
      return Physical::kDouble;
    case Kind::kChar:
    case Kind::kDirection:
    case Kind::kMac:
    case Kind::kIp:
    case Kind::kString:
    case Kind::kText:
    case Kind::kContent:
      return Physical::kBytes;
    default:
      return Physical::kInt32;
  }
}

/// Width of a whole number, negative: signed; 0: none.
int width_of(Kind k) {
  switch (k) {
    case Kind::kI8:
      return -8;
    case Kind::kI16:
      return -16;
    case Kind::kI32:
      return -32;
    case Kind::kI64:
    case Kind::kDuration:
      return -64;
    case Kind::kU8:
    case Kind::kH8:
      return 8;
    case Kind::kU16:
    case Kind::kH16:
      return 16;
    case Kind::kU32:
    case Kind::kH32:
      return 32;
    case Kind::kU64:
    case Kind::kH64:
      return 64;
    default:
      return 0;
  }
}

/// ConvertedType, which came before LogicalType; DuckDB looks at it for whole numbers.
std::int32_t converted_type(Kind k, Physical physical) {
  switch (width_of(k)) {
    case 8:
      return 11;
    case 16:
      return 12;
    case 32:
      return 13;
    case 64:
      return 14;
    case -8:
      return 15;
    case -16:
      return 16;
    case -32:
      return 17;
    case -64:
      return 18;
    default:
      return physical == Physical::kBytes ? kUtf8 : kNoConverted;
  }
}

/// Values of these types may be none although the column says nothing of that.
bool may_be_none(Kind k) {
  return k == Kind::kIp || k == Kind::kChar;
}

class Builder {
 public:
  explicit Builder(Layout& layout) : layout_(layout) {}

  Node add(const Type& type, const std::string& name) {
    Node n;
    n.type = &type;
    n.first_leaf = layout_.leaves.size();
    if (type.repeated) {
      list(type, name, n);
    } else {
      single(type, name, type.optional, n);
    }
    n.leaves = layout_.leaves.size() - n.first_leaf;
    n.plain = !type.repeated && !type.optional && type.kind != Kind::kCompound;
    return n;
  }

 private:
  void list(const Type& type, const std::string& name, Node& n) {
    n.optional = type.optional;
    group(name, n.optional ? kOptional : kRequired, 1, kList);
    path_.push_back(name);
    group("list", kRepeated, 1, kNoConverted);
    path_.emplace_back("list");
    const auto definition = definition_, repetition = repetition_;
    definition_ += n.optional ? 2 : 1;
    n.list_repetition = ++repetition_;
    Node element;
    single(type, "element", false, element);
    n.parts = std::move(element.parts);
    definition_ = definition, repetition_ = repetition;
    path_.resize(path_.size() - 2);
  }

  void single(const Type& type, const std::string& name, bool optional, Node& n) {
    if (type.kind != Kind::kCompound) {
      n.optional = optional;
      return leaf(type.kind, name, optional || may_be_none(type.kind));
    }
    n.optional = optional;
    group(name, optional ? kOptional : kRequired, type.parts.size(), kNoConverted);
    path_.push_back(name);
    definition_ += optional ? 1 : 0;
    for (std::size_t i = 0; i < type.parts.size(); ++i) {
      n.parts.push_back(add(type.parts[i], '_' + std::to_string(i + 1)));
    }
    definition_ -= optional ? 1 : 0;
    path_.pop_back();
  }

  void leaf(Kind kind, const std::string& name, bool optional) {
    Leaf l;
    l.physical = physical_of(kind);
    l.is_signed = width_of(kind) <= 0;
    if (kind == Kind::kMac) l.meaning = Meaning::kMac;
    if (kind == Kind::kIp) l.meaning = Meaning::kIp;
    if (kind == Kind::kContent) l.meaning = Meaning::kContent;
    l.max_definition = definition_ + (optional ? 1 : 0);
    l.max_repetition = repetition_;
    l.path = path_;
    l.path.push_back(name);
    element_.begin_element();
    element_.i32(1, static_cast<std::int32_t>(l.physical));
    element_.i32(3, optional ? kOptional : kRequired);
    element_.binary(4, name);
    const std::int32_t converted = converted_type(kind, l.physical);
    if (converted != kNoConverted) element_.i32(6, converted);
    logical_type(kind, l.physical);
    end_element();
    layout_.leaves.push_back(std::move(l));
  }

  void logical_type(Kind kind, Physical physical) {
    const int width = width_of(kind);
    if (physical == Physical::kBytes) {
      element_.begin_struct(10);
      element_.begin_struct(kStringType);
      element_.end_struct();
      element_.end_struct();
    } else if (kind == Kind::kTimestamp) {
      element_.begin_struct(10);
      element_.begin_struct(kTimestampType);
      element_.flag(1, false);   // DuckDB rounds nanoseconds that are adjusted to UTC
      element_.begin_struct(2);  // TimeUnit
      element_.begin_struct(3);  // NANOS
      element_.end_struct();
      element_.end_struct();
      element_.end_struct();
      element_.end_struct();
    } else if (width != 0) {
      element_.begin_struct(10);
      element_.begin_struct(kIntegerType);
      element_.i8(1, static_cast<std::int8_t>(width < 0 ? -width : width));
      element_.flag(2, width < 0);
      element_.end_struct();
      element_.end_struct();
    }
  }

  void group(const std::string& name, std::int32_t repetition, std::size_t children,
             std::int32_t converted) {
    element_.begin_element();
    element_.i32(3, repetition);
    element_.binary(4, name);
    element_.i32(5, static_cast<std::int32_t>(children));
    if (converted != kNoConverted) {
      element_.i32(6, converted);
      element_.begin_struct(10);
      element_.begin_struct(kListType);
      element_.end_struct();
      element_.end_struct();
    }
    end_element();
  }
  void end_element() {
    element_.end_struct();
    layout_.schema += element_.bytes();
    ++layout_.schema_elements;
    element_ = Thrift();
  }

  Layout& layout_;
  Thrift element_;
  std::vector<std::string> path_;
  std::uint32_t definition_ = 0, repetition_ = 0;
};

}  // namespace

Layout::Layout(const Schema& columns_of) {
  Thrift root;
  root.begin_element();
  root.binary(4, "schema");
  root.i32(5, static_cast<std::int32_t>(columns_of.columns.size()));
  root.end_struct();
  schema = root.bytes();
  schema_elements = 1;
  Builder builder(*this);
  const std::vector<std::string> names = distinct_names(columns_of);
  for (std::size_t i = 0; i < names.size(); ++i) {
    columns.push_back(builder.add(columns_of.columns[i].type, names[i]));
  }
}

}  // namespace t2::parquet
