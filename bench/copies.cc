// SPDX-License-Identifier: Apache-2.0
#include "copies.h"

#include <algorithm>
#include <array>
#include <charconv>
#include <string_view>

namespace traffic {
namespace {

constexpr std::size_t kMacs = 12;
constexpr unsigned kDigits = 10;

std::uint32_t offset(t2::Bytes of, t2::Bytes frame) {
  return static_cast<std::uint32_t>(of.data() - frame.data());
}

/// Of the checksum that covers the IP addresses, too; in the L4 header. 0: there is none.
std::uint32_t checksum_of(std::uint8_t protocol, std::uint8_t version) {
  switch (protocol) {
    case t2::ip_protocol::kTcp:
      return 16;
    case t2::ip_protocol::kUdp:
      return 6;
    case t2::ip_protocol::kIcmpv6:
      return version == 6 ? 2 : 0;
    default:
      return 0;
  }
}

/// The two last numbers of the first IPv4 address in the text: 1.2.3.4 or 1,2,3,4.
std::vector<Addresses::Number> announced(std::string_view text, std::uint32_t at) {
  const char* const end = text.data() + text.size();
  for (const char* p = text.data(); p < end; ++p) {
    if (*p < '0' || *p > '9' || (p > text.data() && p[-1] >= '0' && p[-1] <= '9')) continue;
    std::array<Addresses::Number, 4> numbers;
    const char* q = p;
    std::size_t n = 0;
    for (; n < numbers.size(); ++n) {
      std::uint8_t value = 0;
      const auto [next, error] = std::from_chars(q, end, value);
      if (error != std::errc() || (*q == '0' && next - q > 1)) break;
      numbers[n] = {at + static_cast<std::uint32_t>(q - text.data()),
                    static_cast<std::uint32_t>(next - q)};
      q = next;
      if (n + 1 == numbers.size()) continue;
      if (q == end || (*q != '.' && *q != ',')) break;
      ++q;
    }
    if (n == numbers.size()) return {numbers[2], numbers[3]};
  }
  return {};
}

bool announces(std::string_view text) {
  for (const std::string_view word : {"227 ", "PORT ", "EPRT ", "port ", "eprt "}) {
    if (text.starts_with(word)) return true;
  }
  return false;
}

/// As many digits as before; one to one.
std::uint8_t turned(unsigned number, unsigned by) {
  const unsigned least = number < 10 ? 0 : number < 100 ? 10 : 100;
  const unsigned most = number < 10 ? 9 : number < 100 ? 99 : 255;
  return static_cast<std::uint8_t>(least + (number - least + by) % (most - least + 1));
}

/// Changes bytes and keeps right the checksums that cover them (RFC 1624, section 3).
class Changer {
 public:
  Changer(std::span<std::uint8_t> frame, const Addresses& a) : frame_(frame), a_(a) {}

  void address(std::size_t at, unsigned copy) {
    if (a_.version == 4) {
      if (frame_[at] == 0 || frame_[at] >= 224) return;  // unspecified, multicast, broadcast
      change(at + 2, turned(frame_[at + 2], copy % kDigits), true);
      change(at + 3, turned(frame_[at + 3], copy / kDigits), true);
      return;
    }
    // The byte that an address made of a MAC address has from its fourth.
    constexpr std::size_t kByte = 13;
    const auto before = frame_.subspan(at, kByte);
    const bool special = before[0] == 0xff || std::count(before.begin(), before.end(), 0) ==
                                                  static_cast<std::ptrdiff_t>(kByte);
    if (!special) change(at + kByte, static_cast<std::uint8_t>(frame_[at + kByte] ^ copy), false);
  }

  void text(const Addresses::Number& n, unsigned by) {
    unsigned value = 0;
    for (std::size_t i = 0; i < n.digits; ++i) value = value * kDigits + frame_[n.at + i] - '0';
    value = turned(value, by);
    for (std::size_t i = n.digits; i-- > 0; value /= kDigits) {
      change(n.at + i, static_cast<std::uint8_t>('0' + value % kDigits), false);
    }
  }

 private:
  void change(std::size_t at, std::uint8_t to, bool in_ip) {
    constexpr std::size_t kIpSum = 10;
    const bool high = (at - a_.ip) % 2 == 0;
    if (in_ip) adjust(a_.ip + kIpSum, frame_[at], to, high, false);
    if (a_.sum != 0) adjust(a_.sum, frame_[at], to, high, a_.udp);
    frame_[at] = to;
  }
  void adjust(std::size_t field, unsigned from, unsigned to, bool high, bool udp) {
    const unsigned shift = high ? 8 : 0;
    const unsigned old = static_cast<unsigned>(frame_[field]) << 8 | frame_[field + 1];
    unsigned sum = (~old & 0xffff) + (~(from << shift) & 0xffff) + (to << shift);
    while (sum >> 16 != 0) sum = (sum & 0xffff) + (sum >> 16);
    sum = ~sum & 0xffff;
    if (udp && sum == 0) sum = 0xffff;
    frame_[field] = static_cast<std::uint8_t>(sum >> 8);
    frame_[field + 1] = static_cast<std::uint8_t>(sum);
  }

  std::span<std::uint8_t> frame_;
  const Addresses& a_;
};

}  // namespace

Addresses find_addresses(const t2::Frame& frame, const t2::Packet& p) {
  constexpr std::size_t kIp4 = 20, kIp6 = 40;
  Addresses a;
  if (!p.is_ip()) return a;
  const bool ip4 = p.src_ip.family == t2::Family::kIpv4;
  if (p.l3.size() < (ip4 ? kIp4 : kIp6)) return a;
  a.ip = offset(p.l3, frame.bytes);
  a.version = ip4 ? 4 : 6;
  const std::uint32_t sum = checksum_of(p.l4_proto, a.version);
  if (p.later_fragment || sum == 0 || p.l4.size() < sum + 2) return a;
  a.udp = p.l4_proto == t2::ip_protocol::kUdp;
  a.sum = offset(p.l4, frame.bytes) + sum;
  if (a.udp && frame.bytes[a.sum] == 0 && frame.bytes[a.sum + 1] == 0) a.sum = 0;
  if (p.is_tcp() && announces(p.text()))
    a.announced = announced(p.text(), offset(p.l7, frame.bytes));
  return a;
}

void change_addresses(std::span<std::uint8_t> frame, const Addresses& a, unsigned copy) {
  constexpr std::size_t kMac = 6, kByte = 3;
  if (copy == 0) return;
  if (a.version == 0) {
    for (std::size_t at = 0; at < kMacs && frame.size() >= kMacs; at += kMac) {
      const bool group = (frame[at] & 1) != 0;
      if (!group) frame[at + kByte] = static_cast<std::uint8_t>(frame[at + kByte] ^ copy);
    }
    return;
  }
  Changer changer(frame, a);
  const std::size_t source = a.ip + (a.version == 4 ? 12U : 8U);
  changer.address(source, copy);
  changer.address(source + (a.version == 4 ? 4U : 16U), copy);
  for (std::size_t i = 0; i < a.announced.size(); ++i) {
    changer.text(a.announced[i], i == 0 ? copy % kDigits : copy / kDigits);
  }
}

}  // namespace traffic
