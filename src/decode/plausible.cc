// SPDX-License-Identifier: Apache-2.0
#include "decode/plausible.h"

#include <algorithm>

#include "decode/numbers.h"
#include "t2/checksum.h"

namespace t2::decoding {
namespace {

std::size_t minus(std::size_t a, std::size_t b) {
  return a > b ? a - b : 0;
}

Likely likely_ipv4(Bytes b, std::size_t on_wire) {
  if (b.size() < kIpv4Header) return Likely::kNo;
  const std::size_t header = (b[0] & 0x0fU) * 4, total = load_be16(&b[2]);
  if (header < kIpv4Header || total < header || total > on_wire) return Likely::kNo;
  if (header > b.size()) return Likely::kPerhaps;
  constexpr std::uint16_t kRight = 0xffff;
  return checksum_fold(checksum_add(b.first(header))) == kRight ? Likely::kYes : Likely::kPerhaps;
}

Likely likely_ipv6(Bytes b, std::size_t on_wire) {
  if (b.size() < kIpv6Header) return Likely::kNo;
  const std::size_t total = kIpv6Header + load_be16(&b[4]);
  if (total > on_wire) return Likely::kNo;
  return total == on_wire ? Likely::kYes : Likely::kPerhaps;
}

/// LLC headers of SNAP, spanning tree and IS-IS.
bool known_llc(Bytes b) {
  if (b.size() < 3) return false;
  const std::uint32_t start = std::uint32_t{load_be16(b.data())} << 8 | b[2];
  return start == 0xaaaa03 || start == 0x424203 || start == 0xfefe03;
}

Likely likely_payload(std::uint16_t type, Bytes b, std::size_t on_wire) {
  switch (type) {
    case ether_type::kIpv4:
    case ether_type::kIpv6: {
      const unsigned version = type == ether_type::kIpv4 ? 4 : 6;
      if (b.empty() || b[0] >> 4 != version || likely_ip(b, on_wire) == Likely::kNo) {
        return Likely::kNo;
      }
      return Likely::kYes;
    }
    case ether_type::kArp:
      return b.size() >= 2 && load_be16(b.data()) == 1 ? Likely::kYes : Likely::kNo;
    case kMplsUnicastType:
    case kMplsMulticastType:
    case kPppoeDiscoveryType:
    case kPppoeSessionType:
    case kLldpType:
    case kEapolType:
    case kSlowType:
    case kCfmType:
    case kLoopType:
      return Likely::kPerhaps;
    default:
      break;
  }
  if (type > kMaxLlcLength || type > on_wire) return Likely::kNo;
  return known_llc(b) ? Likely::kYes : Likely::kNo;
}

}  // namespace

Likely likely_ip(Bytes b, std::size_t on_wire) {
  if (b.empty()) return Likely::kNo;
  switch (b[0] >> 4) {
    case 4:
      return likely_ipv4(b, on_wire);
    case 6:
      return likely_ipv6(b, on_wire);
    default:
      return Likely::kNo;
  }
}

Likely likely_ethernet(Bytes b, std::size_t on_wire) {
  std::size_t at = kEthernetHeader;
  while (at <= b.size() && is_vlan(load_be16(&b[at - 2]))) at += kVlanTag;
  if (at > b.size()) return Likely::kNo;
  const Likely payload = likely_payload(load_be16(&b[at - 2]), skip(b, at), minus(on_wire, at));
  const bool tagged = at > kEthernetHeader;
  return tagged && payload == Likely::kYes ? Likely::kSurely : payload;
}

Likely likely_ppp(Bytes b, std::size_t on_wire) {
  constexpr std::uint16_t kAllStations = 0xff03;
  Cursor c(b);
  if (c.peek_be16() == kAllStations) c.skip(2);
  std::uint16_t protocol = c.u8();
  if ((protocol & 1) == 0) protocol = static_cast<std::uint16_t>(protocol << 8 | c.u8());
  const unsigned version = c.peek_u8() >> 4;
  if (!(protocol == kPppIpv4 && version == 4) && !(protocol == kPppIpv6 && version == 6)) {
    return Likely::kNo;
  }
  const bool fits = likely_ip(c.rest(), minus(on_wire, c.offset())) != Likely::kNo;
  return fits ? Likely::kYes : Likely::kNo;
}

}  // namespace t2::decoding
