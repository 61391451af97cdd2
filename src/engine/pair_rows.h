// SPDX-License-Identifier: Apache-2.0
// PairRows: how the rows of pairs that ended are made. On the writing thread; on the working
// thread, too, when the writer falls behind. What it
// touches of a pair is nobody else's until it is given back.
#pragma once

#include <functional>
#include <span>
#include <vector>

#include "engine/flow_labels.h"
#include "engine/row_plan.h"
#include "engine/writer.h"
#include "flow/tracker.h"
#include "t2/columns.h"
#include "t2/row.h"

namespace t2 {

/// dir and flowInd, before the plugins' columns.
std::vector<Column> leading_flow_columns();

class PairRows final : public Writer::Pairs {
 public:
  /// All outlive it.
  PairRows(const RowPlan& plan, FlowTracker& tracker, FlowLabels& labels)
      : plan_(plan), tracker_(tracker), labels_(labels) {}

  void find_labels(std::span<const EndedPair> pairs) override { labels_.find_all(pairs); }
  void encode(Flow& flow, RowWriter& row) override { plan_.encode(flow, nullptr, row); }
  void prefetch(const EndedPair& pair) const override { tracker_.prefetch(pair); }
  void destroy(const EndedPair& pair) override { tracker_.destroy(pair); }
  void reuse(std::span<const EndedPair> pairs) override;

  /// Slots go there instead of to the tracker.
  void give_back_to(std::function<void(std::span<const EndedPair>)> take) {
    take_ = std::move(take);
  }

 private:
  const RowPlan& plan_;
  FlowTracker& tracker_;
  FlowLabels& labels_;
  std::function<void(std::span<const EndedPair>)> take_;
};

}  // namespace t2
