// SPDX-License-Identifier: Apache-2.0
// Budget: memory for what has not come to its end: heads, requests that wait for their response,
// streams, bodies and their windows. Each group of flows (t2/flow.h) has its own, so that what is
// refused does not depend on how flows are shared out.
#pragma once

#include <algorithm>
#include <cstddef>

namespace t2::http {

class Budget {
 public:
  /// `most`: bytes.
  explicit Budget(std::size_t most) : most_(most) {}

 private:
  friend class Share;
  /// In place of `before` bytes `now`; false if there is no room for them.
  bool change(std::size_t before, std::size_t now) {
    if (now > before && now - before > most_ - std::min(most_, held_)) return false;
    held_ += now - before;
    return true;
  }

  const std::size_t most_;
  std::size_t held_ = 0;
};

/// What one owner has of it.
class Share {
 public:
  explicit Share(Budget& budget) : budget_(budget) {}
  ~Share() { budget_.change(held_, 0); }
  Share(const Share&) = delete;
  Share& operator=(const Share&) = delete;

  /// Has `now` bytes from here on, or what it had and false.
  bool set(std::size_t now) {
    if (!budget_.change(held_, now)) return false;
    held_ = now;
    return true;
  }
  bool add(std::size_t bytes) { return set(held_ + bytes); }
  void give_back(std::size_t bytes) { set(held_ - bytes); }

 private:
  Budget& budget_;
  std::size_t held_ = 0;
};

}  // namespace t2::http
