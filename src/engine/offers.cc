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
  told_ = ahead_ = 0;
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
  }
}

/// The first one marked of [at, until).
Offers::Wanted Offers::first_from(std::size_t at, std::size_t until) const {
  for (std::size_t word = at / kBits; word < marked_.size() && word * kBits < until; ++word) {
    const std::uint64_t below = word == at / kBits ? (std::uint64_t{1} << at % kBits) - 1 : 0;
    const std::uint64_t left = marked_[word] & ~below;
    if (left == 0) continue;
    const std::size_t found = word * kBits + static_cast<std::size_t>(std::countr_zero(left));
    return found < until ? Wanted{flows_[found], found} : Wanted{};
  }
  return {};
}

Offers::Wanted Offers::next(std::size_t until) {
  const Wanted found = first_from(told_, until);
  told_ = found.flow != nullptr ? found.at + 1 : std::max(told_, until);
  return found;
}

Offers::Wanted Offers::ahead() {
  constexpr std::size_t kFrames = 64;
  ahead_ = std::max(ahead_, told_);
  const Wanted found = first_from(ahead_, told_ + kFrames);
  if (found.flow != nullptr) ahead_ = found.at + 1;
  return found;
}

}  // namespace t2
