// SPDX-License-Identifier: Apache-2.0
// PPP (RFC 1661, 1662, 1990) and MPLS label stacks (RFC 3032), spec core 3.4.
#include "decode/numbers.h"
#include "decode/plausible.h"
#include "decode/walk.h"

namespace t2::decoding {
namespace {

constexpr std::size_t kLabel = 4, kControlWord = 4;

/// RFC 4385, 3: a pseudowire control word begins with a zero nibble.
Next pseudowire(Walk& w) {
  w.push("pwethcw");
  w.advance(kControlWord);
  return ethernet(w);
}

/// RFC 4385, 5: the associated channel header has the type of its channel in its second half, which
/// for IP is that of PPP.
Next associated_channel(Walk& w) {
  constexpr std::size_t kHeader = 4;
  w.push("pwach");
  const std::uint16_t channel = w.cursor().peek_be16(2);
  w.advance(kHeader);
  if (channel == kPppIpv4 || channel == kPppIpv6) {
    if (const Next next = ip_version(w); next != Next::kDrop) return next;
  }
  w.stop();
  return Next::kLayer2;
}

/// Nothing says what a label carries: IP, or Ethernet with or without control word, whose addresses
/// may begin as either of the others. The first nibble proposes (RFC 4928), whole headers decide.
Next mpls_payload(Walk& w) {
  const Bytes rest = w.from(w.at);
  const std::size_t on_wire = w.wire_end - w.at;
  const unsigned nibble = w.cursor().peek_u8() >> 4;
  if (const Next ip = ip_version(w); ip != Next::kDrop) {
    if (likely_ip(rest, on_wire) == Likely::kYes) return ip;
    return likely_ethernet(rest, on_wire) >= Likely::kYes ? ethernet(w) : ip;
  }
  if (nibble > 1) return ethernet(w);
  const Likely bare = likely_ethernet(rest, on_wire);
  if (nibble == 1) return bare == Likely::kNo ? associated_channel(w) : ethernet(w);
  if (on_wire < kControlWord) return pseudowire(w);
  const Likely behind = likely_ethernet(skip(rest, kControlWord), on_wire - kControlWord);
  return bare > behind ? ethernet(w) : pseudowire(w);
}

/// RFC 1661, 6.5: of numbers below 256 the first byte may be missing; the last one is odd.
std::uint16_t protocol_number(Cursor& c) {
  const std::uint8_t start = c.u8();
  if ((start & 1) != 0) return start;
  return static_cast<std::uint16_t>(start << 8 | c.u8());
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

  return mpls_payload(w);
}

Next ppp_protocol(Walk& w) {
  Cursor c = w.cursor();
  const std::uint16_t protocol = protocol_number(c);
  if (!c.ok()) {
    w.stop();
    return Next::kLayer2;
  }
  w.advance(c);
  switch (protocol) {
    case kPppIpv4:
      if (ip_version(w) == Next::kIpv4) return Next::kIpv4;
      break;
    case kPppIpv6:
      if (ip_version(w) == Next::kIpv6) return Next::kIpv6;
      break;
    case kPppMplsUnicast:
      w.set(flow_stat::kMplsUnicast);
      return mpls(w);
    case kPppMplsMulticast:
      w.set(flow_stat::kMplsMulticast);
      return mpls(w);
    case kPppMultilink:
      w.push("ppp");
      return ppp_multilink(w);
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

/// RFC 1990, 3: flags and a sequence number of 12 or 24 bits, as the ends have agreed; a packet
/// that came in one piece is in it whole.
Next ppp_multilink(Walk& w) {
  constexpr std::uint8_t kBeginAndEnd = 0xc0;
  constexpr std::size_t kLong = 4, kShort = 2;
  w.push("mp");
  if ((w.cursor().peek_u8() & kBeginAndEnd) != kBeginAndEnd) return Next::kLayer2;
  for (const std::size_t header : {kLong, kShort}) {
    const std::size_t on_wire = w.wire_end - w.at;
    if (on_wire < header) continue;
    if (likely_ppp(skip(w.from(w.at), header), on_wire - header) == Likely::kNo) continue;
    w.advance(header);
    return ppp_frame(w);
  }
  return Next::kLayer2;
}

}  // namespace t2::decoding
