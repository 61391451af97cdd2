// SPDX-License-Identifier: Apache-2.0
// Ranges: pieces of one representation (RFC 9110 14, 15.3.7), over requests and connections, merged
// into one file when they fit: the same URI, length and validator.
#pragma once

#include <cstdint>
#include <list>
#include <map>
#include <string>
#include <vector>

#include "item.h"
#include "t2/content.h"

namespace t2::http {

class Ranges {
 public:
  explicit Ranges(Contents& contents) : contents_(contents) {}

  /// An item that has ended: a piece, or the beginning of a whole body that was cut.
  void add(const ItemStart& start, const ContentRecord& r);
  /// What fits together though parts are missing.
  void finish();
  std::uint64_t merged() const { return merged_; }

 private:
  struct Piece {
    std::uint64_t from = 0, to = 0;
    CarveOutcomePtr file;
    std::uint64_t flow = 0;
    std::uint32_t conflicts = 0;
    bool operator<(const Piece& o) const { return from < o.from; }
  };
  struct Set {
    ItemStart start;  // of the first piece
    ContentRecord record;
    std::uint64_t total = 0;
    std::vector<Piece> pieces;  // sorted
    bool merged = false;
    std::list<const std::string*>::iterator place;
  };
  using Sets = std::map<std::string, Set, std::less<>>;
  static constexpr std::size_t kMostSets = 1024, kMostPieces = 4096;

  Set& set_for(const std::string& key, const ItemStart& start, const ContentRecord& r,
               std::uint64_t total);
  static bool covered(const Set& s);
  void merge(Set& s);

  Contents& contents_;
  Sets sets_;
  std::list<const std::string*> used_;  // last at the front
  std::uint64_t merged_ = 0;
};

}  // namespace t2::http
