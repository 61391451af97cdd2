// SPDX-License-Identifier: Apache-2.0
#include <algorithm>

#include "side.h"

namespace t2::http {

bool Conversation::add_request(const Exchange& e, std::uint32_t ack) {
  const bool full = waiting_.size() == kMostWaiting;
  if (full) pop();
  const bool room = share_.add(e.footprint() + sizeof(Waiting));
  if (room) waiting_.push_back({e, ack});
  lost_ = lost_ || full || !room;
  return room && !full;
}

void Conversation::pop() {
  share_.give_back(waiting_.front().exchange.footprint() + sizeof(Waiting));
  waiting_.pop_front();
}

/// Who acknowledges a byte of a response has not sent the request for it any more: responses that
/// never came are told by this.
bool Conversation::may_answer(const Waiting& w, std::uint64_t end) const {
  if (!base_ || end == 0) return true;
  const auto acked = static_cast<std::int32_t>(w.ack - *base_ - static_cast<std::uint32_t>(end));
  return acked < 0;
}

bool Conversation::expects_at(std::uint64_t at) const {
  if (!base_) return false;
  const auto acked = static_cast<std::uint32_t>(*base_ + static_cast<std::uint32_t>(at));
  return std::any_of(waiting_.begin(), waiting_.end(),
                     [acked](const Waiting& w) { return w.ack == acked; });
}

Exchange Conversation::request_for(std::uint64_t end, bool take) {
  if (waiting_.empty() || !may_answer(waiting_.front(), end)) return {};
  if (lost_) {
    std::size_t last = 0;
    while (last + 1 < waiting_.size() && may_answer(waiting_[last + 1], end)) ++last;
    // Sent at once with another one: nobody knows which of them was lost.
    const bool unsure = last > 0 && waiting_[last - 1].ack == waiting_[last].ack;
    for (; last > 0; --last) pop();
    lost_ = false;
    if (unsure) {
      pop();
      return {};
    }
  }
  Exchange e = waiting_.front().exchange;
  if (take) pop();
  return e;
}

void Conversation::restart() {
  waiting_.clear();
  share_.set(0);
  base_.reset();
  lost_ = false;
}

}  // namespace t2::http
