// SPDX-License-Identifier: Apache-2.0
#include "engine/many_lanes.h"

#include <algorithm>
#include <array>
#include <iterator>
#include <tuple>
#include <utility>

#include "engine/groups.h"
#include "engine/options.h"
#include "engine/packet_columns.h"

namespace t2 {
namespace {

// join() asks for the memory of events and of their flows so many events before their turn.
constexpr std::size_t kEventsAhead = 16, kFlowsAhead = 4;

/// What the fragment's own shard is told.
Datagrams::Taken taken(const WalkedFragment& f) {
  return {f.completes && !f.elsewhere ? &f.whole.packet : nullptr, f.transport, f.offset};
}

}  // namespace

unsigned usual_threads(unsigned cpus) {
  constexpr unsigned kWorthIt = 4, kMost = 8;
  return cpus < kWorthIt ? 1 : std::min(cpus, kMost);
}

LaneOptions lanes_for(unsigned threads) {
  // More shards than that make tasks so short that handing them out costs more than they bring.
  constexpr unsigned kShardsPerThread = 2, kMostShards = 8;
  constexpr std::size_t kBlock = 2048;  // what is looked at of its packets fits a core's cache
  constexpr std::size_t kMostBlocks = 36;
  LaneOptions o;
  o.conductor.shards = std::min(kShardsPerThread * threads, kMostShards);
  o.conductor.threads = threads - 1;  // who brings the blocks works, too
  // So few that what shards leave for Join is still in a cache.
  o.conductor.window = std::min(std::size_t{2} * threads + 4, kMostBlocks);
  o.block_packets = kBlock;
  return o;
}

unsigned scouts_for(unsigned threads) {
  constexpr unsigned kThreadsPerScout = 4, kMost = 4;
  return std::min(threads / kThreadsPerScout, kMost);
}

/// A shard and what it tells Join.
struct ManyLanes::Lane {
  Lane(PluginSet& plugins, const CoreSettings& settings, const TrackerOptions& flows,
       FlowLabels& labels, const Join& join, Recorder::Owner& owner, bool packet_rows)
      : shard(plugins, settings, flows, labels, recorder),
        recorder(join, posting(join), owner, packet_rows),
        packet_row(t2::packet_rows(settings, plugins, shard.parts().all())) {}

  std::vector<ShardPartBase*> posting(const Join& join) {
    std::vector<ShardPartBase*> parts;
    for (const Join::Posting& p : join.posting()) parts.push_back(shard.parts().all()[p.plugin]);
    return parts;
  }

  Shard<Recorder> shard;
  Recorder recorder;
  RowPlan packet_row;
  std::array<Decoded, kGroup> group;  // of plain frames
  std::size_t looked_at = 0;          // frames whose times it has been told
};

ManyLanes::ManyLanes(const LaneOptions& options, PluginSet& plugins, const CoreSettings& settings,
                     const TrackerOptions& flows, FlowLabels& labels, Join& join, Writer& writer,
                     Undecoded& undecoded, bool packet_rows)
    : options_(options),
      capacity_(flows.capacity),
      stream_memory_(stream_options(settings).total_bytes),
      plugins_(plugins),
      join_(join),
      writer_(writer),
      packet_rows_(packet_rows),
      lanes_([&] {
        std::vector<std::unique_ptr<Lane>> lanes;
        for (unsigned s = 0; s < options.conductor.shards; ++s) {
          TrackerOptions own = flows;
          own.shard = s;
          own.shards = options.conductor.shards;
          lanes.push_back(std::make_unique<Lane>(plugins, settings, own, labels, join,
                                                 static_cast<Recorder::Owner&>(*this),
                                                 packet_rows));
        }
        return lanes;
      }()),
      line_up_(decode_options(settings), lanes_[0]->shard.tracker(), options.conductor.shards,
               undecoded),
      offers_(join.interest()),
      returned_(options.conductor.shards),
      conductor_(options.conductor, *this) {
  writer_.when_rows_wait([this] { conductor_.wake(); });
}

ManyLanes::~ManyLanes() = default;

Result<void> ManyLanes::begin(std::span<const Nanoseconds> timeouts, bool checksums) {
  if (checksums) line_up_.verify_checksums();
  for (const auto& lane : lanes_) {
    for (const Nanoseconds t : timeouts) lane->shard.tracker().register_timeout(t);
    if (auto r = lane->shard.parts().begin(); !r) return r;
  }
  return {};
}

std::vector<ManyLanes::Note> ManyLanes::take_notes() {
  std::vector<Note> notes;
  {
    const MutexLock lock(mutex_);
    notes.swap(notes_);
  }
  std::sort(notes.begin(), notes.end(),
            [](const Note& x, const Note& y) { return x.packet < y.packet; });
  return notes;
}

void ManyLanes::note(Note n) {
  const MutexLock lock(mutex_);
  notes_.push_back(n);
}

/// What the frames lay in may be unmapped with it, which takes longer than joining a block.
void ManyLanes::drop_memory() {
  std::vector<std::shared_ptr<const void>> memory;
  const MutexLock lock(mutex_);
  memory.swap(through_);
}

void ManyLanes::take(const FrameBatch& batch) {
  for (std::size_t i = 0; i < batch.size;) {
    if (block_ == nullptr) {
      drop_memory();
      block_ = next_block();
      block_bytes_ = 0;
    }
    std::vector<Frame>& frames = block_->frames;
    const std::size_t n = std::min(batch.size - i, options_.block_packets - frames.size());
    const auto from = batch.frames.begin() + static_cast<std::ptrdiff_t>(i);
    frames.insert(frames.end(), from, from + static_cast<std::ptrdiff_t>(n));
    block_->memory.push_back(batch.memory);
    for (const Frame& f : std::span(batch.frames).subspan(i, n)) block_bytes_ += f.bytes.size();
    i += n;
    taken_ += n;
    const bool full = frames.size() == options_.block_packets;
    if (full || block_bytes_ >= options_.block_bytes) hand_over();
  }
}

std::unique_ptr<Block> ManyLanes::next_block() {
  std::unique_ptr<Block> block = conductor_.spare();
  // Here rather than in join(), which others wait for.
  block == nullptr ? void(block = std::make_unique<Block>()) : block->clear();
  block->first = taken_ + 1;
  return block;
}

void ManyLanes::take_time(Nanoseconds now) {
  hand_over();
  std::unique_ptr<Block> block = next_block();
  block->clock = now;
  conductor_.take(std::move(block));
}

void ManyLanes::hand_over() {
  if (block_ != nullptr) conductor_.take(std::exchange(block_, nullptr));
}

void ManyLanes::settle() {
  hand_over();
  conductor_.settle();
  rethrow();
}

void ManyLanes::finish() {
  hand_over();
  conductor_.settle();
  end_all_flows();
  conductor_.settle();
  for (const auto& lane : lanes_) lane->shard.parts().merge_into(plugins_);
  rethrow();
}

/// About so many at a time that what Join is told of them stays little.
void ManyLanes::end_all_flows() {
  const std::uint64_t most = 4 * options_.block_packets, left = live();
  const std::uint64_t step =
      left <= most ? taken_ : std::max<std::uint64_t>(1, taken_ / (left / most));
  for (std::uint64_t below = 1; below <= taken_;) {
    below += step;
    std::unique_ptr<Block> block = next_block();
    block->ends_below = below;
    conductor_.take(std::move(block));
  }
}

/// A part that throws breaks its contract (t2/plugin.h); others see the rest of what is on its way.
/// Of several such packets the first counts, whichever is met first.
template <class Step>
void ManyLanes::attempt(std::uint64_t packet, Step step) {
  try {
    step();
  } catch (...) {
    const MutexLock lock(mutex_);
    if (failed_ && packet >= failed_at_) return;
    failure_ = std::current_exception();
    failed_at_ = packet;
    failed_ = true;
  }
}

void ManyLanes::rethrow() {
  std::exception_ptr failure;
  {
    const MutexLock lock(mutex_);
    failure = std::exchange(failure_, nullptr);
  }
  if (failure != nullptr) std::rethrow_exception(failure);
}

std::unique_ptr<CountedSoFar> ManyLanes::count_parts() const {
  std::vector<ShardParts*> parts;
  for (const auto& lane : lanes_) parts.push_back(&lane->shard.parts());
  return std::make_unique<CountedSoFar>(plugins_, parts);
}

LaneSums ManyLanes::sums() const {
  LaneSums sums;
  sums.totals = line_up_.totals();
  sums.status = line_up_.status();
  for (const auto& lane : lanes_) {
    const auto& shard = lane->shard;
    sums.totals.merge(shard.totals());
    sums.streams.merge(shard.streams().usage());
    sums.status |= shard.tracker().status();
    sums.live += shard.tracker().live();
    sums.flows.merge(shard.tracker().counts());
  }
  return sums;
}

void ManyLanes::reuse(std::span<const EndedPair> pairs) {
  const MutexLock lock(mutex_);
  for (const EndedPair& p : pairs) {
    std::vector<std::uint32_t>& slots = returned_[p.a->ordered.place_ % lanes_.size()];
    slots.push_back(p.slot_a);
    if (p.b != nullptr) slots.push_back(p.slot_b);
  }
}

void ManyLanes::prepare(Block& b) {
  line_up_.prepare(b);
}

void ManyLanes::line_up(Block& b) {
  line_up_.run(b);
}

void ManyLanes::begin(Block& b, unsigned s) {
  Lane& lane = *lanes_[s];
  std::vector<std::uint32_t> slots;
  {
    const MutexLock lock(mutex_);
    slots.swap(returned_[s]);
  }
  for (const std::uint32_t slot : slots) lane.shard.tracker().reuse(slot);
  lane.recorder.begin(b.results[s], b.first);
  lane.looked_at = 0;
}

void ManyLanes::end(Block& b, unsigned s) {
  Lane& lane = *lanes_[s];
  attempt(b.first + b.frames.size(), [&] {
    expire(lane, b, b.frames.size());
    lane.recorder.turn_to_clock();
    if (b.clock && *b.clock >= lane.shard.tracker().next_check()) {
      lane.shard.tracker().end_due(b.clock_before, *b.clock, b.first);
    }
    if (b.ends_below) lane.shard.tracker().drain_below(b.first, *b.ends_below);
  });
  lane.recorder.end();
  b.results[s].held = lane.shard.streams().usage().buffered;
}

void ManyLanes::shard(Block& b, unsigned s) {
  Lane& lane = *lanes_[s];
  begin(b, s);
  const std::span<const Item> items(b.results[s].items);
  in_groups(
      lane.shard.tracker(), items.size(),
      [&](std::size_t i, std::size_t room) { return decode(b, items, i, lane, lane.group[room]); },
      [&](std::size_t i, std::size_t room) {
        attempt(b.first + items[i].at, [&] {
          expire(lane, b, items[i].at + std::size_t{1});
          work_on(lane, b, items[i], lane.group[room]);
        });
      });
  end(b, s);
}

/// What is at work is so little that all of it may be on its way, whatever becomes of it: a packet
/// makes one direction at most, and of bytes that wait in streams no more than twice as many wait
/// afterwards, besides its own.
bool ManyLanes::fits(const Demand& d) const {
  return live_.load() + d.directions <= capacity_ &&
         2 * held_.load() + d.stream_bytes <= stream_memory_;
}

std::uint64_t ManyLanes::live() const {
  std::uint64_t live = 0;
  for (const auto& lane : lanes_) live += lane->shard.tracker().live();
  return live;
}

/// All shards on one thread, packet by packet, so that limits of the run are met as one shard alone
/// would meet them.
void ManyLanes::in_order(Block& b) {
  ordered_ = &b;
  for (unsigned s = 0; s < lanes_.size(); ++s) begin(b, s);
  std::vector<std::size_t> next(lanes_.size());
  const auto order = [](const Item& i) { return std::tuple(i.at, i.walked, i.kind); };
  for (;;) {
    unsigned first = 0;
    const Item* item = nullptr;
    for (unsigned s = 0; s < lanes_.size(); ++s) {
      const std::vector<Item>& items = b.results[s].items;
      if (next[s] == items.size()) continue;
      const Item& candidate = items[next[s]];
      if (item != nullptr && order(*item) < order(candidate)) continue;
      item = &candidate;
      first = s;
    }
    if (item == nullptr) break;
    ++next[first];
    attempt(b.first + item->at, [&] { work_in_order(b, *lanes_[first], *item); });
  }
  for (unsigned s = 0; s < lanes_.size(); ++s) end(b, s);
  for (const auto& lane : lanes_) {
    lane->shard.tracker().set_live_elsewhere(0);
    lane->shard.streams().set_held_elsewhere(0);
  }
}

void ManyLanes::work_in_order(const Block& b, Lane& lane, const Item& item) {
  FlowTracker& tracker = lane.shard.tracker();
  TcpStreams& streams = lane.shard.streams();
  expire(lane, b, item.at + std::size_t{1});
  std::uint64_t held = 0;
  for (const auto& l : lanes_) held += l->shard.streams().usage().buffered;
  tracker.set_live_elsewhere(live() - tracker.live());
  streams.set_held_elsewhere(held - streams.usage().buffered);
  (void)decode(b, {&item, 1}, 0, lane, lane.group[0]);
  work_on(lane, b, item, lane.group[0]);
}

/// Others may hold flows that are due; else the oldest of all goes.
void ManyLanes::make_room(std::uint64_t packet, std::uint16_t step) {
  const std::size_t at = packet - ordered_->first;
  for (const auto& lane : lanes_) expire(*lane, *ordered_, at + 1);
  if (live() < capacity_) return;
  Lane* oldest = nullptr;
  for (const auto& lane : lanes_) {
    FlowTracker& t = lane->shard.tracker();
    if (!t.oldest()) continue;
    if (oldest == nullptr || *t.oldest() < *oldest->shard.tracker().oldest()) oldest = lane.get();
  }
  if (oldest == nullptr) return;
  oldest->recorder.turn_to_room(packet, step);
  oldest->shard.tracker().evict_oldest(packet);
}

void ManyLanes::table_full(std::uint64_t packet) {
  if (std::exchange(full_noted_, true)) return;
  std::uint64_t bytes = ordered_->bytes_before;
  for (std::size_t i = 0; i <= packet - ordered_->first; ++i)
    bytes += ordered_->frames[i].bytes.size();
  note({packet, Note::Kind::kTableFull, bytes});
}

/// Ends what is due at the packets before the `to`th that it has not been told of.
inline void ManyLanes::expire(Lane& lane, const Block& b, std::size_t to) {
  const bool none = lane.looked_at >= to ||
                    (b.steady && b.frames[to - 1].time < lane.shard.tracker().next_check());
  none ? void(lane.looked_at = std::max(lane.looked_at, to)) : end_due(lane, b, to);
}

[[gnu::noinline]] void ManyLanes::end_due(Lane& lane, const Block& b, std::size_t to) {
  FlowTracker& tracker = lane.shard.tracker();
  const auto frame = [&](std::size_t i) {
    return b.frames.begin() + static_cast<std::ptrdiff_t>(i);
  };
  while (lane.looked_at < to) {
    const std::size_t from = lane.looked_at;
    const Nanoseconds due = tracker.next_check();
    lane.looked_at = to;
    if (b.steady && b.frames[to - 1].time < due) return;
    const auto at =
        b.steady
            ? std::lower_bound(frame(from), frame(to), due,
                               [](const Frame& f, Nanoseconds t) { return f.time < t; })
            : std::find_if(frame(from), frame(to), [&](const Frame& f) { return f.time >= due; });
    if (at == frame(to)) return;
    const auto i = static_cast<std::size_t>(at - b.frames.begin());
    lane.looked_at = i + 1;
    lane.recorder.turn_to_clock();
    tracker.end_due(i > 0 ? b.frames[i - 1].time : b.clock_before, at->time, b.first + i);
  }
}

const FlowTracker::Keyed* ManyLanes::decode(const Block& b, std::span<const Item> items,
                                            std::size_t i, Lane& lane, Decoded& d) {
  constexpr std::size_t kAhead = 16;
  if (i + kAhead < items.size()) prefetch_frame(b.frames[items[i + kAhead].at]);
  const Item& item = items[i];
  if (item.kind == Item::Kind::kWhole) return &b.walked[item.walked].fragment->whole.keyed;
  if (item.kind == Item::Kind::kWalked) return &b.walked[item.walked].decoded.keyed;
  const bool plain =
      line_up_.decoder().decode_plain(b.frames[item.at], b.first + item.at, d.packet);
  d.outcome = plain ? Decoder::Outcome::kOk : Decoder::Outcome::kNoFlow;
  if (!plain) return nullptr;
  lane.shard.tracker().set_key(d.packet, d.keyed);
  return &d.keyed;
}

void ManyLanes::work_on(Lane& lane, const Block& b, const Item& item, const Decoded& plain) {
  const std::uint64_t number = b.first + item.at;
  if (item.kind == Item::Kind::kPlain) {
    if (plain.outcome != Decoder::Outcome::kOk) return;  // the capture was cut meanwhile
    lane.recorder.turn_to(item, number, 0, false);
    return give(lane, plain, false, {});
  }
  const Walked& w = b.walked[item.walked];
  const WalkedFragment* const f = w.fragment.get();
  lane.recorder.turn_to(item, number, w.sub, f != nullptr && f->elsewhere);
  if (item.kind == Item::Kind::kWhole) return lane.shard.whole(f->whole.packet, f->whole.keyed);
  give(lane, w.decoded, w.sub > 0, f != nullptr ? taken(*f) : Datagrams::Taken{});
}

[[gnu::always_inline]] inline void ManyLanes::give(Lane& lane, const Decoded& d, bool further,
                                                   const Datagrams::Taken& of) {
  FlowSlot* const flow = lane.shard.packet(d, further, of);
  if (packet_rows_ && flow != nullptr) lane.recorder.row(lane.packet_row, *flow, d.packet);
}

/// Ends of pairs may have one order (FlowTracker::ends_before), other events never.
bool ManyLanes::Reading::is_before(const Event& x, const Event& y) {
  if (x.order != y.order) return x.order < y.order;
  const auto first = [](const Event& e) -> const FlowSlot& {
    return e.flow->second && e.other != nullptr ? *e.other : *e.flow;
  };
  return x.kind == Event::Kind::kEnd && y.kind == Event::Kind::kEnd &&
         FlowTracker::ends_before(first(x), first(y));
}

/// Asks for what this event will need, and for one behind it: its shard was on another core, or
/// long ago.
void ManyLanes::prefetch_event(const Block& b, const ShardResult& r, std::size_t event) const {
  const std::span<const Event> events(r.events);
  if (event + kEventsAhead < events.size()) __builtin_prefetch(&events[event + kEventsAhead]);
  if (event >= events.size()) return;
  const Event& e = events[event];
  plugins_.prefetch_ordered(*e.flow);
  if (e.kind == Event::Kind::kPacket && (e.created || e.shown))
    prefetch_frame(b.frames[e.order.at]);
}

/// All events of the block's shards, in the order of the run.
void ManyLanes::join(Block& b) {
  if (b.first_empty != 0 && !std::exchange(empty_noted_, true)) {
    note({b.first_empty, Note::Kind::kEmptyFrame, 0});
  }
  for (ShardResult& r : b.results) {
    for (std::size_t i = 0; i < std::min(kEventsAhead, r.events.size()); ++i) {
      __builtin_prefetch(&r.events[i]);
    }
  }
  offers_.begin(b.results, b.frames.size());
  for (ShardResult& r : b.results) {
    if (r.events.empty()) continue;
    for (std::size_t i = 0; i < kFlowsAhead; ++i) prefetch_event(b, r, i);
    reading_.emplace_back(r);
  }
  while (!reading_.empty()) {
    const auto next = std::min_element(reading_.begin(), reading_.end());
    prefetch_event(b, *next->result, next->at + kFlowsAhead);
    const std::size_t at = next->event().order.at;
    show_offered(b, at);
    attempt(b.first + at, [&] { hear(b, *next->result, next->at); });
    if (!next->go_on()) reading_.erase(next);
  }
  show_offered(b, b.frames.size());
  std::uint64_t held = 0;
  for (const ShardResult& r : b.results) held += r.held;
  held_ = held;
  live_ = join_.births().live();
  join_.block_ends();
  {
    const MutexLock lock(mutex_);
    std::move(b.memory.begin(), b.memory.end(), std::back_inserter(through_));
  }
}

const Packet* ManyLanes::packet_of(const Block& b, const Item& item, Packet& room) const {
  if (item.kind != Item::Kind::kPlain) return &b.walked[item.walked].decoded.packet;
  return line_up_.decoder().decode_plain(b.frames[item.at], b.first + item.at, room) ? &room
                                                                                     : nullptr;
}

void ManyLanes::deliver(ShardResult& r, std::size_t event) {
  const std::span<const Join::Posting> posting = join_.posting();
  for (std::size_t i = 0; i < posting.size(); ++i) {
    const std::size_t from = event > 0 ? r.posts[(event - 1) * posting.size() + i] : 0;
    const std::size_t to = r.posts[event * posting.size() + i];
    if (to > from) {
      posting[i].type->deliver_taken(r.posted[i].get(), from, to - from, *posting[i].to,
                                     posting[i].offset);
    }
  }
}

void ManyLanes::hear(Block& b, ShardResult& r, std::size_t event) {
  const Event& e = r.events[event];
  if (e.kind == Event::Kind::kEnd) {
    if (e.failed) return join_.forget(*e.flow, e.other, {});
    deliver(r, event);
    join_.end(*e.flow, e.other);
    (void)join_.take_over(e.pair());
    return;
  }
  if (e.kind == Event::Kind::kWhole) {
    deliver(r, event);
    return join_.show_whole(e.flow->ordered, b.walked[e.walked].fragment->whole.packet);
  }
  hear_packet(b, r, event);
  if (e.row > 0) write_row(r, e, b.first + e.order.at);
}

void ManyLanes::hear_packet(const Block& b, ShardResult& r, std::size_t event) {
  const Event& e = r.events[event];
  OrderedSlot& o = e.flow->ordered;
  Packet room;
  const Packet* const p = e.created || e.shown ? packet_of(b, e.item(), room) : nullptr;
  if (e.created) {
    join_.begin(o, e.other != nullptr ? &e.other->ordered : nullptr, e.seen_by,
                p != nullptr ? *p : room, e.continues);
    offers_.follow(o, e.order.at);
  }
  deliver(r, event);
  if (e.shown && p != nullptr) show(b, e, *p);
}

/// Up to the first packet at which a part has thrown, as on one lane.
void ManyLanes::write_row(const ShardResult& r, const Event& e, std::uint64_t packet) {
  if (failed_ && packet >= failed_at_) return;
  writer_.packet_row([&](RowWriter& row) {
    lanes_[0]->packet_row.finish(*e.flow, e.row - 1, r.cells.bytes(), r.cell_ends, row);
  });
}

void ManyLanes::show(const Block& b, const Event& e, const Packet& p) {
  OrderedSlot& o = e.flow->ordered;
  if (p.part != nullptr) {
    join_.show_fragment(o, p, {taken(*b.walked[e.walked].fragment), e.whole});
  } else {
    join_.show(o, p, e.created);
  }
  Interest::note_quiet(o);
}

/// Of what was offered and is wanted, the packets of frames before the `until`th.
void ManyLanes::show_offered(const Block& b, std::size_t until) {
  for (Offers::Wanted w = offers_.next(until); w.flow != nullptr; w = offers_.next(until)) {
    if (const Offers::Wanted later = offers_.ahead(); later.flow != nullptr) {
      __builtin_prefetch(later.flow);
      prefetch_frame(b.frames[later.at]);
    }
    if (!Interest::is_any(*w.flow)) continue;
    const std::uint64_t number = b.first + w.at;
    attempt(number, [&] {
      Packet p;
      if (line_up_.decoder().decode_plain(b.frames[w.at], number, p)) join_.show(*w.flow, p, false);
    });
    Interest::note_quiet(*w.flow);
  }
}

}  // namespace t2
