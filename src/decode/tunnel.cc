// SPDX-License-Identifier: Apache-2.0
// Entering what a tunnel carries, and backing out when that cannot be followed (spec core 3.7).
#include "decode/numbers.h"
#include "decode/walk.h"

namespace t2::decoding {
namespace {

/// What the packet says of its link layer.
class LinkLayer {
 public:
  explicit LinkLayer(const Walk& w)
      : l2_(w.l2),
        src_mac_(w.packet.src_mac),
        dst_mac_(w.packet.dst_mac),
        has_mac_(w.packet.has_mac),
        llc_(w.packet.llc),
        ether_type_(w.packet.ether_type),
        vlan_id_(w.packet.vlan_id),
        vlan_count_(w.packet.vlan_count),
        vlan_depth_(w.packet.vlan_depth),
        pad_length_(w.packet.pad_length) {}

  void restore(Walk& w) const {
    // These bits tell what kind of L2 flow it is; this is none.
    constexpr std::uint64_t kLayer2Kinds =
        flow_stat::mask(flow_stat::kArp) | flow_stat::mask(flow_stat::kRarp) |
        flow_stat::mask(flow_stat::kLldp) | flow_stat::mask(flow_stat::kPppoeDiscovery);
    w.packet.status &= ~kLayer2Kinds;
    w.l2 = l2_;
    w.packet.src_mac = src_mac_;
    w.packet.dst_mac = dst_mac_;
    w.packet.has_mac = has_mac_;
    w.packet.llc = llc_;
    w.packet.ether_type = ether_type_;
    w.packet.vlan_id = vlan_id_;
    w.packet.vlan_count = vlan_count_;
    w.packet.vlan_depth = vlan_depth_;
    w.packet.pad_length = pad_length_;
  }

 private:
  std::size_t l2_;
  Mac src_mac_, dst_mac_;
  bool has_mac_, llc_;
  std::uint16_t ether_type_, vlan_id_;
  std::uint8_t vlan_count_, vlan_depth_;
  std::uint32_t pad_length_;
};

bool can_follow(const Walk& w, Next next) {
  if (w.ip_headers >= Decoder::kMaxNesting) return false;
  const std::size_t captured = w.end - w.at;
  if (next == Next::kIpv6) return captured >= 40;
  return next == Next::kIpv4 && captured >= 20 && (w.cursor().peek_u8() & 0x0f) >= 5;
}

template <class Step>
Next enter_by(Walk& w, Step step) {
  const LinkLayer outer(w);
  const Next next = step(w);
  if (can_follow(w, next)) return next;
  outer.restore(w);
  w.stop();
  return Next::kTransport;
}

}  // namespace

Next enter_ip(Walk& w) {
  const Next next = ip_version(w);
  if (can_follow(w, next)) return next;
  w.stop();
  return Next::kTransport;
}

Next enter(Walk& w, Next (*step)(Walk&)) {
  return enter_by(w, step);
}

Next enter_gpe(Walk& w, std::uint8_t protocol) {
  return enter_by(w, [protocol](Walk& inner) { return gpe_payload(inner, protocol); });
}

Next enter_ethernet(Walk& w) {
  return enter(w, ethernet);
}

Next enter_type(Walk& w, std::uint16_t type) {
  switch (type) {
    case ether_type::kIpv4:
    case ether_type::kIpv6:
      return enter_ip(w);
    case kBridgedType:
      return enter_ethernet(w);
    case kMplsUnicastType:
      w.set(flow_stat::kMplsUnicast);
      return enter(w, mpls);
    case kMplsMulticastType:
      w.set(flow_stat::kMplsMulticast);
      return enter(w, mpls);
    case kNshType:
      return enter(w, nsh);
    default:
      name_ether_type(w, type);
      w.stop();
      return Next::kTransport;
  }
}

}  // namespace t2::decoding
