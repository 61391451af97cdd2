// SPDX-License-Identifier: Apache-2.0
// Bytes and Cursor: the only way to read packet memory. A Cursor checks every read against the end
// of its view and fails stickily, so a parser reads, reads, reads and checks ok() once.
#pragma once

#include <cstdint>
#include <cstring>
#include <span>
#include <string_view>

namespace t2 {

/// A view of captured bytes. Never owns; lives as long as the batch of frames it points into.
using Bytes = std::span<const std::uint8_t>;

inline std::string_view as_text(Bytes b) {
  return {reinterpret_cast<const char*>(b.data()), b.size()};
}
inline Bytes as_bytes(std::string_view s) {
  return {reinterpret_cast<const std::uint8_t*>(s.data()), s.size()};
}

/// The first `n` bytes of `b`, or all of it when it is shorter.
inline Bytes first(Bytes b, std::size_t n) {
  return b.subspan(0, n < b.size() ? n : b.size());
}
/// `b` without its first `n` bytes; empty when it is shorter.
inline Bytes skip(Bytes b, std::size_t n) {
  return n < b.size() ? b.subspan(n) : Bytes{};
}

/// Where `part`, a view into `whole`, begins in it.
inline std::size_t offset_in(Bytes whole, Bytes part) {
  return static_cast<std::size_t>(part.data() - whole.data());
}

/// Unchecked loads in network byte order, for memory whose size the caller has just tested.
inline std::uint16_t load_be16(const std::uint8_t* p) {
  std::uint16_t v = 0;
  std::memcpy(&v, p, sizeof v);
  return __builtin_bswap16(v);
}
inline std::uint32_t load_be32(const std::uint8_t* p) {
  std::uint32_t v = 0;
  std::memcpy(&v, p, sizeof v);
  return __builtin_bswap32(v);
}
inline std::uint64_t load_be64(const std::uint8_t* p) {
  std::uint64_t v = 0;
  std::memcpy(&v, p, sizeof v);
  return __builtin_bswap64(v);
}

/// Reads network-order values from a view. After the first read past the end ok() is false, and
/// that read and all later ones give 0 or an empty view.
class Cursor {
 public:
  explicit Cursor(Bytes b) : begin_(b.data()), at_(b.data()), end_(b.data() + b.size()) {}

  bool ok() const { return ok_; }
  std::size_t left() const { return static_cast<std::size_t>(end_ - at_); }
  std::size_t offset() const { return static_cast<std::size_t>(at_ - begin_); }
  Bytes rest() const { return {at_, left()}; }

  std::uint8_t u8() { return take(1) ? at_[-1] : std::uint8_t{0}; }
  std::uint16_t be16() { return take(2) ? load_be16(at_ - 2) : std::uint16_t{0}; }
  std::uint32_t be32() { return take(4) ? load_be32(at_ - 4) : 0; }
  std::uint64_t be64() { return take(8) ? load_be64(at_ - 8) : 0; }
  Bytes bytes(std::size_t n) { return take(n) ? Bytes{at_ - n, n} : Bytes{}; }
  void skip(std::size_t n) { take(n); }

  /// Looks ahead without moving; 0 (and still ok) when the view is too short.
  std::uint8_t peek_u8(std::size_t at = 0) const { return at < left() ? at_[at] : std::uint8_t{0}; }
  std::uint16_t peek_be16(std::size_t at = 0) const {
    return at + 2 <= left() ? load_be16(at_ + at) : std::uint16_t{0};
  }

 private:
  bool take(std::size_t n) {
    if (n > left()) ok_ = false;
    if (!ok_) {
      at_ = end_;
      return false;
    }
    at_ += n;
    return true;
  }

  const std::uint8_t* begin_;
  const std::uint8_t* at_;
  const std::uint8_t* end_;
  bool ok_ = true;
};

}  // namespace t2
