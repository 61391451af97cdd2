// SPDX-License-Identifier: Apache-2.0
// Where a stream turns into TLS: what follows is no longer the protocol's.
#pragma once

#include <cstdint>

#include "t2/bytes.h"

namespace t2 {

/// First byte of a record of the handshake (RFC 8446 5.1).
inline constexpr std::uint8_t kTlsHandshake = 22;

/// Whether a handshake begins with these bytes: its record, of any version 3.x.
inline bool begins_tls(Bytes data) {
  return data.size() > 1 && data[0] == kTlsHandshake && data[1] == 3;
}

}  // namespace t2
