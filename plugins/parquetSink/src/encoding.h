// SPDX-License-Identifier: Apache-2.0
// Parquet's encodings of levels and of indices into a dictionary (the specification's "Encodings",
// RLE = 3 and RLE_DICTIONARY = 8).
#pragma once

#include <cstdint>
#include <span>
#include <string>

namespace t2::parquet {

/// Bits that numbers from 0 to `most` need.
unsigned bits_for(std::uint32_t most);
/// The hybrid of runs and packed groups of eight, without a length before it.
void put_hybrid(std::span<const std::uint32_t> values, unsigned bits, std::string& out);
/// Levels in a data page of version 1: four bytes of length, then the hybrid.
void put_levels(std::span<const std::uint32_t> levels, std::uint32_t most, std::string& out);

template <class T>
void put_plain(std::string& out, T v) {
  out.append(reinterpret_cast<const char*>(&v), sizeof v);  // little-endian, as we are
}

}  // namespace t2::parquet
