// SPDX-License-Identifier: Apache-2.0
// Plain frames, which most are: Ethernet II, IPv4 without options or fragments, and TCP, or UDP on
// ports that announce nothing more. They are told apart where frames are read, and are then decoded
// without a walk and without a doubt. The packet is the one that the walk gives, field by field:
// tests/unit/decode/plain_test.cc and tests/fuzz/fuzz_decode.cc compare them.
#pragma once

#include <cstdint>

#include "capture/source.h"
#include "decode/decoder.h"
#include "t2/checksum.h"
#include "t2/packet.h"

namespace t2::decoding {

enum class Plain : std::uint8_t { kNo, kTcp, kUdp };

Plain recognise_plain(const Frame& frame);
/// Notes what verifying a frame's checksums gave, for Packet::checked.
void note_checksums(Frame& frame, const ChecksumCheck& ip, const ChecksumCheck& l4);
/// Verifies those of a plain frame and notes the result.
void check_plain(Frame& frame, Plain plain);
/// Fills `packet` as the walk does, but for what reset() fills.
void decode_plain(const Frame& frame, Plain plain, Packet& packet);

}  // namespace t2::decoding
