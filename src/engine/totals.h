// SPDX-License-Identifier: Apache-2.0
// RunTotals: what the core counts per packet for the end report and monitoring (spec core 9.3).
// Plain sums, minima and maxima, so the totals of several engines could be added.
#pragma once

#include <algorithm>
#include <array>
#include <cstdint>

#include "t2/flow.h"
#include "t2/packet.h"
#include "t2/protocols.h"

namespace t2 {

struct RunTotals {
  /// Packets and their captured bytes.
  struct Count {
    std::uint64_t packets = 0, bytes = 0;
    void add(std::size_t captured) {
      ++packets;
      bytes += captured;
    }
  };

  std::uint64_t packets = 0;    // read, filter passed
  std::uint64_t bytes = 0;      // captured
  std::uint64_t raw_bytes = 0;  // on the wire
  std::uint64_t pad_bytes = 0;
  std::uint64_t decoded_bytes = 0;    // on the wire, of decoded packets
  std::uint64_t further_packets = 0;  // of frames that carry several, not in `packets`
  std::uint64_t encrypted = 0;        // IEEE 802.11 data frames
  std::uint64_t l2_packets = 0, ipv4_packets = 0, ipv6_packets = 0, ipvx_packets = 0;
  std::array<Count, 2> sides{};       // packets of flows: A, B
  std::array<Count, 256> protocol{};  // IP packets by protocol number
  std::uint64_t headers = 0;          // sum over packets
  std::uint16_t min_headers = 0xffff, max_headers = 0;
  std::uint8_t max_vlan = 0, max_mpls = 0;
  Count arp, rarp;
  std::uint64_t llc = 0, gre = 0, lapd = 0, teredo = 0, ayiya = 0, dtls = 0;
  std::uint64_t fragments4 = 0, fragments6 = 0;
  Nanoseconds start_time = 0;                 // of the first packet
  Nanoseconds first_time = 0, last_time = 0;  // the earliest and the latest

  /// Before the first frame.
  void begin(Nanoseconds time) { start_time = first_time = last_time = time; }

  /// Every frame, also what cannot be decoded.
  void frame(const Packet& p) { frame(p.time, p.frame.size(), p.wire_length); }
  void frame(Nanoseconds time, std::size_t captured, std::uint32_t on_wire) {
    if (time < last_time) [[unlikely]] {
      went_back(time);
    } else {
      last_time = time;
    }
    ++packets;
    bytes += captured;
    raw_bytes += on_wire;
  }

  /// Every decoded packet; `flow` is null if it has none.
  void count(const Packet& p, const Flow* flow) {
    decoded_bytes += p.wire_length;
    pad_bytes += p.pad_length;
    count_headers(p);
    count_protocol(p);
    if ((p.status & kRareBits) != 0) count_rare(p);
    if ((p.vlan_depth | p.mpls_depth) != 0) {
      max_vlan = std::max(max_vlan, p.vlan_depth);
      max_mpls = std::max(max_mpls, p.mpls_depth);
    }
    if (flow == nullptr) {
      encrypted += p.encrypted;
    } else {
      count_flow(p, *flow);
    }
  }

  /// What others have counted, but for start_time.
  void merge(const RunTotals& o);

  /// A further packet of a frame whose bytes were counted with its first one.
  void further(const Packet& p, const Flow* flow) {
    ++further_packets;
    if (p.is_ip()) ++protocol[p.l4_proto].packets;
    if (flow == nullptr) return;
    count_kind(*flow);
    ++sides[flow->inverted() ? 1 : 0].packets;
  }

  const Count& a() const { return sides[0]; }
  const Count& b() const { return sides[1]; }
  std::uint64_t flow_packets() const { return a().packets + b().packets; }
  std::uint64_t flow_bytes() const { return a().bytes + b().bytes; }
  const Count& icmp() const { return protocol[ip_protocol::kIcmp]; }
  const Count& igmp() const { return protocol[ip_protocol::kIgmp]; }
  const Count& tcp() const { return protocol[ip_protocol::kTcp]; }
  const Count& udp() const { return protocol[ip_protocol::kUdp]; }
  const Count& icmpv6() const { return protocol[ip_protocol::kIcmpv6]; }
  const Count& sctp() const { return protocol[ip_protocol::kSctp]; }
  /// On the wire without padding.
  std::uint64_t wire_bytes() const { return decoded_bytes - pad_bytes; }
  double seconds() const { return static_cast<double>(last_time - first_time) / kSecond; }

 private:
  [[gnu::noinline]] void went_back(Nanoseconds t) { first_time = std::min(first_time, t); }

  static constexpr std::uint64_t kRareBits =
      flow_stat::mask(flow_stat::kGre) | flow_stat::mask(flow_stat::kLapd) |
      flow_stat::mask(flow_stat::kTeredo) | flow_stat::mask(flow_stat::kAyiya) |
      flow_stat::mask(flow_stat::kIpVx) | flow_stat::mask(flow_stat::kFragment) |
      flow_stat::mask(flow_stat::kDtls);

  void count_headers(const Packet& p) {
    headers += p.headers->depth;
    llc += p.llc;
    if (p.headers == last_headers_) return;
    last_headers_ = p.headers;
    min_headers = std::min(min_headers, p.headers->depth);
    max_headers = std::max(max_headers, p.headers->depth);
  }

  void count_protocol(const Packet& p) {
    const std::size_t n = p.frame.size();
    if (p.is_ip()) return protocol[p.l4_proto].add(n);
    if (p.ether_type == ether_type::kArp) arp.add(n);
    if (p.ether_type == ether_type::kRarp && (p.status & flow_stat::mask(flow_stat::kRarp)) != 0)
      rarp.add(n);
  }

  void count_rare(const Packet& p) {
    const auto has = [&p](flow_stat::Bit b) { return (p.status >> b) & 1; };
    gre += has(flow_stat::kGre);
    lapd += has(flow_stat::kLapd);
    teredo += has(flow_stat::kTeredo);
    ayiya += has(flow_stat::kAyiya);
    ipvx_packets += has(flow_stat::kIpVx);
    dtls += has(flow_stat::kDtls);
    if (has(flow_stat::kFragment)) ++(p.src_ip.is_v6() ? fragments6 : fragments4);
  }

  void count_kind(const Flow& f) {
    ++(f.is_l2() ? l2_packets : f.key.family == Family::kIpv4 ? ipv4_packets : ipv6_packets);
  }

  void count_flow(const Packet& p, const Flow& f) {
    count_kind(f);
    sides[f.inverted() ? 1 : 0].add(p.frame.size());
  }

  const HeaderStack* last_headers_ = nullptr;  // most packets have those of the one before
};

}  // namespace t2
