// SPDX-License-Identifier: Apache-2.0
// Shard: flows, from the table to the streams of their shard parts, and everything that concerns
// one pair of directions alone. It numbers nothing and looks across no flows: what others must know
// it tells its lane, in packet order.
#pragma once

#include "engine/decoded.h"
#include "engine/feed.h"
#include "engine/flow_labels.h"
#include "engine/options.h"
#include "engine/shard_parts.h"
#include "engine/totals.h"
#include "flow/tracker.h"
#include "plugin/plugin_set.h"
#include "stream/streams.h"
#include "t2/core_settings.h"

namespace t2 {

/// `Lane` gets, for each packet of a flow, when the shard parts have seen it,
///   packet(flow, packet, assigned, posted) or, of a fragment,
///   fragment(flow, packet, assigned, posted, of), `posted`: parts have posted messages,
/// and for each pair that ends, when they have seen that,
///   pair_ends(a, b, order, posted), or forget(a, b, order) if one of them threw, and then
///   take_over(pair);
/// table_full() and make_room(packet), as FlowTracker::Listener.
template <class Lane>
class Shard final : private FlowTracker::Listener {
 public:
  /// All outlive it.
  Shard(PluginSet& plugins, const CoreSettings& settings, const TrackerOptions& flows,
        FlowLabels& labels, Lane& lane)
      : lane_(lane),
        labels_(labels),
        tracker_(flows, plugins.layout(), *this),
        streams_(stream_options(settings)),
        parts_(plugins, tracker_, streams_, labels_, flows.shard == 0) {}

  FlowTracker& tracker() { return tracker_; }
  const FlowTracker& tracker() const { return tracker_; }
  TcpStreams& streams() { return streams_; }
  const TcpStreams& streams() const { return streams_; }
  ShardParts& parts() { return parts_; }
  RunTotals& totals() { return totals_; }
  const RunTotals& totals() const { return totals_; }

  /// A packet that the decoder took apart, whose time the tracker has been told. Its flow, or null.
  /// `further`: not the first packet of its frame. `taken`: of a fragment.
  [[gnu::always_inline]] FlowSlot* packet(const Decoded& d, bool further,
                                          const Datagrams::Taken& taken) {
    const Packet& p = d.packet;
    const FlowTracker::Assigned assigned = tracker_.assign(p, d.keyed);
    further ? totals_.further(p, assigned.flow) : totals_.count(p, assigned.flow);
    if (assigned.flow == nullptr) {
      tracker_.add_status(p.status);
      return nullptr;
    }
    FlowSlot& flow = *assigned.flow;
    if (assigned.created) start_flow(flow, p);
    if (p.part != nullptr) [[unlikely]] {
      follow_fragment(flow, p, assigned, taken);
    } else {
      follow(flow, p, assigned);
    }
    return assigned.flow;
  }

  /// A whole packet, of fragments that other shards may have seen: of interest to streams alone.
  void whole(const Packet& p, const FlowTracker::Keyed& keyed) {
    FlowSlot* const flow = tracker_.find(keyed);
    if (flow == nullptr) return;
    if (TcpStreams::concern(*flow)) streams_.on_packet(*flow, p, parts_.chunks());
    tracker_.settle(*flow);
    (void)parts_.take_posted();  // told anyway
    lane_.whole(*flow);
  }

  /// What the decoder found no flow in.
  void without_flow(const Packet& p, bool further) {
    tracker_.add_status(p.status);
    further ? totals_.further(p, nullptr) : totals_.count(p, nullptr);
  }

 private:
  void start_flow(FlowSlot& f, const Packet& p) {
    TcpStreams::begin(f);
    labels_.start(f);
    parts_.flow_starts(f, p);
  }

  [[gnu::always_inline]] void follow(FlowSlot& flow, const Packet& p,
                                     FlowTracker::Assigned assigned) {
    feed(
        flow, TcpStreams::concern(flow),
        [&](FlowSlot& f) { streams_.on_packet(f, p, parts_.chunks()); },
        [&](FlowSlot& f) { parts_.packet_comes(f, p); });
    tracker_.settle(flow);
    lane_.packet(flow, p, assigned, parts_.take_posted());
  }

  [[gnu::noinline]] void follow_fragment(FlowSlot& flow, const Packet& p,
                                         FlowTracker::Assigned assigned,
                                         const Datagrams::Taken& taken) {
    const FragmentOf fragment{taken, taken.whole ? tracker_.find(*taken.whole) : nullptr};
    feed(
        flow, true, [&](FlowSlot& f) { feed_fragment(streams_, f, p, fragment, parts_.chunks()); },
        [&](FlowSlot& f) { parts_.packet_comes(f, p); });
    tracker_.settle(flow);
    if (fragment.whole != nullptr) tracker_.settle(*fragment.whole);
    lane_.fragment(flow, p, assigned, parts_.take_posted(), fragment);
  }

  // FlowTracker::Listener
  void on_pair_end(FlowSlot& a, FlowSlot* b) override {
    const ClosedAtEnd closed{a, b};
    try {
      finish_streams(a, b, parts_.chunks());
      parts_.flow_ends(a);
      if (b != nullptr) parts_.flow_ends(*b);
    } catch (...) {
      lane_.forget(a, b, tracker_.end_order());
      throw;
    }
    lane_.pair_ends(a, b, tracker_.end_order(), parts_.take_posted());
  }
  bool take_over(const EndedPair& pair) override { return lane_.take_over(pair); }
  void on_table_full() override { lane_.table_full(); }
  bool make_room(std::uint64_t packet) override { return lane_.make_room(packet); }

  Lane& lane_;
  FlowLabels& labels_;
  FlowTracker tracker_;
  TcpStreams streams_;
  ShardParts parts_;
  RunTotals totals_;
};

}  // namespace t2
