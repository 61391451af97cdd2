// SPDX-License-Identifier: Apache-2.0
#include "capture/pcapng_parser.h"

#include <fmt/format.h>

#include <algorithm>

#include "capture/fields.h"

namespace t2 {
namespace {

__extension__ using Wide = unsigned __int128;

constexpr std::uint32_t kSectionHeader = 0x0a0d0d0a;
constexpr std::uint32_t kInterfaceDescription = 1;
constexpr std::uint32_t kObsoletePacket = 2;
constexpr std::uint32_t kSimplePacket = 3;
constexpr std::uint32_t kEnhancedPacket = 6;
constexpr std::uint32_t kByteOrderMagic = 0x1a2b3c4d;

constexpr std::uint16_t kOptionEnd = 0;
constexpr std::uint16_t kOptionTimeResolution = 9;
constexpr std::uint16_t kOptionTimeOffset = 14;

constexpr std::size_t kBlockHeader = 8;
constexpr std::size_t kBlockTrailer = 4;
constexpr std::size_t kSmallestBlock = kBlockHeader + kBlockTrailer;
constexpr std::size_t kSmallestSectionHeader = 28;
constexpr std::uint32_t kUsualMaxCaptured = 262144;

bool is_packet(std::uint32_t type) {
  return type == kEnhancedPacket || type == kSimplePacket || type == kObsoletePacket;
}

std::uint64_t power_of_10(unsigned exponent) {
  std::uint64_t v = 1;
  while (exponent-- > 0) v *= 10;
  return v;
}

}  // namespace

TimeUnit::TimeUnit(std::uint8_t resolution) : kind_(Kind::kShift), shift_(resolution & 0x7f) {
  constexpr unsigned kNanoDigits = 9;
  constexpr unsigned kMaxDigits = 19;  // 10^19 is the largest power that 64 bits hold
  if (resolution & 0x80) return;
  const unsigned digits = shift_;
  if (digits <= kNanoDigits) {
    kind_ = Kind::kMultiply;
    factor_ = power_of_10(kNanoDigits - digits);
  } else if (digits <= kNanoDigits + kMaxDigits) {
    kind_ = Kind::kDivide;
    factor_ = power_of_10(digits - kNanoDigits);
  } else {
    shift_ = 127;  // so fine a unit that 64 bits of it are no nanosecond
  }
}

Nanoseconds TimeUnit::to_nanoseconds(std::uint64_t ticks) const {
  Wide ns = 0;
  switch (kind_) {
    case Kind::kMultiply:
      ns = Wide{ticks} * factor_;
      break;
    case Kind::kDivide:
      ns = ticks / factor_;
      break;
    case Kind::kShift:
      ns = (Wide{ticks} * static_cast<std::uint64_t>(kSecond)) >> shift_;
      break;
  }
  return static_cast<Nanoseconds>(std::min(ns, Wide{static_cast<std::uint64_t>(kMaxTime) + 1}));
}

std::unique_ptr<Parser> PcapngParser::make(Bytes head) {
  if (head.size() < kMinFileHeader || load_be32(head.data()) != kSectionHeader) return nullptr;
  auto parser = std::make_unique<PcapngParser>();
  if (!parser->read_byte_order(head)) return nullptr;
  return parser;
}

bool PcapngParser::read_byte_order(Bytes block_start) {
  for (const bool little : {true, false}) {
    if (Fields(block_start, little).u32(kBlockHeader) != kByteOrderMagic) continue;
    little_ = little;
    return true;
  }
  return false;
}

Parser::Outcome PcapngParser::walk(Bytes window, FrameBatch* batch) {
  std::size_t at = 0;
  for (;;) {
    if (trailer_ != 0) {
      const Outcome skipped = skip_pending(window.subspan(at), at);
      if (skipped.stop != Stop::kDone) return skipped;
      at = skipped.used;
    }
    if (batch == nullptr && interface_seen_) return done(at);

    const Bytes rest = window.subspan(at);
    if (rest.size() < kSmallestBlock) return need_more(at, kSmallestBlock);
    const std::uint32_t type = Fields(rest, little_).u32(0);
    const bool new_section = type == kSectionHeader;
    if (new_section && !read_byte_order(rest))
      return damaged(at, "section header without byte-order magic");
    const std::uint32_t length = Fields(rest, little_).u32(4);
    if (length < kSmallestBlock || length % 4 != 0 ||
        (new_section && length < kSmallestSectionHeader)) {
      return damaged(at, fmt::format("block of {} bytes", length));
    }

    const bool packet = is_packet(type);
    // A packet before any interface ends the search for the first one.
    if (packet && (batch == nullptr || batch->size == FrameBatch::kCapacity)) return done(at);
    const bool other = !packet && type != kInterfaceDescription && !new_section;
    if (other && !salvaging()) {
      begin_pending(at);
      skip_ = length - kBlockTrailer;
      trailer_ = length;
      continue;
    }

    if (length > kMaxRecord) return damaged(at, fmt::format("block of {} bytes", length));
    if (rest.size() < length) {
      if (ended()) return damaged(at, "incomplete block");
      return need_more(at, length);
    }
    if (Fields(rest, little_).u32(length - kBlockTrailer) != length)
      return damaged(at, fmt::format("the two lengths of a block of {} bytes differ", length));
    const Bytes body = rest.subspan(kBlockHeader, length - kSmallestBlock);

    if (new_section) {
      const std::uint16_t major = Fields(body, little_).u16(4);
      if (major != 1) return damaged(at, fmt::format("section of unknown version {}", major));
      interfaces_.clear();
    } else if (!packet) {
      if (!other && !read_interface(body)) leave_out(at, "interface description too short");
    } else {
      PacketBlock block;
      const char* problem = "packet block too short";
      if (read_packet(type, body, block)) problem = deliver(block, *batch);
      if (problem != nullptr) leave_out(at, problem);
    }
    prefetch_behind(window, at, length);
    at += length;
  }
}

bool PcapngParser::fits(std::uint32_t type, Bytes body, std::uint32_t length) const {
  constexpr std::uint32_t kMostOptions = 65536;
  if (!is_packet(type)) return true;
  PacketBlock block;
  if (!read_packet(type, body, block) || block.interface >= interfaces_.size()) return false;
  const std::uint64_t room = length - kSmallestBlock;
  return block.captured <= room && room - block.captured <= kMostOptions;
}

/// A block of a kind that captures have, whose two lengths agree.
Parser::Verdict PcapngParser::judge(Bytes rest) const {
  constexpr std::uint32_t kNames = 4, kStatistics = 5;
  constexpr std::size_t kStart = 28;  // of packet blocks and section headers
  if (rest.size() < kStart) return {false, kStart};
  const Fields f(rest, little_);
  const std::uint32_t type = f.u32(0), length = f.u32(4);
  const bool section = type == kSectionHeader && f.u32(kBlockHeader) == kByteOrderMagic;
  const bool known = is_packet(type) || section || type == kInterfaceDescription ||
                     type == kNames || type == kStatistics;
  if (!known || length < kSmallestBlock || length % 4 != 0 || length > kMaxRecord) return {};
  if (!fits(type, rest.subspan(kBlockHeader, kStart - kBlockHeader), length)) return {};
  if (rest.size() < length) return {false, length};
  return {f.u32(length - kBlockTrailer) == length, 0};
}

Parser::Outcome PcapngParser::skip_pending(Bytes rest, std::size_t at) {
  const std::size_t now = std::min<std::size_t>(skip_, rest.size());
  skip_ -= static_cast<std::uint32_t>(now);
  at += now;
  rest = rest.subspan(now);
  if (rest.size() < kBlockTrailer) return need_more(at, std::size_t{skip_ > 0 ? 1U : 4U});
  const std::uint32_t length = Fields(rest, little_).u32(0);
  if (length != trailer_)
    return damaged(at, fmt::format("the two lengths of a block of {} bytes differ", trailer_));
  trailer_ = 0;
  end_pending();
  return done(at + kBlockTrailer);
}

bool PcapngParser::read_interface(Bytes body) {
  constexpr std::size_t kFixed = 8;
  if (body.size() < kFixed) return false;
  const Fields f(body, little_);
  Interface interface;
  interface.link_type = dlt_from_linktype(f.u16(0));
  interface.snap_length = f.u32(4);
  read_interface_options(body.subspan(kFixed), interface);
  if (!interface_seen_) {
    const std::uint32_t snap = interface.snap_length;
    set_link(interface.link_type, snap == 0 || snap > 0x7fffffff ? kUsualMaxCaptured : snap);
  }
  interface_seen_ = true;
  note_link_type(interface.link_type);
  if (interfaces_.size() < kMaxInterfaces) interfaces_.push_back(interface);
  return true;
}

void PcapngParser::read_interface_options(Bytes options, Interface& interface) const {
  constexpr std::size_t kOptionHeader = 4;
  while (options.size() >= kOptionHeader) {
    const Fields f(options, little_);
    const std::uint16_t code = f.u16(0);
    const std::size_t size = f.u16(2);
    options = options.subspan(kOptionHeader);
    if (code == kOptionEnd || size > options.size()) return;
    const Bytes value = options.first(size);
    if (code == kOptionTimeResolution && size == 1) interface.unit = TimeUnit(value[0]);
    if (code == kOptionTimeOffset && size == 8) {
      constexpr std::int64_t kLimit = kMaxTime / kSecond;
      const auto seconds = static_cast<std::int64_t>(Fields(value, little_).u64(0));
      interface.offset = std::clamp(seconds, -kLimit, kLimit) * kSecond;
    }
    options = skip(options, (size + 3) & ~std::size_t{3});
  }
}

bool PcapngParser::read_packet(std::uint32_t type, Bytes body, PacketBlock& packet) const {
  const std::size_t fixed = type == kSimplePacket ? 4 : 20;
  if (body.size() < fixed) return false;
  const Fields f(body, little_);
  packet.data = body.subspan(fixed);
  if (type == kSimplePacket) {
    packet.on_wire = f.u32(0);
    packet.captured = packet.on_wire;
    packet.has_time = false;
    return true;
  }
  packet.interface = type == kEnhancedPacket ? f.u32(0) : f.u16(0);
  packet.ticks = (std::uint64_t{f.u32(4)} << 32) | f.u32(8);
  packet.captured = f.u32(12);
  packet.on_wire = f.u32(16);
  return true;
}

const char* PcapngParser::deliver(const PacketBlock& packet, FrameBatch& batch) {
  if (packet.interface >= interfaces_.size()) return "packet of an interface that is not described";
  const Interface& interface = interfaces_[packet.interface];
  std::uint32_t captured = packet.captured;
  // A simple block does not say how much was captured: the interface's limit does.
  if (!packet.has_time && interface.snap_length != 0)
    captured = std::min(captured, interface.snap_length);
  if (captured > packet.data.size()) return "packet longer than its block";

  Frame& frame = batch.frames[batch.size++];
  frame.time = 0;
  if (packet.has_time)
    frame.time = clamp_time(interface.unit.to_nanoseconds(packet.ticks) + interface.offset);
  frame.bytes = packet.data.first(captured);
  frame.wire_length = packet.on_wire;
  frame.link_type = interface.link_type;
  return nullptr;
}

}  // namespace t2
