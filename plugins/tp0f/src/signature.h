// SPDX-License-Identifier: Apache-2.0
// A fingerprint of a SYN or SYN-ACK packet, and what is compared with it (spec tp0f 6).
#pragma once

#include <array>
#include <cstdint>
#include <optional>
#include <string_view>

#include "t2/packet.h"

namespace t2::tp0f {

/// Oddities of a packet that tell systems apart, as bits.
enum Quirk : std::uint32_t {
  kDf = 1 << 0,
  kIdPlus = 1 << 1,
  kIdMinus = 1 << 2,
  kEcn = 1 << 3,
  kMustBeZero = 1 << 4,
  kFlow = 1 << 5,
  kSeqMinus = 1 << 6,
  kAckPlus = 1 << 7,
  kAckMinus = 1 << 8,
  kUrgentPointer = 1 << 9,
  kUrgentFlag = 1 << 10,
  kPushFlag = 1 << 11,
  kTs1Minus = 1 << 12,
  kTs2Plus = 1 << 13,
  kOptPlus = 1 << 14,
  kScaleTooBig = 1 << 15,
  kBad = 1 << 16,
};

/// The kinds of a packet's TCP options in order, with the padding behind an end-of-list.
struct Layout {
  static constexpr std::size_t kMax = 40;
  std::array<std::uint8_t, kMax> kinds{};
  std::uint8_t count = 0;
  std::uint8_t padding = 0;

  bool push(std::uint8_t kind) {
    if (count == kMax) return false;
    kinds[count++] = kind;
    return true;
  }
  bool operator==(const Layout&) const = default;
  std::uint32_t hash() const;
};

/// What a packet shows.
struct Observation {
  bool syn_ack = false;
  bool v6 = false, payload = false, timestamps = false;
  bool corrupt = false;  // options that do not fit into the header
  std::uint8_t ttl = 0, scale = 0;
  std::uint16_t ip_options = 0;                    // bytes of options or extension headers
  std::uint16_t mss = 0, window = 0, headers = 0;  // headers: bytes of IP and TCP header
  std::uint32_t quirks = 0;
  Layout layout;
  std::uint32_t layout_hash = 0;
};

/// `tcp` is the TCP header of a packet with SYN and without FIN and RST, at least 20 bytes.
Observation observe(const Packet& p, Bytes tcp, std::size_t most_options);

struct Signature {
  enum class Window : std::uint8_t { kAny, kFixed, kTimesMss, kTimesMtu, kMultipleOf };
  enum class Payload : std::uint8_t { kNone, kSome, kAny };
  static constexpr std::int32_t kAnything = -1;

  std::uint8_t version = 0;  // 4, 6, 0: any
  std::uint8_t ttl = 0;
  bool ttl_is_maximum = false;
  std::int32_t ip_options = 0, mss = kAnything, scale = kAnything;
  Window window = Window::kAny;
  std::uint32_t window_value = 0;
  Layout layout;
  std::uint32_t layout_hash = 0;
  std::uint32_t quirks = 0;
  std::uint32_t compared_quirks = 0xffffffff;
  Payload payload = Payload::kAny;
};

/// The eight fields of a p0f 3 signature; nothing if it breaks the grammar.
std::optional<Signature> parse_signature(std::string_view text);

enum class Fit : std::uint8_t { kNo, kFuzzy, kExact };
Fit compare(const Signature& s, const Observation& o);

}  // namespace t2::tp0f
