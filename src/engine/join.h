// SPDX-License-Identifier: Apache-2.0
// Join: what looks across flows, in packet order: it numbers pairs, runs the ordered parts of all
// plugins and is what they call, and hands ended pairs to those who make rows of them. The lane of
// a Shard (shard.h).
#pragma once

#include <cstddef>
#include <cstdint>
#include <functional>
#include <optional>
#include <span>
#include <vector>

#include "engine/feed.h"
#include "engine/interest.h"
#include "engine/part_calls.h"
#include "engine/plugin_host.h"
#include "engine/writer.h"
#include "flow/births.h"
#include "flow/tracker.h"
#include "plugin/plugin_set.h"
#include "stream/expectations.h"
#include "stream/streams.h"
#include "t2/plugin.h"

namespace t2 {

class Join final : private RunCore {
 public:
  static constexpr std::size_t kMostOrderedParts = 32;  // OrderedSlot::seen_by

  /// All outlive it. `on_table_full`: as FlowTracker::Listener.
  Join(PluginSet& plugins, PluginHost& host, Writer& writer, const StreamOptions& streams,
       std::function<void()> on_table_full);

  RunCore& core() { return *this; }
  /// An error if there are too many ordered parts.
  Result<void> check() const;

  /// A shard part that posts, and where that goes.
  struct Posting {
    ShardPartBase* from;  // the first shard's
    OrderedPartBase* to;
    const detail::PluginType* type;
    std::size_t offset;  // of the ordered State, from the OrderedFlow
    std::size_t plugin;  // index
  };
  std::span<const Posting> posting() const { return posting_; }
  /// One bit per ordered part that sees such flows. For any thread.
  std::uint32_t seen_by(const FlowKey& key) const;

  // A Shard's lane
  void packet(FlowSlot& f, const Packet& p, FlowTracker::Assigned assigned, bool posted) {
    before(f, p, assigned, posted);
    show(f.ordered, p, assigned.created);
  }
  void fragment(FlowSlot& f, const Packet& p, FlowTracker::Assigned assigned, bool posted,
                const FragmentOf& of);
  void pair_ends(FlowSlot& a, FlowSlot* b, const EndOrder& order, bool posted);
  void forget(FlowSlot& a, FlowSlot* b, const EndOrder&) {
    OrderedSlot* const second = b != nullptr ? &b->ordered : nullptr;
    const ClosedAtEnd closed{a.ordered, second};
    births_.end(a.ordered, second);
  }
  bool take_over(const EndedPair& pair);
  void table_full() { on_table_full_(); }
  bool make_room(std::uint64_t /*packet*/) { return false; }

  // The same bit by bit, for what was recorded
  /// Behind all that a block has brought.
  void block_ends() { host_.check_carving(); }
  void begin(OrderedSlot& f, OrderedSlot* other, std::uint32_t seen_by, const Packet& p,
             bool continues);
  /// To whom it interests. `first`: of its direction.
  void show(OrderedSlot& f, const Packet& p, bool first) {
    if (interest_.is_in(f, p, first)) show(f, p);
  }
  void show_fragment(OrderedSlot& f, const Packet& p, const FragmentOf& of);
  void show_whole(OrderedSlot& f, const Packet& p) {
    if (TcpStreams::concern(f)) streams_.on_packet(f, p, calls_);
  }
  void end(FlowSlot& a, FlowSlot* b);
  const Interest& interest() const { return interest_; }

  const Births& births() const { return births_; }
  const TcpStreams& streams() const { return streams_; }

 private:
  void show(OrderedSlot& f, const Packet& p);
  /// An ordered part of a plugin, and what tells which flows it sees.
  struct Member {
    const Plugin* plugin;
    const OrderedPartBase* part;
  };
  void attach(LoadedPlugin& p, std::size_t index);
  void begin(FlowSlot& f, const Packet& p, bool continues);
  void before(FlowSlot& f, const Packet& p, FlowTracker::Assigned assigned, bool posted) {
    if (assigned.created) begin(f, p, assigned.continues);
    if (posted) [[unlikely]]
      deliver();
  }
  void tell(OrderedSlot& f, const Packet& p) const {
    if (f.wanted_by != 0) calls_.packet_comes(f, p, f.wanted_by);
  }
  void deliver();
  std::uint32_t bit_of(const OrderedPartBase& part) const;

  // RunCore
  const RunFacts& run() const override { return host_; }
  OrderedFlow* find(OrderedRef r) override { return births_.find(r); }
  Expectations& expectations() override { return expectations_; }
  bool open_stream(OrderedFlow& flow, const OrderedPartBase& consumer, StreamUse use,
                   std::optional<std::uint32_t> first_seq) override;
  void close_stream(OrderedFlow& flow, const OrderedPartBase& consumer) override {
    calls_.close(flow, consumer);
  }
  StreamStats stream_stats(const OrderedFlow& flow) const override {
    return TcpStreams::stats(flow);
  }
  void rest(OrderedFlow& flow, const OrderedPartBase& part) override {
    slot_of(flow).wanted_by &= ~bit_of(part);
  }
  void note_manifest(const std::string& path) override { host_.note_manifest(path); }
  void fail(const std::string& why) override { host_.fail(why); }
  void info(std::string_view text) override { host_.info(text); }
  void warn(std::string_view text) override { host_.warn(text); }

  PluginHost& host_;
  Writer& writer_;
  TcpStreams streams_;
  std::function<void()> on_table_full_;
  Births births_;
  ExpectationTable expectations_;
  PartCalls<OrderedPartBase, OrderedFlow> calls_;
  std::vector<Member> members_;  // a part's number is that of its bit
  Interest interest_;
  std::vector<Posting> posting_;
};

}  // namespace t2
