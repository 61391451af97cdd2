// SPDX-License-Identifier: Apache-2.0
#include "stream/expectations.h"

#include "base/hash.h"

namespace t2 {
namespace {

bool same_listener(const Expectation& e, const IpAddress& listener, std::uint16_t port,
                   std::uint16_t vlan_id) {
  return e.port == port && e.vlan_id == vlan_id && e.listener == listener;
}

}  // namespace

ExpectationTable::ExpectationTable(const ExpectationOptions& options)
    : options_(options), listeners_(kFewestChains), controls_(kFewestChains) {}

std::uint32_t ExpectationTable::hash_of(const IpAddress& listener, std::uint16_t port,
                                        std::uint16_t vlan_id) const {
  const ListenerKey key{listener.bytes, port, vlan_id, static_cast<std::uint32_t>(listener.family)};
  return static_cast<std::uint32_t>(hash_bytes(key, options_.seed));
}

std::uint32_t ExpectationTable::hash_of(OrderedRef control) const {
  return static_cast<std::uint32_t>(hash_bytes(control.generation, options_.seed));
}

void ExpectationTable::append(Chain& chain, Links Entry::*links, Index i) {
  (entries_[i].*links) = {chain.last, kNone};
  if (chain.last != kNone) {
    (entries_[chain.last].*links).next = i;
  } else {
    chain.first = i;
  }
  chain.last = i;
}

void ExpectationTable::unlink(Chain& chain, Links Entry::*links, Index i) {
  const Links l = entries_[i].*links;
  (l.previous != kNone ? (entries_[l.previous].*links).next : chain.first) = l.next;
  (l.next != kNone ? (entries_[l.next].*links).previous : chain.last) = l.previous;
}

/// Into the chains by hash.
void ExpectationTable::enter(Index i) {
  append(chain_of(listeners_, entries_[i].listener_hash), &Entry::by_listener, i);
  append(chain_of(controls_, entries_[i].control_hash), &Entry::by_control, i);
}

void ExpectationTable::remove(Index i) {
  unlink(age_, &Entry::by_age, i);
  unlink(chain_of(listeners_, entries_[i].listener_hash), &Entry::by_listener, i);
  unlink(chain_of(controls_, entries_[i].control_hash), &Entry::by_control, i);
  free_.push_back(i);
  --size_;
}

void ExpectationTable::expire(Nanoseconds now) {
  while (age_.first != kNone && now - entries_[age_.first].added > options_.lifetime) {
    remove(age_.first);
  }
}

/// Removes what `e` replaces, and the oldest ones where there are too many.
void ExpectationTable::make_room(const Expectation& e, std::uint32_t listener_hash) {
  std::size_t same = 0;
  Index oldest = kNone;
  for (Index i = chain_of(listeners_, listener_hash).first; i != kNone;
       i = entries_[i].by_listener.next) {
    if (!same_listener(entries_[i].e, e.listener, e.port, e.vlan_id)) continue;
    if (entries_[i].e.peer == e.peer && entries_[i].e.control == e.control) {
      return remove(i);
    }
    if (++same == 1) oldest = i;
  }
  if (same >= options_.per_listener) remove(oldest);
}

ExpectationTable::Index ExpectationTable::free_entry() {
  if (free_.empty()) {
    free_.push_back(static_cast<Index>(entries_.size()));
    entries_.emplace_back();
    if (entries_.size() > listeners_.size()) add_chains();
  }
  const Index i = free_.back();
  free_.pop_back();
  return i;
}

void ExpectationTable::add_chains() {
  const std::size_t more = listeners_.size() * 2;
  listeners_.assign(more, {});
  controls_.assign(more, {});
  for (Index i = age_.first; i != kNone; i = entries_[i].by_age.next) enter(i);
}

void ExpectationTable::add(const Expectation& e, Nanoseconds now) {
  expire(now);
  const std::uint32_t listener_hash = hash_of(e.listener, e.port, e.vlan_id);
  make_room(e, listener_hash);
  if (size_ >= options_.capacity) {
    remove(age_.first);
    ++evicted_;
  }
  const Index i = free_entry();
  entries_[i] = {e, now, listener_hash, hash_of(e.control), {}, {}, {}};
  append(age_, &Entry::by_age, i);
  enter(i);
  ++size_;
}

ExpectationTable::Index ExpectationTable::find(const IpAddress& listener, std::uint16_t port,
                                               std::uint16_t vlan_id, const IpAddress& peer) const {
  Index open = kNone;
  for (Index i = chain_of(listeners_, hash_of(listener, port, vlan_id)).first; i != kNone;
       i = entries_[i].by_listener.next) {
    const Expectation& e = entries_[i].e;
    if (!same_listener(e, listener, port, vlan_id)) continue;
    if (e.peer == peer) return i;
    if (e.peer.family == Family::kNone) open = i;
  }
  return open;
}

std::optional<Expectation> ExpectationTable::take(const OrderedFlow& flow, Nanoseconds now) {
  if (size_ == 0) return {};
  expire(now);
  const FlowKey& k = flow.key;
  const IpAddress src = flow.src_ip(), dst = flow.dst_ip();
  Index i = find(dst, k.dst_port, k.vlan_id, src);
  if (i == kNone) i = find(src, k.src_port, k.vlan_id, dst);  // the SYN was not captured
  if (i == kNone) return {};
  const Expectation e = entries_[i].e;
  remove(i);
  return e;
}

template <class Which>
void ExpectationTable::drop_if(OrderedRef control, Which which) {
  for (Index i = chain_of(controls_, hash_of(control)).first, next = kNone; i != kNone; i = next) {
    next = entries_[i].by_control.next;
    if (entries_[i].e.control == control && which(entries_[i].e)) remove(i);
  }
}

void ExpectationTable::drop(OrderedRef control) {
  drop_if(control, [](const Expectation&) { return true; });
}

void ExpectationTable::drop(OrderedRef control, std::uint64_t tag) {
  drop_if(control, [tag](const Expectation& e) { return e.tag == tag; });
}

}  // namespace t2
