// SPDX-License-Identifier: Apache-2.0
#include "flow/flow_table.h"

#include <cstring>
#include <utility>

#include "base/hash.h"

namespace t2 {

FlowKey reversed(const FlowKey& k) {
  FlowKey r = k;
  std::swap(r.src, r.dst);
  std::swap(r.src_port, r.dst_port);
  return r;
}

namespace {

/// Whether the endpoints stand in descending order.
bool descending(const FlowKey& k) {
  const int order = std::memcmp(k.src.data(), k.dst.data(), k.src.size());
  return order > 0 || (order == 0 && k.src_port > k.dst_port);
}

}  // namespace

FlowTable::FlowTable(Slab& slab, std::uint64_t seed)
    : slab_(slab), seed_(seed), entries_(1024), mask_(static_cast<std::uint32_t>(entries_.size() - 1)) {}

std::uint32_t FlowTable::hash(const FlowKey& k) const {
  const std::uint64_t h = descending(k) ? hash_bytes(reversed(k), seed_) : hash_bytes(k, seed_);
  return static_cast<std::uint32_t>(h ^ (h >> 32));
}

FlowTable::Found FlowTable::find(const FlowKey& k, std::uint32_t hash) const {
  for (std::uint32_t i = hash & mask_; entries_[i].slot != 0; i = (i + 1) & mask_) {
    if (entries_[i].tag != hash) continue;
    Flow& f = slab_.at(entries_[i].slot);
    if (f.key == k) return {&f, f.opposite};
    if (f.key == reversed(k)) return {f.opposite, &f};
  }
  return {};
}

void FlowTable::place(Entry e) {
  std::uint32_t i = e.tag & mask_;
  while (entries_[i].slot != 0) i = (i + 1) & mask_;
  entries_[i] = e;
}

void FlowTable::insert(Flow& f, std::uint32_t hash) {
  if ((pairs_ + 1) * 2 > entries_.size()) grow();
  place({hash, f.slot});
  ++pairs_;
}

void FlowTable::grow() {
  std::vector<Entry> old(entries_.size() * 2);
  old.swap(entries_);
  mask_ = static_cast<std::uint32_t>(entries_.size() - 1);
  for (const Entry& e : old) {
    if (e.slot != 0) place(e);
  }
}

void FlowTable::erase(const Flow& f, std::uint32_t hash) {
  std::uint32_t hole = hash & mask_;
  while (entries_[hole].slot != f.slot) hole = (hole + 1) & mask_;
  entries_[hole] = {};
  --pairs_;
  // Entries behind the hole move up if they would no longer be found across it.
  for (std::uint32_t i = (hole + 1) & mask_; entries_[i].slot != 0; i = (i + 1) & mask_) {
    const std::uint32_t home = entries_[i].tag & mask_;
    if (((i - home) & mask_) < ((i - hole) & mask_)) continue;
    entries_[hole] = entries_[i];
    entries_[i] = {};
    hole = i;
  }
}

}  // namespace t2
