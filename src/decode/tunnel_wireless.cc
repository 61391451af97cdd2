// SPDX-License-Identifier: Apache-2.0
// Tunnels between wireless access points and their controllers: CAPWAP (RFC 5415), LWAPP (RFC
// 5412).
#include "decode/tunnel_udp.h"

namespace t2::decoding {
namespace {

Next inner_wlan(Walk& w) {
  return wlan(w, {.swapped = w.options.swap_capwap_fc});
}

}  // namespace

Next capwap(Walk& w, bool data) {
  constexpr std::uint8_t kDtls = 1;
  constexpr std::uint32_t kNative = 0x100, kFragment = 0x80, kKeepAlive = 0x08;
  constexpr std::size_t kFixedHeader = 8;
  Cursor c = w.cursor();
  const std::uint32_t start = c.be32();
  if (!c.ok() || start >> 28 != 0) return Next::kTransport;
  if ((start >> 24 & 0x0f) == kDtls) {
    recognised(w, "capwap", flow_stat::kCapwap);
    w.push("dtls");
    w.set(flow_stat::kDtls);
    w.stop();
    return Next::kTransport;
  }
  const std::uint32_t fragment = c.be32();
  const std::size_t length = (start >> 19 & 0x1fU) * 4;
  if (!c.ok() || length < kFixedHeader) return Next::kTransport;
  c.skip(length - kFixedHeader);
  if (!c.ok()) return Next::kTransport;

  if (data) {
    recognised(w, "capwap.data", flow_stat::kCapwap);
  } else {
    recognised(w, "capwap", flow_stat::kCapwap);
  }
  const bool later_fragment = (start & kFragment) != 0 && (fragment >> 3 & 0x1fff) != 0;
  if (!data || (start & kKeepAlive) != 0 || later_fragment) {
    w.stop();
    return Next::kTransport;
  }
  w.advance(c);
  return (start & kNative) != 0 ? enter(w, inner_wlan) : enter_ethernet(w);
}

Next lwapp(Walk& w) {
  constexpr std::uint8_t kVersionMask = 0xc0, kControl = 0x04;
  constexpr std::size_t kHeader = 6;
  Cursor c = w.cursor();
  const std::uint8_t flags = c.u8();
  c.skip(kHeader - 1);
  if (!c.ok() || (flags & kVersionMask) != 0) return Next::kTransport;
  recognised(w, "lwapp", flow_stat::kCapwap);
  if ((flags & kControl) != 0) {
    w.stop();
    return Next::kTransport;
  }
  w.advance(c);
  return enter(w, inner_wlan);
}

}  // namespace t2::decoding
