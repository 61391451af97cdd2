// SPDX-License-Identifier: Apache-2.0
// FlowLabels: the labels of a flow's addresses. Only rows need most of them, so they are looked up
// when rows are made: on the writing thread, and many at once, which costs less each.
#pragma once

#include <span>

#include "flow/tracker.h"
#include "label/store.h"

namespace t2 {

class FlowLabels {
 public:
  /// `on`: SUBNET_ON.
  FlowLabels(LabelStore& store, bool on) : store_(store), on_(on) {}

  /// From now on start() looks them up.
  void need_at_start() { at_start_ = true; }
  /// For a new flow, in need or not.
  void start(Flow& f);
  /// Now, if they are not known yet.
  void find(Flow& f);
  /// Before the rows of these pairs are made, by whichever thread makes them.
  void find_all(std::span<const EndedPair> pairs);

 private:
  void find_some(std::span<const EndedPair> pairs);
  void mark_tor(Flow& f) const;

  LabelStore& store_;
  bool on_;
  bool at_start_ = false;
};

}  // namespace t2
