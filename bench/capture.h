// SPDX-License-Identifier: Apache-2.0
// Capture: the file that make_traffic writes, and the TCP packets of its plain kinds of traffic.
#pragma once

#include <array>
#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <memory>
#include <span>

namespace traffic {

inline constexpr std::uint8_t kFin = 1, kSyn = 2, kPsh = 8, kAck = 16;

/// One end of a TCP connection.
struct End {
  std::uint32_t ip;
  std::uint16_t port;
  std::uint32_t seq;
};

class Capture {
 public:
  explicit Capture(const char* path, std::uint32_t snap_length = 65535)
      : file_(std::fopen(path, "wb")) {
    if (!file_) {
      std::perror(path);
      std::exit(1);
    }
    std::setvbuf(file_.get(), nullptr, _IOFBF, 1 << 20);
    const std::uint32_t head[6] = {0xa1b2c3d4, 0x00040002, 0, 0, snap_length, 1};
    write(head, sizeof head);
  }

  /// Microseconds between packets.
  void set_step(std::uint64_t us) { step_ = us; }
  void wait(std::uint64_t us) { now_ += us; }

  void tcp(End& from, const End& to, std::uint8_t flags, const char* data, std::size_t n) {
    std::array<std::uint8_t, 54> h{};
    std::memcpy(&h[0], "\x00\x01\x5c\x22\xa5\x82\x00\x16\x36\xa9\x08\x20\x08\x00\x45", 15);
    put16(&h[16], static_cast<std::uint16_t>(40 + n));
    put16(&h[18], ++ip_id_);
    std::memcpy(&h[20], "\x40\x00\x40\x06", 4);
    put32(&h[26], from.ip);
    put32(&h[30], to.ip);
    put16(&h[24], checksum(&h[14], 20));
    put16(&h[34], from.port);
    put16(&h[36], to.port);
    put32(&h[38], from.seq);
    put32(&h[42], to.seq);
    h[46] = 0x50;
    h[47] = flags;
    put16(&h[48], 65000);
    record(h.data(), h.size(), data, n);
    from.seq += static_cast<std::uint32_t>(n) + ((flags & (kSyn | kFin)) ? 1 : 0);
  }

  /// A whole Ethernet frame.
  void frame(std::span<const std::uint8_t> bytes) {
    record(bytes.data(), bytes.size(), nullptr, 0);
  }

  /// A frame of a capture; microseconds since that begins.
  void frame_at(std::uint64_t us, std::span<const std::uint8_t> bytes, std::uint32_t wire_length) {
    record(kBegin + us, static_cast<std::uint32_t>(bytes.size()), wire_length);
    write(bytes.data(), bytes.size());
  }

  std::uint64_t packets() const { return packets_; }

 private:
  struct Close {
    void operator()(std::FILE* f) const { std::fclose(f); }
  };

  static void put16(std::uint8_t* p, std::uint16_t v) {
    p[0] = static_cast<std::uint8_t>(v >> 8);
    p[1] = static_cast<std::uint8_t>(v);
  }
  static void put32(std::uint8_t* p, std::uint32_t v) {
    put16(p, static_cast<std::uint16_t>(v >> 16));
    put16(p + 2, static_cast<std::uint16_t>(v));
  }
  static std::uint16_t checksum(const std::uint8_t* p, std::size_t n) {
    std::uint32_t sum = 0;
    for (std::size_t i = 0; i < n; i += 2) sum += static_cast<std::uint32_t>(p[i]) << 8 | p[i + 1];
    while (sum >> 16) sum = (sum & 0xffff) + (sum >> 16);
    return static_cast<std::uint16_t>(~sum);
  }
  void record(const std::uint8_t* head, std::size_t head_size, const char* data, std::size_t n) {
    const auto size = static_cast<std::uint32_t>(head_size + n);
    record(now_, size, size);
    write(head, head_size);
    if (n > 0) write(data, n);
    now_ += step_;
  }
  void record(std::uint64_t us, std::uint32_t size, std::uint32_t wire_length) {
    const std::uint32_t r[4] = {static_cast<std::uint32_t>(us / 1000000),
                                static_cast<std::uint32_t>(us % 1000000), size, wire_length};
    write(r, sizeof r);
    ++packets_;
  }
  void write(const void* p, std::size_t n) {
    if (std::fwrite(p, 1, n, file_.get()) != n) {
      std::perror("write");
      std::exit(1);
    }
  }

  std::unique_ptr<std::FILE, Close> file_;
  static constexpr std::uint64_t kBegin = 1700000000ULL * 1000000;
  std::uint64_t now_ = kBegin;
  std::uint64_t step_ = 10;
  std::uint64_t packets_ = 0;
  std::uint16_t ip_id_ = 0;
};

}  // namespace traffic
