// SPDX-License-Identifier: Apache-2.0
// A small reader of Parquet for tests: version 1 pages, PLAIN and RLE_DICTIONARY, zstd. Any bytes
// may be given to it: what it does not understand is no file.
#pragma once

#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace t2::parquet_test {

/// A value of Thrift's compact protocol.
struct Value {
  std::int64_t number = 0;
  std::string bytes;
  std::vector<Value> list;
  std::map<int, Value> fields;

  /// An empty value if there is no such field.
  const Value& at(int field) const;
  bool has(int field) const { return fields.contains(field); }
};

/// One leaf of one row group. Levels are empty where the schema has none.
struct Chunk {
  std::vector<std::uint32_t> definitions, repetitions;
  std::vector<std::string> values;  // of the entries that are defined: their bytes
};

struct Group {
  std::uint64_t rows = 0;
  std::vector<Chunk> chunks;
};

struct File {
  std::uint64_t rows = 0;
  std::vector<Group> groups;
  Value metadata;
};

/// Highest levels of a leaf, in the order of leaves.
struct Levels {
  std::uint32_t definition = 0, repetition = 0;
};

std::optional<File> read(std::string_view file);
/// From the schema in the metadata.
std::vector<Levels> levels_of(const Value& metadata);

}  // namespace t2::parquet_test
