// SPDX-License-Identifier: Apache-2.0
// What stands out. Rules, not verdicts: each says what was seen in figures, which flows, why one
// should look, and how it can be harmless. Bits alone are no findings.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

namespace t2::report {

enum class Level : std::uint8_t { kFirst, kLook, kNote };

/// The words of a rule, the same for all that it finds.
struct Rule {
  const char* name;
  Level level;
  const char* title;
  const char* why;
  const char* harmless;
  const char* how;
};

struct Finding {
  const Rule* rule = nullptr;
  Level level = Level::kLook;
  std::string text;          // one sentence with figures; may quote the network
  std::string filter;        // the flows, in the words of the page's filter; empty: none
  std::uint64_t weight = 0;  // order within a rule, largest first
};

inline Finding make_finding(const Rule& rule, std::string text, std::string filter,
                            std::uint64_t weight) {
  return {&rule, rule.level, std::move(text), std::move(filter), weight};
}

/// Drops what is beyond kMostOfARule of each rule and level, and says how many; for sorted ones.
inline constexpr std::size_t kMostOfARule = 100;
void limit(std::vector<Finding>& findings);

/// Sorts by level, then as the rules came, then weight; ends equal ones by text.
void order(std::vector<Finding>& findings);

/// Each detector tells of how many of its conversations the rows should be embedded, at most.
inline constexpr std::uint64_t kRowsPerFinding = 200;

}  // namespace t2::report
