// SPDX-License-Identifier: Apache-2.0
// Plain frames, which most are: Ethernet II with at most one VLAN tag, IPv4 without options or
// fragments or IPv6 without extension headers, and TCP, or UDP on ports that announce nothing more.
// They are told apart where frames are read, and are then decoded without a walk and without a
// doubt. The packet is the one that the walk gives, field by field: tests/unit/decode/plain_test.cc
// and tests/fuzz/fuzz_decode.cc compare them.
#pragma once

#include <cstddef>
#include <cstdint>

#include "capture/frame.h"
#include "decode/decoder.h"
#include "t2/checksum.h"
#include "t2/flow.h"
#include "t2/packet.h"

namespace t2::decoding {

/// What a plain frame is made of; kNo for the others. All values are below kPlainKinds.
enum class Plain : std::uint8_t { kNo = 0 };
inline constexpr std::size_t kPlainKinds = 9;

constexpr Plain plain_kind(bool udp, bool ipv6, bool tagged) {
  return static_cast<Plain>(1 + (udp ? 1 : 0) + (ipv6 ? 2 : 0) + (tagged ? 4 : 0));
}
// None of these may be asked of kNo.
constexpr unsigned plain_bits(Plain p) {
  return static_cast<unsigned>(p) - 1;
}
constexpr bool is_udp(Plain p) {
  return (plain_bits(p) & 1) != 0;
}
constexpr bool is_ipv6(Plain p) {
  return (plain_bits(p) & 2) != 0;
}
constexpr bool is_tagged(Plain p) {
  return (plain_bits(p) & 4) != 0;
}

Plain recognise_plain(const Frame& frame);
/// Notes what verifying a frame's checksums gave, for Packet::checked.
void note_checksums(Frame& frame, const ChecksumCheck& ip, const ChecksumCheck& l4);
/// Verifies those of a plain frame and notes the result.
void check_plain(Frame& frame, Plain plain);
/// FlowKey::group of a plain frame's packet.
unsigned group_of(const Frame& frame, Plain plain);
/// Fills `packet` as the walk does, but for what reset() fills. False if the frame is plain no
/// more: in a mapped file that is cut short meanwhile, bytes turn into zeros.
bool decode_plain(const Frame& frame, Plain plain, Packet& packet);

}  // namespace t2::decoding
