// SPDX-License-Identifier: Apache-2.0
#include "engine/join.h"

#include <fmt/format.h>

#include <utility>

#include "engine/options.h"
#include "plugin/access.h"

namespace t2 {

Join::Join(PluginSet& plugins, PluginHost& host, Writer& writer, const StreamOptions& streams,
           std::function<void()> on_table_full)
    : host_(host),
      writer_(writer),
      streams_(streams),
      on_table_full_(std::move(on_table_full)),
      expectations_(expectation_options()) {
  std::size_t index = 0;
  for (LoadedPlugin& p : plugins.plugins()) {
    if (p.ordered != nullptr) attach(p, index);
    ++index;
  }
}

void Join::attach(LoadedPlugin& p, std::size_t index) {
  const std::size_t offset = p.ordered_offset - detail::kOrderedOffset;
  detail::Host::attach<RunCore>(*p.ordered, *p.plugin, *this);
  detail::Host::place_state(*p.ordered, offset);
  calls_.add(p.type.ordered, *p.ordered, offset, static_cast<unsigned>(members_.size()));
  const bool greedy =
      p.ordered->packet_use() != PacketUse::kSyn || p.type.ordered.on_stream != nullptr;
  if (greedy) interest_.add_greedy(members_.size());
  members_.push_back({p.plugin.get(), p.ordered.get()});
  if (p.type.deliver != nullptr) {
    posting_.push_back({p.shard.get(), p.ordered.get(), &p.type, offset, index});
  }
}

Result<void> Join::check() const {
  if (members_.size() <= kMostOrderedParts) return {};
  return Error{fmt::format("{} plugins with ordered parts are active, {} at most: deactivate some",
                           members_.size(), kMostOrderedParts)};
}

std::uint32_t Join::seen_by(const FlowKey& key) const {
  std::uint32_t seen = 0;
  for (std::size_t i = 0; i < members_.size(); ++i) {
    if (members_[i].plugin->wants_flow(key)) seen |= std::uint32_t{1} << i;
  }
  return seen;
}

void Join::begin(OrderedSlot& f, OrderedSlot* other, std::uint32_t seen_by, const Packet& p,
                 bool continues) {
  births_.begin(f, other, continues);
  TcpStreams::begin(f);
  f.seen_by = f.wanted_by = seen_by;
  if (f.seen_by != 0) calls_.flow_starts(f, p, f.seen_by);
}

[[gnu::noinline]] void Join::begin(FlowSlot& f, const Packet& p, bool continues) {
  FlowSlot* const other = f.other();
  begin(f.ordered, other != nullptr ? &other->ordered : nullptr, seen_by(f.key), p, continues);
}

/// Apart: few packets concern them.
[[gnu::noinline]] void Join::show(OrderedSlot& f, const Packet& p) {
  feed(
      f, TcpStreams::concern(f), [&](OrderedSlot& o) { streams_.on_packet(o, p, calls_); },
      [&](OrderedSlot& o) { tell(o, p); });
}

void Join::fragment(FlowSlot& f, const Packet& p, FlowTracker::Assigned assigned, bool posted,
                    const FragmentOf& of) {
  before(f, p, assigned, posted);
  show_fragment(f.ordered, p, of);
}

void Join::show_fragment(OrderedSlot& f, const Packet& p, const FragmentOf& of) {
  feed(
      f, true, [&](OrderedSlot& o) { feed_fragment(streams_, o, p, of, calls_); },
      [&](OrderedSlot& o) { tell(o, p); });
}

/// What shard parts have posted since.
void Join::deliver() {
  for (const Posting& p : posting_) p.type->deliver(*p.from, *p.to, p.offset);
}

void Join::pair_ends(FlowSlot& a, FlowSlot* b, const EndOrder& order, bool posted) {
  if (posted) {
    try {
      deliver();
    } catch (...) {
      forget(a, b, order);
      throw;
    }
  }
  end(a, b);
}

void Join::end(FlowSlot& a, FlowSlot* b) {
  struct Forgotten {
    ~Forgotten() { join.forget(a, b, {}); }
    Join& join;
    FlowSlot& a;
    FlowSlot* b;
  };
  OrderedSlot& first = a.ordered;
  OrderedSlot* const second = b != nullptr ? &b->ordered : nullptr;
  const Forgotten forgotten{*this, a, b};
  if (first.seen_by == 0 && (second == nullptr || second->seen_by == 0)) return;
  finish_streams(first, second, calls_);
  if (first.seen_by != 0) calls_.flow_ends(first, first.seen_by);
  if (second != nullptr && second->seen_by != 0) calls_.flow_ends(*second, second->seen_by);
}

bool Join::take_over(const EndedPair& pair) {
  if (!writer_.wants(Table::kFlows)) return false;
  writer_.pair_rows(pair);
  return true;
}

/// Of OrderedSlot::wanted_by.
std::uint32_t Join::bit_of(const OrderedPartBase& part) const {
  for (std::size_t i = 0; i < members_.size(); ++i) {
    if (members_[i].part == &part) return std::uint32_t{1} << i;
  }
  return 0;
}

bool Join::open_stream(OrderedFlow& flow, const OrderedPartBase& consumer, StreamUse use,
                       std::optional<std::uint32_t> first_seq) {
  const bool rests = (slot_of(flow).wanted_by & bit_of(consumer)) == 0;
  return !rests && calls_.open(streams_, flow, consumer, use, first_seq);
}

}  // namespace t2
