// SPDX-License-Identifier: Apache-2.0
// Link layers that begin with a few bytes of their own and a number that says what follows.
#include "decode/link.h"
#include "decode/numbers.h"

namespace t2::decoding {
namespace {

Next as_announced(Walk& w, Next version) {
  if (w.at == w.end) return w.drop(flow_stat::kL3Snapped);
  if (ip_version(w) == version) return version;
  w.set(flow_stat::kIpVx);
  w.push("ipvx");
  return Next::kLayer2;
}

/// AF_INET, and AF_INET6 of the systems that capture.
Next address_family(std::uint32_t family) {
  switch (family) {
    case 2:
      return Next::kIpv4;
    case 10:
    case 23:
    case 24:
    case 26:
    case 28:
    case 30:
      return Next::kIpv6;
    default:
      return Next::kDrop;
  }
}

/// The number in a loopback header: 4 bytes in the order of the network or of the capturing
/// machine, or 2 of them and 2 of zero.
std::uint32_t loopback_number(std::uint32_t value) {
  const bool halves = (value & 0xffff) == 0 && address_family(value >> 16) != Next::kDrop;
  return halves ? value >> 16 : std::min(value, __builtin_bswap32(value));
}

/// RFC 2427, 4: multiprotocol encapsulation, from the control field on.
Next multiprotocol(Walk& w) {
  constexpr std::uint8_t kSnap = 0x80, kIpv6 = 0x8e, kIpv4 = 0xcc, kPpp = 0xcf, kQ933 = 0x08;
  constexpr std::uint32_t kBridged = 0x0080c2;
  Cursor c = w.cursor();
  c.skip(1);
  if (c.peek_u8() == 0) c.skip(1);  // a pad
  const std::uint8_t protocol = c.u8();
  if (protocol == kSnap) {
    const std::uint32_t organisation = std::uint32_t{c.u8()} << 16 | c.be16();
    const std::uint16_t type = c.be16();
    if (!c.ok()) return w.drop(flow_stat::kL2Snapped);
    w.advance(c);
    const bool ethernet_inside = type == 1 || type == 7;  // with and without check sequence
    if (organisation == kBridged && ethernet_inside) return ethernet(w);
    return protocol_type(w, type);
  }
  if (!c.ok()) return w.drop(flow_stat::kL2Snapped);
  w.advance(c);
  switch (protocol) {
    case kIpv4:
      return as_announced(w, Next::kIpv4);
    case kIpv6:
      return as_announced(w, Next::kIpv6);
    case kPpp:
      w.push("ppp");
      w.set(flow_stat::kPpp);
      return ppp_frame(w);
    case kQ933:
      w.push("q933");
      return Next::kLayer2;
    default:
      w.stack.push_unknown(Unknown::kHex2, protocol);
      w.stop();
      return Next::kLayer2;
  }
}

}  // namespace

Next loopback(Walk& w) {
  constexpr std::uint32_t kAllStations = 0xff03, kSmallestType = 0x0600;
  w.push("null");
  Cursor c = w.cursor();
  const std::uint32_t value = c.be32();
  if (!c.ok()) return w.drop(flow_stat::kL2Snapped);
  if (value >> 16 == kAllStations) {
    w.push("ppp");
    w.set(flow_stat::kPpp);
    return ppp_frame(w);
  }
  const std::uint32_t number = loopback_number(value);
  w.advance(c);
  if (number >= kSmallestType && number <= 0xffff) {
    return protocol_type(w, static_cast<std::uint16_t>(number));
  }
  const Next announced = address_family(number);
  if (announced != Next::kDrop) return as_announced(w, announced);
  if (w.at == w.end) return w.drop(flow_stat::kL3Snapped);
  w.stop();
  return Next::kLayer2;
}

Next chdlc(Walk& w) {
  constexpr std::uint16_t kSlarp = 0x8035;  // RARP everywhere else
  w.push("chdlc");
  w.set(flow_stat::kNoEthernet);
  Cursor c = w.cursor();
  c.skip(2);  // address, control
  const std::uint16_t type = c.be16();
  if (!c.ok()) return w.drop(flow_stat::kL2Snapped);
  w.advance(c);
  if (type != kSlarp) return protocol_type(w, type);
  w.push("slarp");
  w.packet.ether_type = type;
  return Next::kLayer2;
}

Next frame_relay(Walk& w) {
  constexpr std::uint8_t kExtended = 0x01, kUnnumbered = 0x03;
  constexpr std::size_t kLongest = 4;
  w.push("fr");
  w.set(flow_stat::kNoEthernet);
  Cursor c = w.cursor();
  std::uint8_t octet = c.u8();
  for (std::size_t n = 1; n < kLongest && (octet & kExtended) == 0; ++n) octet = c.u8();
  if (!c.ok()) return w.drop(flow_stat::kL2Snapped);
  w.advance(c);
  return w.cursor().peek_u8() == kUnnumbered ? multiprotocol(w) : protocol_type(w);
}

}  // namespace t2::decoding
