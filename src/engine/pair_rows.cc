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
           [](const RowContext& c, RowWriter& w) { IndexCodec::put(w, c.flow.index); }}};
}

void RowPlan::add(const std::vector<Column>& columns, std::size_t offset) {
  schema_.columns.insert(schema_.columns.end(), columns.begin(), columns.end());
  for (const Column& c : columns) cells_.push_back({c.encode, offset});
}

void RowPlan::encode(Flow& flow, const Packet* packet, RowWriter& row) const {
  for (const Cell& c : cells_) c.encode({flow, state_behind(flow, c.offset), packet}, row);
}

void PairRows::reuse(std::span<const EndedPair> pairs) {
  for (const EndedPair& p : pairs) tracker_.reuse(p);
}

}  // namespace t2
