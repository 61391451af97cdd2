// SPDX-License-Identifier: Apache-2.0
// Block: a share of the input on its way through the lanes (docs/many-cores.md). It is in one stage
// at a time, and what a stage wrote the later ones only read.
#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <vector>

#include "capture/frame.h"
#include "decode/decoder.h"
#include "decode/ip_fragment.h"
#include "engine/decoded.h"
#include "flow/tracker.h"
#include "t2/columns.h"
#include "t2/end_order.h"

namespace t2 {

/// A fragment's part in its datagram, and what Datagrams::take told.
struct WalkedFragment {
  IpFragment part;
  std::vector<std::uint8_t> transport, whole_bytes;
  std::uint32_t offset = 0;
  bool completes = false;  // `whole` is there
  bool elsewhere = false;  // ... and its flow another shard's
  Decoded whole;
  std::unique_ptr<TunnelHeaders> whole_tunnel;
};

/// A packet whose frame is not plain, taken apart, with all that its views point to.
struct Walked {
  Decoded decoded;
  std::uint16_t at = 0;    // its frame in the block
  std::uint16_t sub = 0;   // which one of its frame
  std::uint8_t shard = 0;  // if it has a flow, and is no fragment
  std::unique_ptr<TunnelHeaders> tunnel;
  std::unique_ptr<WalkedFragment> fragment;
};

/// What a shard has to do at a packet.
struct Item {
  enum class Kind : std::uint8_t { kPlain, kWalked, kWhole };
  std::uint32_t walked = 0;  // index in Block::walked
  std::uint16_t at = 0;      // frame in the block
  Kind kind = Kind::kPlain;
};

/// What a shard tells Join, in a line of the processor's cache.
struct alignas(64) Event {
  /// Among all events of the block: packets in their order, ends before them, steps within a
  /// packet.
  struct Order {
    std::uint32_t at = 0;    // frame in the block; behind the last one: their number
    std::uint16_t step = 0;  // 0: ends by the clock; from 1 on three for each packet of the frame
    EndPhase phase = EndPhase::kClock;
    bool packet_itself = false;  // behind the ends that it causes
    std::uint64_t rank = 0;
    // NOLINTNEXTLINE(modernize-use-nullptr): as in t2/end_order.h
    auto operator<=>(const Order&) const = default;
  };
  enum class Kind : std::uint8_t { kPacket, kWhole, kEnd };

  Item item() const { return {walked, static_cast<std::uint16_t>(order.at), item_kind}; }
  EndedPair pair() const { return {flow, other, slot, other_slot}; }

  Order order;
  Kind kind = Kind::kPacket;
  Item::Kind item_kind = Item::Kind::kPlain;  // kPacket, kWhole
  bool created : 1 = false, continues : 1 = false, shown : 1 = false, failed : 1 = false;
  std::uint32_t walked = 0;   // of the item
  std::uint32_t seen_by = 0;  // created: by the ordered parts
  std::uint32_t row = 0;      // of the packet table, from 1: which one of ShardResult::cells
  FlowSlot* flow = nullptr;   // kEnd: A
  FlowSlot* other = nullptr;  // created: the opposite then; kEnd: B
  FlowSlot* whole = nullptr;  // of a fragment, in this shard
  std::uint32_t slot = 0, other_slot = 0;  // kEnd
};
static_assert(sizeof(Event) == 64);

/// Packets of a direction that ordered parts may want, for all that its shard knows (Offers).
struct Offer {
  FlowSlot* flow = nullptr;
  std::uint32_t newest = 0;  // in ShardResult::offered, from 1; 0: none yet
  bool syn = false;          // one is with SYN
};
struct Offered {
  std::uint32_t at = 0;      // frame in the block, a plain one
  std::uint32_t before = 0;  // the one before of the same offer, as Offer::newest
};

/// Written by one shard.
struct alignas(64) ShardResult {
  std::vector<Item> items;    // line up's
  std::vector<Event> events;  // in order
  std::vector<Offer> offers;  // one for each direction that has any
  std::vector<Offered> offered;
  // For each part that posts: what it posted, and how much of that with each event.
  std::vector<std::shared_ptr<void>> posted;
  std::vector<std::uint32_t> posts;  // events x parts: so many messages up to and with the event
  // Cells of packets' rows, as RowPlan::begin() leaves them, and where they end.
  RowWriter cells;
  std::vector<std::uint32_t> cell_ends;
  std::uint64_t held = 0;  // by the shard's streams, at the end of the block: bytes
};

/// What packets may take of the limits of the run, at most (docs/many-cores.md 7).
struct Demand {
  std::uint64_t directions = 0;
  std::uint64_t stream_bytes = 0;
  Demand& operator+=(const Demand& o) {
    directions += o.directions;
    stream_bytes += o.stream_bytes;
    return *this;
  }
  Demand& operator-=(const Demand& o) {
    directions -= o.directions;
    stream_bytes -= o.stream_bytes;
    return *this;
  }
};

struct Block {
  /// Empty again; what its vectors have is kept.
  void clear();

  std::uint64_t first = 0;  // number of its first packet
  // Without frames, behind the last packet: flows whose last packet has a lower number end.
  std::optional<std::uint64_t> ends_below;
  // Without frames: what time it is on a line without packets, so that flows end.
  std::optional<Nanoseconds> clock;
  std::vector<std::shared_ptr<const void>> memory;
  std::vector<Frame> frames;
  // prepare: of plain frames the shard; kWalked, kUnknown
  std::vector<std::uint8_t> shards;
  static constexpr std::uint8_t kWalked = 0xfe;   // its packets are in `walked`
  static constexpr std::uint8_t kUnknown = 0xff;  // not yet: with a header stack never met before
  Nanoseconds clock_before = 0;                   // line up: time of the packet before
  bool steady = true;                             // line up: times never fall
  std::uint64_t bytes_before = 0;                 // line up: captured so far
  std::uint64_t first_empty = 0;  // line up: number of a frame without bytes, 0: none
  Demand demand;                  // line up
  std::vector<Walked> walked;     // prepare; behind them line up
  DecoderRoom room;               // prepare
  std::vector<ShardResult> results;
};

inline void Block::clear() {
  for (ShardResult& r : results) {
    r.items.clear();
    r.events.clear();
    r.offers.clear();
    r.offered.clear();
    r.posted.clear();
    r.posts.clear();
    r.cells.clear();
    r.cell_ends.clear();
  }
  ends_below.reset();
  clock.reset();
  memory.clear();
  frames.clear();
  walked.clear();
  first_empty = 0;
  demand = {};
}

}  // namespace t2
