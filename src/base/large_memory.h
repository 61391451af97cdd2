// SPDX-License-Identifier: Apache-2.0
// LargeAllocator: memory for tables that are read all over. Large blocks are asked for in large
// pages, so that a look-up does not also miss the processor's cache of page addresses (on a virtual
// machine the dearer of the two). Pages that are never touched cost nothing.
#pragma once

#include <cstddef>
#include <limits>
#include <new>

namespace t2 {

/// `size` bytes, aligned to 64 at least. Throws std::bad_alloc.
void* allocate_large(std::size_t size);
/// With the size that was asked for.
void free_large(void* memory, std::size_t size) noexcept;

template <class T>
struct LargeAllocator {
  using value_type = T;

  LargeAllocator() = default;
  template <class U>
  LargeAllocator(const LargeAllocator<U>& /*other*/) {}  // NOLINT: implicit, as allocators are

  T* allocate(std::size_t n) {
    if (n > std::numeric_limits<std::size_t>::max() / sizeof(T)) throw std::bad_array_new_length();
    return static_cast<T*>(allocate_large(n * sizeof(T)));
  }
  void deallocate(T* p, std::size_t n) noexcept { free_large(p, n * sizeof(T)); }

  template <class U>
  bool operator==(const LargeAllocator<U>& /*other*/) const {
    return true;
  }
};

}  // namespace t2
