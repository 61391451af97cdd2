// SPDX-License-Identifier: Apache-2.0
// TimeMerge: packets of several sockets that share those of one interface, in the order of their
// times again, then of the sockets. What came to a socket can be read some time later only, so who
// has a packet waits for a silent socket until that was seen empty so much later.
#pragma once

#include <algorithm>
#include <chrono>
#include <cstddef>
#include <deque>
#include <memory>
#include <utility>
#include <vector>

#include "capture/frame.h"

namespace t2 {

class TimeMerge {
 public:
  using Clock = std::chrono::steady_clock;

  /// What was read from a socket at a time.
  struct Piece {
    FrameBatch batch;
    Clock::time_point read;
    std::size_t bytes = 0;  // of its frames
  };

  /// `hidden`: so long at most a packet that came cannot be read yet.
  TimeMerge(std::size_t sockets, Clock::duration hidden) : hidden_(hidden), lines_(sockets) {}

  void add(std::size_t socket, Piece piece) { lines_[socket].pieces.push_back(std::move(piece)); }
  /// At this time nothing could be read behind what was added.
  void empty(std::size_t socket, Clock::time_point at) { lines_[socket].empty_at = at; }
  /// Nothing comes any more.
  void end() {
    for (Line& l : lines_) l.empty_at = Clock::time_point::max();
  }
  bool holds() const {
    return std::any_of(lines_.begin(), lines_.end(), [](const Line& l) { return !l.silent(); });
  }
  /// Packets whose turn it is, up to a batch.
  void take(FrameBatch& batch);
  /// Pieces all of whose packets were taken, since the last call: by socket.
  struct Used {
    std::size_t socket;
    Piece piece;
  };
  std::vector<Used> take_used() { return std::exchange(used_, {}); }

 private:
  struct Line {
    bool silent() const { return pieces.empty(); }
    const FrameBatch& batch() const { return pieces.front().batch; }
    Nanoseconds time() const { return batch().frames[at].time; }

    std::deque<Piece> pieces;  // none without frames
    std::size_t at = 0;        // of the first piece
    Clock::time_point empty_at;
    const void* kept = nullptr;  // memory of its that the batch at hand has
  };
  /// Frames' memory, for as long as the batch that has frames of all of them.
  using Memory = std::vector<std::shared_ptr<const void>>;

  bool may_go(const Line& first) const;
  void run(std::size_t first, FrameBatch& batch, Memory& memory);

  const Clock::duration hidden_;
  std::vector<Line> lines_;
  std::vector<Used> used_;
};

}  // namespace t2
