// SPDX-License-Identifier: Apache-2.0
// HTTP/2 frames (RFC 9113 4, 6) and header blocks (RFC 7541, by libnghttp2).
#pragma once

#include <cstdint>
#include <memory>
#include <string>
#include <string_view>

#include "head.h"
#include "t2/bytes.h"

struct nghttp2_hd_inflater;

namespace t2::http {

enum class FrameType : std::uint8_t {
  kData = 0,
  kHeaders = 1,
  kPriority = 2,
  kReset = 3,
  kSettings = 4,
  kPushPromise = 5,
  kPing = 6,
  kGoAway = 7,
  kWindowUpdate = 8,
  kContinuation = 9,
};
inline constexpr std::uint8_t kEndStream = 0x1, kAck = 0x1, kEndHeaders = 0x4, kPadded = 0x8,
                              kHasPriority = 0x20;

struct FrameHeader {
  static constexpr std::size_t kSize = 9;

  std::uint32_t length = 0;
  std::uint8_t type = 0, flags = 0;
  std::uint32_t stream = 0;

  /// `b` holds kSize bytes.
  static FrameHeader read(Bytes b);
  bool is(FrameType t) const { return type == static_cast<std::uint8_t>(t); }
  bool has(std::uint8_t flag) const { return (flags & flag) != 0; }
  /// Whether a sender that keeps to the rules may send it.
  bool plausible() const;
};

/// Whether bytes in the middle of a connection are frames: one ends where they end, or several
/// follow each other.
bool looks_like_frames(Bytes data);
/// Whether a server's connection may begin so: a SETTINGS frame.
bool is_server_preface(Bytes data);

/// The header blocks of one direction. After one that cannot be read all later ones are unknown,
/// because they refer to what came before.
class HeaderBlocks {
 public:
  HeaderBlocks();
  /// The fields of a whole block, with the pseudo-fields as a head has them; empty if unknown.
  Head read(Bytes block);
  bool lost() const { return inflater_ == nullptr; }
  void lose() { inflater_.reset(); }
  /// The other side allows a table of that size.
  void allow_table(std::uint32_t size);
  /// Bytes that the table may take.
  std::size_t table() const { return lost() ? 0 : table_; }

 private:
  static constexpr std::uint32_t kUsualTable = 4096;  // RFC 9113 6.5.2

  struct Free {
    void operator()(nghttp2_hd_inflater* i) const;
  };
  std::unique_ptr<nghttp2_hd_inflater, Free> inflater_;
  std::size_t table_ = kUsualTable;
};

}  // namespace t2::http
