// SPDX-License-Identifier: Apache-2.0
#include "flow/flow_table.h"

#include <cstring>

#include "base/hash.h"

namespace t2 {

namespace {

using Half [[gnu::vector_size(16)]] = std::uint64_t;

/// A key in three registers.
struct KeyHalves {
  explicit KeyHalves(const void* key) {
    std::memcpy(&src, key, sizeof src);
    std::memcpy(&dst, static_cast<const char*>(key) + sizeof src, sizeof dst);
    std::memcpy(&rest, static_cast<const char*>(key) + 2 * sizeof src, sizeof rest);
  }
  Half src, dst, rest;
};

bool is_zero(const Half& v) {
  return (v[0] | v[1]) == 0;
}

}  // namespace

FlowTable::FlowTable(Slab& slab, std::uint64_t seed)
    : slab_(slab), entries_(1024), mask_(static_cast<std::uint32_t>(entries_.size() - 1)) {
  for (std::uint64_t i = 0; i < secret_.size(); ++i) secret_[i] = hash_bytes(i, seed);
}

FlowTable::Found FlowTable::find(const KeyWords& wanted, std::uint32_t hash) const {
  const KeyHalves k(&wanted);
  const Half mirrored_rest = {reversed(wanted).ports, wanted.rest};
  const Entry* const entries = entries_.data();
  for (std::uint32_t i = hash & mask_; entries[i].slot != 0; i = (i + 1) & mask_) {
    if (entries[i].tag != hash) continue;
    FlowSlot& f = slab_.at(entries[i].slot);
    const KeyHalves found(&f.key);
    // No branch between the directions: half of all packets would take it.
    const bool same = is_zero((found.src ^ k.src) | (found.dst ^ k.dst) | (found.rest ^ k.rest));
    const bool mirrored =
        is_zero((found.src ^ k.dst) | (found.dst ^ k.src) | (found.rest ^ mirrored_rest));
    if (!(same | mirrored)) continue;
    FlowSlot* const opposite = f.other();
    return {same ? &f : opposite, same ? opposite : &f};
  }
  return {};
}

void FlowTable::place(Entry e) {
  std::uint32_t i = e.tag & mask_;
  while (entries_[i].slot != 0) i = (i + 1) & mask_;
  entries_[i] = e;
}

void FlowTable::insert(FlowSlot& f, std::uint32_t hash) {
  if ((pairs_ + 1) * 2 > entries_.size()) grow();
  place({hash, f.slot});
  ++pairs_;
}

void FlowTable::grow() {
  std::vector<Entry, LargeAllocator<Entry>> old(entries_.size() * 2);
  old.swap(entries_);
  mask_ = static_cast<std::uint32_t>(entries_.size() - 1);
  for (const Entry& e : old) {
    if (e.slot != 0) place(e);
  }
}

void FlowTable::erase(const FlowSlot& f, std::uint32_t hash) {
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
