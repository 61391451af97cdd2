// SPDX-License-Identifier: Apache-2.0
// The link types that inputs of fuzz_decode name with one byte. The order is the key to the corpus.
#pragma once

#include <cstdint>
#include <vector>

#include "decode/decoder.h"

namespace t2::fuzz {

inline std::vector<std::uint16_t> supported_link_types() {
  std::vector<std::uint16_t> types;
  for (std::uint32_t t = 0; t < 0x10000; ++t) {
    const auto type = static_cast<std::uint16_t>(t);
    if (Decoder::supports(type, true)) types.push_back(type);
  }
  return types;
}

}  // namespace t2::fuzz
