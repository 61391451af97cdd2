// SPDX-License-Identifier: Apache-2.0
// ExpectationTable: the expectations of all plugins. Every operation is O(1): entries stand in a
// slab, each in three chains: age (oldest first), same hash of the listener, same hash of the
// control flow. Nothing is allocated but when the slab grows.
#pragma once

#include <cstdint>
#include <vector>

#include "t2/expect.h"

namespace t2 {

struct ExpectationOptions {
  std::size_t capacity = 100'000;
  std::size_t per_listener = 4;  // entries that differ only in their peer and control flow
  Nanoseconds lifetime = 300 * kSecond;
  std::uint64_t seed = 0;  // of the hash tables
};

class ExpectationTable final : public Expectations {
 public:
  explicit ExpectationTable(const ExpectationOptions& options = {});

  void add(const Expectation& e, Nanoseconds now) override;
  std::optional<Expectation> take(const OrderedFlow& flow, Nanoseconds now) override;
  void drop(OrderedRef control) override;
  void drop(OrderedRef control, std::uint64_t tag) override;
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
    std::uint32_t listener_hash = 0, control_hash = 0;
    Links by_age, by_listener, by_control;
  };
  /// No padding: it is hashed as bytes.
  struct ListenerKey {
    std::array<std::uint8_t, 16> address{};
    std::uint16_t port = 0, vlan_id = 0;
    std::uint32_t family = 0;
  };
  /// Chains by hash, oldest entries first; as many as a power of two.
  using Chains = std::vector<Chain>;
  static constexpr std::size_t kFewestChains = 16;

  static Chain& chain_of(Chains& chains, std::uint32_t hash) {
    return chains[hash & (chains.size() - 1)];
  }
  static const Chain& chain_of(const Chains& chains, std::uint32_t hash) {
    return chains[hash & (chains.size() - 1)];
  }
  std::uint32_t hash_of(const IpAddress& listener, std::uint16_t port, std::uint16_t vlan_id) const;
  std::uint32_t hash_of(OrderedRef control) const;
  void append(Chain& chain, Links Entry::*links, Index i);
  void unlink(Chain& chain, Links Entry::*links, Index i);
  void enter(Index i);
  Index free_entry();
  void add_chains();
  void make_room(const Expectation& e, std::uint32_t listener_hash);
  Index find(const IpAddress& listener, std::uint16_t port, std::uint16_t vlan_id,
             const IpAddress& peer) const;
  template <class Which>
  void drop_if(OrderedRef control, Which which);
  void remove(Index i);
  void expire(Nanoseconds now);

  ExpectationOptions options_;
  std::vector<Entry> entries_;
  std::vector<Index> free_;
  Chain age_;
  Chains listeners_, controls_;
  std::size_t size_ = 0;
  std::uint64_t evicted_ = 0;
};

}  // namespace t2
