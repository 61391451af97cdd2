// SPDX-License-Identifier: Apache-2.0
#include "engine/offers.h"

#include <algorithm>
#include <bit>

namespace t2 {

void Offers::begin(std::span<const ShardResult> results, std::size_t frames) {
  constexpr std::size_t kAhead = 8;
  results_ = results;
  flows_.resize(std::max(flows_.size(), frames));
  marked_.assign((frames + kBits - 1) / kBits, 0);
  next_ = kNone;
  ahead_ = 0;
  for (const ShardResult& r : results) {
    for (std::size_t i = 0; i < r.offers.size(); ++i) {
      if (i + kAhead < r.offers.size()) __builtin_prefetch(&r.offers[i + kAhead].flow->ordered, 1);
      OrderedSlot& f = r.offers[i].flow->ordered;
      f.offer = static_cast<std::uint16_t>(i);
      if (interest_.is_in_later(f, r.offers[i].syn)) {
        take_up(r, r.offers[i], 0);
      } else {
        Interest::note_quiet(f);
      }
    }
  }
}

void Offers::follow(OrderedSlot& f, std::size_t at) {
  take_up(f, at + 1);
  if (f.opposite != nullptr) take_up(slot_of(*f.opposite), at + 1);
}

void Offers::take_up(OrderedSlot& f, std::size_t from) {
  const ShardResult& r = results_[f.place_ % results_.size()];
  const bool any = f.offer < r.offers.size() && &r.offers[f.offer].flow->ordered == &f;
  if (any && interest_.is_in_later(f, r.offers[f.offer].syn)) take_up(r, r.offers[f.offer], from);
}

void Offers::take_up(const ShardResult& result, const Offer& offer, std::size_t from) {
  for (std::uint32_t i = offer.newest; i > 0; i = result.offered[i - 1].before) {
    const std::size_t at = result.offered[i - 1].at;
    if (at < from) return;
    flows_[at] = &offer.flow->ordered;
    marked_[at / kBits] |= std::uint64_t{1} << at % kBits;
    next_ = std::min(next_, at);
  }
}

/// The first frame marked from that one on, or kNone.
std::size_t Offers::marked_from(std::size_t at) const {
  std::size_t word = at / kBits;
  if (word >= marked_.size()) return kNone;
  std::uint64_t left = marked_[word] >> at % kBits << at % kBits;
  while (left == 0) {
    if (++word == marked_.size()) return kNone;
    left = marked_[word];
  }
  return word * kBits + static_cast<std::size_t>(std::countr_zero(left));
}

Offers::Wanted Offers::ahead() {
  constexpr std::size_t kFrames = 64;
  if (next_ == kNone) return {};
  const std::size_t found = marked_from(std::max(ahead_, next_));
  if (found == kNone || found - next_ > kFrames) return {};
  ahead_ = found + 1;
  return {flows_[found], found};
}

}  // namespace t2
