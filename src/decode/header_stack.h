// SPDX-License-Identifier: Apache-2.0
// Header stacks such as `eth:vlan{2}:ipv4:udp`, interned: a trie whose edges are header names.
// Decoding a packet follows a few pointers; text is built only when a stack is met for the first
// time. One thread adds stacks; others may follow known ones meanwhile.
#pragma once

#include <array>
#include <atomic>
#include <cstddef>
#include <cstdint>
#include <deque>
#include <functional>
#include <string>
#include <string_view>
#include <unordered_map>
#include <utility>

#include "base/mutex.h"
#include "t2/packet.h"

namespace t2::decoding {

/// FNV-1a: the identity of a header name, computed when compiling.
constexpr std::uint64_t hash_name(std::string_view text) {
  std::uint64_t h = 0xcbf29ce484222325U;
  for (const char c : text) {
    h = (h ^ static_cast<unsigned char>(c)) * 0x100000001b3U;
  }
  return h;
}

/// The name of exactly one header, without the separator. Only made from literals.
struct HeaderName {
  std::string_view text;
  std::uint64_t id;

  template <std::size_t N>
  consteval HeaderName(const char (&literal)[N])  // NOLINT: implicit on purpose, push("ipv4")
      : text(literal, N - 1), id(hash_name(text)) {
    if (text.empty() || text.find(':') != std::string_view::npos) throw "one header, no separator";
  }
};

/// How the number of an unknown protocol is written.
enum class Unknown : std::uint8_t { kDecimal, kHex2, kHex4 };

class StackTable {
 public:
  /// The text of a stack is cut to this many bytes (T2_HDRDESC_LEN without the final zero).
  static constexpr std::size_t kMaxText = 127;
  /// When this many stacks are known, new ones are refused: see StackPath. The last quarter is kept
  /// for short stacks of known headers, so that hostile traffic cannot crowd out ordinary ones.
  static constexpr std::size_t kMaxStacks = 65'536;
  static constexpr std::size_t kMaxOddStacks = kMaxStacks - kMaxStacks / 4;
  static constexpr std::uint16_t kShortDepth = 5;

  StackTable();
  StackTable(const StackTable&) = delete;
  StackTable& operator=(const StackTable&) = delete;

  std::size_t size() const { return nodes_.size(); }

 private:
  friend class StackPath;
  static constexpr std::size_t kEdges = 4;

  struct Node {
    HeaderStack stack;
    Node* parent = nullptr;
    std::uint64_t name = 0;   // of the last header
    std::uint32_t count = 0;  // of the last header
    struct Edge {
      std::atomic<std::uint64_t> key = 0;  // written behind `to`; 0: not used yet
      Node* to = nullptr;
    };
    std::array<Edge, kEdges> edges;  // the first children met; the others are in children_
    std::string text;
  };
  struct PairHash {
    template <class A>
    std::size_t operator()(const std::pair<A, std::uint64_t>& p) const {
      return std::hash<A>()(p.first) ^ (p.second * 0x9e3779b97f4a7c15U);
    }
  };

  Node* child(const Node* parent, std::uint64_t key) const {
    for (const Node::Edge& edge : parent->edges) {
      if (edge.key.load(std::memory_order_acquire) == key) return edge.to;
    }
    return more_children(parent, key);
  }
  Node* more_children(const Node* parent, std::uint64_t key) const;
  /// Null when the table is full.
  Node* add(Node* parent, std::uint64_t key, std::uint64_t name, std::uint32_t count,
            std::string_view text, bool odd);
  Node* overrun(std::string_view text, std::uint32_t depth);

  std::deque<Node> nodes_;
  Node* root_;  // the empty stack
  mutable Mutex mutex_;
  std::unordered_map<std::pair<const Node*, std::uint64_t>, Node*, PairHash> children_
      T2_GUARDED_BY(mutex_);
  std::unordered_map<std::pair<std::string_view, std::uint64_t>, Node*, PairHash> overruns_;
};

/// The stack of one packet while it is being decoded.
class StackPath {
 public:
  /// Adds stacks that are not known yet.
  explicit StackPath(StackTable& table) : adds_to_(&table), table_(&table), node_(table.root_) {}
  /// Refuses them. For any thread.
  explicit StackPath(const StackTable& table) : table_(&table), node_(table.root_) {}

  void push(HeaderName name) {
    StackTable::Node* next = table_->child(node_, name.id);
    if (next != nullptr && !refused_) [[likely]] {
      node_ = next;
      return;
    }
    push_slow(name.id, name.id, 1, name.text, false);
  }
  /// `count` equal headers in a row: `vlan{2}`. Joins a run of the same name that is already there.
  void push_run(HeaderName name, std::uint32_t count);
  /// `UNK(0x88b5)`
  void push_unknown(Unknown format, std::uint32_t number);

  /// The interned stack. Headers behind the text's limit are counted in depth.
  const HeaderStack* finish();
  /// It is not known and was not added, for the table was full: finish() gives the longest
  /// beginning that is known.
  bool refused() const { return refused_; }

 private:
  void push_slow(std::uint64_t key, std::uint64_t name, std::uint32_t count, std::string_view text,
                 bool odd);

  StackTable* adds_to_ = nullptr;
  const StackTable* table_;
  StackTable::Node* node_;
  std::uint32_t extra_ = 0;  // headers pushed after the text was full
  bool refused_ = false;
};

}  // namespace t2::decoding
