// SPDX-License-Identifier: Apache-2.0
// RowGroup: takes rows apart into the columns of the next row group.
#pragma once

#include <vector>

#include "column.h"
#include "layout.h"
#include "t2/row.h"

namespace t2::parquet {

class RowGroup {
 public:
  explicit RowGroup(const Layout& layout);

  void add(RowView row);
  std::uint64_t rows() const { return rows_; }
  /// Bytes held.
  std::size_t size() const;
  /// The chunks of all leaves; the next group begins.
  std::vector<Chunk> finish();

 private:
  const Layout& layout_;
  std::vector<ColumnBuffer> columns_;
  std::uint64_t rows_ = 0;
};

}  // namespace t2::parquet
