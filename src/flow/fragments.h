// SPDX-License-Identifier: Apache-2.0
// FragmentTable: which flow the later fragments of a datagram belong to (spec core 3.9). Bounded:
// the oldest entry goes when it is full.
#pragma once

#include <cstdint>
#include <deque>
#include <unordered_map>

#include "base/hash.h"
#include "t2/flow.h"

namespace t2 {

struct FragmentKey {
  std::array<std::uint8_t, 16> src{}, dst{};
  std::uint32_t id = 0;
  std::uint16_t ether_type = 0;
  std::uint16_t vlan_id = 0;

  bool operator==(const FragmentKey&) const = default;
};
static_assert(sizeof(FragmentKey) == 40, "no padding, for hashing");

class FragmentTable {
 public:
  FragmentTable(std::size_t capacity, std::uint64_t seed)
      : capacity_(capacity), map_(0, Hash{seed}) {}

  FlowRef find(const FragmentKey& k) const {
    const auto it = map_.find(k);
    return it == map_.end() ? FlowRef{} : it->second.flow;
  }
  void put(const FragmentKey& k, FlowRef flow) {
    map_.insert_or_assign(k, Value{flow, ++stamp_});
    age_.push_back({k, stamp_});
    if (map_.size() > capacity_) evict();
    if (age_.size() > 2 * capacity_) compact();
  }
  void erase(const FragmentKey& k) { map_.erase(k); }
  std::uint64_t evicted() const { return evicted_; }

 private:
  struct Value {
    FlowRef flow;
    std::uint64_t stamp;
  };
  struct Aged {
    FragmentKey key;
    std::uint64_t stamp;
  };
  struct Hash {
    std::uint64_t seed;
    std::size_t operator()(const FragmentKey& k) const { return hash_bytes(k, seed); }
  };

  bool current(const Aged& a) const {
    const auto it = map_.find(a.key);
    return it != map_.end() && it->second.stamp == a.stamp;
  }
  void evict() {
    while (map_.size() > capacity_ && !age_.empty()) {
      if (current(age_.front())) {
        map_.erase(age_.front().key);
        ++evicted_;
      }
      age_.pop_front();
    }
  }
  void compact() {
    std::deque<Aged> kept;
    for (const Aged& a : age_) {
      if (current(a)) kept.push_back(a);
    }
    age_.swap(kept);
  }

  std::size_t capacity_;
  std::unordered_map<FragmentKey, Value, Hash> map_;
  std::deque<Aged> age_;  // in order of put(); entries of replaced or erased keys are stale
  std::uint64_t stamp_ = 0;
  std::uint64_t evicted_ = 0;
};

}  // namespace t2
