// SPDX-License-Identifier: Apache-2.0
// Compressed capture files as a stream: what base/unpack.h makes of the bytes of another.
#pragma once

#include <memory>

#include "base/unpack.h"
#include "capture/byte_stream.h"

namespace t2 {

/// The content of `source`, which starts with `head` (not consumed here, only looked at).
std::unique_ptr<ByteStream> decompress(Bytes head, std::unique_ptr<ByteStream> source);

}  // namespace t2
