// SPDX-License-Identifier: Apache-2.0
// Walk: the way through one frame, from the link layer down to the innermost transport header. The
// steps are free functions, grouped by layer; each reads one header at Walk::at, notes what it
// found in the packet, moves Walk::at behind it and says what follows. All offsets count from the
// frame's start.
#pragma once

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <cstring>
#include <vector>

#include "decode/decoder.h"
#include "decode/header_stack.h"
#include "decode/ip_fragment.h"
#include "t2/bytes.h"
#include "t2/packet.h"
#include "t2/protocols.h"

namespace t2::decoding {

// Ports that say what a packet carries, but for those of UDP tunnels (tunnel_udp.cc).
inline constexpr std::uint16_t kLastWellKnownPort = 1024;
inline constexpr std::uint16_t kSsdpPort = 1900, kUdpEncapsulationPort = 4500, kAyiyaPort = 5072;

/// Of a VLAN tag's control information.
inline constexpr std::uint16_t kVlanIdBits = 0x0fff;

/// What begins at Walk::at.
enum class Next : std::uint8_t {
  kIpv4,       // an IPv4 header with the right version
  kIpv6,       // an IPv6 header with the right version
  kLayer2,     // the payload of a pure L2 packet
  kTransport,  // what the innermost IP header carries; it is dissected as such
  kDrop,       // nothing: too short or too broken to have a flow
};

/// What few packets have, of the packets decoded last; a packet without takes none.
template <class T>
class Kept {
 public:
  T& next() {
    if (kept_.empty()) kept_.resize(Decoder::kTunnelsKept + 1);
    T& t = kept_[at_];
    at_ = (at_ + 1) % kept_.size();
    return t = {};
  }

 private:
  std::vector<T> kept_;
  std::size_t at_ = 0;
};

struct RareHeaders {
  Kept<TunnelHeaders> tunnels;
  Kept<IpFragment> fragments;
};

/// Bytes of the frame behind its first `used` ones, if it is so short that they may be padding.
inline std::uint32_t padding_behind(const Packet& p, std::size_t used) {
  constexpr std::uint32_t kShortFrame = 64, kTag = 4;
  const bool is_short = p.wire_length <= kShortFrame + kTag * p.vlan_depth;
  if (!is_short || used > p.wire_length) return 0;
  return p.wire_length - static_cast<std::uint32_t>(used);
}

/// In place and with one store: a load of all 16 bytes, when the key is made, would wait for the
/// stores of its pieces.
inline void set_v4(IpAddress& to, const std::uint8_t* from) {
  using Words [[gnu::vector_size(16)]] = std::uint32_t;
  std::uint32_t address = 0;
  std::memcpy(&address, from, sizeof address);
  const Words words{address, 0, 0, 0};
  std::memcpy(to.bytes.data(), &words, sizeof words);
  to.family = Family::kIpv4;
}

struct Walk {
  const DecodeOptions& options;
  Packet& packet;
  StackPath stack;
  RareHeaders& rare;
  TunnelHeaders* noted = nullptr;  // packet.tunnel, once something is noted there

  std::size_t at = 0;    // the next header; at <= end
  std::size_t end;       // of the captured bytes that belong to the current header
  std::size_t wire_end;  // the same on the wire
  std::size_t l2 = 0;    // start of the innermost L2 header
  std::size_t l3 = 0;    // start of the innermost IP header
  // Of the innermost IP header, if it is a fragment's: where the datagram's bytes begin, and where
  // IPv6 announces the fragment header.
  std::size_t datagram = 0, announced = 0;
  int ip_headers = 0;
  int ethernet_headers = 0;
  // Set when a tunnel was recognised but its content could not be followed: the name of the
  // transport header is on the stack already, and it may be longer than usual.
  bool transport_named = false;
  std::uint16_t transport_length = 0;  // 0: the usual length
  std::size_t subframe = 0;  // of an A-MSDU: where the one to be read begins, 0: the first

  /// `into`: reset but for its frame, wire length and the like.
  Walk(const DecodeOptions& decode_options, Packet& into, const StackPath& path,
       RareHeaders& rare_headers)
      : options(decode_options),
        packet(into),
        stack(path),
        rare(rare_headers),
        end(into.frame.size()),
        wire_end(std::max<std::size_t>(into.wire_length, end)) {}

  Cursor cursor() const { return Cursor(from(at)); }
  /// The captured bytes from `offset`, which is at most `end`, to the end.
  Bytes from(std::size_t offset) const { return packet.frame.first(end).last(end - offset); }
  std::uint32_t padding_behind(std::size_t used) const {
    return decoding::padding_behind(packet, used);
  }
  /// Moves behind what `cursor`, made by cursor(), has read.
  void advance(const Cursor& c) { at += c.offset(); }
  /// Moves on by `n` bytes, at most to the end.
  void advance(std::size_t n) { at += std::min(n, end - at); }

  void push(HeaderName name) { stack.push(name); }
  void set(flow_stat::Bit bit) { packet.status |= flow_stat::mask(bit); }
  void stop() { set(flow_stat::kStopDissect); }
  Next drop(flow_stat::Bit why) {
    set(why);
    return Next::kDrop;
  }

  TunnelHeaders& tunnel() {
    if (noted == nullptr) packet.tunnel = noted = &rare.tunnels.next();
    return *noted;
  }
};

// link.cc: the link layer of the capture. kDrop with no status bit for an unsupported type.
Next walk_link(Walk& w, std::uint16_t link_type);

// wlan.cc
/// What a capture says of an IEEE 802.11 frame beside it.
struct WlanHints {
  bool swapped = false;  // its frame control field is in the wrong byte order
  bool padded = false;   // its header is filled up to a multiple of 4 bytes
};
/// An IEEE 802.11 data frame. kDrop for others and for encrypted ones, which are marked.
Next wlan(Walk& w, WlanHints hints = {});

// ether.cc
/// An Ethernet frame, from the destination address on.
Next ethernet(Walk& w);
/// What `type`, an EtherType or LLC length behind Ethernet addresses, announces at Walk::at.
Next announced(Walk& w, std::uint16_t type);
/// What the EtherType at Walk::at, or `type`, announces where the link layer has no length field: a
/// small number is one of Linux (0x0004: LLC) or has no meaning.
Next protocol_type(Walk& w);
Next protocol_type(Walk& w, std::uint16_t type);
/// LLC from DSAP on. `length` is the length field before it, 0 for none.
Next llc(Walk& w, std::size_t length);

// tags.cc
/// Reads all tags that `type` announces at Walk::at, of VLANs and of switches; then `type` is the
/// first EtherType that is none. False: cut off.
bool read_tags(Walk& w, std::uint16_t& type);
/// Provider backbone bridging, IEEE 802.1ah: a service tag, then the customer's frame.
Next backbone_bridged(Walk& w);
/// Cisco FabricPath: a tag, then the frame.
Next fabric_path(Walk& w);
/// Network service headers, RFC 8300, and what they carry.
Next nsh(Walk& w);
/// What a next-protocol number of VXLAN GPE or NSH announces at Walk::at.
Next gpe_payload(Walk& w, std::uint8_t protocol);
/// Cisco's ERSPAN: type I has no header, type II one of kErspan2Header bytes.
inline constexpr std::size_t kErspan2Header = 8;
Next erspan(Walk& w, std::size_t header);
/// Type III has 12, or 20 with a platform's own header (draft-foschiano-erspan-03).
Next erspan3(Walk& w);

// ppp.cc
/// A PPP protocol number and what follows it; kLayer2 if that is not IP.
Next ppp_protocol(Walk& w);
/// The same behind an optional address and control field (ff 03). The first byte of the number may
/// be missing in both: RFC 1661, 6.5.
Next ppp_frame(Walk& w);
/// A multilink header; it is followed if it carries IP in one piece.
Next ppp_multilink(Walk& w);
/// A stack of MPLS labels and what it carries.
Next mpls(Walk& w);

// names.cc
/// Notes the name of an EtherType / PPP protocol / IP protocol that is not dissected further, or
/// UNK(number) and kStopDissect.
void name_ether_type(Walk& w, std::uint16_t type);
void name_ppp_protocol(Walk& w, std::uint16_t protocol);
void name_ip_protocol(Walk& w, std::uint8_t protocol, bool ipv6);

// ip.cc
/// kIpv4, kIpv6 or, when the version is another one or unreadable, kDrop.
inline Next ip_version(const Walk& w) {
  const std::uint8_t nibble = w.cursor().peek_u8() >> 4;
  return nibble == 4 ? Next::kIpv4 : nibble == 6 ? Next::kIpv6 : Next::kDrop;
}
/// An IPv6 header that only leads to another one.
bool is_extension_header(std::uint8_t protocol);
Next ipv4(Walk& w);
Next ipv6(Walk& w);

// tunnel_ip.cc
/// From its first byte on. kTransport, with nothing noted, if its header is cut off.
Next gre(Walk& w);
/// Tunnels whose header is an IP payload: GRE, IP in IP, EtherIP, PIM. kTransport if there is none,
/// or none that can be followed; Walk::at is then where it was.
Next ip_tunnel(Walk& w, std::uint8_t protocol);

// tunnel_l2tp.cc
/// L2TP version 3 as an IP payload. kTransport, with nothing noted, if it shows no content.
Next l2tp_over_ip(Walk& w);

// tunnel_udp.cc
/// Tunnels in UDP (AYIYA: also TCP). Walk::at is at the transport header, whose ports are read.
Next port_tunnel(Walk& w, std::uint8_t protocol);
/// A quick test that spares nearly all packets the long one.
/// A source port of 0 is none (RFC 768).
inline bool may_be_port_tunnel(std::uint16_t src, std::uint16_t dst, std::uint8_t protocol) {
  if (protocol == ip_protocol::kTcp) return src == kAyiyaPort || dst == kAyiyaPort;
  return protocol == ip_protocol::kUdp && dst != 0;
}

/// Whether the port announces a tunnel, if the other port fits.
bool is_tunnel_port(std::uint16_t port);

// l4.cc
/// Reads the ports into the packet if the protocol has them, else false.
bool read_ports(Walk& w, std::uint8_t protocol);
void transport(Walk& w, std::uint8_t protocol);

// tunnel.cc
/// Enters what a tunnel carries, which begins at Walk::at. If it cannot be followed, kTransport: at
/// least what the packet says of its link layer is then as before, and kStopDissect is set.
Next enter_ip(Walk& w);
Next enter_ethernet(Walk& w);
/// The content that an EtherType announces; of one that is not followed the name is noted.
Next enter_type(Walk& w, std::uint16_t type);
Next enter(Walk& w, Next (*step)(Walk&));
/// The content that a next-protocol number of VXLAN GPE announces.
Next enter_gpe(Walk& w, std::uint8_t protocol);

}  // namespace t2::decoding
