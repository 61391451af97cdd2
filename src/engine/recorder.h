// SPDX-License-Identifier: Apache-2.0
// Recorder: a shard's lane when Join is behind it: it notes for the block at hand what Join will
// have to know.
#pragma once

#include <cstdint>
#include <span>
#include <vector>

#include "engine/block.h"
#include "engine/feed.h"
#include "engine/join.h"
#include "engine/row_plan.h"
#include "flow/tracker.h"

namespace t2 {

class Recorder {
 public:
  /// Whoever has all shards.
  class Owner {
   public:
    /// As FlowTracker::Listener, of a table that all shards fill together.
    virtual void table_full(std::uint64_t packet) = 0;
    virtual void make_room(std::uint64_t packet, std::uint16_t step) = 0;

   protected:
    ~Owner() = default;
  };

  /// `parts`: the shard's, those that post in the order of Join::posting(). `rows`: row() follows
  /// each packet of a flow. All outlive it.
  Recorder(const Join& join, std::vector<ShardPartBase*> parts, Owner& owner, bool rows)
      : join_(join), parts_(std::move(parts)), owner_(owner), rows_(rows) {}

  /// From now on it is about the block whose first packet has this number.
  void begin(ShardResult& result, std::uint64_t first) {
    result_ = &result;
    first_ = first;
  }
  /// All that was posted goes to the result.
  void end() {
    const auto posting = join_.posting();
    for (std::size_t i = 0; i < parts_.size(); ++i) {
      result_->posted.push_back(posting[i].type->take(*parts_[i]));
    }
  }
  /// What is done next is about this item, the `sub`th packet of its frame.
  void turn_to(const Item& item, std::uint64_t packet, std::uint16_t sub, bool elsewhere) {
    item_ = item;
    packet_ = packet;
    step_ = static_cast<std::uint16_t>(1 + 3 * sub);
    elsewhere_ = elsewhere;
  }
  /// What is done next is due by the clock.
  void turn_to_clock() { step_ = 0; }
  /// ... or gives room for another shard's packet.
  void turn_to_room(std::uint64_t packet, std::uint16_t step) {
    packet_ = packet;
    step_ = step;
  }

  void packet(FlowSlot& f, const Packet& p, FlowTracker::Assigned assigned, bool posted) {
    const bool event = assigned.created || posted || rows_ || item_.kind != Item::Kind::kPlain;
    event ? note(f, assigned, posted, false) : offer(f, p);
  }
  /// Of a fragment whose whole packet another shard is told of, Join hears in two steps.
  void fragment(FlowSlot& f, const Packet&, FlowTracker::Assigned assigned, bool posted,
                const FragmentOf& of) {
    note(f, assigned, posted, true);
    Event& e = result_->events.back();
    e.whole = of.whole;
    if (!elsewhere_) return;
    e.shown = false;
    Event later = e;
    later.created = false;
    later.shown = true;
    later.order.step += 2;
    result_->events.push_back(later);
    count_posts();
  }
  /// Of the packet that came last.
  void row(const RowPlan& plan, FlowSlot& f, const Packet& p);
  void whole(FlowSlot& f) {
    Event& e = add(Event::Kind::kWhole, {at(packet_), static_cast<std::uint16_t>(step_ + 1)});
    e.flow = &f;
    e.item_kind = item_.kind;
    e.walked = item_.walked;
    count_posts();
  }
  void pair_ends(FlowSlot& a, FlowSlot* b, const EndOrder& order, bool /*posted*/) {
    note_end(a, b, order, false);
  }
  void forget(FlowSlot& a, FlowSlot* b, const EndOrder& order) { note_end(a, b, order, true); }
  bool take_over(const EndedPair& pair) {
    result_->events.back().slot = pair.slot_a;
    result_->events.back().other_slot = pair.slot_b;
    return true;
  }
  void table_full() { owner_.table_full(packet_); }
  bool make_room(std::uint64_t packet) {
    owner_.make_room(packet, step_);
    return true;
  }

 private:
  std::uint32_t at(std::uint64_t packet) const {
    return static_cast<std::uint32_t>(packet - first_);
  }
  Event& add(Event::Kind kind, const Event::Order& order) {
    Event& e = result_->events.emplace_back();
    e.kind = kind;
    e.order = order;
    return e;
  }
  void note(FlowSlot& f, FlowTracker::Assigned assigned, bool posted, bool always);
  static bool may_be_wanted(const FlowSlot& f);
  void offer(FlowSlot& f, const Packet& p);
  void note_end(FlowSlot& a, FlowSlot* b, const EndOrder& order, bool failed);
  void count_posts();

  const Join& join_;
  std::vector<ShardPartBase*> parts_;
  Owner& owner_;
  bool rows_;
  ShardResult* result_ = nullptr;
  Item item_;
  std::uint64_t first_ = 0, packet_ = 0;
  std::uint16_t step_ = 0;
  bool elsewhere_ = false;
};

}  // namespace t2
