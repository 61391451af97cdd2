// SPDX-License-Identifier: Apache-2.0
// LabelPool: every distinct label once, with an id; owns the texts.
#pragma once

#include <array>
#include <bit>
#include <cstdint>
#include <deque>
#include <memory>
#include <string>
#include <string_view>
#include <unordered_map>

#include "t2/label.h"

namespace t2 {

class LabelPool {
 public:
  LabelPool() { add({}); }

  /// The id of a label with these values; texts are copied once. 0 if all is unknown.
  std::uint32_t intern(const Label& l);
  /// Whether any label is one of Tor.
  bool knows_tor() const { return knows_tor_; }
  /// On any thread that learned of the id from the one that made it.
  const Label& get(std::uint32_t id) const {
    const Place p = place_of(id);
    return chunks_[p.chunk][p.at];
  }

 private:
  struct Hash {
    std::size_t operator()(const Label& l) const;
  };
  struct Equal {
    bool operator()(const Label& x, const Label& y) const;
  };

  static constexpr std::uint64_t kFirstChunk = 1024;

  struct Place {
    std::size_t chunk, at;
  };
  static Place place_of(std::uint32_t id) {
    const std::uint64_t n = id + kFirstChunk;
    const auto chunk = static_cast<std::size_t>(std::bit_width(n / kFirstChunk / 2));
    return {chunk, n - (kFirstChunk << chunk)};
  }
  std::string_view keep(std::string_view s);
  std::uint32_t add(const Label& l);

  // Each chunk is twice as large as the one before, and nothing moves: get() needs no lock.
  std::array<std::unique_ptr<Label[]>, 22> chunks_;
  std::uint32_t size_ = 0;  // 0: unknown
  bool knows_tor_ = false;
  std::deque<std::string> texts_;  // stable addresses
  std::unordered_map<std::string_view, std::string_view> kept_;
  std::unordered_map<Label, std::uint32_t, Hash, Equal> ids_;  // texts point into texts_
};

}  // namespace t2
