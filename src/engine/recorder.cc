// SPDX-License-Identifier: Apache-2.0
#include "engine/recorder.h"

namespace t2 {

void Recorder::count_posts() {
  const auto posting = join_.posting();
  for (std::size_t i = 0; i < parts_.size(); ++i) {
    const std::size_t n = posting[i].type->posted(*parts_[i]);
    result_->posts.push_back(static_cast<std::uint32_t>(n));
  }
}

/// Whether Join may have a use for a packet: as far as it has come, which is some blocks behind.
bool Recorder::may_be_wanted(const FlowSlot& f) {
  return f.watched && !f.ordered.quiet.load(std::memory_order_acquire);
}

void Recorder::offer(FlowSlot& f, const Packet& p) {
  if (!may_be_wanted(f)) return;
  std::vector<Offer>& offers = result_->offers;
  if (f.offer >= offers.size() || offers[f.offer].flow != &f) {
    f.offer = static_cast<std::uint16_t>(offers.size());
    offers.push_back({&f});
  }
  Offer& o = offers[f.offer];
  result_->offered.push_back({item_.at, o.newest});
  o.newest = static_cast<std::uint32_t>(result_->offered.size());
  o.syn = o.syn || p.has_syn();
}

void Recorder::note(FlowSlot& f, FlowTracker::Assigned assigned, bool posted, bool always) {
  std::uint32_t seen_by = 0;
  if (assigned.created) {
    seen_by = join_.seen_by(f.key);
    FlowSlot* const other = f.other();
    f.watched = seen_by != 0 || (other != nullptr && other->watched);
    if (other != nullptr) other->watched = f.watched;
  }
  const bool shown = may_be_wanted(f);
  if (!assigned.created && !shown && !always && !posted && !rows_) return;
  Event& e = add(Event::Kind::kPacket, {at(packet_), step_, EndPhase::kTableFull, true});
  e.created = assigned.created;
  e.continues = assigned.continues;
  e.shown = shown || always;
  e.seen_by = seen_by;
  e.item_kind = item_.kind;
  e.walked = item_.walked;
  e.flow = &f;
  e.other = f.other();
  count_posts();
}

/// A row whose making throws is left out.
void Recorder::row(const RowPlan& plan, FlowSlot& f, const Packet& p) {
  const std::size_t cells = result_->cells.size(), ends = result_->cell_ends.size();
  try {
    plan.begin(f, p, result_->cells, result_->cell_ends);
  } catch (...) {
    result_->cells.truncate(cells);
    result_->cell_ends.resize(ends);
    throw;
  }
  result_->events.back().row = static_cast<std::uint32_t>(result_->cell_ends.size() / plan.runs());
}

void Recorder::note_end(FlowSlot& a, FlowSlot* b, const EndOrder& order, bool failed) {
  Event& e = add(Event::Kind::kEnd, {at(order.packet), step_, order.phase, false, order.rank});
  e.failed = failed;
  e.flow = &a;
  e.other = b;
  count_posts();
}

}  // namespace t2
