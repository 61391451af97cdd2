// SPDX-License-Identifier: Apache-2.0
// RowPlan: which cells make a row of a table, and how each is made.
#pragma once

#include <cstddef>
#include <cstdint>
#include <span>
#include <vector>

#include "t2/columns.h"
#include "t2/row.h"

namespace t2 {

/// The columns of a table in output order, and how their cells are made. Constant once packets
/// come.
class RowPlan {
 public:
  /// Where the getters of a plugin's columns find what they look at.
  struct Source {
    std::size_t shard_offset = 0, ordered_offset = 0;  // of the parts' states behind a flow
    const ShardPartBase* shard = nullptr;              // of packet columns
  };
  void add(const std::vector<Column>& columns, const Source& source);
  /// `packet` is null in the flow table.
  void encode(Flow& flow, const Packet* packet, RowWriter& row) const;
  const Schema& schema() const { return schema_; }

  // The row of a packet in two steps, where a shard is ahead of the ordered parts
  /// What is not ordered (Column::is_ordered). Notes where each run of such cells ends: `runs()`
  /// more of `ends`.
  void begin(Flow& flow, const Packet& packet, RowWriter& cells,
             std::vector<std::uint32_t>& ends) const;
  /// A whole row, with the `number`th (from 0) of those that begin() wrote.
  void finish(Flow& flow, std::size_t number, Bytes cells, std::span<const std::uint32_t> ends,
              RowWriter& row) const;
  std::size_t runs() const { return unordered_runs_; }

 private:
  struct Cell {
    Encoder encode;
    std::size_t offset;
    const ShardPartBase* part;
  };

  /// Cells side by side whose State tells that it is_blank(), with what they are then; or cells
  /// that cannot be told.
  struct Run {
    bool (*is_blank)(const void* state);
    std::size_t offset;
    bool ordered;
    std::size_t first, cells;
    std::vector<std::uint8_t> blank;
  };

  void encode(const Run& r, Flow& flow, const Packet* packet, RowWriter& row) const;

  Schema schema_;
  std::vector<Cell> cells_;
  std::vector<Run> runs_;
  std::size_t unordered_runs_ = 0;
};

}  // namespace t2
