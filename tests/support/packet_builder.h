// SPDX-License-Identifier: Apache-2.0
// PacketBuilder: makes frames for tests, header by header from the outside in. Lengths and
// checksums of IPv4, IPv6, TCP, UDP and ICMP headers are filled in by build() unless given.
//
//   auto frame = PacketBuilder().eth().ipv4({.protocol = 17}).udp({.dst_port =
//   53}).text("hi").build();
#pragma once

#include <arpa/inet.h>

#include <cstdint>
#include <optional>
#include <stdexcept>
#include <string>
#include <string_view>
#include <vector>

#include "t2/bytes.h"

namespace t2::test {

using Buffer = std::vector<std::uint8_t>;

struct Ipv4Fields {
  std::string src = "10.0.0.1", dst = "10.0.0.2";
  std::uint8_t protocol = 6, ttl = 64, tos = 0;
  std::uint16_t id = 0;
  std::uint16_t fragment =
      0;                     // flags and offset as in the header: 0x2000 more fragments, 0x4000 DF
  std::string options = {};  // raw, a multiple of 4 bytes
  std::optional<std::uint16_t> total_length = {};
};

struct Ipv6Fields {
  std::string src = "2001:db8::1", dst = "2001:db8::2";
  std::uint8_t next_header = 6, hop_limit = 64, traffic_class = 0;
  std::optional<std::uint16_t> payload_length = {};
};

struct TcpFields {
  std::uint16_t src_port = 40000, dst_port = 80;
  std::uint32_t seq = 1, ack = 0;
  std::uint8_t flags = 0x10;
  std::uint16_t window = 1000;
  std::string options = {};  // raw, a multiple of 4 bytes
};

struct UdpFields {
  std::uint16_t src_port = 40000, dst_port = 50000;
  std::optional<std::uint16_t> length = {};
};

class PacketBuilder {
 public:
  PacketBuilder& u8(unsigned v) {
    bytes_.push_back(static_cast<std::uint8_t>(v));
    return *this;
  }
  PacketBuilder& be16(unsigned v) { return u8(v >> 8 & 0xff).u8(v & 0xff); }
  PacketBuilder& be32(std::uint32_t v) { return be16(v >> 16).be16(v & 0xffff); }
  PacketBuilder& zeros(std::size_t n) {
    bytes_.insert(bytes_.end(), n, 0);
    return *this;
  }
  PacketBuilder& text(std::string_view s) {
    bytes_.insert(bytes_.end(), s.begin(), s.end());
    return *this;
  }
  /// Hex digits; blanks are skipped.
  PacketBuilder& hex(std::string_view digits) {
    std::string clean;
    for (const char c : digits) {
      if (c != ' ') clean += c;
    }
    for (std::size_t i = 0; i + 1 < clean.size(); i += 2) {
      u8(static_cast<unsigned>(std::stoul(clean.substr(i, 2), nullptr, 16)));
    }
    return *this;
  }
  PacketBuilder& append(const Buffer& b) {
    bytes_.insert(bytes_.end(), b.begin(), b.end());
    return *this;
  }

  /// 02:00:00:00:00:02 -> 02:00:00:00:00:01
  PacketBuilder& macs() { return hex("020000000001 020000000002"); }
  PacketBuilder& eth(unsigned type = 0x0800) { return macs().be16(type); }
  PacketBuilder& vlan(unsigned tci, unsigned type = 0x0800) { return be16(tci).be16(type); }
  PacketBuilder& mpls(std::uint32_t label, bool bottom, unsigned ttl = 64) {
    return be32(label << 12 | (bottom ? 0x100U : 0U) | ttl);
  }

  PacketBuilder& ipv4(const Ipv4Fields& f = {}) {
    fixups_.push_back({Fixup::kIpv4, bytes_.size(), f.total_length.has_value()});
    u8(0x45 + static_cast<unsigned>(f.options.size() / 4))
        .u8(f.tos)
        .be16(f.total_length.value_or(0));
    be16(f.id).be16(f.fragment).u8(f.ttl).u8(f.protocol).be16(0);
    return address(AF_INET, f.src).address(AF_INET, f.dst).text(f.options);
  }
  PacketBuilder& ipv6(const Ipv6Fields& f = {}) {
    fixups_.push_back({Fixup::kIpv6, bytes_.size(), f.payload_length.has_value()});
    be32(0x60000000U | std::uint32_t{f.traffic_class} << 20).be16(f.payload_length.value_or(0));
    u8(f.next_header).u8(f.hop_limit);
    return address(AF_INET6, f.src).address(AF_INET6, f.dst);
  }
  /// An IPv6 hop-by-hop, routing or destination header of 8 bytes.
  PacketBuilder& extension(unsigned next_header) {
    return u8(next_header).u8(0).hex("01 04 00 00 00 00");
  }
  /// An IPv6 fragment header; `offset` in bytes.
  PacketBuilder& fragment_header(unsigned next_header, unsigned offset, bool more,
                                 std::uint32_t id) {
    return u8(next_header).u8(0).be16(offset | (more ? 1U : 0U)).be32(id);
  }
  PacketBuilder& tcp(const TcpFields& f = {}) {
    fixups_.push_back({Fixup::kTcp, bytes_.size(), true});
    be16(f.src_port).be16(f.dst_port).be32(f.seq).be32(f.ack);
    u8(0x50 + static_cast<unsigned>(f.options.size() / 4) * 16).u8(f.flags).be16(f.window);
    return be16(0).be16(0).text(f.options);
  }
  PacketBuilder& udp(const UdpFields& f = {}) {
    fixups_.push_back({Fixup::kUdp, bytes_.size(), f.length.has_value()});
    return be16(f.src_port).be16(f.dst_port).be16(f.length.value_or(0)).be16(0);
  }
  /// ICMP echo header; the checksum is that of IPv4.
  PacketBuilder& icmp(unsigned type = 8) {
    fixups_.push_back({Fixup::kIcmp, bytes_.size(), true});
    return u8(type).u8(0).be16(0).be16(1).be16(1);
  }

  /// The finished frame, with `padding` zero bytes behind what the headers count.
  Buffer build(std::size_t padding = 0) const {
    Buffer out = bytes_;
    const Fixup* l4 = nullptr;
    for (std::size_t i = fixups_.size(); i-- > 0;) {
      const Fixup& f = fixups_[i];
      if (f.kind == Fixup::kIpv4 || f.kind == Fixup::kIpv6) {
        finish_ip(out, f, l4);
        l4 = nullptr;
      } else {
        if (f.kind == Fixup::kUdp && !f.length_given) put16(out, f.at + 4, out.size() - f.at);
        l4 = &f;
      }
    }
    out.insert(out.end(), padding, 0);
    return out;
  }

 private:
  struct Fixup {
    enum Kind { kIpv4, kIpv6, kTcp, kUdp, kIcmp } kind;
    std::size_t at;
    bool length_given;
  };

  PacketBuilder& address(int family, const std::string& text) {
    std::uint8_t raw[16];
    if (inet_pton(family, text.c_str(), raw) != 1) throw std::invalid_argument(text);
    bytes_.insert(bytes_.end(), raw, raw + (family == AF_INET ? 4 : 16));
    return *this;
  }

  static void put16(Buffer& out, std::size_t at, std::size_t v) {
    out.at(at) = static_cast<std::uint8_t>(v >> 8);
    out.at(at + 1) = static_cast<std::uint8_t>(v);
  }

  /// The plainest sum there is, so that tests of the real one compare two implementations.
  static std::uint32_t sum(const Buffer& b, std::size_t from, std::size_t to) {
    std::uint32_t s = 0;
    for (std::size_t i = from; i < to; ++i) s += (i - from) % 2 == 0 ? b[i] << 8U : b[i];
    return s;
  }
  static std::uint16_t complement(std::uint32_t s) {
    while (s > 0xffff) s = (s & 0xffff) + (s >> 16);
    return static_cast<std::uint16_t>(~s);
  }

  static void finish_ip(Buffer& out, const Fixup& ip, const Fixup* l4) {
    const bool v4 = ip.kind == Fixup::kIpv4;
    if (!ip.length_given) put16(out, ip.at + (v4 ? 2 : 4), out.size() - ip.at - (v4 ? 0 : 40));
    if (v4) put16(out, ip.at + 10, complement(sum(out, ip.at, ip.at + (out[ip.at] & 15U) * 4)));
    if (l4 == nullptr) return;
    const std::size_t length = out.size() - l4->at;
    const std::size_t field = l4->kind == Fixup::kTcp ? 16 : l4->kind == Fixup::kUdp ? 6 : 2;
    std::uint32_t s = sum(out, l4->at, out.size());
    if (l4->kind != Fixup::kIcmp) {
      s += v4 ? sum(out, ip.at + 12, ip.at + 20) : sum(out, ip.at + 8, ip.at + 40);
      s += static_cast<std::uint32_t>(length) + (l4->kind == Fixup::kTcp ? 6U : 17U);
    }
    put16(out, l4->at + field, complement(s));
  }

  Buffer bytes_;
  std::vector<Fixup> fixups_;
};

}  // namespace t2::test
