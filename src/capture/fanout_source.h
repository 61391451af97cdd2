// SPDX-License-Identifier: Apache-2.0
// FanoutSource: packets from a network interface, shared by several sockets. Each is read by a
// thread of its own; what comes out is in order of time.
#pragma once

#include <atomic>
#include <memory>
#include <optional>
#include <string>
#include <thread>
#include <utility>
#include <vector>

#include "base/mutex.h"
#include "capture/live_socket.h"
#include "capture/source.h"
#include "capture/time_merge.h"

namespace t2 {

/// The interface, by as many sockets as the options say; by one if it cannot be shared.
Result<std::unique_ptr<Source>> open_live(const InputOptions& options);

class FanoutSource final : public Source {
 public:
  /// They share the packets: LiveSocket::share().
  explicit FanoutSource(std::vector<std::unique_ptr<LiveSocket>> sockets);
  ~FanoutSource() override { stop(); }

  /// The threads start with the second call.
  State read(FrameBatch& batch) override;
  void stop() override;
  const SourceFile& file() const override { return readers_[0]->socket->file(); }
  std::uint64_t bytes_read() const override { return 0; }
  std::uint64_t bytes_total() const override { return 0; }
  std::uint64_t bytes_of_files() const override { return 0; }
  bool live() const override { return true; }
  /// The interface's own drops are in each socket's.
  KernelStats kernel_stats() const override;
  std::vector<std::string> take_warnings() override { return std::exchange(warnings_, {}); }

 private:
  using Clock = TimeMerge::Clock;
  /// How long read() waits for a packet before it says kIdle, and how long a reader does if nobody
  /// or if somebody waits for word that there is nothing.
  static constexpr std::chrono::milliseconds kWait{100}, kAsk{10};
  /// Of one socket: more stays in the kernel.
  static constexpr std::size_t kMostBytes = std::size_t{16} << 20;

  struct Reader {
    std::unique_ptr<LiveSocket> socket;
    mutable Mutex asking;  // libpcap, one thread at a time
    std::thread thread;
  };
  /// Between a reader and whoever calls read().
  struct Inbox {
    std::vector<TimeMerge::Piece> pieces;
    std::vector<FrameBatch> spare;
    std::size_t bytes = 0;  // of all pieces that are not used up
    Clock::time_point empty_at;
  };

  void start();
  void run(std::size_t number);
  /// False: the end.
  bool wait_for_room(std::size_t number, FrameBatch& batch);
  void give(std::size_t number, TimeMerge::Piece piece);
  /// False: nobody waits for this word.
  bool give_nothing(std::size_t number, Clock::time_point asked);
  void give_up(std::string error);
  void exchange();
  bool wait(Clock::time_point until);

  std::vector<std::unique_ptr<Reader>> readers_;
  TimeMerge merge_;
  bool announced_ = false, ended_ = false;
  std::vector<std::string> warnings_;
  std::atomic<bool> stopping_ = false;

  Mutex mutex_;
  CondVar news_came_, room_came_;
  std::vector<Inbox> inboxes_ T2_GUARDED_BY(mutex_);
  bool news_ T2_GUARDED_BY(mutex_) = false;
  bool held_up_ T2_GUARDED_BY(mutex_) = false;  // packets wait for silent sockets
  std::optional<std::string> error_ T2_GUARDED_BY(mutex_);
};

}  // namespace t2
