// SPDX-License-Identifier: Apache-2.0
// LiveSource: packets from a network interface (-i), from one socket.
#pragma once

#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "capture/live_socket.h"
#include "capture/source.h"

namespace t2 {

class LiveSource final : public Source {
 public:
  explicit LiveSource(std::unique_ptr<LiveSocket> socket) : socket_(std::move(socket)) {
    if (!socket_->warning().empty()) warnings_.push_back(socket_->warning());
  }

  State read(FrameBatch& batch) override;
  const SourceFile& file() const override { return socket_->file(); }
  std::uint64_t bytes_read() const override { return 0; }
  std::uint64_t bytes_total() const override { return 0; }
  std::uint64_t bytes_of_files() const override { return 0; }
  bool live() const override { return true; }
  KernelStats kernel_stats() const override { return socket_->kernel_stats(); }
  std::vector<std::string> take_warnings() override { return std::exchange(warnings_, {}); }

 private:
  /// How long read() waits for a packet before it says kIdle.
  static constexpr std::chrono::milliseconds kWait{100};

  std::unique_ptr<LiveSocket> socket_;
  bool announced_ = false;
  std::vector<std::string> warnings_;
};

}  // namespace t2
