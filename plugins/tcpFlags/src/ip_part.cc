// SPDX-License-Identifier: Apache-2.0
#include "ip_part.h"

#include <optional>

#include "t2/checksum.h"
#include "t2/protocols.h"

namespace t2::tcp_flags {
namespace {

using namespace ip_protocol;

constexpr std::uint16_t kMinFragment = 48, kMaxOffset = 0x1fff;

class RareIp {
 public:
  RareIp(const PacketOptions& options, State& me, const Packet& p, PacketFacts& facts)
      : options_(options), me_(me), p_(p), facts_(facts) {}

  IpMarks run() {
    if (p_.src_ip.is_v4()) {
      if (options_.rows) facts_.fragment_word = ipv4_word(p_, 6);
      if (p_.l3_header_length > kIpv4Header) ipv4_options();
      ip_checksum();
    } else if (p_.l3_header_length > kIpv6Header) {
      facts_.fragment_word = 0;
      extension_headers();
      raise((facts_.fragment_word & 0x0006) != 0, kDontFragment);
    }
    if (!p_.fragment) {
      l4_checksum();
    } else {
      raise(p_.more_fragments, kMoreFragments);
      if (options_.fragments) fragment();
      fragment_checksum();
    }
    return marks_;
  }

 private:
  void raise(bool condition, std::uint16_t flag) {
    if (condition) marks_.flags |= flag;
  }

  void ipv4_options() {
    facts_.ip_options = skip(first(p_.l3, p_.l3_header_length), kIpv4Header);
    if (p_.l3.size() < p_.l3_header_length) return raise(true, kIpOptionsCorrupt);
    Rare& rare = me_.more();
    Cursor c(facts_.ip_options);
    while (c.left() > 0) {
      constexpr std::uint8_t kEnd = 0, kNop = 1;
      const std::uint8_t kind = c.u8();
      if (kind == kEnd) return;
      bump(rare.ip_option_count);
      rare.ip_option_class |= kind & 0xe0;
      rare.ip_options |= 1U << (kind & 0x1f);
      if (kind == kNop) continue;
      const std::uint8_t length = c.u8();
      if (length >= 2) c.skip(length - 2U);
      if (length < 2 || !c.ok()) return raise(true, kIpOptionsCorrupt);
    }
  }

  void extension_headers() {
    constexpr std::uint8_t kHopByHop = 0, kRouting = 43, kFragment = 44, kAh = 51,
                           kDestination = 60;
    Cursor c(first(p_.l3, p_.l3_header_length));
    std::uint8_t protocol = c.peek_u8(6);
    c.skip(kIpv6Header);
    while (c.left() > 0) {
      const std::uint8_t next = c.u8(), length = c.u8();
      const Bytes body = c.bytes(protocol == kFragment ? 6U
                                 : protocol == kAh     ? length * 4U + 6
                                                       : length * 8U + 6);
      if (!c.ok()) return;
      switch (protocol) {
        case kHopByHop:
          facts_.hop_options = body;
          ipv6_options(body, me_.more().hop_option_count, me_.more().hop_options);
          break;
        case kDestination:
          facts_.destination_options = body;
          ipv6_options(body, me_.more().destination_option_count, me_.more().destination_options);
          break;
        case kFragment:
          facts_.fragment_word = load_be16(body.data());
          break;
        case kRouting:
        case kAh:
          break;
        default:
          return;
      }
      protocol = next;
    }
  }

  void ipv6_options(Bytes body, std::uint16_t& count, std::uint32_t& kinds) {
    Cursor c(body);
    while (c.left() > 0) {
      constexpr std::uint8_t kPad1 = 0;
      const std::uint8_t kind = c.u8();
      if (kind == kPad1) continue;
      bump(count);
      kinds |= 1U << (kind & 0x1f);
      c.skip(c.u8());
    }
    raise(!c.ok(), kIpOptionsCorrupt);
  }

  void fragment() {
    raise(p_.more_fragments && p_.l3_length < kMinFragment, kFragmentSmall);
    const auto offset = static_cast<int>(p_.fragment_offset / 8);
    const int end = offset + static_cast<int>(l4_length(p_) / 8);
    raise(end > kMaxOffset, kFragmentRange);
    raise(offset - int{me_.fragment_next} > 1, kFragmentPosition);
    me_.fragment_next = static_cast<std::uint16_t>(end);
  }

  void ip_checksum() {
    if (options_.checksums == 0) {
      facts_.ip_stated = ipv4_word(p_, 10);
      return;
    }
    const ChecksumCheck c = check_ip_checksum(p_);
    facts_.ip_stated = c.stated;
    facts_.ip_computed = c.computed;
    raise(!c.valid, kL3Checksum);
  }

  void l4_checksum() {
    if (options_.checksums < 2) {
      facts_.l4_stated = stated_l4().value_or(0);
      return;
    }
    const ChecksumCheck c = check_l4_checksum(p_);
    facts_.l4_stated = c.stated;
    facts_.l4_computed = c.computed;
    raise(c.wrong(), kL4Checksum);
  }

  std::optional<std::uint16_t> stated_l4() const {
    const int offset = l4_checksum_offset(p_);
    if (offset < 0) return std::nullopt;
    Cursor c(p_.l4);
    c.skip(static_cast<std::size_t>(offset));
    const std::uint16_t stated = c.be16();
    return c.ok() ? std::optional(stated) : std::nullopt;
  }

  bool pseudo_header() const {
    switch (p_.l4_proto) {
      case kTcp:
      case kUdp:
      case kUdpLite:
      case kIcmpv6:
        return true;
      default:
        return p_.l4_proto == kOspf && p_.src_ip.is_v6();
    }
  }

  void fragment_checksum() {
    if (!p_.later_fragment) {
      const std::optional<std::uint16_t> stated = stated_l4();
      if (!stated) {
        if (me_.rare) me_.rare->fragments.active = false;
        return;
      }
      marks_.stat |= kFragmentChecksum;
      const bool unused = p_.l4_proto == kUdp && p_.src_ip.is_v4() && *stated == 0;
      // The coverage of UDP-Lite may end inside any piece: not judged.
      const bool judged = !unused && p_.l4_proto != kUdpLite && p_.l4_proto != kOspf;
      me_.more().fragments = {0, p_.ip_id, 0, *stated, judged};
    } else if (!me_.rare || me_.rare->fragments.id != p_.ip_id) {
      return;
    }
    FragmentSum& f = me_.rare->fragments;
    if (!p_.later_fragment || !p_.more_fragments) facts_.l4_stated = f.stated;
    if (!f.active || options_.checksums < 2) return;
    const bool whole = p_.l4.size() == l4_length(p_) && f.next == p_.fragment_offset &&
                       (!p_.more_fragments || p_.l4.size() % 8 == 0);
    if (!whole) {
      f.active = false;
      return;
    }
    f.sum = checksum_add(p_.l4, f.sum);
    f.next += static_cast<std::uint32_t>(p_.l4.size());
    if (p_.more_fragments) return;
    f.active = false;
    const std::uint64_t sum = f.sum + (pseudo_header() ? pseudo_header_sum(p_, f.next) : 0);
    raise(checksum_fold(sum) != 0xffff, kL4Checksum);
    const std::uint8_t complement[2] = {static_cast<std::uint8_t>(~f.stated >> 8),
                                        static_cast<std::uint8_t>(~f.stated)};
    facts_.l4_computed = checksum_of(checksum_add(complement, sum));
    if (p_.l4_proto == kUdp && facts_.l4_computed == 0) facts_.l4_computed = 0xffff;
  }

  const PacketOptions& options_;
  State& me_;
  const Packet& p_;
  PacketFacts& facts_;
  IpMarks marks_;
};

}  // namespace

IpMarks look_at_rare_ip(const PacketOptions& options, State& me, const Packet& p,
                        PacketFacts& facts) {
  return RareIp(options, me, p, facts).run();
}

}  // namespace t2::tcp_flags
