// SPDX-License-Identifier: Apache-2.0
#include "engine/pair_rows.h"

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
           },
           Lane::kNone,
           Sees::kOrderedFlow}};
}

void PairRows::reuse(std::span<const EndedPair> pairs) {
  if (take_) return take_(pairs);
  for (const EndedPair& p : pairs) tracker_.reuse(p);
}

}  // namespace t2
