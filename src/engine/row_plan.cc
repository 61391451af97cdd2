// SPDX-License-Identifier: Apache-2.0
#include "engine/row_plan.h"

#include "flow/slab.h"

namespace t2 {

void RowPlan::add(const std::vector<Column>& columns, const Source& source) {
  schema_.columns.insert(schema_.columns.end(), columns.begin(), columns.end());
  for (const Column& c : columns) {
    const std::size_t offset = c.lane == Lane::kOrdered ? source.ordered_offset
                               : c.lane == Lane::kShard ? source.shard_offset
                                                        : 0;
    const bool goes_on = !runs_.empty() && runs_.back().is_blank == c.blank.is_blank &&
                         runs_.back().offset == offset && runs_.back().ordered == c.is_ordered();
    if (!goes_on) {
      runs_.push_back({c.blank.is_blank, offset, c.is_ordered(), cells_.size(), 0, {}});
      if (!c.is_ordered()) ++unordered_runs_;
    }
    cells_.push_back({c.encode, offset, source.shard});
    Run& r = runs_.back();
    ++r.cells;
    r.blank.insert(r.blank.end(), c.blank.bytes.begin(), c.blank.bytes.end());
  }
}

inline void RowPlan::encode(const Run& r, Flow& flow, const Packet* packet, RowWriter& row) const {
  if (r.is_blank != nullptr && r.is_blank(detail::behind(flow, r.offset))) {
    return row.append(r.blank);
  }
  for (const Cell& c : std::span(cells_).subspan(r.first, r.cells)) {
    c.encode({flow, detail::behind(flow, c.offset), packet, c.part}, row);
  }
}

void RowPlan::encode(Flow& flow, const Packet* packet, RowWriter& row) const {
  for (const Run& r : runs_) encode(r, flow, packet, row);
}

void RowPlan::begin(Flow& flow, const Packet& packet, RowWriter& cells,
                    std::vector<std::uint32_t>& ends) const {
  for (const Run& r : runs_) {
    if (r.ordered) continue;
    encode(r, flow, &packet, cells);
    ends.push_back(static_cast<std::uint32_t>(cells.size()));
  }
}

void RowPlan::finish(Flow& flow, std::size_t number, Bytes cells,
                     std::span<const std::uint32_t> ends, RowWriter& row) const {
  const std::size_t first = number * unordered_runs_;
  std::size_t from = first > 0 ? ends[first - 1] : 0;
  auto end = ends.begin() + static_cast<std::ptrdiff_t>(first);
  for (const Run& r : runs_) {
    if (r.ordered) {
      encode(r, flow, nullptr, row);
      continue;
    }
    row.append(cells.subspan(from, *end - from));
    from = *end++;
  }
}

}  // namespace t2
