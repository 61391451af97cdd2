// SPDX-License-Identifier: Apache-2.0
// LiveSocket: a socket that hears an interface, through libpcap, and what is read of it. Several of
// them can share an interface's packets.
#pragma once

#include <array>
#include <chrono>
#include <cstdint>
#include <memory>
#include <optional>
#include <span>
#include <string>

#include "capture/input.h"
#include "capture/open.h"
#include "capture/source.h"
#include "t2/result.h"

struct pcap;

namespace t2 {

class LiveSocket {
 public:
  /// Packets of a socket that shares can be read after this time, on a machine under load, too.
  static constexpr std::chrono::milliseconds kHidden{50};

  static Result<std::unique_ptr<LiveSocket>> open(const InputOptions& options);

  /// Each packet goes to one of them from now on: both directions of a flow to the same one, as
  /// long as there is room. False: the kernel, or this kind of interface, has no such thing.
  static bool share(std::span<const std::unique_ptr<LiveSocket>> sockets);

  enum class Got : std::uint8_t { kFrames, kNothing, kError };
  /// What is there, up to a batch. Frames are copied out of the kernel's ring, which reuses its
  /// memory at once; the copy stays as long as FrameBatch::memory.
  Got read(FrameBatch& batch);
  /// Until there may be something to read.
  void wait(std::chrono::milliseconds most) const;

  const SourceFile& file() const { return file_; }
  KernelStats kernel_stats();
  /// As a line for the user.
  std::string error() const;
  /// What libpcap says of an interface that it opened all the same, or empty.
  const std::string& warning() const { return warning_; }

 private:
  /// Frames share a buffer until half of it is used.
  static constexpr std::size_t kBuffer = std::size_t{512} << 10;

  using Handle = std::unique_ptr<pcap, void (*)(pcap*)>;
  using Clock = std::chrono::steady_clock;
  struct Collector;

  LiveSocket(Handle handle, const std::string& interface);
  bool join(std::uint32_t group_and_mode);
  std::optional<std::uint32_t> group() const;
  void begin_share(Nanoseconds now);
  void count();

  Handle handle_;
  SourceFile file_;
  std::string warning_;
  bool nanoseconds_ = false;
  // What came before the sockets shared it came to each of them.
  std::optional<Nanoseconds> not_before_;  // until that is passed
  Clock::time_point shared_since_;
  KernelStats counted_;
  std::array<std::uint32_t, 3> last_counts_{};  // libpcap's own, which begin again at 0
  std::uint32_t reads_ = 0;
  std::shared_ptr<BufferPool> pool_ = std::make_shared<BufferPool>();
  std::shared_ptr<BufferPool::Buffer> buffer_;
  std::size_t used_ = 0;  // bytes of buffer_
};

}  // namespace t2
