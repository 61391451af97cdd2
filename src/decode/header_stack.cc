// SPDX-License-Identifier: Apache-2.0
#include "decode/header_stack.h"

#include <fmt/format.h>

#include <algorithm>
#include <limits>

namespace t2::decoding {
namespace {

constexpr std::string_view kCut = "...";

/// Separates keys of runs and numbers from those of plain names.
constexpr std::uint64_t mix(std::uint64_t key, std::uint64_t value) {
  return (key ^ value) * 0x9e3779b97f4a7c15U + (value << 1 | 1);
}

std::uint16_t clamp_depth(std::uint64_t depth) {
  return static_cast<std::uint16_t>(
      std::min<std::uint64_t>(depth, std::numeric_limits<std::uint16_t>::max()));
}

}  // namespace

StackTable::StackTable() : root_(&nodes_.emplace_back()) {}

StackTable::Node* StackTable::more_children(const Node* parent, std::uint64_t key) const {
  if (parent->edges.back().key.load(std::memory_order_acquire) == 0) return nullptr;
  const MutexLock lock(mutex_);
  const auto found = children_.find({parent, key});
  return found == children_.end() ? nullptr : found->second;
}

StackTable::Node* StackTable::add(Node* parent, std::uint64_t key, std::uint64_t name,
                                  std::uint32_t count, std::string_view text, bool odd) {
  const std::uint32_t depth = std::uint32_t{parent->stack.depth} + count;
  std::string full(parent->stack.text);
  if (!full.empty()) full += ':';
  full += text;
  if (count > 1) full += fmt::format("{{{}}}", count);

  Node* node = nullptr;
  if (full.size() > kMaxText) {
    full.replace(kMaxText - kCut.size(), std::string::npos, kCut);
    node = overrun(full, depth);
    if (node == nullptr) return nullptr;
  } else {
    if (nodes_.size() >= (odd || depth > kShortDepth ? kMaxOddStacks : kMaxStacks)) return nullptr;
    node = &nodes_.emplace_back();
    node->text = std::move(full);
    node->parent = parent;
    node->name = name;
    node->count = count;
    node->stack = {node->text, clamp_depth(depth), false};
  }
  for (Node::Edge& edge : parent->edges) {
    if (edge.to != nullptr) continue;
    edge.to = node;
    edge.key.store(key, std::memory_order_release);
    return node;
  }
  // Many names lead to one overrun stack: kept out, the size of children_ stays bounded by nodes_.
  if (node->stack.overrun) return node;
  const MutexLock lock(mutex_);
  children_.emplace(std::pair{parent, key}, node);
  return node;
}

StackTable::Node* StackTable::overrun(std::string_view text, std::uint32_t depth) {
  if (const auto found = overruns_.find({text, depth}); found != overruns_.end()) {
    return found->second;
  }
  if (nodes_.size() >= kMaxOddStacks) return nullptr;
  Node* node = &nodes_.emplace_back();
  node->text = text;
  node->stack = {node->text, clamp_depth(depth), true};
  overruns_.emplace(std::pair{std::string_view(node->text), std::uint64_t{depth}}, node);
  return node;
}

void StackPath::push_slow(std::uint64_t key, std::uint64_t name, std::uint32_t count,
                          std::string_view text, bool odd) {
  if (refused_) return;
  if (node_->stack.overrun) {
    extra_ += count;
    return;
  }
  StackTable::Node* next = table_->child(node_, key);
  if (next == nullptr && adds_to_ != nullptr)
    next = adds_to_->add(node_, key, name, count, text, odd);
  if (next == nullptr) {
    refused_ = true;
    return;
  }
  node_ = next;
}

void StackPath::push_run(HeaderName name, std::uint32_t count) {
  if (count == 0) return;
  if (!refused_ && !node_->stack.overrun && node_->name == name.id) {
    count += node_->count;
    node_ = node_->parent;
  }
  if (count == 1) return push(name);
  push_slow(mix(name.id, count), name.id, count, name.text, count > StackTable::kShortDepth);
}

void StackPath::push_unknown(Unknown format, std::uint32_t number) {
  const std::uint64_t key = mix(mix(hash_name("UNK"), number), static_cast<std::uint64_t>(format));
  if (StackTable::Node* next = table_->child(node_, key); next != nullptr && !refused_) {
    node_ = next;
    return;
  }
  std::array<char, 16> text;
  const auto end = format == Unknown::kDecimal ? fmt::format_to(text.data(), "UNK({})", number)
                   : format == Unknown::kHex2
                       ? fmt::format_to(text.data(), "UNK(0x{:02x})", number)
                       : fmt::format_to(text.data(), "UNK(0x{:04x})", number);
  push_slow(key, key, 1, {text.data(), static_cast<std::size_t>(end - text.data())}, true);
}

const HeaderStack* StackPath::finish() {
  if (extra_ > 0 && !refused_) {
    StackTable::Node* node = nullptr;
    if (adds_to_ != nullptr) {
      node = adds_to_->overrun(node_->stack.text, std::uint32_t{node_->stack.depth} + extra_);
    }
    refused_ = node == nullptr;
    if (node != nullptr) node_ = node;
    extra_ = 0;
  }
  return &node_->stack;
}

}  // namespace t2::decoding
