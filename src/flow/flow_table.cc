// SPDX-License-Identifier: Apache-2.0
#include "flow/flow_table.h"

#include <array>
#include <bit>
#include <cstddef>

#include "base/hash.h"

namespace t2 {

namespace {

/// A key as six machine words: source, destination (two each), ports and types, rest.
using Words = std::array<std::uint64_t, 6>;

Words words(const FlowKey& k) {
  return std::bit_cast<Words>(k);
}

/// The ports stand in the low half of word 4 (little endian: source first).
std::uint64_t swap_ports(std::uint64_t w) {
  const auto ports = static_cast<std::uint32_t>(w);
  return (w & ~std::uint64_t{0xffffffff}) | (ports >> 16 | ports << 16);
}
static_assert(std::endian::native == std::endian::little);
static_assert(offsetof(FlowKey, src) == 0 && offsetof(FlowKey, dst) == 16);
static_assert(offsetof(FlowKey, src_port) == 32 && offsetof(FlowKey, dst_port) == 34);

Words reversed(const Words& w) {
  return {w[2], w[3], w[0], w[1], swap_ports(w[4]), w[5]};
}

std::uint64_t difference(const Words& x, const Words& y) {
  std::uint64_t d = 0;
  for (std::size_t i = 0; i < x.size(); ++i) d |= x[i] ^ y[i];
  return d;
}

/// Both halves of the 128-bit product, folded.
std::uint64_t fold(std::uint64_t x, std::uint64_t y) {
  __extension__ using Wide = unsigned __int128;
  const Wide product = static_cast<Wide>(x) * y;
  return static_cast<std::uint64_t>(product) ^ static_cast<std::uint64_t>(product >> 64);
}

}  // namespace

FlowKey reversed(const FlowKey& k) {
  return std::bit_cast<FlowKey>(reversed(words(k)));
}

FlowTable::FlowTable(Slab& slab, std::uint64_t seed)
    : slab_(slab), entries_(1024), mask_(static_cast<std::uint32_t>(entries_.size() - 1)) {
  for (std::uint64_t i = 0; i < secret_.size(); ++i) secret_[i] = hash_bytes(i, seed);
}

/// The sum over both endpoints makes it the same for both directions without a branch that half of
/// all packets would take.
std::uint32_t FlowTable::hash(const FlowKey& k) const {
  constexpr std::uint64_t kPort = 0x9e3779b97f4a7c15U;
  const Words w = words(k);
  const auto endpoint = [this](std::uint64_t low, std::uint64_t high, std::uint64_t port) {
    return fold(low ^ secret_[0], high ^ secret_[1] ^ (port + 1) * kPort);
  };
  const std::uint64_t ends = endpoint(w[0], w[1], k.src_port) + endpoint(w[2], w[3], k.dst_port);
  const std::uint64_t types = w[4] >> 32 | w[5] << 32;
  const std::uint64_t h = fold(ends ^ secret_[2], types ^ secret_[3]);
  return static_cast<std::uint32_t>(h ^ (h >> 32));
}

FlowTable::Found FlowTable::find(const FlowKey& k, std::uint32_t hash) const {
  const Words wanted = words(k);
  const Words mirrored = reversed(wanted);
  for (std::uint32_t i = hash & mask_; entries_[i].slot != 0; i = (i + 1) & mask_) {
    if (entries_[i].tag != hash) continue;
    Flow& f = slab_.at(entries_[i].slot);
    const Words found = words(f.key);
    const bool other_way = difference(found, wanted) != 0;
    if (other_way && difference(found, mirrored) != 0) continue;
    const std::array<Flow*, 2> pair{&f, f.opposite};
    return {pair[other_way], pair[!other_way]};
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
