// SPDX-License-Identifier: Apache-2.0
// Packet: what the decoder found in one frame. A value made anew for every frame, valid only during
// the call that receives it; all views point into the captured frame.
#pragma once

#include <cstdint>
#include <string_view>

#include "t2/bytes.h"
#include "t2/flow_stat.h"
#include "t2/protocols.h"
#include "t2/types.h"

namespace t2 {

/// One distinct stack of headers, such as `eth:vlan{2}:ipv4:udp`. Interned by the decoder: two
/// packets have the same stack exactly if they have the same pointer. Lives as long as the decoder.
struct HeaderStack {
  std::string_view text;    // at most 127 bytes; a longer one ends in "..."
  std::uint16_t depth = 0;  // number of headers, repeated ones counted one by one
  bool overrun = false;     // the text was cut
};

/// One VLAN tag as on the wire.
struct VlanTag {
  std::uint16_t tpid = 0;        // EtherType that announced it
  std::uint16_t tci = 0;         // priority (3 bits), DEI (1), VLAN ID (12)
  std::uint16_t ether_type = 0;  // EtherType behind it
};

/// Headers that few packets have. Only there when Packet::tunnel is not null.
struct TunnelHeaders {
  Bytes mpls;                                      // the label stack, 4 bytes per label
  Bytes ppp;                                       // from the PPP header on
  Bytes lapd;                                      // from the LAPD address on
  Bytes l2tp;                                      // from the L2TP flags word on
  bool l2tp_over_udp = false;                      // version 2 or 3 over UDP, else protocol 115
  Bytes gre;                                       // from the GRE flags word on
  Bytes teredo;                                    // UDP payload of the Teredo packet
  Bytes teredo_origin;                             // the 8-byte Origin Indication, empty if none
  IpAddress l2tp_src, l2tp_dst, gre_src, gre_dst;  // outer addresses
};

struct IpFragment;

/// Lengths and terms as in spec core 3.2. Multi-byte fields are in host order unless stated.
struct Packet {
  static constexpr std::size_t kMaxVlanTags = 8;

  std::uint64_t number = 0;  // position in the input, from 1
  Nanoseconds time = 0;
  Bytes frame;  // all captured bytes
  std::uint32_t wire_length = 0;
  std::uint16_t link_type = 0;  // DLT number
  /// Of the checksums that were verified when the frame was read; the others are not known.
  enum Checked : std::uint8_t { kIpRight = 1, kL4Right = 2, kL4Wrong = 4 };
  std::uint8_t checked = 0;
  std::uint16_t l4_computed = 0;  // the L4 checksum as it should be, if kL4Right or kL4Wrong

  Bytes
      l2;  // from the innermost L2 header; empty if none. Trailing padding removed, as in all below
  Bytes l3;  // from the innermost IP header; empty for pure L2 packets
  Bytes l4;  // from the L4 header
  Bytes l7;  // captured payload

  std::uint32_t l2_length = 0;         // on the wire: l3_length + distance from L2 to L3 header
  std::uint32_t l3_length = 0;         // on the wire, by the IP header (sane) or the frame
  std::uint32_t l7_length = 0;         // on the wire, from the header fields, never negative
  std::uint32_t length = 0;            // "packet length" by setting PACKETLENGTH
  std::uint32_t pad_length = 0;        // bytes of link-layer padding
  std::uint16_t l3_header_length = 0;  // IPv6: with all extension headers
  std::uint16_t l4_header_length = 0;

  const HeaderStack* headers = nullptr;  // never null
  const TunnelHeaders* tunnel = nullptr;
  std::uint64_t status = 0;  // flow_stat bits of this packet

  Mac src_mac, dst_mac;  // innermost; only if has_mac
  bool has_mac = false;
  std::uint16_t ether_type = 0;  // innermost; for LLC frames DSAP<<8 | SSAP
  std::uint16_t vlan_id = 0;     // innermost tag's 12 bits, 0 without a tag
  std::uint8_t vlan_count = 0;   // entries of vlans, outermost first; further tags are only counted
  std::uint8_t vlan_depth = 0;   // all tags met
  std::uint8_t mpls_depth = 0;   // labels of the deepest stack met
  VlanTag vlans[kMaxVlanTags];

  IpAddress src_ip, dst_ip;   // innermost; family none for pure L2 packets
  std::uint8_t l4_proto = 0;  // IP protocol number behind all extension headers
  std::uint8_t ttl = 0;       // or hop limit
  std::uint8_t tos = 0;       // or traffic class
  // TCP, UDP, UDP-Lite, SCTP; else 0. Of a later fragment: its datagram's, if they are known.
  std::uint16_t src_port = 0, dst_port = 0;

  bool fragment = false;        // a fragment of a datagram, the first one included
  bool later_fragment = false;  // fragment offset not 0: no L4 header in it
  bool more_fragments = false;
  std::uint32_t ip_id = 0;            // IPv4 ID, or the ID of the IPv6 fragment header
  std::uint32_t fragment_offset = 0;  // bytes

  bool llc = false;        // the frame carries an LLC header
  bool encrypted = false;  // an IEEE 802.11 data frame that nobody can read; it has no flow
  std::uint8_t dtls_records = 0;
  /// The core's: where in the frame the next packet begins that it carries (A-MSDU); 0: none.
  std::uint32_t further = 0;
  const IpFragment* part = nullptr;  // the core's: the outermost IP packet that is a fragment

  bool is_ip() const { return src_ip.family != Family::kNone; }
  bool is_tcp() const { return l4_proto == ip_protocol::kTcp && is_ip(); }
  /// The TCP header: data offset bytes, or what was captured of it, but at least the fixed 20
  /// bytes. Empty for others, for later fragments, and when fewer than 20 bytes were captured.
  Bytes tcp_header() const {
    constexpr std::size_t kFixed = 20;
    if (!is_tcp() || later_fragment || l4.size() < kFixed) return {};
    return first(l4, l4_header_length < kFixed ? kFixed : l4_header_length);
  }
  /// A TCP packet with SYN.
  bool has_syn() const {
    const Bytes tcp = tcp_header();
    return !tcp.empty() && (tcp[tcp_flag::kByte] & tcp_flag::kSyn) != 0;
  }
  std::string_view text() const { return as_text(l7); }
};

}  // namespace t2
