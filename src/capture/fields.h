// SPDX-License-Identifier: Apache-2.0
// Fields: fixed-offset values in the byte order of the machine that wrote a capture file. Cursor
// reads network order only; the headers of pcap and pcapng come in either.
#pragma once

#include <cstddef>
#include <cstdint>

#include "t2/bytes.h"

namespace t2 {

class Fields {
 public:
  /// `bytes` must hold every field that is asked for; the caller has tested its size.
  Fields(Bytes bytes, bool little_endian) : bytes_(bytes), little_(little_endian) {}

  std::uint16_t u16(std::size_t at) const {
    const std::uint16_t v = load_be16(bytes_.subspan(at, 2).data());
    return little_ ? __builtin_bswap16(v) : v;
  }
  std::uint32_t u32(std::size_t at) const {
    const std::uint32_t v = load_be32(bytes_.subspan(at, 4).data());
    return little_ ? __builtin_bswap32(v) : v;
  }
  std::uint64_t u64(std::size_t at) const {
    const std::uint64_t v = load_be64(bytes_.subspan(at, 8).data());
    return little_ ? __builtin_bswap64(v) : v;
  }

 private:
  Bytes bytes_;
  bool little_;
};

}  // namespace t2
