// SPDX-License-Identifier: Apache-2.0
#include <algorithm>

#include "side.h"

namespace t2::http {

void Conversation::add_request(std::shared_ptr<Exchange> e, std::uint32_t ack) {
  if (waiting_.size() == kMostWaiting) {
    waiting_.pop_front();
    lost_ = true;
  }
  waiting_.push_back({std::move(e), ack});
}

/// Who acknowledges a byte of a response has not sent the request for it any more: responses that
/// never came are told by this.
bool Conversation::may_answer(const Request& r, std::uint64_t end) const {
  if (!base_ || end == 0) return true;
  const auto acked = static_cast<std::int32_t>(r.ack - *base_ - static_cast<std::uint32_t>(end));
  return acked < 0;
}

bool Conversation::expects_at(std::uint64_t at) const {
  if (!base_) return false;
  const auto acked = static_cast<std::uint32_t>(*base_ + static_cast<std::uint32_t>(at));
  return std::any_of(waiting_.begin(), waiting_.end(),
                     [acked](const Request& r) { return r.ack == acked; });
}

std::shared_ptr<Exchange> Conversation::request_for(std::uint64_t end, bool take) {
  if (waiting_.empty() || !may_answer(waiting_.front(), end)) return nullptr;
  if (lost_) {
    std::size_t last = 0;
    while (last + 1 < waiting_.size() && may_answer(waiting_[last + 1], end)) ++last;
    // Sent at once with another one: nobody knows which of them was lost.
    const bool unsure = last > 0 && waiting_[last - 1].ack == waiting_[last].ack;
    waiting_.erase(waiting_.begin(), waiting_.begin() + static_cast<std::ptrdiff_t>(last));
    lost_ = false;
    if (unsure) {
      waiting_.pop_front();
      return nullptr;
    }
  }
  auto e = waiting_.front().exchange;
  if (take) waiting_.pop_front();
  return e;
}

void Conversation::restart() {
  waiting_.clear();
  base_.reset();
  lost_ = false;
}

}  // namespace t2::http
