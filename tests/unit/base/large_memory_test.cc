// SPDX-License-Identifier: Apache-2.0
#include "base/large_memory.h"

#include <gtest/gtest.h>

#include <cstdint>
#include <cstring>
#include <vector>

namespace t2::test {
namespace {

TEST(LargeMemory, IsAlignedAndAllThere) {
  for (const std::size_t size : {std::size_t{1}, std::size_t{100'000}, std::size_t{2} << 20,
                                 (std::size_t{2} << 20) + 1, std::size_t{9'000'000}}) {
    void* const memory = allocate_large(size);
    EXPECT_EQ(reinterpret_cast<std::uintptr_t>(memory) % 64, 0U) << size;
    std::memset(memory, 1, size);
    free_large(memory, size);
  }
}

TEST(LargeMemory, TooMuchIsRefused) {
  EXPECT_THROW(allocate_large(SIZE_MAX - 5), std::bad_alloc);
  EXPECT_THROW(allocate_large(SIZE_MAX / 2), std::bad_alloc);
  EXPECT_THROW(LargeAllocator<int>().allocate(SIZE_MAX / 2), std::bad_alloc);
}

TEST(LargeMemory, ServesVectors) {
  std::vector<int, LargeAllocator<int>> v;
  // NOLINTNEXTLINE(performance-inefficient-vector-operation): that it grows is what is tested
  for (int i = 0; i < 3'000'000; ++i) v.push_back(i);
  for (int i = 0; i < 3'000'000; ++i) ASSERT_EQ(v[static_cast<std::size_t>(i)], i);
}

}  // namespace
}  // namespace t2::test
