// SPDX-License-Identifier: Apache-2.0
// Layout: the columns of a table as a Parquet schema. A list is a LIST group of three levels, a
// compound a group whose members are called _1, _2...; each scalar is a leaf with a column chunk.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "t2/row.h"
#include "thrift.h"

namespace t2::parquet {

/// Parquet's physical types, with their numbers in the metadata.
enum class Physical : std::uint8_t { kInt32 = 1, kInt64 = 2, kFloat = 4, kDouble = 5, kBytes = 6 };

/// What the bytes of a text stand for; how they are written follows from it.
enum class Meaning : std::uint8_t { kText, kContent, kMac, kIp };

/// Where the values of one scalar go.
struct Leaf {
  Meaning meaning = Meaning::kText;
  Physical physical = Physical::kInt32;
  bool is_signed = true;  // for statistics
  std::uint32_t max_definition = 0, max_repetition = 0;
  std::vector<std::string> path;
};

/// A column, or a part of one.
struct Node {
  const Type* type = nullptr;
  bool plain = false;                 // a scalar that is always there
  bool optional = false;              // has a level of definition of its own
  std::uint32_t list_repetition = 0;  // of a list: the level of its elements
  std::size_t first_leaf = 0, leaves = 0;
  std::vector<Node> parts;  // of a compound
};

struct Layout {
  explicit Layout(const Schema& schema);

  std::vector<Node> columns;
  std::vector<Leaf> leaves;
  std::string schema;  // the elements of FileMetaData.schema, encoded
  std::size_t schema_elements = 0;
};

}  // namespace t2::parquet
