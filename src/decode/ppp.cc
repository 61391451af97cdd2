// SPDX-License-Identifier: Apache-2.0
// PPP (RFC 1661, 1662) and MPLS label stacks (RFC 3032), spec core 3.4.
#include "decode/walk.h"

namespace t2::decoding {
namespace {

constexpr std::size_t kLabel = 4;

/// RFC 4385: a pseudowire control word begins with a zero nibble.
Next pseudowire(Walk& w) {
  constexpr std::size_t kControlWord = 4;
  w.push("pwethcw");
  w.advance(kControlWord);
  return ethernet(w);
}

}  // namespace

Next mpls(Walk& w) {
  const std::size_t start = w.at;
  Cursor c = w.cursor();
  std::uint32_t labels = 0;
  bool bottom = false;
  while (!bottom) {
    const std::uint32_t label = c.be32();
    if (!c.ok()) break;
    ++labels;
    bottom = (label & 0x100) != 0;
  }
  w.stack.push_run("mpls", labels);
  w.packet.mpls_depth = static_cast<std::uint8_t>(std::min<std::uint32_t>(labels, 0xff));
  w.tunnel().mpls = first(w.from(start), labels * kLabel);
  if (!bottom) return w.drop(flow_stat::kL2Snapped);
  w.advance(c);

  if (const Next next = ip_version(w); next != Next::kDrop) return next;
  return w.cursor().peek_u8() >> 4 == 0 ? pseudowire(w) : ethernet(w);
}

Next ppp_protocol(Walk& w) {
  constexpr std::uint16_t kIpv4Protocol = 0x0021, kIpv6Protocol = 0x0057;
  constexpr std::uint16_t kMplsUnicast = 0x0281, kMplsMulticast = 0x0283;
  Cursor c = w.cursor();
  const std::uint16_t protocol = c.be16();
  if (!c.ok()) {
    w.stop();
    return Next::kLayer2;
  }
  w.advance(c);
  switch (protocol) {
    case kIpv4Protocol:
      if (ip_version(w) == Next::kIpv4) return Next::kIpv4;
      break;
    case kIpv6Protocol:
      if (ip_version(w) == Next::kIpv6) return Next::kIpv6;
      break;
    case kMplsUnicast:
      w.set(flow_stat::kMplsUnicast);
      return mpls(w);
    case kMplsMulticast:
      w.set(flow_stat::kMplsMulticast);
      return mpls(w);
    default:
      name_ppp_protocol(w, protocol);
      return Next::kLayer2;
  }
  w.stop();  // an IP protocol without an IP header
  return Next::kLayer2;
}

Next ppp_frame(Walk& w) {
  constexpr std::uint16_t kAllStations = 0xff03;
  w.tunnel().ppp = w.from(w.at);
  if (w.cursor().peek_be16() == kAllStations) w.advance(2);
  return ppp_protocol(w);
}

}  // namespace t2::decoding
