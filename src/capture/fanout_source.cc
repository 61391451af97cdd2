// SPDX-License-Identifier: Apache-2.0
#include "capture/fanout_source.h"

#include <fmt/format.h>

#include <utility>

#include "capture/live_source.h"

namespace t2 {
namespace {

void tell(const InputOptions& options, const std::string& line) {
  if (options.on_sharing) options.on_sharing(line);
}

}  // namespace

Result<std::unique_ptr<Source>> open_live(const InputOptions& options) {
  std::vector<std::unique_ptr<LiveSocket>> sockets;
  while (sockets.size() < std::max(1U, options.sockets)) {
    auto socket = LiveSocket::open(options);
    if (!socket) return socket.error();
    sockets.push_back(std::move(*socket));
  }
  if (sockets.size() > 1 && LiveSocket::share(sockets)) {
    tell(options, fmt::format("Capture: {} sockets share the packets", sockets.size()));
    return std::unique_ptr<Source>(std::make_unique<FanoutSource>(std::move(sockets)));
  }
  if (sockets.size() > 1) {
    tell(options, "Capture: one socket, for the packets of this interface cannot be shared");
    InputOptions one = options;
    one.sockets = 1;
    sockets.clear();  // those that share already
    auto socket = LiveSocket::open(one);
    if (!socket) return socket.error();
    sockets.push_back(std::move(*socket));
  }
  return std::unique_ptr<Source>(std::make_unique<LiveSource>(std::move(sockets[0])));
}

FanoutSource::FanoutSource(std::vector<std::unique_ptr<LiveSocket>> sockets)
    : merge_(sockets.size(), LiveSocket::kHidden), inboxes_(sockets.size()) {
  const std::string& warning = sockets[0]->warning();
  if (!warning.empty()) warnings_.push_back(warning);
  for (auto& s : sockets) {
    readers_.push_back(std::make_unique<Reader>());
    readers_.back()->socket = std::move(s);
  }
}

void FanoutSource::start() {
  for (std::size_t i = 0; i < readers_.size(); ++i) {
    readers_[i]->thread = std::thread([this, i] { run(i); });
  }
}

void FanoutSource::stop() {
  {
    const MutexLock lock(mutex_);
    stopping_ = true;
  }
  room_came_.notify_all();
  for (const auto& r : readers_) {
    if (r->thread.joinable()) r->thread.join();
  }
}

KernelStats FanoutSource::kernel_stats() const {
  KernelStats sum;
  for (const auto& r : readers_) {
    const MutexLock lock(r->asking);
    const KernelStats s = r->socket->kernel_stats();
    sum.received += s.received;
    sum.dropped_by_kernel += s.dropped_by_kernel;
    sum.dropped_by_interface = s.dropped_by_interface;
  }
  return sum;
}

Source::State FanoutSource::read(FrameBatch& batch) {
  batch.size = 0;
  batch.memory.reset();
  if (!std::exchange(announced_, true)) return State::kNewFile;
  if (!readers_[0]->thread.joinable() && !stopping_) start();
  const auto until = Clock::now() + kWait;
  for (;;) {
    exchange();
    merge_.take(batch);
    if (batch.size > 0) return State::kFrames;
    if (ended_ || stopping_) return State::kEnd;
    if (!wait(until)) return State::kIdle;
  }
}

/// Takes what the readers have, gives back what is used up.
void FanoutSource::exchange() {
  std::vector<TimeMerge::Used> used = merge_.take_used();
  {
    const MutexLock lock(mutex_);
    for (TimeMerge::Used& u : used) {
      inboxes_[u.socket].bytes -= u.piece.bytes;
      inboxes_[u.socket].spare.push_back(std::move(u.piece.batch));
    }
    for (std::size_t i = 0; i < inboxes_.size(); ++i) {
      for (TimeMerge::Piece& p : inboxes_[i].pieces) merge_.add(i, std::move(p));
      inboxes_[i].pieces.clear();
      merge_.empty(i, inboxes_[i].empty_at);
    }
    news_ = false;
    if (error_ && !std::exchange(ended_, true)) warnings_.push_back(*error_);
  }
  if (ended_) merge_.end();
  if (!used.empty()) room_came_.notify_all();
}

/// False: there is nothing new until then.
bool FanoutSource::wait(Clock::time_point until) {
  const MutexLock lock(mutex_);
  held_up_ = merge_.holds();
  while (!news_) {
    if (!news_came_.wait_until(mutex_, until)) return false;
  }
  return true;
}

void FanoutSource::run(std::size_t number) {
  Reader& r = *readers_[number];
  TimeMerge::Piece piece;
  while (wait_for_room(number, piece.batch)) {
    const auto asked = Clock::now();
    LiveSocket::Got got{};
    {
      const MutexLock lock(r.asking);
      got = r.socket->read(piece.batch);
      if (got == LiveSocket::Got::kError) return give_up(r.socket->error());
    }
    if (got == LiveSocket::Got::kFrames) {
      piece.read = Clock::now();
      give(number, std::move(piece));
    } else {
      r.socket->wait(give_nothing(number, asked) ? kAsk : kWait);
    }
  }
}

/// `batch` is one that can be filled then.
bool FanoutSource::wait_for_room(std::size_t number, FrameBatch& batch) {
  const MutexLock lock(mutex_);
  Inbox& inbox = inboxes_[number];
  while (inbox.bytes >= kMostBytes && !stopping_) room_came_.wait(mutex_);
  if (!batch.frames.empty()) return !stopping_;
  if (inbox.spare.empty()) {
    batch = FrameBatch();
  } else {
    batch = std::move(inbox.spare.back());
    inbox.spare.pop_back();
  }
  return !stopping_;
}

void FanoutSource::give(std::size_t number, TimeMerge::Piece piece) {
  piece.bytes = 0;
  for (std::size_t i = 0; i < piece.batch.size; ++i)
    piece.bytes += piece.batch.frames[i].bytes.size();
  {
    const MutexLock lock(mutex_);
    inboxes_[number].bytes += piece.bytes;
    inboxes_[number].pieces.push_back(std::move(piece));
    news_ = true;
  }
  news_came_.notify_one();
}

bool FanoutSource::give_nothing(std::size_t number, Clock::time_point asked) {
  {
    const MutexLock lock(mutex_);
    inboxes_[number].empty_at = asked;
    if (!held_up_) return false;
    news_ = true;
  }
  news_came_.notify_one();
  return true;
}

void FanoutSource::give_up(std::string error) {
  {
    const MutexLock lock(mutex_);
    error_ = std::move(error);
    news_ = true;
  }
  news_came_.notify_one();
}

}  // namespace t2
