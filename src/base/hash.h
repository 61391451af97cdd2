// SPDX-License-Identifier: Apache-2.0
// The keyed hash behind every table whose keys come from the wire.
#pragma once

#define XXH_INLINE_ALL
#include <xxhash.h>

#include <cstdint>

namespace t2 {

/// Hash of the bytes of `value`, which must have no padding. `seed` is drawn once per run, so that
/// an attacker cannot choose colliding keys; it never shows in the output.
template <class T>
std::uint64_t hash_bytes(const T& value, std::uint64_t seed) {
  static_assert(std::is_trivially_copyable_v<T>);
  return XXH3_64bits_withSeed(&value, sizeof value, seed);
}

}  // namespace t2
