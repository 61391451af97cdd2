// SPDX-License-Identifier: Apache-2.0
// pcapng files (draft-ietf-opsawg-pcapng): several sections in either byte order, several
// interfaces with their own link type and time unit, enhanced, simple and obsolete packet blocks.
// Blocks of other kinds are skipped, whatever their length.
#pragma once

#include <vector>

#include "capture/parser.h"

namespace t2 {

/// Converts an interface's 64-bit timestamps.
class TimeUnit {
 public:
  TimeUnit() : TimeUnit(6) {}
  /// `resolution` as in option if_tsresol: 10^-n, or 2^-(n & 127) if the upper bit is set.
  explicit TimeUnit(std::uint8_t resolution);

  /// Nanoseconds since the unit's zero, rounded down, at most kMaxTime + 1.
  Nanoseconds to_nanoseconds(std::uint64_t ticks) const;

 private:
  enum class Kind : std::uint8_t { kMultiply, kDivide, kShift };
  Kind kind_;
  std::uint8_t shift_ = 0;
  std::uint64_t factor_ = 1;
};

class PcapngParser final : public Parser {
 public:
  /// More interfaces in one section are not kept; their frames are left out.
  static constexpr std::size_t kMaxInterfaces = 65536;

  /// Null if `head` (kMinFileHeader bytes or more) does not start a pcapng file.
  static std::unique_ptr<Parser> make(Bytes head);

 private:
  struct Interface {
    std::uint16_t link_type = kDltEthernet;
    std::uint32_t snap_length = 0;  // 0: no limit
    TimeUnit unit;
    Nanoseconds offset = 0;
  };
  struct PacketBlock {
    std::uint32_t interface = 0;
    std::uint32_t captured = 0;
    std::uint32_t on_wire = 0;
    bool has_time = true;
    std::uint64_t ticks = 0;
    Bytes data;  // with padding and options
  };

  Outcome walk(Bytes window, FrameBatch* batch) override;
  Verdict judge(Bytes rest) const override;
  /// Whether a packet block with these first bytes of its body may be `length` bytes long.
  bool fits(std::uint32_t type, Bytes body, std::uint32_t length) const;
  bool read_byte_order(Bytes block_start);
  Outcome skip_pending(Bytes rest, std::size_t at);
  bool read_interface(Bytes body);
  void read_interface_options(Bytes options, Interface& interface) const;
  bool read_packet(std::uint32_t type, Bytes body, PacketBlock& packet) const;
  const char* deliver(const PacketBlock& packet, FrameBatch& batch);

  std::vector<Interface> interfaces_;
  bool little_ = true;
  bool interface_seen_ = false;
  std::uint32_t skip_ = 0;     // bytes of the block being skipped, up to its trailer
  std::uint32_t trailer_ = 0;  // length that its trailer must repeat
};

}  // namespace t2
