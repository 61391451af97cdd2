// SPDX-License-Identifier: Apache-2.0
// gzip and zstd streams, recognised by content, decompressed piece by piece with bounded memory.
// Several members or frames in a row are one stream; what follows the last one is ignored, as gzip
// and zstd themselves do.
#pragma once

#include <memory>

#include "capture/byte_stream.h"

namespace t2 {

/// Bytes that compressed() needs.
inline constexpr std::size_t kCompressionMagic = 4;

/// Does a file that starts with `head` hold gzip or zstd data?
bool compressed(Bytes head);

/// The content of `source`, which starts with `head` (not consumed here, only looked at).
std::unique_ptr<ByteStream> decompress(Bytes head, std::unique_ptr<ByteStream> source);

}  // namespace t2
