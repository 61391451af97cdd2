// SPDX-License-Identifier: Apache-2.0
// The rules: read from p0f's own database or from the reference's conversion of it, and searched.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "names.h"
#include "signature.h"
#include "t2/result.h"

namespace t2::tp0f {

struct Rule {
  Signature signature;
  std::uint16_t number = 0;  // tp0fRN
  std::uint32_t label = 0;
  bool generic = false;
};

/// What a rule stands for.
struct RuleLabel {
  std::string os_class, program, version;
  System numbers;
};

class Database {
 public:
  static constexpr std::size_t kMaxFile = 4 << 20;  // bytes
  static constexpr std::size_t kMaxRules = 10000;

  /// Reads a file in either format, told apart by its content. Lines that break the grammar are
  /// skipped and counted; an error only for a file that cannot be read.
  static Result<Database> load(const std::string& path);
  static Database parse(std::string_view text);

  std::size_t size() const { return syn_.size() + syn_ack_.size(); }
  std::size_t skipped() const { return skipped_; }

  /// The best rule: exact before fuzzy, specific before generic, then the first in the file. Null
  /// if none fits. The pointer lives as long as the database.
  const Rule* find(const Observation& o, bool fuzzy) const;
  const RuleLabel& label(const Rule& r) const { return labels_[r.label]; }

 private:
  void parse_p0f(std::string_view text);
  void parse_converted(std::string_view text);
  bool parse_converted_line(std::string_view line);
  bool add(Rule rule, bool syn_ack);
  void index();

  // Sorted by hash of the layout, and for one layout in the order of the file.
  std::vector<Rule> syn_, syn_ack_;
  std::vector<RuleLabel> labels_;
  std::size_t skipped_ = 0;
};

}  // namespace t2::tp0f
