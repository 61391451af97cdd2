// SPDX-License-Identifier: Apache-2.0
// FlowTable: from a key to the flow of that direction. One entry per pair, found by the pair's
// canonical key, so one look-up serves both directions. Open addressing, linear probing, keyed
// hash; an entry's tag gives its home bucket, so neither growing nor erasing touches the flows.
#pragma once

#include <array>
#include <bit>
#include <cstddef>
#include <cstdint>
#include <vector>

#include "base/large_memory.h"
#include "flow/slab.h"

namespace t2 {

/// A FlowKey as it is hashed and compared.
struct KeyWords {
  std::uint64_t src[2], dst[2];
  std::uint64_t ports;  // from the low end, 16 bits each: source, destination, EtherType, VLAN ID
  std::uint64_t rest;   // from the low end, 8 bits each: L4 protocol, family
};
static_assert(std::endian::native == std::endian::little);
static_assert(offsetof(FlowKey, src) == 0 && offsetof(FlowKey, dst) == 16);
static_assert(offsetof(FlowKey, src_port) == 32 && offsetof(FlowKey, dst_port) == 34 &&
              offsetof(FlowKey, ether_type) == 36 && offsetof(FlowKey, vlan_id) == 38);
static_assert(offsetof(FlowKey, l4_proto) == 40 && offsetof(FlowKey, family) == 41);

inline KeyWords words(const FlowKey& k) {
  return std::bit_cast<KeyWords>(k);
}

/// The same conversation seen from the other side.
inline KeyWords reversed(const KeyWords& w) {
  const auto ports = static_cast<std::uint32_t>(w.ports);
  const std::uint64_t types = w.ports >> 32 << 32;
  return {{w.dst[0], w.dst[1]}, {w.src[0], w.src[1]}, types | std::rotl(ports, 16), w.rest};
}

class FlowTable {
 public:
  FlowTable(Slab& slab, std::uint64_t seed);

  /// What is known of a key.
  struct Found {
    FlowSlot* flow = nullptr;      // this direction
    FlowSlot* opposite = nullptr;  // the other one, if it exists
  };

  /// The same for both directions, without a branch that half of all packets would take: it adds
  /// up both endpoints.
  std::uint32_t hash(const KeyWords& w) const {
    constexpr std::uint64_t kPort = 0x9e3779b97f4a7c15U;
    const auto endpoint = [this](const std::uint64_t(&address)[2], std::uint64_t port) {
      return fold(address[0] ^ secret_[0], address[1] ^ secret_[1] ^ (port + 1) * kPort);
    };
    const std::uint64_t ends =
        endpoint(w.src, w.ports & 0xffff) + endpoint(w.dst, w.ports >> 16 & 0xffff);
    const std::uint64_t h = fold(ends ^ secret_[2], (w.ports >> 32 | w.rest << 32) ^ secret_[3]);
    return static_cast<std::uint32_t>(h ^ (h >> 32));
  }
  /// Asks the processor for the memory that find() will need.
  void prefetch(std::uint32_t hash) const { __builtin_prefetch(&home(hash)); }
  /// The same for the flow that find() will probably look at, with what the plugins keep of it.
  void prefetch_flow(std::uint32_t hash) const {
    const Entry& e = home(hash);
    if (e.slot != 0) slab_.prefetch(slab_.at(e.slot));
  }
  /// The same for the other direction, once the first one is there.
  void prefetch_opposite(std::uint32_t hash) const {
    const Entry& e = home(hash);
    if (e.slot == 0) return;
    const FlowSlot* const opposite = slab_.at(e.slot).other();
    if (opposite != nullptr) slab_.prefetch(*opposite);
  }
  Found find(const KeyWords& wanted, std::uint32_t hash) const;
  /// Enters the first direction of a pair; its key must not be there.
  void insert(FlowSlot& f, std::uint32_t hash);
  /// Takes out the pair whose first direction `f` was inserted with this hash.
  void erase(const FlowSlot& f, std::uint32_t hash);

  std::size_t pairs() const { return pairs_; }

 private:
  struct Entry {
    std::uint32_t tag = 0;   // the hash
    std::uint32_t slot = 0;  // 0: free
  };

  /// Both halves of the 128-bit product, folded.
  static std::uint64_t fold(std::uint64_t x, std::uint64_t y) {
    __extension__ using Wide = unsigned __int128;
    const Wide product = static_cast<Wide>(x) * y;
    return static_cast<std::uint64_t>(product) ^ static_cast<std::uint64_t>(product >> 64);
  }
  /// Where the search for a hash begins.
  const Entry& home(std::uint32_t hash) const { return entries_.data()[hash & mask_]; }
  void place(Entry e);
  void grow();

  Slab& slab_;
  std::array<std::uint64_t, 4> secret_;  // from the seed: nobody can choose keys that collide
  std::vector<Entry, LargeAllocator<Entry>> entries_;
  std::uint32_t mask_;
  std::size_t pairs_ = 0;
};

}  // namespace t2
