// SPDX-License-Identifier: Apache-2.0
#include "options.h"

#include <algorithm>

namespace t2::tcp_flags {
namespace {

class OptionWalk {
 public:
  OptionWalk(std::size_t ja4t_kinds, State& me, State* peer, const Packet& p, Bytes tcp,
             PacketFacts& facts, Counts& counts)
      : ja4t_kinds_(ja4t_kinds),
        me_(me),
        peer_(peer),
        time_(p.time),
        flags_(tcp[kByte]),
        length_(static_cast<int>(tcp[12] >> 4) * 4 - static_cast<int>(kFixedHeader)),
        options_(skip(tcp, kFixedHeader)),
        facts_(facts),
        counts_(counts) {}

  std::uint16_t run() {
    keep_kinds_ = ja4t_kinds_ > 0 && (flags_ & kSyn) != 0 && !rare_of(me_).syn_seen;
    if (keep_kinds_) me_.more().syn_seen = true;
    if (length_ == 0) return 0;
    if (length_ < 0 || options_.size() < static_cast<std::size_t>(length_)) {
      corrupt();
    } else {
      bump(me_.option_packets);
      walk();
    }
    return stat_;
  }

 private:
  void corrupt() { stat_ |= kOptionsCorrupt; }

  void walk() {
    constexpr std::uint8_t kEnd = 0;
    constexpr unsigned kLastBit = 31;
    Cursor c(options_);
    while (c.left() > 0) {
      const std::uint8_t kind = c.u8();
      if (kind == kEnd) return;
      bump(me_.option_count);
      me_.option_kinds |= 1U << std::min<unsigned>(kind, kLastBit);
      if (keep_kinds_) keep(kind);
      if (kind == kNopOption) continue;
      const std::uint8_t length = c.u8();
      if (length < 2) return corrupt();
      const Bytes body = c.bytes(length - 2U);
      if (!c.ok()) return corrupt();
      option(kind, body);
    }
  }

  void keep(std::uint8_t kind) {
    Rare& rare = me_.more();
    if (rare.syn_kind_count >= std::min(ja4t_kinds_, Rare::kMaxKinds)) return;
    rare.syn_kinds[rare.syn_kind_count++] = kind;
  }

  void option(std::uint8_t kind, Bytes body) {
    constexpr std::uint8_t kMss = 2, kWindowScale = 3, kSackBlocks = 5, kMultipath = 30;
    switch (kind) {
      case kMss:
        if (body.size() == 2) me_.mss = load_be16(body.data());
        break;
      case kWindowScale:
        if (body.size() == 1) window_scale(body[0]);
        break;
      case kSackBlocks:
        stat_ |= kSack;
        break;
      case kTimestampsOption:
        if (body.size() == 8) {
          stat_ |= take_timestamps(me_, time_, load_be32(&body[0]), load_be32(&body[4]));
        }
        break;
      case kMultipath:
        multipath(body);
        break;
      default:
        break;
    }
  }

  void window_scale(std::uint8_t shift) {
    constexpr std::uint8_t kMaxShift = 14;  // RFC 7323, 2.3
    if ((flags_ & kSyn) == 0) return;
    me_.shift = std::min(shift, kMaxShift);
    if ((flags_ & kAckSynFinRst) != (kSyn | kAck)) return;
    me_.stat |= kScaled;
    if (peer_ != nullptr) peer_->stat |= kScaled;
  }

  void multipath(Bytes body) {
    enum Subtype : std::uint8_t {
      kCapable,
      kJoin,
      kDataSequence,
      kAddAddress,
      kRemoveAddress,
      kPriority
    };
    constexpr std::size_t kLongestJoin = 16 - 2;
    stat_ |= kMptcp;
    ++counts_.mptcp_options;
    if (body.empty()) return;
    const std::uint8_t subtype = body[0] >> 4;
    const std::uint8_t second = body.size() > 1 ? body[1] : std::uint8_t{0};
    facts_.mp_subtype = subtype;
    Rare& rare = me_.more();
    rare.mp_subtypes = static_cast<std::uint16_t>(rare.mp_subtypes | 1U << subtype);
    switch (subtype) {
      case kCapable:
        mp_flags(rare, second);
        break;
      case kJoin:
      case kPriority:
        if (body.size() > kLongestJoin) break;
        mp_flags(rare, body[0] & 0x0f);
        facts_.mp_address = rare.mp_address = second;
        break;
      case kDataSequence:
        facts_.mp_dss = second & 0x1f;
        rare.mp_dss |= facts_.mp_dss;
        break;
      case kAddAddress:
      case kRemoveAddress:
        facts_.mp_address = rare.mp_address = second;
        break;
      default:
        break;
    }
  }
  void mp_flags(Rare& rare, std::uint8_t flags) {
    facts_.mp_flags = flags;
    rare.mp_flags |= flags;
  }

  std::size_t ja4t_kinds_;
  State& me_;
  State* peer_;
  Nanoseconds time_;
  std::uint8_t flags_;
  int length_;
  Bytes options_;
  PacketFacts& facts_;
  Counts& counts_;
  bool keep_kinds_ = false;
  std::uint16_t stat_ = 0;
};

constexpr Nanoseconds kMilli = 1'000'000;

/// The length of a tick that clocks really have, next to the measured one.
Nanoseconds usual_tick(double seconds) {
  if (seconds < 0.002) return kMilli;
  if (seconds < 0.005) return 4 * kMilli;
  if (seconds < 0.02) return 10 * kMilli;
  if (seconds < 0.7) return 100 * kMilli;
  return kSecond;
}

/// What systems of that initial TTL use.
Nanoseconds tick_of_system(std::uint8_t ttl) {
  if (ttl >= 128) return 100 * kMilli;
  if (ttl >= 64) return 4 * kMilli;
  return ttl > 32 ? 10 * kMilli : kMilli;
}

}  // namespace

std::uint16_t walk_options(std::size_t ja4t_kinds, State& me, State* peer, const Packet& p,
                           Bytes tcp, PacketFacts& facts, Counts& counts) {
  return OptionWalk(ja4t_kinds, me, peer, p, tcp, facts, counts).run();
}

BootTime boot_time(const State& s) {
  if ((s.stat & kTimestampSeen) == 0) return {};
  const std::uint32_t ticks = s.ts_value - s.ts_first;
  const double seconds = static_cast<double>(s.ts_last_time - s.ts_first_time) / 1e9;
  const Nanoseconds tick = ticks > 0 ? usual_tick(seconds / ticks) : tick_of_system(s.min_ttl);
  BootTime b;
  b.tick = static_cast<double>(tick) / 1e9;
  b.up = s.ts_value * tick;
  b.boot = std::max<Nanoseconds>(s.ts_last_time - b.up, 0);
  return b;
}

}  // namespace t2::tcp_flags
