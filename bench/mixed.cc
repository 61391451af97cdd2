// SPDX-License-Identifier: Apache-2.0
// Mixed traffic: 1,500 conversations at a time of clients in one network with servers of which few
// are popular. Web, shells, scans, DNS, pings, clocks, voice and QUIC; their lengths are
// heavy-tailed. One conversation in seven is IPv6, one client in ten has a VLAN tag; checksums are
// right. Sizes have two humps as in real captures: bare ACKs and small datagrams, and full
// segments.
#include "mixed.h"

#include <algorithm>
#include <cmath>
#include <random>
#include <string_view>
#include <vector>

namespace traffic {
namespace {

using Bytes = std::vector<std::uint8_t>;

enum class Kind { kWeb, kShell, kScan, kDns, kPing, kClock, kVoice, kQuic };

struct Share {
  Kind kind;
  unsigned per_mille;  // of the conversations
};
constexpr Share kShares[] = {{Kind::kDns, 245},  {Kind::kWeb, 460}, {Kind::kScan, 110},
                             {Kind::kClock, 90}, {Kind::kPing, 50}, {Kind::kShell, 25},
                             {Kind::kVoice, 6},  {Kind::kQuic, 14}};

struct Host {
  std::uint32_t number = 0;
  std::uint16_t port = 0;
  std::uint32_t seq = 0;
  bool server = false;
};

struct Conversation {
  Kind kind = Kind::kDns;
  Host client, server;
  bool v6 = false, vlan = false;
  std::uint64_t left = 0;  // turns to come; for the web, segments of all replies
  unsigned phase = 0;
  std::uint64_t reply = 0;  // segments of this reply still to come
  unsigned unacknowledged = 0;
};

void put16(Bytes& b, std::uint32_t v) {
  b.push_back(static_cast<std::uint8_t>(v >> 8));
  b.push_back(static_cast<std::uint8_t>(v));
}
void put32(Bytes& b, std::uint32_t v) {
  put16(b, v >> 16);
  put16(b, v & 0xffff);
}
void put(Bytes& b, std::string_view text) {
  b.insert(b.end(), text.begin(), text.end());
}

std::uint32_t sum16(std::span<const std::uint8_t> b) {
  std::uint32_t sum = 0;
  for (std::size_t i = 0; i + 1 < b.size(); i += 2) {
    sum += static_cast<std::uint32_t>(b[i]) << 8 | b[i + 1];
  }
  return b.size() % 2 != 0 ? sum + (static_cast<std::uint32_t>(b.back()) << 8) : sum;
}

void set_checksum(Bytes& b, std::size_t at, std::uint32_t sum) {
  while (sum >> 16) sum = (sum & 0xffff) + (sum >> 16);
  b[at] = static_cast<std::uint8_t>(~sum >> 8);
  b[at + 1] = static_cast<std::uint8_t>(~sum);
}

class Mixer {
 public:
  explicit Mixer(Capture& out) : out_(out) {
    for (std::uint8_t& b : data_) b = static_cast<std::uint8_t>(random_());
  }

  void run(std::uint64_t packets) {
    while (out_.packets() < packets) {
      if (live_.size() < kLive) live_.push_back(begin());
      const std::size_t i = below(live_.size());
      out_.wait(below(190));
      if (step(live_[i])) continue;
      live_[i] = live_.back();
      live_.pop_back();
    }
  }

 private:
  static constexpr std::size_t kLive = 1500, kSegment = 1448;
  static constexpr std::uint8_t kTcp = 6, kUdp = 17, kIcmp = 1, kIcmp6 = 58, kRst = 4;

  std::uint64_t below(std::uint64_t n) { return random_() % n; }
  bool chance(unsigned per_mille) { return below(1000) < per_mille; }
  /// From `least` up to `most`; half of all are under twice the least, few are huge.
  std::uint64_t heavy(double least, double most) {
    const double u = static_cast<double>(random_() >> 11) * 0x1p-53 + 1e-9;
    return static_cast<std::uint64_t>(std::min(most, least / std::pow(u, 0.85)));
  }

  Conversation begin() {
    Conversation c;
    std::uint64_t draw = below(1000);
    for (const Share& s : kShares) {
      c.kind = s.kind;
      if (draw < s.per_mille) break;
      draw -= s.per_mille;
    }
    const double u = static_cast<double>(below(1 << 20)) * 0x1p-20;
    c.client = {static_cast<std::uint32_t>(below(3000)),
                static_cast<std::uint16_t>(1024 + below(64000)),
                static_cast<std::uint32_t>(random_()), false};
    c.server = {static_cast<std::uint32_t>(u * u * u * 30000), 443,
                static_cast<std::uint32_t>(random_()), true};
    c.v6 = chance(143);
    c.vlan = c.client.number % 10 == 0;
    switch (c.kind) {
      case Kind::kWeb:
        c.server.port = chance(800) ? 443 : 80;
        c.left = heavy(3, 30000);
        break;
      case Kind::kShell:
        c.server.port = 22;
        c.left = heavy(40, 4000);
        break;
      case Kind::kScan:
        c.server.port = static_cast<std::uint16_t>(1 + below(10000));
        c.left = 1 + below(2);
        break;
      case Kind::kDns:
        c.server = {static_cast<std::uint32_t>(below(4)), 53, 0, true};
        c.left = 2;
        break;
      case Kind::kPing:
        c.left = 2 * heavy(1, 100);
        break;
      case Kind::kClock:
        c.server.port = 123;
        c.client.port = chance(500) ? 123 : c.client.port;
        c.left = 1 + below(2);
        break;
      case Kind::kVoice:
        c.server.port = static_cast<std::uint16_t>(16384 + 2 * below(8000));
        c.left = heavy(200, 5000);
        break;
      case Kind::kQuic:
        c.left = heavy(20, 10000);
        break;
    }
    return c;
  }

  /// Writes the next packet of a conversation. False: that was the last.
  bool step(Conversation& c) {
    switch (c.kind) {
      case Kind::kWeb:
        return web(c);
      case Kind::kShell:
        return shell(c);
      case Kind::kScan:
        return scan(c);
      default:
        break;
    }
    const bool up = c.phase++ % 2 == 0;
    switch (c.kind) {
      case Kind::kDns:
        dns(c, up);
        break;
      case Kind::kPing:
        ping(c, up);
        break;
      case Kind::kClock:
        udp(c, up, 48);
        break;
      case Kind::kVoice:
        udp(c, chance(500), 172);
        break;
      default:
        quic(c);
        break;
    }
    return --c.left > 0;
  }

  bool handshake(Conversation& c) {
    if (c.phase >= 3) return false;
    tcp(c, c.phase != 1, c.phase == 0 ? kSyn : c.phase == 1 ? kSyn | kAck : kAck, 0);
    ++c.phase;
    return true;
  }

  /// FIN from the server, its answer, the last ACK; one in eight ends with a reset.
  bool hang_up(Conversation& c) {
    if (c.phase < 4) c.phase = 4;
    if (c.phase == 4 && chance(125)) return tcp(c, true, kRst | kAck, 0), false;
    tcp(c, c.phase == 5, c.phase == 6 ? kAck : kFin | kAck, 0);
    return c.phase++ < 6;
  }

  /// Requests of a few hundred bytes, replies of full segments, an ACK for every second.
  bool web(Conversation& c) {
    if (handshake(c)) return true;
    if (c.phase >= 4) return hang_up(c);
    if (c.unacknowledged == 2 || (c.unacknowledged > 0 && c.reply == 0)) {
      c.unacknowledged = 0;
      tcp(c, true, kAck, 0);
      return true;
    }
    if (c.reply > 0) {
      const bool last = --c.reply == 0;
      ++c.unacknowledged;
      tcp(c, false, last ? kPsh | kAck : kAck, last ? 1 + below(kSegment) : kSegment);
      return true;
    }
    if (c.left == 0) return hang_up(c);
    tcp(c, true, kPsh | kAck, 80 + below(500));
    c.reply = std::min(c.left, heavy(1, 300));
    c.left -= c.reply;
    return true;
  }

  /// A key, its echo, an ACK.
  bool shell(Conversation& c) {
    if (handshake(c)) return true;
    if (c.left == 0) return hang_up(c);
    const std::uint64_t turn = c.left-- % 3;
    tcp(c, turn != 1, turn == 2 ? kAck : kPsh | kAck, turn == 2 ? 0 : 36 + 16 * below(5));
    return true;
  }

  /// A SYN, which may be answered by a reset.
  bool scan(Conversation& c) {
    const bool up = c.phase++ == 0;
    tcp(c, up, up ? kSyn : kRst | kAck, 0);
    return --c.left > 0;
  }

  void dns(Conversation& c, bool up) {
    payload_.clear();
    put16(payload_, c.client.seq & 0xffff);
    put32(payload_, up ? 0x01000001 : 0x81800001);
    put16(payload_, up ? 0 : 1);
    put32(payload_, 0);
    const char label = static_cast<char>('a' + c.client.seq % 26);
    payload_.push_back(static_cast<std::uint8_t>(3 + c.client.seq % 20));
    payload_.insert(payload_.end(), payload_.back(), static_cast<std::uint8_t>(label));
    put(payload_, std::string_view("\x07"
                                   "example\x03"
                                   "com\0\0\x01\0\x01",
                                   17));
    if (!up) {
      put(payload_, std::string_view("\xc0\x0c\0\x01\0\x01\0\0\0\x3c\0\x04", 12));
      put32(payload_, c.server.seq + 0x08080808);
      payload_.insert(payload_.end(), data_.begin(),
                      data_.begin() + static_cast<std::ptrdiff_t>(below(300)));
    }
    udp_of_payload(c, up);
  }

  void ping(Conversation& c, bool up) {
    l4_.clear();
    put16(l4_, c.v6 ? (up ? 0x8000 : 0x8100) : (up ? 0x0800 : 0));
    put16(l4_, 0);
    put16(l4_, c.client.port);
    put16(l4_, c.phase / 2);
    l4_.insert(l4_.end(), data_.begin(), data_.begin() + 56);
    send(c, up, c.v6 ? kIcmp6 : kIcmp, 2);
  }

  void quic(Conversation& c) {
    const bool up = chance(400);
    udp(c, up, up ? 40 + below(40) : 1200 + below(50));
  }

  void udp(const Conversation& c, bool up, std::uint64_t size) {
    payload_.assign(data_.begin(), data_.begin() + static_cast<std::ptrdiff_t>(size));
    udp_of_payload(c, up);
  }

  void udp_of_payload(const Conversation& c, bool up) {
    l4_.clear();
    put16(l4_, up ? c.client.port : c.server.port);
    put16(l4_, up ? c.server.port : c.client.port);
    put16(l4_, static_cast<std::uint32_t>(8 + payload_.size()));
    put16(l4_, 0);
    l4_.insert(l4_.end(), payload_.begin(), payload_.end());
    send(c, up, kUdp, 6);
  }

  void tcp(Conversation& c, bool up, unsigned flags, std::uint64_t size) {
    Host& from = up ? c.client : c.server;
    const Host& to = up ? c.server : c.client;
    const bool syn = (flags & kSyn) != 0;
    l4_.clear();
    put16(l4_, from.port);
    put16(l4_, to.port);
    put32(l4_, from.seq);
    put32(l4_, (flags & kAck) != 0 ? to.seq : 0);
    put16(l4_, (syn ? 0xa000U : 0x8000U) | flags);
    put16(l4_, syn ? 64240 : 501);
    put32(l4_, 0);
    // Options as Linux sends them.
    if (syn) put(l4_, std::string_view("\x02\x04\x05\xb4\x04\x02", 6));
    put(l4_, syn ? std::string_view("\x08\x0a", 2) : std::string_view("\x01\x01\x08\x0a", 4));
    put32(l4_, static_cast<std::uint32_t>(out_.packets() / 10));
    put32(l4_, 0);
    if (syn) put(l4_, std::string_view("\x01\x03\x03\x07", 4));
    l4_.insert(l4_.end(), data_.begin(), data_.begin() + static_cast<std::ptrdiff_t>(size));
    send(c, up, kTcp, 16);
    from.seq += static_cast<std::uint32_t>(size) + ((flags & (kSyn | kFin)) != 0 ? 1 : 0);
  }

  void address(const Conversation& c, const Host& h) {
    if (c.v6) {
      put32(frame_, h.server ? 0x2a001450 : 0x20010db8);
      put32(frame_, 0x40010000);
      put32(frame_, 0);
      put32(frame_, h.number * 7919 + 1);
    } else {
      put32(frame_, h.server ? 0x08000000 + h.number * 98317 : 0x0a000001 + h.number);
    }
  }

  /// Puts `l4_` into a frame; its checksum belongs to `checksum_at`.
  void send(const Conversation& c, bool up, std::uint8_t protocol, std::size_t checksum_at) {
    const Host& from = up ? c.client : c.server;
    const Host& to = up ? c.server : c.client;
    frame_.clear();
    for (const Host* h : {&to, &from}) {
      put16(frame_, 0x0200);
      put32(frame_, h->server ? 1 : 0x00100000 + h->number);
    }
    if (c.vlan) put32(frame_, 0x81000064);
    put16(frame_, c.v6 ? 0x86dd : 0x0800);
    const std::size_t ip = frame_.size();
    const auto length = static_cast<std::uint32_t>(l4_.size());
    if (c.v6) {
      put32(frame_, 0x60000000);
      put16(frame_, length);
      put16(frame_, protocol << 8U | (from.server ? 54U : 64U));
    } else {
      put16(frame_, 0x4500);
      put16(frame_, 20 + length);
      put16(frame_, ++ip_id_);
      put16(frame_, 0x4000);
      put16(frame_, (from.server ? 0x3600U : 0x4000U) | protocol);
      put16(frame_, 0);
    }
    const std::size_t addresses = frame_.size();
    address(c, from);
    address(c, to);
    const std::span<const std::uint8_t> frame(frame_);
    if (!c.v6) set_checksum(frame_, ip + 10, sum16(frame.subspan(ip)));
    const std::uint32_t pseudo =
        protocol == kIcmp ? 0 : sum16(frame.subspan(addresses)) + protocol + length;
    set_checksum(l4_, checksum_at, pseudo + sum16(l4_));
    frame_.insert(frame_.end(), l4_.begin(), l4_.end());
    if (frame_.size() < 60) frame_.resize(60);
    out_.frame(frame_);
  }

  Capture& out_;
  std::mt19937_64 random_{4};
  std::array<std::uint8_t, kSegment + 60> data_{};
  std::vector<Conversation> live_;
  Bytes payload_, l4_, frame_;
  std::uint16_t ip_id_ = 0;
};

}  // namespace

void make_mixed(Capture& out, std::uint64_t packets) {
  Mixer(out).run(packets);
}

}  // namespace traffic
