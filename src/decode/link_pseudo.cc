// SPDX-License-Identifier: Apache-2.0
// Link types whose frames begin with what the capturing program has to say, and old networks. Each
// names its layout; fields are in network order unless stated.
#include <pcap/dlt.h>

#include <cstring>

#include "decode/link.h"
#include "decode/link_types.h"
#include "decode/numbers.h"

namespace t2::decoding {
namespace {

constexpr std::size_t kMac = 6;

std::uint32_t little_endian(std::uint32_t v) {
  return __builtin_bswap32(v);
}

/// By an address family as BSD and Linux number them in one byte.
Next by_family(Walk& w, std::uint8_t family) {
  constexpr std::uint8_t kInet = 2, kLinuxInet6 = 10, kBsdInet6 = 24, kFreeBsdInet6 = 28,
                         kDarwinInet6 = 30;
  switch (family) {
    case kInet:
    case kLinuxInet6:
    case kBsdInet6:
    case kFreeBsdInet6:
    case kDarwinInet6:
      return bare_ip(w);
    default:
      w.stop();
      return Next::kLayer2;
  }
}

/// netfilter log: family, version, resource; then fields of length, type and value in the order of
/// the capturing machine, one of which is the packet. Lengths are filled up to a multiple of 4.
Next nflog(Walk& w) {
  constexpr std::uint16_t kFieldHeader = 4, kPayload = 9, kTypeBits = 0x7fff;
  w.push("nflog");
  w.set(flow_stat::kNoEthernet);
  Cursor c = w.cursor();
  const std::uint8_t family = c.u8();
  const std::uint8_t version = c.u8();
  c.skip(2);
  if (!c.ok() || version != 0) return w.drop(flow_stat::kL2Snapped);
  while (c.left() >= kFieldHeader) {
    std::uint16_t length = __builtin_bswap16(c.be16());
    std::uint16_t type = __builtin_bswap16(c.be16());
    if (type > 0xff && __builtin_bswap16(type) <= 0xff) {  // of a big-endian machine
      length = __builtin_bswap16(length);
      type = __builtin_bswap16(type);
    }
    if (length < kFieldHeader) break;
    if ((type & kTypeBits) == kPayload) {
      w.advance(c);
      const std::size_t size = length - std::size_t{kFieldHeader};
      w.wire_end = std::min(w.wire_end, w.at + size);
      w.end = std::min(w.end, w.wire_end);
      return by_family(w, family);
    }
    const std::size_t rest = (length + 3U) / 4 * 4 - kFieldHeader;
    if (rest > c.left()) break;
    c.skip(rest);
  }
  w.stop();
  return w.drop(flow_stat::kL2Snapped);
}

/// OpenBSD enc(4): family in the order of the capturing machine, SPI, flags.
Next enc(Walk& w) {
  constexpr std::size_t kHeader = 12;
  w.push("enc");
  w.set(flow_stat::kNoEthernet);
  if (w.end - w.at < kHeader) return w.drop(flow_stat::kL2Snapped);
  w.advance(kHeader);
  return bare_ip(w);
}

/// BSD pflog(4): length of the header without its filling, family.
Next pflog(Walk& w) {
  constexpr std::size_t kSmallest = 44;
  w.push("pflog");
  w.set(flow_stat::kNoEthernet);
  const Cursor c = w.cursor();
  const std::size_t header = (c.peek_u8() + std::size_t{3}) / 4 * 4;
  const std::uint8_t family = c.peek_u8(1);
  if (header < kSmallest || c.left() < header) return w.drop(flow_stat::kL2Snapped);
  w.advance(header);
  return by_family(w, family);
}

/// AVS: version and length.
Next avs(Walk& w) {
  constexpr std::size_t kSmallest = 8;
  w.push("wlancap");
  Cursor c = w.cursor();
  c.skip(4);
  const std::uint32_t length = c.be32();
  if (length < kSmallest || length > w.end - w.at) return w.drop(flow_stat::kL2Snapped);
  w.advance(length);
  return wlan(w);
}

/// Hilscher netANALYZER: four bytes before Ethernet, or before its preamble.
Next netanalyzer(Walk& w, bool preamble) {
  constexpr std::size_t kHeader = 4, kPreamble = 8;
  w.push("netanalyzer");
  w.advance(kHeader + (preamble ? kPreamble : 0));
  return ethernet_link(w);
}

/// Endace's ERF: time stamp, type, flags, lengths; perhaps extension headers of 8 bytes.
Next erf(Walk& w) {
  constexpr std::size_t kType = 8, kAfterType = 7, kExtension = 8, kEthernetPad = 2;
  constexpr std::uint8_t kMore = 0x80;
  w.push("erf");
  Cursor c = w.cursor();
  c.skip(kType);
  const std::uint8_t type = c.u8();
  c.skip(kAfterType);
  for (std::uint8_t more = type; (more & kMore) != 0 && c.ok();) {
    more = c.peek_u8();
    c.skip(kExtension);
  }
  if (!c.ok()) return w.drop(flow_stat::kL2Snapped);
  w.advance(c);
  switch (type & ~kMore) {
    case 2:   // Ethernet,
    case 11:  // coloured,
    case 16:  // of a DSM,
    case 20:  // with hash
      w.advance(kEthernetPad);
      return ethernet_link(w);
    case 1:  // the same of packet over SONET
    case 10:
    case 15:
    case 19:
      w.set(flow_stat::kNoEthernet);
      return ppp_link(w);
    case 22:  // IPv4
    case 23:  // IPv6
      w.set(flow_stat::kNoEthernet);
      return bare_ip(w);
    default:
      w.stop();
      return Next::kDrop;
  }
}

/// Apple's PKTAP, little endian: length of the header, kind of record, link type of what follows.
Next pktap(Walk& w) {
  constexpr std::uint32_t kSmallest = 12, kPacket = 1;
  w.push("pktap");
  Cursor c = w.cursor();
  const std::uint32_t length = little_endian(c.be32());
  const std::uint32_t kind = little_endian(c.be32());
  const std::uint32_t inner = little_endian(c.be32());
  if (!c.ok() || length < kSmallest || length > w.end - w.at) {
    return w.drop(flow_stat::kL2Snapped);
  }
  w.advance(length);
  const bool known = inner <= 0xffff && is_supported(static_cast<std::uint16_t>(inner));
  if (kind != kPacket || !known || inner == DLT_PKTAP || inner == DLT_PPI) {
    w.stop();
    return Next::kDrop;
  }
  return walk_link(w, static_cast<std::uint16_t>(inner));
}

/// FDDI (ISO 9314-2): frame control, addresses, LLC in those frames that carry it (01xx xxxx).
Next fddi(Walk& w) {
  constexpr std::uint8_t kFormat = 0xc0, kLlc = 0x40;
  w.push("fddi");
  Cursor c = w.cursor();
  const std::uint8_t control = c.u8();
  const Bytes destination = c.bytes(kMac), source = c.bytes(kMac);
  if (!c.ok()) return w.drop(flow_stat::kL2Snapped);
  note_macs(w, destination, source);
  w.advance(c);
  if ((control & kFormat) == kLlc) return llc(w, 0);
  w.stop();
  return Next::kLayer2;
}

/// Token ring (IEEE 802.5): access and frame control, addresses, perhaps a route, LLC.
Next token_ring(Walk& w) {
  constexpr std::uint8_t kFormat = 0xc0, kLlc = 0x40, kHasRoute = 0x80, kRouteLength = 0x1f;
  w.push("tr");
  Cursor c = w.cursor();
  c.skip(1);
  const std::uint8_t control = c.u8();
  const Bytes destination = c.bytes(kMac), source = c.bytes(kMac);
  if (!c.ok()) return w.drop(flow_stat::kL2Snapped);
  note_macs(w, destination, source);
  if ((source[0] & kHasRoute) != 0) {
    w.packet.src_mac.bytes[0] &= static_cast<std::uint8_t>(~kHasRoute);
    c.skip(c.peek_u8() & kRouteLength);
  }
  w.advance(c);
  if ((control & kFormat) == kLlc) return llc(w, 0);
  w.stop();
  return Next::kLayer2;
}

/// Behind a header of constant size: LLC (RFC 2684: classical IP and ATM, RFC 2625: fibre channel).
Next llc_behind(Walk& w, std::size_t header) {
  w.set(flow_stat::kNoEthernet);
  if (w.end - w.at < header) return w.drop(flow_stat::kL2Snapped);
  w.advance(header);
  return llc(w, 0);
}

/// IP over InfiniBand, RFC 4391, behind `header` bytes: EtherType, two bytes of zero.
Next infiniband(Walk& w, std::size_t header) {
  w.push("ipoib");
  w.set(flow_stat::kNoEthernet);
  Cursor c = w.cursor();
  c.skip(header);
  const std::uint16_t type = c.be16();
  c.skip(2);
  if (!c.ok()) return w.drop(flow_stat::kL2Snapped);
  w.advance(c);
  return protocol_type(w, type);
}

/// Whether the header of a radiotap frame is filled up (radiotap.org, field Flags). Fields are
/// aligned; the first two are the time (8 bytes) and the flags.
bool has_data_pad(Bytes header) {
  constexpr std::uint32_t kTime = 0x01, kFlags = 0x02, kMore = 0x80000000;
  constexpr std::uint8_t kDataPad = 0x20;
  constexpr std::size_t kPresent = 4, kTimeSize = 8;
  Cursor c(header);
  c.skip(kPresent);
  const std::uint32_t present = little_endian(c.be32());
  for (std::uint32_t word = present; (word & kMore) != 0 && c.ok();) word = little_endian(c.be32());
  if ((present & kFlags) == 0) return false;
  if ((present & kTime) != 0) c.skip((kTimeSize - c.offset() % kTimeSize) % kTimeSize + kTimeSize);
  return (c.u8() & kDataPad) != 0;
}

}  // namespace

/// Of constant length, or AVS in its place, which begins with its version.
Next prism(Walk& w) {
  constexpr std::size_t kPrismHeader = 144;
  constexpr std::uint16_t kAvs = 0x8021;
  if (w.cursor().peek_be16() == kAvs) return avs(w);
  w.push("prism");
  w.advance(kPrismHeader);
  return wlan(w);
}

Next radiotap(Walk& w) {
  constexpr std::size_t kSmallest = 8;
  w.push("radiotap");
  const std::size_t length = __builtin_bswap16(w.cursor().peek_be16(2));
  if (w.end - w.at < kSmallest || length < kSmallest) return w.drop(flow_stat::kL2Snapped);
  const bool padded = has_data_pad(first(w.from(w.at), length));
  w.advance(length);
  return wlan(w, {.padded = padded});
}

Next pseudo_link(Walk& w, std::uint16_t link_type) {
  constexpr std::size_t kSunAtmHeader = 4, kFibreChannelHeader = 16, kInfiniBandHeader = 40;
  switch (link_type) {
    case DLT_NFLOG:
      return nflog(w);
    case DLT_ENC:
      return enc(w);
    case DLT_PFLOG:
      return pflog(w);
    case DLT_IEEE802_11_RADIO_AVS:
      return avs(w);
    case DLT_NETANALYZER:
      return netanalyzer(w, false);
    case DLT_NETANALYZER_TRANSPARENT:
      return netanalyzer(w, true);
    case DLT_ERF:
      return erf(w);
    case DLT_PKTAP:
      return pktap(w);
    case DLT_PPP_ETHER:
      w.set(flow_stat::kNoEthernet);
      return protocol_type(w, kPppoeSessionType);
    case DLT_FDDI:
      return fddi(w);
    case DLT_IEEE802:
      return token_ring(w);
    case DLT_ATM_RFC1483:
      return llc_behind(w, 0);
    case DLT_SUNATM:
      return llc_behind(w, kSunAtmHeader);
    case DLT_IP_OVER_FC:
      return llc_behind(w, kFibreChannelHeader);
    case DLT_IPOIB:
      return infiniband(w, kInfiniBandHeader);
    default:
      return Next::kDrop;
  }
}

}  // namespace t2::decoding
