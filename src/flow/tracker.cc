// SPDX-License-Identifier: Apache-2.0
#include "flow/tracker.h"

#include <algorithm>
#include <array>
#include <bit>
#include <cstring>
#include <exception>
#include <numeric>
#include "t2/protocols.h"

namespace t2 {

using namespace flow_stat;

namespace {

/// The direction that stands in the table.
FlowSlot& first_of(FlowSlot& f) {
  return f.second && f.opposite ? *f.other() : f;
}

std::uint64_t oldest_packet(const FlowSlot& f) {
  return f.opposite ? std::min(f.last_packet, f.opposite->last_packet) : f.last_packet;
}

/// For FlowTracker::Age: of the direction that came first, the same in every run.
std::uint64_t tie_of(const FlowSlot& f) {
  constexpr std::uint64_t kSpread = 0x9e3779b97f4a7c15U;
  std::uint64_t tie = 0;
  for (const std::uint64_t w : std::bit_cast<std::array<std::uint64_t, 6>>(f.key)) {
    tie = (tie ^ w) * kSpread;
    tie ^= tie >> 29;
  }
  return tie;
}

/// Ports of services that answer from above 1023 (spec core 4.2).
bool proxy_port(std::uint16_t port) {
  return port == 8080 || port == 8081 || port == 8088 || port == 8089;
}

bool syn_ack(const Packet& p) {
  const Bytes tcp = p.tcp_header();
  return !tcp.empty() && (tcp[tcp_flag::kByte] & tcp_flag::kSynAck) == tcp_flag::kSynAck;
}

/// Whether a packet without known opposite looks like an answer.
bool looks_like_reply(const Packet& p, const FlowKey& k) {
  if (k.src_port < 1024 && k.src_port < k.dst_port) return true;
  return proxy_port(k.src_port) || syn_ack(p);
}

/// Digit by digit: there may be millions. Few have the rank of another. `Ranked` is FlowTracker's.
template <class Ranked>
void sort_by_rank(std::vector<Ranked>& all) {
  constexpr unsigned kBits = 11;
  constexpr std::size_t kDigits = std::size_t{1} << kBits;
  std::uint64_t highest = 0;
  for (const Ranked& r : all) highest = std::max(highest, r.rank);
  std::vector<Ranked> sorted(all.size());
  for (unsigned shift = 0; shift < 64 && highest >> shift != 0; shift += kBits) {
    const auto digit = [shift](const Ranked& r) { return r.rank >> shift & (kDigits - 1); };
    std::vector<std::size_t> next(kDigits);  // where the next one with this digit goes
    for (const Ranked& r : all) ++next[digit(r)];
    std::exclusive_scan(next.begin(), next.end(), next.begin(), std::size_t{0});
    for (const Ranked& r : all) sorted[next[digit(r)]++] = r;
    all.swap(sorted);
  }
  const auto same = [](const Ranked& x, const Ranked& y) { return x.rank == y.rank; };
  for (auto at = all.begin(); (at = std::adjacent_find(at, all.end(), same)) != all.end();) {
    const auto end =
        std::find_if(at, all.end(), [&](const Ranked& r) { return r.rank != at->rank; });
    std::sort(at, end, [](const Ranked& x, const Ranked& y) {
      return FlowTracker::ends_before(*x.flow, *y.flow);
    });
    at = end;
  }
}

void mask_address(std::array<std::uint8_t, 16>& a, unsigned bits) {
  for (unsigned i = 0; i < a.size(); ++i) {
    const unsigned kept = bits > 8 * i ? std::min(8U, bits - 8 * i) : 0;
    a[i] = static_cast<std::uint8_t>(a[i] & ~(0xffU >> kept));
  }
}

}  // namespace

FlowTracker::FlowTracker(const TrackerOptions& options, SlotLayout layout, Listener& listener)
    : options_(options),
      listener_(listener),
      slab_(std::move(layout), options.shard, options.shards),
      table_(slab_, options.seed),
      wheel_(slab_) {
  register_timeout(options.timeout);
}

void FlowTracker::register_timeout(Nanoseconds t) {
  timeouts_.push_back(t);
}

void FlowTracker::set_unusual_key(const Packet& p, Keyed& keyed) const {
  FlowKey k;
  if (p.is_ip()) {
    set_ip_key(p, keyed.key);
    k = std::bit_cast<FlowKey>(keyed.key);
    aggregate(k);
  } else {
    k.family = Family::kMac;
    k.ether_type = p.ether_type;
    k.vlan_id = p.vlan_id;
    std::memcpy(k.src.data(), p.src_mac.bytes.data(), p.src_mac.bytes.size());
    std::memcpy(k.dst.data(), p.dst_mac.bytes.data(), p.dst_mac.bytes.size());
  }
  keyed = {words(k), table_.hash(words(k))};
}

void FlowTracker::aggregate(FlowKey& k) const {
  const unsigned flags = options_.aggregation;
  const bool v4 = k.family == Family::kIpv4;
  if (flags & 0x01) k.l4_proto = 0;
  if (flags & 0x02) k.dst_port = 0;
  if (flags & 0x04) k.src_port = 0;
  if (flags & 0x08) mask_address(k.dst, v4 ? options_.dst_mask4 : options_.dst_mask6);
  if (flags & 0x10) mask_address(k.src, v4 ? options_.src_mask4 : options_.src_mask6);
  if (flags & 0x20) k.vlan_id = 0;
}

/// Keeps the flow's pending bit in step (spec core 3.9); Datagrams marked the packet.
void FlowTracker::track_fragment(FlowSlot& f, const Packet& p) {
  const bool pending = (p.status & mask(kFragmentPending)) != 0;
  if (!pending) {
    if (f.fragment_entry == p.ip_id) f.status &= ~mask(kFragmentPending);
    return;
  }
  const bool another = f.has(kFragmentPending) && f.fragment_entry != p.ip_id;
  if (another && !p.later_fragment) f.set(kFragmentError);
  f.fragment_entry = p.ip_id;
}

void FlowTracker::decide_direction(FlowSlot& f, FlowSlot* opposite, const Packet& p) {
  if (opposite != nullptr) {
    f.opposite = opposite;
    opposite->opposite = &f;
    f.second = true;
    if (!opposite->inverted()) f.set(kInverted);
    return;
  }
  if (looks_like_reply(p, f.key)) f.set(kInverted);
}

void FlowTracker::count_new(const FlowSlot& f) {
  ++counts_.total;
  ++(f.is_l2() ? counts_.l2 : f.key.family == Family::kIpv4 ? counts_.ipv4 : counts_.ipv6);
  ++(f.second ? counts_.b : counts_.a);
  if (f.second && f.opposite->inverted()) --counts_.lone_replies;
  if (!f.second && f.inverted()) ++counts_.lone_replies;
}

FlowSlot& FlowTracker::make(const Keyed& keyed, FlowSlot* opposite, const Packet& p) {
  FlowSlot& f = slab_.make();
  const FlowKey& k = f.key = std::bit_cast<FlowKey>(keyed.key);
  f.first_seen = p.time;
  f.last_seen = p.time;
  f.timeout = options_.timeout;
  decide_direction(f, opposite, p);
  f.ordered.inverted_ = f.inverted();
  if (f.is_tcp() && k.src == k.dst && k.src_port == k.dst_port) f.set(kLand);
  if (!f.second) {
    table_.insert(f, keyed.hash);
    wheel_.schedule(f);
    if (evicting_) add_candidate(f, p.number);
  }
  count_new(f);
  return f;
}

void FlowTracker::update(FlowSlot& f, const Packet& p, bool created) {
  const bool backwards = p.time < f.last_seen;
  f.previous_seen = f.last_seen;
  f.last_seen = p.time;
  if (backwards) [[unlikely]] {
    f.set(kTimeJump);
    wheel_.moved_closer(first_of(f));
  }
  f.last_packet = p.number;
  if (p.src_ip.is_v4() && !p.later_fragment) {  // fragments of one datagram share the ID
    if (!created && p.ip_id != 0 && p.ip_id == f.last_ip_id) f.set(kDuplicateIpId);
    f.last_ip_id = p.ip_id;
  }
  f.status |= p.status;
  add_status(f.status);
}

bool FlowTracker::over_limit(const FlowSlot& f, const Packet& p) const {
  return options_.duration_limit > 0 && p.time - f.first_seen >= options_.duration_limit;
}

FlowTracker::Assigned FlowTracker::assign(const Packet& p, const Keyed& keyed) {
  if (!p.is_ip() && !options_.l2_flows) return {};
  const bool headless = (p.status & mask(kFirstFragmentMissing)) != 0;
  if (headless && !options_.headless_fragments) [[unlikely]]
    return {};
  FlowTable::Found found = table_.find(keyed.key, keyed.hash);
  bool continues = false;
  if (found.flow != nullptr && over_limit(*found.flow, p)) {
    found.flow->set(kForced);
    if (options_.limit_keeps_index) {
      found.flow->set(kDurationLimit);
      continues = true;
    }
    FlowSlot& first = first_of(*found.flow);
    end_pair(first, {p.number, EndPhase::kDurationLimit, oldest_packet(first)});
    found = {};
  }
  const bool created = found.flow == nullptr;
  if (created) {
    if (slab_.live() + live_elsewhere_ >= options_.capacity) {
      if (!listener_.make_room(p.number)) evict_oldest(p.number);
      found = table_.find(keyed.key, keyed.hash);
    }
    found.flow = &make(keyed, found.opposite, p);
    if (continues) found.flow->set(kDurationLimit);
  }
  if (p.fragment) [[unlikely]] {
    track_fragment(*found.flow, p);
  } else if (found.flow->has(kFragmentPending)) [[unlikely]] {
    found.flow->set(kFragmentError);
  }
  update(*found.flow, p, created);
  return {found.flow, created, continues};
}

void FlowTracker::apply_timeout(FlowSlot& f) {
  f.timeout_changed_ = false;
  if (f.opposite) f.other()->timeout_changed_ = false;
  wheel_.moved_closer(first_of(f));
}

/// Flows that end at the same packet are found by checks of all registered idle times, oldest flow
/// first (spec core 4.6): the rank is the last packet of the direction that such a check meets
/// first.
std::uint64_t FlowTracker::end_rank(const FlowSlot& f, Nanoseconds now) const {
  const auto met = [&](const Flow& d) {
    return std::any_of(timeouts_.begin(), timeouts_.end(), [&](Nanoseconds t) {
      return now - d.last_seen >= t && clock_ - d.last_seen < t;
    });
  };
  const bool own = met(f);
  const bool other = f.opposite != nullptr && met(*f.opposite);
  if (own && other) return oldest_packet(f);
  if (other) return f.opposite->last_packet;
  return own || f.opposite == nullptr ? f.last_packet
                                      : std::max(f.last_packet, f.opposite->last_packet);
}

bool FlowTracker::ends_before(const FlowSlot& x, const FlowSlot& y) {
  return std::memcmp(&x.key, &y.key, sizeof x.key) < 0;
}

void FlowTracker::end_due(Nanoseconds now, std::uint64_t packet) {
  due_.clear();
  wheel_.advance(now, due_);
  ranked_.clear();
  for (FlowSlot* f : due_) ranked_.push_back({end_rank(*f, now), f});
  std::sort(ranked_.begin(), ranked_.end(), [](const Ranked& x, const Ranked& y) {
    return x.rank != y.rank ? x.rank < y.rank : ends_before(*x.flow, *y.flow);
  });
  for (const Ranked& r : ranked_) end_pair(*r.flow, {packet, EndPhase::kClock, r.rank});
}

/// Tells the listener, A before B, and frees the pair's slots unless it needs them.
void FlowTracker::finish_pair(FlowSlot& first, const EndOrder& order) {
  end_order_ = order;
  FlowSlot* second = first.other();
  FlowSlot* a = &first;
  FlowSlot* b = second;
  if (second != nullptr && first.inverted()) std::swap(a, b);
  const auto forget_both = [&] {
    forget(*a);
    if (b != nullptr) forget(*b);
  };
  try {
    listener_.on_pair_end(*a, b);
  } catch (...) {  // a pair must not end twice
    forget_both();
    throw;
  }
  forget_both();
  const EndedPair pair{a, b, a->slot, b != nullptr ? b->slot : 0};
  if (listener_.take_over(pair)) return;
  destroy(pair);
  reuse(pair);
}

/// From now on it is not found.
void FlowTracker::forget(FlowSlot& f) {
  add_status(f.status);
  slab_.retire(f);
}

void FlowTracker::end_pair(FlowSlot& first, const EndOrder& order) {
  table_.erase(first, table_.hash(words(first.key)));
  wheel_.cancel(first);
  finish_pair(first, order);
}

void FlowTracker::collect_candidates() {
  evicting_ = true;
  for (std::uint32_t slot = 1; slot < slab_.end(); ++slot) {
    const FlowSlot& f = slab_.at(slot);
    if (f.generation != 0 && !f.second) oldest_.push({{oldest_packet(f), tie_of(f)}, ref(f)});
  }
}

/// Only evictions take candidates out, so without them they would become more for ever.
void FlowTracker::add_candidate(const FlowSlot& f, std::uint64_t last_packet) {
  if (oldest_.size() < 2 * options_.capacity)
    return oldest_.push({{last_packet, tie_of(f)}, ref(f)});
  oldest_ = {};
  evicting_ = false;
}

std::optional<FlowTracker::Age> FlowTracker::oldest() {
  if (!evicting_) collect_candidates();
  while (!oldest_.empty()) {
    const Oldest top = oldest_.top();
    const FlowSlot* const f = slab_.find(top.flow);
    if (f != nullptr && oldest_packet(*f) == top.age.last_packet) return top.age;
    oldest_.pop();
    if (f != nullptr) oldest_.push({{oldest_packet(*f), top.age.tie}, top.flow});
  }
  return std::nullopt;
}

void FlowTracker::evict_oldest(std::uint64_t packet) {
  if (counts_.autopilot == 0) listener_.on_table_full();
  const std::optional<Age> age = oldest();
  if (!age) return;
  FlowSlot& f = *slab_.find(oldest_.top().flow);
  oldest_.pop();
  f.set(kAutopilot);
  counts_.autopilot += f.opposite ? 2 : 1;
  if (f.opposite) f.opposite->set(kAutopilot);
  end_pair(f, {packet, EndPhase::kTableFull, age->last_packet});
}

std::vector<FlowTracker::Ranked> FlowTracker::all_ranked() {
  std::vector<Ranked> order;
  order.reserve(table_.pairs());
  for (std::uint32_t slot = 1; slot < slab_.end(); ++slot) {
    FlowSlot& f = slab_.at(slot);
    if (f.generation != 0 && !f.second) order.push_back({oldest_packet(f), &f});
  }
  sort_by_rank(order);
  return order;
}

void FlowTracker::drain_below(std::uint64_t packet, std::uint64_t rank) {
  if (!left_) left_ = all_ranked();
  // Table and wheel are not needed any more, so nothing is taken out of them one by one.
  std::exception_ptr failure;
  for (; drained_ < left_->size() && (*left_)[drained_].rank < rank; ++drained_) {
    const Ranked& r = (*left_)[drained_];
    try {
      finish_pair(*r.flow, {packet, EndPhase::kClock, r.rank});
    } catch (...) {
      if (failure == nullptr) failure = std::current_exception();
    }
  }
  if (failure != nullptr) std::rethrow_exception(failure);
}

}  // namespace t2
