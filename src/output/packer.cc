// SPDX-License-Identifier: Apache-2.0
#include "output/packer.h"

#include <unistd.h>
#include <zlib.h>
#include <zstd.h>

#include <array>
#include <cerrno>
#include <cstdint>
#include <limits>

namespace t2 {
namespace {

constexpr std::size_t kPiece = std::size_t{1} << 16;
constexpr int kGzipLevel = 6;
constexpr int kZstdLevel = 3;
constexpr int kGzipWindow = 15 + 16;  // 32 KiB, with the header and trailer of RFC 1952
constexpr int kGzipMemory = 8;

class GzipPacker final : public Packer {
 public:
  explicit GzipPacker(int fd) : fd_(fd) {
    ready_ = deflateInit2(&stream_, kGzipLevel, Z_DEFLATED, kGzipWindow, kGzipMemory,
                          Z_DEFAULT_STRATEGY) == Z_OK;
  }
  ~GzipPacker() override {
    if (ready_) deflateEnd(&stream_);
  }
  GzipPacker(const GzipPacker&) = delete;
  GzipPacker& operator=(const GzipPacker&) = delete;
  bool ready() const { return ready_; }

  bool write(std::string_view data) override {
    while (!data.empty()) {
      const std::size_t n = std::min<std::size_t>(data.size(), std::numeric_limits<uInt>::max());
      if (!deflate_piece(data.substr(0, n), Z_NO_FLUSH)) return false;
      data.remove_prefix(n);
    }
    return true;
  }
  bool finish() override { return deflate_piece({}, Z_FINISH); }

 private:
  bool deflate_piece(std::string_view data, int flush) {
    // zlib does not write to what it reads from.
    stream_.next_in = reinterpret_cast<Bytef*>(const_cast<char*>(data.data()));
    stream_.avail_in = static_cast<uInt>(data.size());
    do {
      stream_.next_out = reinterpret_cast<Bytef*>(piece_.data());
      stream_.avail_out = kPiece;
      deflate(&stream_, flush);
      const std::size_t n = kPiece - stream_.avail_out;
      if (write_all(fd_, {piece_.data(), n}) != n) return false;
    } while (stream_.avail_out == 0);
    return true;
  }

  int fd_;
  bool ready_ = false;
  z_stream stream_{};
  std::array<char, kPiece> piece_{};
};

class ZstdPacker final : public Packer {
 public:
  explicit ZstdPacker(int fd) : fd_(fd), context_(ZSTD_createCCtx()) {
    if (context_) ZSTD_CCtx_setParameter(context_.get(), ZSTD_c_compressionLevel, kZstdLevel);
    if (context_) ZSTD_CCtx_setParameter(context_.get(), ZSTD_c_checksumFlag, 1);
  }
  bool ready() const { return context_ != nullptr; }

  bool write(std::string_view data) override { return pack(data, ZSTD_e_continue); }
  bool finish() override { return pack({}, ZSTD_e_end); }

 private:
  struct Free {
    void operator()(ZSTD_CCtx* c) const { ZSTD_freeCCtx(c); }
  };

  bool pack(std::string_view data, ZSTD_EndDirective mode) {
    ZSTD_inBuffer in{data.data(), data.size(), 0};
    for (;;) {
      ZSTD_outBuffer out{piece_.data(), kPiece, 0};
      const std::size_t left = ZSTD_compressStream2(context_.get(), &out, &in, mode);
      if (ZSTD_isError(left) != 0) {
        errno = ENOMEM;
        return false;
      }
      if (write_all(fd_, {piece_.data(), out.pos}) != out.pos) return false;
      if (mode == ZSTD_e_end ? left == 0 : in.pos == in.size) return true;
    }
  }

  int fd_;
  std::unique_ptr<ZSTD_CCtx, Free> context_;
  std::array<char, kPiece> piece_{};
};

template <class P>
std::unique_ptr<Packer> if_ready(std::unique_ptr<P> packer) {
  return packer->ready() ? std::move(packer) : nullptr;
}

}  // namespace

std::unique_ptr<Packer> make_packer(Compression c, int fd) {
  if (c == Compression::kGzip) return if_ready(std::make_unique<GzipPacker>(fd));
  return if_ready(std::make_unique<ZstdPacker>(fd));
}

std::size_t write_all(int fd, std::string_view data) {
  std::size_t done = 0;
  while (done < data.size()) {
    const ssize_t n = ::write(fd, data.data() + done, data.size() - done);
    if (n < 0 && errno == EINTR) continue;
    if (n == 0) errno = ENOSPC;
    if (n <= 0) return done;
    done += static_cast<std::size_t>(n);
  }
  return done;
}

}  // namespace t2
