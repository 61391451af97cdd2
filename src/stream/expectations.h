// SPDX-License-Identifier: Apache-2.0
// ExpectationTable: the expectations of all plugins. Every operation is O(1): entries stand in a
// slab, each in three chains: age (oldest first), same listener, same control flow.
#pragma once

#include <cstdint>
#include <unordered_map>
#include <vector>

#include "t2/expect.h"

namespace t2 {

struct ExpectationOptions {
  std::size_t capacity = 100'000;
  std::size_t per_listener = 4;  // entries that differ only in their peer
  Nanoseconds lifetime = 300 * kSecond;
  std::uint64_t seed = 0;  // of the hash tables
};

class ExpectationTable final : public Expectations {
 public:
  explicit ExpectationTable(const ExpectationOptions& options = {});

  void add(const Expectation& e, Nanoseconds now) override;
  std::optional<Expectation> take(const Flow& flow, Nanoseconds now) override;
  void drop(FlowRef control) override;
  void drop(FlowRef control, std::uint64_t tag) override;
  bool empty() const override { return size_ == 0; }

  std::size_t size() const { return size_; }
  /// How many went because the table was full.
  std::uint64_t evicted() const { return evicted_; }

 private:
  using Index = std::uint32_t;
  static constexpr Index kNone = 0xffffffff;

  struct Links {
    Index previous = kNone, next = kNone;
  };
  struct Chain {
    Index first = kNone, last = kNone;
  };
  struct Entry {
    Expectation e;
    Nanoseconds added = 0;
    Links by_age, by_listener, by_control;
  };
  /// No padding: it is hashed as bytes.
  struct ListenerKey {
    std::array<std::uint8_t, 16> address{};
    std::uint16_t port = 0, vlan_id = 0;
    std::uint32_t family = 0;
    bool operator==(const ListenerKey&) const = default;
  };
  template <class Key>
  struct Hash {
    std::uint64_t seed;
    std::size_t operator()(const Key& k) const;
  };

  static ListenerKey key_of(const IpAddress& listener, std::uint16_t port, std::uint16_t vlan_id);
  static std::uint64_t key_of(FlowRef control);
  void append(Chain& chain, Links Entry::*links, Index i);
  void unlink(Chain& chain, Links Entry::*links, Index i);
  Index find(const IpAddress& listener, std::uint16_t port, std::uint16_t vlan_id,
             const IpAddress& peer) const;
  void remove(Index i);
  void expire(Nanoseconds now);

  ExpectationOptions options_;
  std::vector<Entry> entries_;
  std::vector<Index> free_;
  Chain age_;
  std::unordered_map<ListenerKey, Chain, Hash<ListenerKey>> listeners_;
  std::unordered_map<std::uint64_t, Chain, Hash<std::uint64_t>> controls_;
  std::size_t size_ = 0;
  std::uint64_t evicted_ = 0;
};

}  // namespace t2
