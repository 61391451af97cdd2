// SPDX-License-Identifier: Apache-2.0
// Tables of random types with random rows, written by parquetSink's writer and read back: for the
// unit test and the fuzz target. Numbers come from a source of choices, so that an input can steer.
#pragma once

#include <functional>
#include <string>
#include <vector>

#include "t2/row.h"

namespace t2::parquet_test {

/// A number below n.
using Choose = std::function<std::uint32_t(std::uint32_t n)>;

struct Input {
  Schema schema;
  std::vector<std::string> rows;
  std::uint32_t group_rows = 0;  // of a row group at most
};

Column column(std::size_t i, Type type);

/// Makes a schema and rows, writes them to `path`, reads the file back. Empty if both are the same,
/// else what differs.
std::string write_and_read(const Choose& choose, const std::string& path);
std::string write_and_read(const Input& in, const Choose& choose, const std::string& path);

}  // namespace t2::parquet_test
