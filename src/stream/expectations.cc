// SPDX-License-Identifier: Apache-2.0
#include "stream/expectations.h"

#include "base/hash.h"

namespace t2 {

template <class Key>
std::size_t ExpectationTable::Hash<Key>::operator()(const Key& k) const {
  return hash_bytes(k, seed);
}

ExpectationTable::ExpectationTable(const ExpectationOptions& options)
    : options_(options),
      listeners_(0, Hash<ListenerKey>{options.seed}),
      controls_(0, Hash<std::uint64_t>{options.seed}) {}

ExpectationTable::ListenerKey ExpectationTable::key_of(const IpAddress& listener,
                                                       std::uint16_t port, std::uint16_t vlan_id) {
  return {listener.bytes, port, vlan_id, static_cast<std::uint32_t>(listener.family)};
}

std::uint64_t ExpectationTable::key_of(FlowRef control) {
  return std::uint64_t{control.generation} << 32 | control.slot;
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

void ExpectationTable::remove(Index i) {
  const Expectation& e = entries_[i].e;
  unlink(age_, &Entry::by_age, i);
  const auto listener = listeners_.find(key_of(e.listener, e.port, e.vlan_id));
  unlink(listener->second, &Entry::by_listener, i);
  if (listener->second.first == kNone) listeners_.erase(listener);
  const auto control = controls_.find(key_of(e.control));
  unlink(control->second, &Entry::by_control, i);
  if (control->second.first == kNone) controls_.erase(control);
  free_.push_back(i);
  --size_;
}

void ExpectationTable::expire(Nanoseconds now) {
  while (age_.first != kNone && now - entries_[age_.first].added > options_.lifetime) {
    remove(age_.first);
  }
}

void ExpectationTable::add(const Expectation& e, Nanoseconds now) {
  expire(now);
  std::size_t same_listener = 0;
  if (const auto l = listeners_.find(key_of(e.listener, e.port, e.vlan_id));
      l != listeners_.end()) {
    const Index oldest = l->second.first;
    for (Index i = oldest, next = kNone; i != kNone; i = next) {
      next = entries_[i].by_listener.next;
      ++same_listener;
      if (entries_[i].e.peer == e.peer) {
        remove(i);
        same_listener = 0;
        break;
      }
    }
    if (same_listener >= options_.per_listener) remove(oldest);
  }
  if (size_ >= options_.capacity) {
    remove(age_.first);
    ++evicted_;
  }
  if (free_.empty()) {
    free_.push_back(static_cast<Index>(entries_.size()));
    entries_.emplace_back();
  }
  const Index i = free_.back();
  free_.pop_back();
  entries_[i].e = e;
  entries_[i].added = now;
  append(age_, &Entry::by_age, i);
  append(listeners_[key_of(e.listener, e.port, e.vlan_id)], &Entry::by_listener, i);
  append(controls_[key_of(e.control)], &Entry::by_control, i);
  ++size_;
}

ExpectationTable::Index ExpectationTable::find(const IpAddress& listener, std::uint16_t port,
                                               std::uint16_t vlan_id, const IpAddress& peer) const {
  const auto l = listeners_.find(key_of(listener, port, vlan_id));
  if (l == listeners_.end()) return kNone;
  Index open = kNone;
  for (Index i = l->second.first; i != kNone; i = entries_[i].by_listener.next) {
    if (entries_[i].e.peer == peer) return i;
    if (entries_[i].e.peer.family == Family::kNone) open = i;
  }
  return open;
}

std::optional<Expectation> ExpectationTable::take(const Flow& flow, Nanoseconds now) {
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

void ExpectationTable::drop(FlowRef control) {
  for (auto c = controls_.find(key_of(control)); c != controls_.end();
       c = controls_.find(key_of(control))) {
    remove(c->second.first);
  }
}

void ExpectationTable::drop(FlowRef control, std::uint64_t tag) {
  const auto c = controls_.find(key_of(control));
  if (c == controls_.end()) return;
  for (Index i = c->second.first, next = kNone; i != kNone; i = next) {
    next = entries_[i].by_control.next;
    if (entries_[i].e.tag == tag) remove(i);
  }
}

}  // namespace t2
