// SPDX-License-Identifier: Apache-2.0
// Codings: takes content codings off a body (RFC 9110 8.4.1): gzip, deflate (with and without
// zlib's frame), br, zstd, several in a row. Senders lie about them: a coding that the bytes do not
// have is passed over, as browsers do.
#pragma once

#include <array>
#include <cstdint>
#include <memory>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "budget.h"
#include "t2/bytes.h"

namespace t2::http {

class BytesSink {
 public:
  virtual ~BytesSink() = default;
  virtual void on_bytes(Bytes data) = 0;
};

/// One compressed stream.
class Decompressor {
 public:
  enum class State : std::uint8_t { kMore, kOutput, kEnd, kError };
  using Room = std::span<std::uint8_t>;

  virtual ~Decompressor() = default;
  /// Takes bytes off the front of `in`; `out` is what of `room` was filled.
  virtual State next(Bytes& in, Room room, Bytes& out) = 0;
  /// Whether the stream is whole if nothing follows.
  virtual bool may_end() const { return false; }
  /// Bytes that it has, about.
  virtual std::size_t memory() const = 0;
};

/// Memory for output that all bodies share: what is in it does not outlive a call.
class Workspace {
 public:
  static constexpr std::size_t kMostLayers = 8;
  std::span<std::uint8_t> room(std::size_t layer) {
    std::vector<std::uint8_t>& r = rooms_[layer];
    if (r.empty()) r.resize(1 << 16);
    return r;
  }

 private:
  std::array<std::vector<std::uint8_t>, kMostLayers> rooms_;
};

enum class Coding : std::uint8_t { kGzip, kDeflate, kBrotli, kZstd };
std::string_view name(Coding c);
std::unique_ptr<Decompressor> make_decompressor(Coding c);

/// Codings named by the values of Content-Encoding and the like, in the order in which they were
/// applied; names that are not known are left out.
void add_codings(std::string_view value, std::vector<Coding>& to);

/// How much a body may grow.
struct BombLimits {
  std::uint64_t bytes = 0;  // that much in any case; 0: no limit
  std::uint64_t ratio = 0;  // beyond that, so many times its bytes on the wire
};

class Codings {
 public:
  /// `applied`: the last one is taken off first.
  Codings(const std::vector<Coding>& applied, const BombLimits& limits, Workspace& workspace,
          Budget& budget, BytesSink& out);
  ~Codings();
  Codings(const Codings&) = delete;
  Codings& operator=(const Codings&) = delete;

  /// False: there is no room for what it needs, and nothing more comes out.
  bool feed(Bytes data);
  /// Nothing more is wanted. Also in BytesSink::on_bytes.
  void stop() { stopped_ = true; }
  /// Nothing follows, or what follows is lost.
  void finish();

  /// Bytes are given on as they came.
  bool plain() const;
  /// It did not decode to its end.
  bool broken() const { return broken_; }
  bool bomb() const { return bomb_; }
  /// What was taken off, outermost first.
  std::vector<Coding> removed() const;

 private:
  class Layer;
  friend class Layer;

  void give_on(std::size_t layer, Bytes data);
  bool may_grow(std::uint64_t bytes);

  const BombLimits limits_;
  Workspace& workspace_;
  BytesSink& out_;
  Share share_;
  std::vector<std::unique_ptr<Layer>> layers_;  // outermost first
  std::uint64_t wire_bytes_ = 0, grown_ = 0;    // fed, and put out by all layers
  bool broken_ = false, bomb_ = false, stopped_ = false;
};

}  // namespace t2::http
