// SPDX-License-Identifier: Apache-2.0
// Slab: memory for flows. A slot holds one direction and behind it the states of all parts, at
// offsets fixed before the first packet. Slots never move, so pointers stay valid until the flow's
// slot is used again. A flow ends in three steps: retire, destroy, reuse.
#pragma once

#include <cstdint>
#include <cstdlib>
#include <memory>
#include <new>
#include <vector>

#include "base/large_memory.h"
#include "flow/slot.h"

namespace t2 {

/// A flow that may have ended meanwhile; resolve it with Slab::find.
struct FlowRef {
  std::uint32_t slot = 0;
  std::uint32_t generation = 0;  // 0: no flow
  explicit operator bool() const { return generation != 0; }
};
inline FlowRef ref(const FlowSlot& f) {
  return {f.slot, f.generation};
}

/// Where the State of each part lies in the slot.
class SlotLayout {
 public:
  /// Returns the offset of the State from the Flow's address.
  std::size_t add(const detail::StateType& state) {
    size_ = (size_ + state.align - 1) / state.align * state.align;
    const std::size_t at = size_;
    size_ += state.size;
    if (state.size > 0) states_.push_back({state, at});
    return at;
  }
  /// Bytes per slot.
  std::size_t size() const { return (size_ + 15) / 16 * 16; }

  void construct(std::byte* slot) const {
    new (slot) FlowSlot;
    for (const Placed& p : states_) p.type.construct(slot + p.at);
  }
  void destroy(std::byte* slot) const {
    for (const Placed& p : states_) {
      if (p.type.destroy) p.type.destroy(slot + p.at);
    }
  }

 private:
  struct Placed {
    detail::StateType type;
    std::size_t at;
  };
  std::vector<Placed> states_;
  std::size_t size_ = sizeof(FlowSlot);
};

/// Slots are numbered from 1; 0 means none. A slot is used again with a new generation. Everything
/// but destroy() and prefetch() is for one thread.
class Slab {
 public:
  /// Its slots have every `shards`-th place, from `shard` on.
  explicit Slab(SlotLayout layout, std::uint32_t shard = 0, std::uint32_t shards = 1)
      : layout_(std::move(layout)), slot_size_(layout_.size()), shard_(shard), shards_(shards) {}
  ~Slab() {
    for (std::uint32_t i = 1; i < next_; ++i) {
      if (at(i).slot != 0) destroy(at(i));
    }
  }
  Slab(const Slab&) = delete;
  Slab& operator=(const Slab&) = delete;

  FlowSlot& make() {
    const std::uint32_t slot = take();
    layout_.construct(address(slot));
    FlowSlot& f = at(slot);
    f.slot = slot;
    if (++generation_ == 0) ++generation_;  // 0 marks a free slot
    f.generation = f.ordered.generation_ = generation_;
    f.ordered.place_ = slot * shards_ + shard_;
    ++live_;
    return f;
  }
  /// From now on the flow is not found. What is in its slot stays for whoever still reads it.
  void retire(FlowSlot& f) {
    f.generation = 0;
    --live_;
  }
  /// Ends the states of a retired flow. On any thread, as nobody else uses the flow.
  void destroy(FlowSlot& f) const {
    layout_.destroy(reinterpret_cast<std::byte*>(&f));
    f.slot = 0;  // marks a slot in which nothing is left to be destroyed
  }
  /// The slot of a destroyed flow may be used again.
  void reuse(std::uint32_t slot) { free_.push_back(slot); }
  FlowSlot& at(std::uint32_t slot) const {
    return *std::launder(reinterpret_cast<FlowSlot*>(address(slot)));
  }
  /// Whether all that is in use is likely to be in the processor's cache anyway.
  bool fits_cache() const {
    constexpr std::size_t kCache = std::size_t{512} << 10;
    return live_ * slot_size_ <= kCache;
  }
  /// Asks the processor for the slot's memory.
  void prefetch(const FlowSlot& f) const {
    constexpr std::size_t kLine = 64;
    const auto* slot = reinterpret_cast<const char*>(&f);
    for (std::size_t at = 0; at < slot_size_; at += kLine) __builtin_prefetch(slot + at);
  }
  FlowSlot* find(FlowRef r) const {
    if (!r || r.slot == 0 || r.slot >= next_) return nullptr;
    FlowSlot& f = at(r.slot);
    return f.generation == r.generation ? &f : nullptr;
  }
  std::size_t live() const { return live_; }
  std::uint32_t end() const { return next_; }

 private:
  static constexpr std::uint32_t kChunkBits = 16;
  static constexpr std::uint32_t kChunk = 1U << kChunkBits;

  std::byte* address(std::uint32_t slot) const {
    // Without the checks of operator[]: several times per packet.
    return chunks_.data()[slot >> kChunkBits].get() + (slot & (kChunk - 1)) * slot_size_;
  }
  std::uint32_t take() {
    if (!free_.empty()) {
      const std::uint32_t slot = free_.back();
      free_.pop_back();
      return slot;
    }
    if ((next_ >> kChunkBits) >= chunks_.size()) {
      chunks_.emplace_back(static_cast<std::byte*>(allocate_large(kChunk * slot_size_)),
                           Free{kChunk * slot_size_});
    }
    return next_++;
  }

  struct Free {
    std::size_t size;
    void operator()(std::byte* p) const { free_large(p, size); }
  };

  SlotLayout layout_;
  std::size_t slot_size_;
  std::uint32_t shard_, shards_;
  std::vector<std::unique_ptr<std::byte, Free>> chunks_;
  std::vector<std::uint32_t> free_;
  std::uint32_t next_ = 1;
  std::uint32_t generation_ = 0;
  std::size_t live_ = 0;
};

}  // namespace t2
