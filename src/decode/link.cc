// SPDX-License-Identifier: Apache-2.0
// Link layers of captures (spec core 3.3). Those that put a header of the capturing program before
// a frame of another link layer are in link_pseudo.cc.
#include "decode/link.h"

#include <pcap/dlt.h>

#include <cstring>

#include "decode/link_types.h"
#include "decode/numbers.h"

namespace t2::decoding {
namespace {

constexpr std::size_t kMac = 6;

/// Cisco ISL wraps a whole Ethernet frame; its destination address is 01:00:0c:00:00 or
/// 03:00:0c:00:00.
bool is_isl(Cursor c) {
  const std::uint32_t start = c.be32();
  return (start == 0x01000c00 || start == 0x03000c00) && c.u8() == 0 && c.ok();
}

/// ETHERNET_MPACKET (IEEE 802.3br): the preamble is captured too.
Next mpacket(Walk& w) {
  constexpr std::size_t kPreamble = 8;
  w.push("fpp");
  w.advance(kPreamble);
  return ethernet(w);
}

/// What a cooked capture of a device of type `hardware` (ARPHRD_*) carries.
Next cooked(Walk& w, std::uint16_t hardware, std::uint16_t type) {
  constexpr std::uint16_t kWlan = 801, kRadiotap = 803;
  if (hardware == kWlan) return wlan(w);
  return hardware == kRadiotap ? radiotap(w) : protocol_type(w, type);
}

/// Linux "cooked" capture: packet type, hardware type, address length, address, EtherType. There is
/// no destination address; the first six bytes stand for it, as in the reference.
Next linux_sll(Walk& w) {
  w.push("sll");
  Cursor c = w.cursor();
  const Bytes start = c.bytes(kMac);
  const Bytes address = c.bytes(8);
  const std::uint16_t type = c.be16();
  if (!c.ok()) return w.drop(flow_stat::kL2Snapped);
  note_macs(w, start, address);
  w.advance(c);
  return cooked(w, load_be16(&start[2]), type);
}

/// The second version has the same fields in another order, and an interface index.
Next linux_sll2(Walk& w) {
  w.push("sll2");
  Cursor c = w.cursor();
  const std::uint16_t type = c.be16();
  c.skip(2 + 4);
  const std::uint16_t hardware = c.be16();
  const std::uint8_t packet_type = c.u8();
  const std::uint8_t address_length = c.u8();
  const Bytes address = c.bytes(8);
  if (!c.ok()) return w.drop(flow_stat::kL2Snapped);
  w.packet.dst_mac.bytes = {0,
                            packet_type,
                            static_cast<std::uint8_t>(hardware >> 8),
                            static_cast<std::uint8_t>(hardware & 0xff),
                            0,
                            address_length};
  std::memcpy(w.packet.src_mac.bytes.data(), address.data(), kMac);
  w.packet.has_mac = true;
  w.advance(c);
  return cooked(w, hardware, type);
}

/// Juniper's pseudo header: magic, flags, optional extensions.
Next juniper(Walk& w, std::uint16_t link_type) {
  constexpr std::uint32_t kMagic = 0x4d4743;
  constexpr std::uint8_t kExtension = 0x80, kNoL2 = 0x02;
  w.push("juniper");
  Cursor c = w.cursor();
  const std::uint32_t start = c.be32();
  const auto flags = static_cast<std::uint8_t>(start & 0xff);
  if ((flags & kExtension) != 0) c.skip(c.be16());
  if (!c.ok() || start >> 8 != kMagic) return w.drop(flow_stat::kL2Snapped);
  std::uint32_t protocol = 0;
  if ((flags & kNoL2) != 0) {
    protocol = c.be32();
    if (protocol > 0xffff) protocol = __builtin_bswap32(protocol);
  } else if (link_type == DLT_JUNIPER_ATM1) {
    c.skip(4);  // cookie
  } else {
    protocol = 204;
  }
  if (!c.ok()) return w.drop(flow_stat::kL2Snapped);
  w.advance(c);
  constexpr std::uint32_t kSnapHeader = 0xaaaa0300;
  switch (protocol) {
    case 204:
      return ethernet(w);
    case 0:
      if ((w.cursor().be32() & 0xffffff00) == kSnapHeader) return llc(w, 0);
      [[fallthrough]];
    case 2:
    case 6:
      w.set(flow_stat::kNoEthernet);
      return bare_ip(w);
    default:
      w.stop();
      return Next::kLayer2;
  }
}

/// Symantec Enterprise Firewall: version 2 has the EtherType at 6 and a zero at 0, version 3 the
/// other way round.
Next symantec(Walk& w) {
  constexpr std::size_t kVersion2Header = 44, kVersion3Header = 56;
  w.push("symantec");
  const std::uint16_t version3 = w.cursor().peek_be16(0);
  const std::uint16_t version2 = w.cursor().peek_be16(6);
  const std::size_t header = version2 != 0 ? kVersion2Header : kVersion3Header;
  if (w.end - w.at < header) return w.drop(flow_stat::kL2Snapped);
  w.set(flow_stat::kNoEthernet);
  w.advance(header);
  return protocol_type(w, version2 != 0 ? version2 : version3);
}

/// Fields of radiotap and PPI are little endian.
std::uint16_t length_at_2(const Walk& w) {
  return __builtin_bswap16(w.cursor().peek_be16(2));
}

Next ppi(Walk& w) {
  constexpr std::uint16_t kSmallest = 8;
  w.push("ppi");
  Cursor c = w.cursor();
  c.skip(4);
  const std::uint32_t inner = __builtin_bswap32(c.be32());
  if (!c.ok() || length_at_2(w) < kSmallest) return w.drop(flow_stat::kL2Snapped);
  w.advance(length_at_2(w));
  if (inner == DLT_PPI || inner > 0xffff || !is_supported(static_cast<std::uint16_t>(inner))) {
    w.stop();
    return Next::kDrop;
  }
  return walk_link(w, static_cast<std::uint16_t>(inner));
}

/// ISDN D channel (Q.921). LINUX_LAPD has a 16-byte pseudo header before it.
Next lapd(Walk& w, std::uint16_t link_type) {
  constexpr std::size_t kPseudoHeader = 16, kAddress = 2;
  w.push("lapd");
  w.set(flow_stat::kLapd);
  w.set(flow_stat::kNoEthernet);
  if (link_type == DLT_LINUX_LAPD) w.advance(kPseudoHeader);
  w.l2 = w.at;
  Cursor c = w.cursor();
  c.skip(kAddress);
  const std::uint8_t control = c.u8();
  if ((control & 3) != 3) c.skip(1);
  if (!c.ok()) return w.drop(flow_stat::kL2Snapped);
  w.tunnel().lapd = w.from(w.at);
  w.advance(c);
  return Next::kLayer2;
}

}  // namespace

void note_macs(Walk& w, Bytes destination, Bytes source) {
  std::memcpy(w.packet.dst_mac.bytes.data(), destination.data(), kMac);
  std::memcpy(w.packet.src_mac.bytes.data(), source.data(), kMac);
  w.packet.has_mac = true;
}

Next ethernet_link(Walk& w) {
  constexpr std::size_t kIslHeader = 26;
  if (is_isl(w.cursor())) [[unlikely]] {
    w.push("isl");
    w.advance(kIslHeader);
  }
  return ethernet(w);
}

Next ppp_link(Walk& w) {
  constexpr std::uint8_t kUnicast = 0x0f, kMulticast = 0x8f;  // Cisco HDLC addresses
  w.push("ppp");
  w.set(flow_stat::kPpp);
  if (w.end - w.at < 2) return w.drop(flow_stat::kL2Snapped);
  const std::uint8_t address = w.cursor().peek_u8();
  if (address == kUnicast || address == kMulticast) return chdlc(w);
  return ppp_frame(w);
}

Next bare_ip(Walk& w) {
  w.l2 = w.at;
  const Next next = ip_version(w);
  if (next != Next::kDrop) return next;
  if (w.at == w.end) return w.drop(flow_stat::kL3Snapped);
  w.set(flow_stat::kIpVx);
  w.push("ipvx");
  return Next::kLayer2;
}

Next walk_link(Walk& w, std::uint16_t link_type) {
  w.l2 = w.at;
  switch (link_type) {
    case DLT_EN10MB:
      return ethernet_link(w);
    case DLT_ETHERNET_MPACKET:
      return mpacket(w);
    case DLT_PPI:
      return ppi(w);
    case DLT_LINUX_SLL:
      return linux_sll(w);
    case DLT_LINUX_SLL2:
      return linux_sll2(w);
    case DLT_NULL:
    case DLT_LOOP:
      w.set(flow_stat::kNoEthernet);
      return loopback(w);
    case kLinktypeRaw:
    case kOpenBsdRaw:
    case DLT_RAW:
      w.push("raw");
      w.set(flow_stat::kNoEthernet);
      return bare_ip(w);
    case DLT_IPV4:
    case DLT_IPV6:
      w.set(flow_stat::kNoEthernet);
      return bare_ip(w);
    case DLT_PPP_PPPD:
    case DLT_PPP_WITH_DIR:
      w.advance(1);
      [[fallthrough]];
    case DLT_PPP:
    case DLT_PPP_SERIAL:
      w.set(flow_stat::kNoEthernet);
      return ppp_link(w);
    case DLT_C_HDLC_WITH_DIR:
      w.advance(1);
      [[fallthrough]];
    case DLT_C_HDLC:
      return chdlc(w);
    case DLT_FRELAY_WITH_DIR:
      w.advance(1);
      [[fallthrough]];
    case DLT_FRELAY:
      return frame_relay(w);
    case DLT_JUNIPER_ATM1:
    case DLT_JUNIPER_ETHER:
    case DLT_JUNIPER_PPPOE:
      return juniper(w, link_type);
    case DLT_SYMANTEC_FIREWALL:
      return symantec(w);
    case DLT_PRISM_HEADER:
      return prism(w);
    case DLT_IEEE802_11_RADIO:
      return radiotap(w);
    case DLT_IEEE802_11:
      return wlan(w);
    case DLT_LAPD:
    case DLT_LINUX_LAPD:
      return w.options.lapd ? lapd(w, link_type) : Next::kDrop;
    default:
      return pseudo_link(w, link_type);
  }
}

}  // namespace t2::decoding
