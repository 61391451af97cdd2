// SPDX-License-Identifier: Apache-2.0
// FlowTracker: gives every packet its flow and ends flows in time (spec core 4). The only place
// that makes and ends flows.
#pragma once

#include <bit>
#include <cstdint>
#include <cstring>
#include <limits>
#include <optional>
#include <queue>
#include <vector>

#include "flow/flow_table.h"
#include "flow/slab.h"
#include "flow/timer_wheel.h"
#include "t2/end_order.h"
#include "t2/packet.h"

namespace t2 {

struct TrackerOptions {
  std::uint64_t capacity = 1 << 18;     // directions
  Nanoseconds timeout = 182 * kSecond;  // FLOW_TIMEOUT
  Nanoseconds duration_limit = 0;       // FDURLIMIT, 0: none
  bool limit_keeps_index = false;       // FDLSFINDEX
  bool l2_flows = true;                 // ETH_ACTIVATE
  bool headless_fragments = true;       // FRAG_HLST_CRFT
  unsigned aggregation = 0;             // AGGREGATIONFLAG
  unsigned src_mask4 = 24, dst_mask4 = 24, src_mask6 = 120, dst_mask6 = 120;
  std::uint64_t seed = 0;  // of the hash tables
  std::uint32_t shard = 0, shards = 1;
};

/// Directions counted as they are made (spec core 9.3, lines 40-47).
struct FlowCounts {
  std::uint64_t total = 0, l2 = 0, ipv4 = 0, ipv6 = 0;
  std::uint64_t a = 0, b = 0;      // made without / with an existing partner
  std::uint64_t lone_replies = 0;  // without partner, but inverted
  std::uint64_t autopilot = 0;     // ended because the table was full

  void merge(const FlowCounts& o) {
    total += o.total;
    l2 += o.l2;
    ipv4 += o.ipv4;
    ipv6 += o.ipv6;
    a += o.a;
    b += o.b;
    lone_replies += o.lone_replies;
    autopilot += o.autopilot;
  }
};

/// A pair that ended and is found no more; its slots are not used again until they are given back.
struct EndedPair {
  FlowSlot* a = nullptr;  // whose row is printed first
  FlowSlot* b = nullptr;  // or null
  std::uint32_t slot_a = 0, slot_b = 0;
};

class FlowTracker {
 public:
  /// Told of the life of flows.
  class Listener {
   public:
    virtual ~Listener() = default;
    /// The pair ends: `a` is the row printed first, `b` the other or null. If it throws, the pair
    /// has ended all the same, but is not offered to take_over().
    virtual void on_pair_end(FlowSlot& a, FlowSlot* b) = 0;
    /// Then the pair is found no more. True if the listener still needs it: it calls destroy()
    /// when it does not, and then, on the tracker's thread, reuse().
    virtual bool take_over(const EndedPair& /*pair*/) { return false; }
    /// Once, when the table is full for the first time.
    virtual void on_table_full() = 0;
    /// The table is full at this packet, which needs a place. False: this tracker shall end its
    /// oldest pair.
    virtual bool make_room(std::uint64_t /*packet*/) { return false; }
  };

  struct Assigned {
    FlowSlot* flow = nullptr;  // null: the packet has no flow
    bool created = false;
    bool continues = false;  // it keeps the index of the pair that ended last (FDLSFINDEX)
  };

  FlowTracker(const TrackerOptions& options, SlotLayout layout, Listener& listener);

  /// An idle time that flows may have: it decides in which order flows end that end together.
  void register_timeout(Nanoseconds t);
  const std::vector<Nanoseconds>& timeouts() const { return timeouts_; }

  /// Ends every pair that has been idle long enough at `now`. Before each packet, with its time and
  /// number.
  void advance(Nanoseconds now, std::uint64_t packet) {
    if (now >= wheel_.next_check()) end_due(now, packet);
    clock_ = now;
  }
  /// The same in two steps, for who does not pass every packet: whether a time may end anything,
  /// and what it ends at `now`, with `clock` for the time of the packet before.
  Nanoseconds next_check() const { return wheel_.next_check(); }
  void end_due(Nanoseconds clock, Nanoseconds now, std::uint64_t packet) {
    clock_ = clock;
    end_due(now, packet);
  }
  /// What the look-up of a packet's flow needs. Depends on the packet and the options only, so it
  /// may be computed ahead and by another thread.
  struct Keyed {
    KeyWords key;
    std::uint32_t hash = 0;
  };
  /// In place and word by word: a copy would wait for the stores of its pieces.
  void set_key(const Packet& p, Keyed& k) const {
    if (!p.is_ip() || options_.aggregation != 0) [[unlikely]]
      return set_unusual_key(p, k);
    set_ip_key(p, k.key);
    k.hash = table_.hash(k.key);
  }
  /// Whether the key of a packet has its addresses and ports as they are.
  bool keys_are_plain() const { return options_.aggregation == 0; }
  /// Asks the processor for the memory that assign() will need: first the table's, then, when that
  /// has come, the flow's.
  void prefetch_entry(const Keyed& k) const { table_.prefetch(k.hash); }
  bool flows_fit_cache() const { return slab_.fits_cache(); }
  void prefetch_flow(const Keyed& k) const { table_.prefetch_flow(k.hash); }
  void prefetch_opposite(const Keyed& k) const { table_.prefetch_opposite(k.hash); }
  /// Finds or makes the flow; sets its times, status and fragment state. `keyed` is set_key's.
  Assigned assign(const Packet& p, const Keyed& keyed);
  /// For one of several trackers that fill one table: what the others hold of its capacity.
  void set_live_elsewhere(std::size_t directions) { live_elsewhere_ = directions; }
  /// A pair's place among those that are evicted: the number of its last packet, and what its key
  /// makes of it where one frame carried the last packets of several (A-MSDU).
  struct Age {
    std::uint64_t last_packet = 0, tie = 0;
    // NOLINTNEXTLINE(modernize-use-nullptr): as in t2/end_order.h
    auto operator<=>(const Age&) const = default;
  };
  /// Of the pair that evict_oldest() would end. None: there is no pair.
  std::optional<Age> oldest();
  /// At this packet, for want of room.
  void evict_oldest(std::uint64_t packet);
  /// After the plugins saw the packet: takes changed timeouts into account.
  void settle(FlowSlot& f) {
    if (f.timeout_changed_) apply_timeout(f);
  }
  /// Of two pairs that end in one order by their ranks, for one frame carried the last packet of
  /// both (A-MSDU): which goes first, whatever shards they are in. Given are the directions of each
  /// that came first.
  static bool ends_before(const FlowSlot& x, const FlowSlot& y);
  /// Ends all flows, those whose last packet is oldest first. No packet may follow; `packet` is the
  /// number that the next one would have. If the listener throws, the others end, too; then the
  /// first exception comes out.
  void drain(std::uint64_t packet) {
    drain_below(packet, std::numeric_limits<std::uint64_t>::max());
  }
  /// The same step by step: those whose last packet has a lower number than `rank`.
  void drain_below(std::uint64_t packet, std::uint64_t rank);
  /// When the pair that is told to be ending does so.
  const EndOrder& end_order() const { return end_order_; }
  /// Ends the plugins' states of a pair that ended. On any thread.
  void destroy(const EndedPair& pair) const {
    slab_.destroy(*pair.a);
    if (pair.b != nullptr) slab_.destroy(*pair.b);
  }
  void reuse(std::uint32_t slot) { slab_.reuse(slot); }
  void reuse(const EndedPair& pair) {
    slab_.reuse(pair.slot_a);
    if (pair.b != nullptr) slab_.reuse(pair.slot_b);
  }
  /// Asks the processor for all that is kept of the pair. On any thread.
  void prefetch(const EndedPair& pair) const {
    slab_.prefetch(*pair.a);
    if (pair.b != nullptr) slab_.prefetch(*pair.b);
  }

  FlowSlot* find(FlowRef r) { return slab_.find(r); }
  /// The live flow that the packet would belong to, or null.
  FlowSlot* find(const Packet& p) const {
    Keyed k;
    set_key(p, k);
    return find(k);
  }
  FlowSlot* find(const Keyed& k) const { return table_.find(k.key, k.hash).flow; }
  const FlowCounts& counts() const { return counts_; }
  std::size_t live() const { return slab_.live(); }
  /// Never more than twice the capacity.
  std::size_t eviction_candidates() const { return oldest_.size(); }
  /// OR over all packets and flows; the inverted bit is left out.
  std::uint64_t status() const { return status_; }
  void add_status(std::uint64_t bits) { status_ |= bits & ~flow_stat::mask(flow_stat::kInverted); }

 private:
  struct Oldest {
    Age age;
    FlowRef flow;
    bool operator>(const Oldest& o) const { return age > o.age; }
  };

  struct Ranked {
    std::uint64_t rank;
    FlowSlot* flow;
  };

  std::vector<Ranked> all_ranked();
  static void set_ip_key(const Packet& p, KeyWords& k) {
    std::memcpy(k.src, p.src_ip.bytes.data(), sizeof k.src);
    std::memcpy(k.dst, p.dst_ip.bytes.data(), sizeof k.dst);
    k.ports = p.src_port | std::uint64_t{p.dst_port} << 16 | std::uint64_t{p.ether_type} << 32 |
              std::uint64_t{p.vlan_id} << 48;
    k.rest = p.l4_proto | static_cast<std::uint64_t>(p.src_ip.family) << 8;
  }
  void set_unusual_key(const Packet& p, Keyed& keyed) const;
  void aggregate(FlowKey& k) const;
  static void track_fragment(FlowSlot& f, const Packet& p);
  FlowSlot& make(const Keyed& keyed, FlowSlot* opposite, const Packet& p);
  void decide_direction(FlowSlot& f, FlowSlot* opposite, const Packet& p);
  void count_new(const FlowSlot& f);
  void update(FlowSlot& f, const Packet& p, bool created);
  bool over_limit(const FlowSlot& f, const Packet& p) const;
  void end_due(Nanoseconds now, std::uint64_t packet);
  std::uint64_t end_rank(const FlowSlot& f, Nanoseconds now) const;
  void finish_pair(FlowSlot& first, const EndOrder& order);
  void forget(FlowSlot& f);
  void end_pair(FlowSlot& first, const EndOrder& order);
  void collect_candidates();
  void add_candidate(const FlowSlot& f, std::uint64_t last_packet);
  void apply_timeout(FlowSlot& f);

  TrackerOptions options_;
  Listener& listener_;
  Slab slab_;
  FlowTable table_;
  TimerWheel wheel_;
  std::vector<Nanoseconds> timeouts_;
  std::vector<FlowSlot*> due_;
  std::vector<Ranked> ranked_;               // these, in the order in which they end
  std::optional<std::vector<Ranked>> left_;  // drain_below(): all pairs in that order,
  std::size_t drained_ = 0;                  // and how many of them have ended
  // Candidates for eviction, collected when the table is full. An entry whose pair saw packets
  // since is put back with its new rank when it comes up. Forgotten, until the table is full again,
  // when most of them are pairs that ended otherwise.
  std::priority_queue<Oldest, std::vector<Oldest>, std::greater<>> oldest_;
  bool evicting_ = false;
  std::size_t live_elsewhere_ = 0;
  Nanoseconds clock_ = INT64_MIN;
  EndOrder end_order_;
  std::uint64_t status_ = 0;
  FlowCounts counts_;
};

}  // namespace t2
