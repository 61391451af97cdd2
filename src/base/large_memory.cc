// SPDX-License-Identifier: Apache-2.0
#include "base/large_memory.h"

#include <sys/mman.h>

#include <cstdint>

namespace t2 {
namespace {

constexpr std::size_t kLargePage = std::size_t{2} << 20;
constexpr std::align_val_t kSmallAlignment{64};

std::size_t rounded_up(std::size_t n) {
  return (n + kLargePage - 1) / kLargePage * kLargePage;
}

}  // namespace

void* allocate_large(std::size_t size) {
  if (size < kLargePage) return ::operator new(size, kSmallAlignment);
  const std::size_t wanted = rounded_up(size);
  if (wanted < size || wanted + kLargePage < wanted) throw std::bad_alloc();
  constexpr int kFlags = MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE;
  void* const raw = mmap(nullptr, wanted + kLargePage, PROT_READ | PROT_WRITE, kFlags, -1, 0);
  if (raw == MAP_FAILED) throw std::bad_alloc();
  // Only what is aligned is kept.
  const auto begin = reinterpret_cast<std::uintptr_t>(raw);
  const std::size_t before = rounded_up(begin) - begin;
  auto* const memory = static_cast<std::byte*>(raw) + before;
  if (before > 0) munmap(raw, before);
  if (before < kLargePage) munmap(memory + wanted, kLargePage - before);
  madvise(memory, wanted, MADV_HUGEPAGE);  // a wish
  return memory;
}

void free_large(void* memory, std::size_t size) noexcept {
  if (size < kLargePage) {
    ::operator delete(memory, kSmallAlignment);
  } else {
    munmap(memory, rounded_up(size));
  }
}

}  // namespace t2
