// SPDX-License-Identifier: Apache-2.0
#include "capture/time_merge.h"

#include <algorithm>
#include <limits>
#include <utility>

namespace t2 {

void TimeMerge::take(FrameBatch& batch) {
  batch.size = 0;
  for (Line& l : lines_) l.kept = nullptr;
  const auto memory = std::make_shared<Memory>();
  while (batch.size < FrameBatch::kCapacity) {
    std::size_t first = lines_.size();
    for (std::size_t s = 0; s < lines_.size(); ++s) {
      if (lines_[s].silent()) continue;
      if (first == lines_.size() || lines_[s].time() < lines_[first].time()) first = s;
    }
    if (first == lines_.size() || !may_go(lines_[first])) break;
    run(first, batch, *memory);
  }
  batch.memory = memory;
}

/// No socket that is silent now can still have an earlier packet.
bool TimeMerge::may_go(const Line& first) const {
  const Clock::time_point read = first.pieces.front().read;
  return std::all_of(lines_.begin(), lines_.end(),
                     [&](const Line& l) { return !l.silent() || l.empty_at - hidden_ >= read; });
}

/// Of the first piece of this socket, which has the first packet, all before those of others.
void TimeMerge::run(std::size_t first, FrameBatch& batch, Memory& memory) {
  Nanoseconds limit = std::numeric_limits<Nanoseconds>::max();  // the last time that is its turn
  for (std::size_t s = 0; s < lines_.size(); ++s) {
    if (s == first || lines_[s].silent()) continue;
    limit = std::min(limit, lines_[s].time() - (s < first ? 1 : 0));
  }
  Line& line = lines_[first];
  const FrameBatch& from = line.batch();
  if (std::exchange(line.kept, from.memory.get()) != from.memory.get()) {
    memory.push_back(from.memory);
  }
  while (batch.size < FrameBatch::kCapacity && line.at < from.size && line.time() <= limit) {
    batch.frames[batch.size++] = from.frames[line.at++];
  }
  if (line.at < from.size) return;
  used_.push_back({first, std::move(line.pieces.front())});
  used_.back().piece.batch.memory.reset();
  line.pieces.pop_front();
  line.at = 0;
}

}  // namespace t2
