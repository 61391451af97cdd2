// SPDX-License-Identifier: Apache-2.0
#include "flow/flow_table.h"

#include "base/hash.h"

namespace t2 {

namespace {

/// 0 if the keys are the same.
std::uint64_t difference(const KeyWords& x, const KeyWords& y) {
  return (x.src[0] ^ y.src[0]) | (x.src[1] ^ y.src[1]) | (x.dst[0] ^ y.dst[0]) |
         (x.dst[1] ^ y.dst[1]) | (x.ports ^ y.ports) | (x.rest ^ y.rest);
}

}  // namespace

FlowTable::FlowTable(Slab& slab, std::uint64_t seed)
    : slab_(slab), entries_(1024), mask_(static_cast<std::uint32_t>(entries_.size() - 1)) {
  for (std::uint64_t i = 0; i < secret_.size(); ++i) secret_[i] = hash_bytes(i, seed);
}

FlowTable::Found FlowTable::find(const KeyWords& wanted, std::uint32_t hash) const {
  const KeyWords mirrored = reversed(wanted);
  for (std::uint32_t i = hash & mask_; entries_[i].slot != 0; i = (i + 1) & mask_) {
    if (entries_[i].tag != hash) continue;
    Flow& f = slab_.at(entries_[i].slot);
    const KeyWords found = words(f.key);
    const bool other_way = difference(found, wanted) != 0;
    if (other_way && difference(found, mirrored) != 0) continue;
    Flow* const opposite = f.opposite;
    return {other_way ? opposite : &f, other_way ? &f : opposite};
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
