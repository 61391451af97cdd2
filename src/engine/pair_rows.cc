// SPDX-License-Identifier: Apache-2.0
#include "engine/pair_rows.h"

#include "flow/slab.h"

namespace t2 {

std::vector<Column> leading_flow_columns() {
  using DirectionCodec = detail::Codec<Direction>;
  using IndexCodec = detail::Codec<std::uint64_t>;
  return {{"dir",
           "Flow direction",
           DirectionCodec::type(),
           {},
           "tranalyzer2",
           [](const RowContext& c, RowWriter& w) { DirectionCodec::put(w, c.flow.direction()); }},
          {"flowInd",
           "Flow index",
           IndexCodec::type(),
           {},
           "tranalyzer2",
           [](const RowContext& c, RowWriter& w) {
             IndexCodec::put(w, detail::ordered_of(c.flow).index);
           }}};
}

void RowPlan::add(const std::vector<Column>& columns, const Source& source) {
  schema_.columns.insert(schema_.columns.end(), columns.begin(), columns.end());
  for (const Column& c : columns) {
    const std::size_t offset = c.lane == Lane::kOrdered ? source.ordered_offset
                               : c.lane == Lane::kShard ? source.shard_offset
                                                        : 0;
    cells_.push_back({c.encode, offset, source.shard});
    const bool goes_on = !runs_.empty() && runs_.back().is_blank == c.blank.is_blank &&
                         runs_.back().offset == offset;
    if (!goes_on) runs_.push_back({c.blank.is_blank, offset, 0, {}});
    Run& r = runs_.back();
    ++r.cells;
    r.blank.insert(r.blank.end(), c.blank.bytes.begin(), c.blank.bytes.end());
  }
}

void RowPlan::encode(Flow& flow, const Packet* packet, RowWriter& row) const {
  const Cell* c = cells_.data();
  for (const Run& r : runs_) {
    const Cell* const end = c + r.cells;
    if (r.is_blank != nullptr && r.is_blank(detail::behind(flow, r.offset))) {
      row.append(r.blank);
      c = end;
    }
    for (; c != end; ++c) c->encode({flow, detail::behind(flow, c->offset), packet, c->part}, row);
  }
}

void PairRows::reuse(std::span<const EndedPair> pairs) {
  if (take_) return take_(pairs);
  for (const EndedPair& p : pairs) tracker_.reuse(p);
}

}  // namespace t2
