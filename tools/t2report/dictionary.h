// SPDX-License-Identifier: Apache-2.0
// Texts that repeat, as numbers. Bounded: behind the limit everything new is one text, kMore.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <unordered_map>
#include <vector>

namespace t2::report {

class Dictionary {
 public:
  static constexpr std::size_t kMost = 50'000, kLongest = 512;
  static constexpr const char* kMore = "(more)";

  std::uint32_t of(std::string_view text) {
    const std::string key(texts_.size() < kMost ? text.substr(0, kLongest) : text);
    if (const auto found = numbers_.find(key); found != numbers_.end()) return found->second;
    if (texts_.size() > kMost) return static_cast<std::uint32_t>(kMost);
    const auto n = static_cast<std::uint32_t>(texts_.size());
    texts_.push_back(n == kMost ? kMore : key);
    numbers_.emplace(texts_.back(), n);
    return n;
  }
  const std::vector<std::string>& texts() const { return texts_; }
  const std::string& text(std::uint32_t n) const { return texts_[n]; }

 private:
  std::vector<std::string> texts_;
  std::unordered_map<std::string, std::uint32_t> numbers_;
};

}  // namespace t2::report
