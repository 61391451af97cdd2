// SPDX-License-Identifier: Apache-2.0
// Which conversations are embedded: all up to a limit; beyond it those that must be there (FTP,
// files, of findings), the largest, and an even sample by the hash of flowInd. The same rows give
// the same sample, in one pass: a choice of the best of each part holds for the whole.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "conversation.h"

namespace t2::report {

struct KeptRow {
  Conversation c;
  bool wanted = false;  // must be there, as long as there is room
  std::string a, b;     // the rows as printed; empty if they are not kept
};

class Keeper {
 public:
  /// `rows`: most conversations embedded in full; `texts`: of how many the printed rows are kept.
  Keeper(std::size_t rows, std::size_t texts) : rows_(rows), texts_(texts) {}

  void add(const Conversation& c, bool wanted, std::string_view a, std::string_view b);
  /// Half as many, when the page would be too large.
  void embed_fewer();
  /// Ends the choice; by time, then flowInd.
  void finish();

  bool sampled() const { return sampled_; }
  bool has_texts() const { return has_texts_; }
  const std::vector<KeptRow>& rows() const { return kept_; }

  /// What a sample holds.
  std::size_t sample_size() const { return rows_ / 2; }
  std::size_t largest() const { return rows_ / 10; }
  std::size_t most_wanted() const { return rows_ / 5; }

 private:
  void choose();

  std::size_t rows_, texts_;
  bool sampled_ = false, has_texts_ = true;
  std::vector<KeptRow> kept_;
};

/// Of flowInd, the same on every machine.
std::uint64_t sample_hash(std::uint64_t index);

}  // namespace t2::report
