// SPDX-License-Identifier: Apache-2.0
#include "t2/held.h"

#include <utility>

namespace t2 {

bool HeldBytes::add(const Chunk& c, std::uint64_t most) {
  const std::uint64_t cost = c.data.size() + sizeof(Piece);
  if (bytes_ + cost > most || !contents_.hold(cost)) return false;
  pieces_.push_back({{c.data.begin(), c.data.end()}, c.length});
  bytes_ += cost;
  return true;
}

std::vector<HeldBytes::Piece> HeldBytes::take() {
  if (bytes_ > 0) contents_.release(bytes_);
  bytes_ = 0;
  return std::exchange(pieces_, {});
}

}  // namespace t2
