// SPDX-License-Identifier: Apache-2.0
// IEEE 802.11 data frames (IEEE 802.11-2020, 9.3.2): header of variable length, then LLC, or
// several subframes with addresses and LLC of their own (A-MSDU).
#include <cstring>

#include "decode/walk.h"

namespace t2::decoding {
namespace {

// Frame control, in the order of the wire.
constexpr std::uint16_t kTypeMask = 0x0c00, kTypeData = 0x0800;
constexpr std::uint16_t kNoData = 0x4000, kQos = 0x8000;  // of the subtype
constexpr std::uint16_t kToDs = 0x0001, kFromDs = 0x0002, kProtected = 0x0040, kOrder = 0x0080;
// QoS control, in the order of the wire.
constexpr std::uint16_t kAggregate = 0x8000, kMeshControl = 0x0001;

constexpr std::size_t kMac = 6;

void copy_mac(Mac& mac, Bytes bytes) {
  std::memcpy(mac.bytes.data(), bytes.data(), kMac);
}

bool is_snap(const Cursor& c) {
  return c.peek_be16() == 0xaaaa && c.peek_u8(2) == 0x03;
}

/// Mesh control (9.2.4.7.3): flags, TTL, sequence number, up to two addresses more. The bit that
/// announces it means something else outside of a mesh, so LLC must follow it and not stand in its
/// place.
void skip_mesh_control(Walk& w) {
  constexpr std::size_t kFixed = 6;
  Cursor c = w.cursor();
  if (is_snap(c)) return;
  const std::size_t addresses = c.peek_u8() & 0x03U;
  c.skip(kFixed + addresses * kMac);
  if (c.ok() && is_snap(c)) w.advance(c);
}

/// A subframe (9.3.2.2.2): addresses and length as of Ethernet, LLC. All but the last are filled up
/// to a multiple of 4 bytes. The others of the frame come later: see Packet::further.
Next subframe(Walk& w) {
  constexpr std::size_t kHeader = 14, kAlignment = 4;
  if (w.subframe > w.at) w.advance(w.subframe - w.at);
  w.push("wlan_aggregate");
  Cursor c = w.cursor();
  const Bytes destination = c.bytes(kMac), source = c.bytes(kMac);
  const std::size_t length = kHeader + c.be16();
  if (!c.ok()) return w.drop(flow_stat::kL2Snapped);
  copy_mac(w.packet.dst_mac, destination);
  copy_mac(w.packet.src_mac, source);
  const std::size_t next = w.at + (length + kAlignment - 1) / kAlignment * kAlignment;
  if (next + kHeader < w.end) w.packet.further = static_cast<std::uint32_t>(next);
  w.l2 = w.at;
  w.wire_end = std::min(w.wire_end, w.at + length);
  w.end = std::min(w.end, w.wire_end);
  w.advance(c);
  return llc(w, 0);
}

}  // namespace

Next wlan(Walk& w, WlanHints hints) {
  w.push("wlan");
  w.l2 = w.at;
  Cursor c = w.cursor();
  std::uint16_t control = c.be16();
  if (hints.swapped) control = __builtin_bswap16(control);
  c.skip(2);  // duration
  const Bytes address1 = c.bytes(kMac), address2 = c.bytes(kMac), address3 = c.bytes(kMac);
  c.skip(2);  // sequence control
  const bool to_ds = (control & kToDs) != 0, from_ds = (control & kFromDs) != 0;
  const Bytes address4 = to_ds && from_ds ? c.bytes(kMac) : address3;
  std::uint16_t qos = 0;
  if ((control & kQos) != 0) {
    qos = c.be16();
    if ((control & kOrder) != 0) c.skip(4);  // HT control
  }
  if (!c.ok()) return w.drop(flow_stat::kL2Snapped);

  copy_mac(w.packet.dst_mac, to_ds ? address3 : address1);
  copy_mac(w.packet.src_mac, !from_ds ? address2 : to_ds ? address4 : address3);
  w.packet.has_mac = true;
  const bool data = (control & kTypeMask) == kTypeData && (control & kNoData) == 0;
  w.packet.encrypted = data && (control & kProtected) != 0;
  if (!data || w.packet.encrypted) {
    w.stop();
    return Next::kDrop;
  }
  if (hints.padded) c.skip((4 - c.offset() % 4) % 4);
  w.advance(c);
  if ((qos & kAggregate) != 0) return subframe(w);
  if ((qos & kMeshControl) != 0) skip_mesh_control(w);
  return llc(w, 0);
}

}  // namespace t2::decoding
