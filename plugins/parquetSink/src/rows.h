// SPDX-License-Identifier: Apache-2.0
// RowGroup: takes rows apart into the columns of the next row group. Most cells of a row are those
// of the row before: bytes are compared first, only what differs is taken apart, and a column
// learns how often its last cell was repeated when it changes.
#pragma once

#include <cstdint>
#include <vector>

#include "column.h"
#include "layout.h"
#include "t2/row.h"

namespace t2::parquet {

class RowGroup {
 public:
  explicit RowGroup(const Layout& layout);

  /// The row's memory stays until end_batch() or finish().
  void add(RowView row);
  /// Nothing is needed any more of the rows' memory.
  void end_batch();
  std::uint64_t rows() const { return rows_; }
  /// Bytes held, after end_batch().
  std::size_t size() const;
  /// The chunks of all leaves; the next group begins.
  std::vector<Chunk> finish();

 private:
  /// Of a column.
  struct Cell {
    std::size_t size;    // of its last cell, in bytes
    std::uint64_t rows;  // that its leaves have
  };

  void begin();
  std::size_t take_apart(const Node& column, Bytes cells);
  void catch_up(std::size_t column);

  const Layout& layout_;
  std::vector<ColumnBuffer> leaves_;
  std::vector<Cell> cells_;
  std::uint64_t rows_ = 0;
  Bytes last_;                      // the last row
  std::vector<std::uint8_t> kept_;  // the last row of the last batch
};

}  // namespace t2::parquet
