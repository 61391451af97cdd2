// SPDX-License-Identifier: Apache-2.0
// IEEE 802.11 data frames: header of variable length, then LLC.
#include <cstring>

#include "decode/walk.h"

namespace t2::decoding {
namespace {

// Frame control, in the order of the wire.
constexpr std::uint16_t kTypeMask = 0x0c00, kTypeData = 0x0800;
constexpr std::uint16_t kSubtypeMask = 0xf000, kQosData = 0x8000;
constexpr std::uint16_t kToDs = 0x0001, kFromDs = 0x0002, kProtected = 0x0040, kOrder = 0x0080;

void copy_mac(Mac& mac, Bytes bytes) {
  std::memcpy(mac.bytes.data(), bytes.data(), 6);
}

}  // namespace

Next wlan(Walk& w, bool swapped) {
  w.push("wlan");
  w.l2 = w.at;
  Cursor c = w.cursor();
  std::uint16_t control = c.be16();
  if (swapped) control = __builtin_bswap16(control);
  c.skip(2);  // duration
  const Bytes address1 = c.bytes(6), address2 = c.bytes(6), address3 = c.bytes(6);
  c.skip(2);  // sequence control
  const bool to_ds = (control & kToDs) != 0, from_ds = (control & kFromDs) != 0;
  const Bytes address4 = to_ds && from_ds ? c.bytes(6) : address3;
  const std::uint16_t subtype = control & kSubtypeMask;
  if (subtype == kQosData) c.skip((control & kOrder) != 0 ? 6 : 2);  // QoS, HT control
  if (!c.ok()) return w.drop(flow_stat::kL2Snapped);

  copy_mac(w.packet.dst_mac, to_ds ? address3 : address1);
  copy_mac(w.packet.src_mac, !from_ds ? address2 : to_ds ? address4 : address3);
  w.packet.has_mac = true;
  const bool plain_data =
      (control & kTypeMask) == kTypeData && (subtype == 0 || subtype == kQosData);
  if (!plain_data || (control & kProtected) != 0) {
    w.stop();
    return Next::kDrop;
  }
  w.advance(c);
  return llc(w, 0);
}

}  // namespace t2::decoding
