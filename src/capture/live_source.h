// SPDX-License-Identifier: Apache-2.0
// LiveSource: packets from a network interface through libpcap (-i).
#pragma once

#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "capture/input.h"
#include "capture/open.h"
#include "capture/source.h"
#include "t2/result.h"

struct pcap;

namespace t2 {

class LiveSource final : public Source {
 public:
  /// How long read() waits for a packet before it says kIdle.
  static constexpr int kWaitMilliseconds = 100;

  static Result<std::unique_ptr<Source>> open(const InputOptions& options);

  /// Packets are copied out of the kernel's ring, which reuses its memory at once; the copy stays
  /// as long as FrameBatch::memory.
  State read(FrameBatch& batch) override;
  const SourceFile& file() const override { return file_; }
  std::uint64_t bytes_read() const override { return 0; }
  std::uint64_t bytes_total() const override { return 0; }
  std::uint64_t bytes_of_files() const override { return 0; }
  bool live() const override { return true; }
  KernelStats kernel_stats() const override;
  std::vector<std::string> take_warnings() override { return std::exchange(warnings_, {}); }

 private:
  /// Frames share a buffer until half of it is used.
  static constexpr std::size_t kBuffer = std::size_t{512} << 10;

  using Handle = std::unique_ptr<pcap, void (*)(pcap*)>;
  struct Collector;

  LiveSource(Handle handle, const std::string& interface);
  int collect(FrameBatch& batch);
  void wait() const;

  Handle handle_;
  SourceFile file_;
  bool announced_ = false;
  bool nanoseconds_ = false;
  std::shared_ptr<BufferPool> pool_ = std::make_shared<BufferPool>();
  std::shared_ptr<BufferPool::Buffer> buffer_;
  std::size_t used_ = 0;  // bytes of buffer_
  std::vector<std::string> warnings_;
};

}  // namespace t2
