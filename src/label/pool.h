// SPDX-License-Identifier: Apache-2.0
// LabelPool: every distinct label once, with an id; owns the texts.
#pragma once

#include <cstdint>
#include <deque>
#include <string>
#include <string_view>
#include <unordered_map>

#include "t2/label.h"

namespace t2 {

class LabelPool {
 public:
  LabelPool() { labels_.emplace_back(); }

  /// The id of a label with these values; texts are copied once. 0 if all is unknown.
  std::uint32_t intern(const Label& l);
  const Label& get(std::uint32_t id) const { return labels_[id]; }

 private:
  struct Hash {
    std::size_t operator()(const Label& l) const;
  };
  struct Equal {
    bool operator()(const Label& x, const Label& y) const;
  };

  std::string_view keep(std::string_view s);

  std::deque<Label> labels_;       // 0: unknown
  std::deque<std::string> texts_;  // stable addresses
  std::unordered_map<std::string_view, std::string_view> kept_;
  std::unordered_map<Label, std::uint32_t, Hash, Equal> ids_;  // texts point into texts_
};

}  // namespace t2
