// SPDX-License-Identifier: Apache-2.0
// FlowTable: from a key to the flow of that direction. One entry per pair, found by the pair's
// canonical key, so one look-up serves both directions. Open addressing, linear probing, keyed
// hash; an entry's tag gives its home bucket, so neither growing nor erasing touches the flows.
#pragma once

#include <array>
#include <cstdint>
#include <vector>

#include "flow/slab.h"

namespace t2 {

/// The same conversation seen from the other side.
FlowKey reversed(const FlowKey& k);

class FlowTable {
 public:
  FlowTable(Slab& slab, std::uint64_t seed);

  /// What is known of a key.
  struct Found {
    Flow* flow = nullptr;      // this direction
    Flow* opposite = nullptr;  // the other one, if it exists
  };

  std::uint32_t hash(const FlowKey& k) const;
  /// Asks the processor for the memory that find() will need.
  void prefetch(std::uint32_t hash) const { __builtin_prefetch(&entries_[hash & mask_]); }
  /// The same for the flow that find() will probably look at.
  void prefetch_flow(std::uint32_t hash) const {
    const Entry& e = entries_[hash & mask_];
    if (e.slot == 0) return;
    const auto* flow = reinterpret_cast<const char*>(&slab_.at(e.slot));
    for (std::size_t line = 0; line < kPrefetchedBytes; line += 64) __builtin_prefetch(flow + line);
  }
  Found find(const FlowKey& k, std::uint32_t hash) const;
  /// Enters the first direction of a pair; its key must not be there.
  void insert(Flow& f, std::uint32_t hash);
  /// Takes out the pair whose first direction `f` was inserted with this hash.
  void erase(const Flow& f, std::uint32_t hash);

  std::size_t pairs() const { return pairs_; }

 private:
  static constexpr std::size_t kPrefetchedBytes = 256;  // the flow and the first plugin's state

  struct Entry {
    std::uint32_t tag = 0;   // the hash
    std::uint32_t slot = 0;  // 0: free
  };

  void place(Entry e);
  void grow();

  Slab& slab_;
  std::array<std::uint64_t, 4> secret_;  // from the seed: nobody can choose keys that collide
  std::vector<Entry> entries_;
  std::uint32_t mask_;
  std::size_t pairs_ = 0;
};

}  // namespace t2
