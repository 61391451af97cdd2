// SPDX-License-Identifier: Apache-2.0
#include "findings/finding.h"

#include <fmt/format.h>

#include <algorithm>
#include <tuple>

namespace t2::report {

void order(std::vector<Finding>& findings) {
  std::vector<const Rule*> rules;
  for (const Finding& f : findings)
    if (std::ranges::find(rules, f.rule) == rules.end()) rules.push_back(f.rule);
  const auto rank = [&](const Finding& f) {
    return std::tuple(f.level, std::ranges::find(rules, f.rule) - rules.begin(), ~f.weight);
  };
  std::ranges::sort(findings, [&](const Finding& a, const Finding& b) {
    return rank(a) != rank(b) ? rank(a) < rank(b) : a.text < b.text;
  });
}

void limit(std::vector<Finding>& findings) {
  std::vector<Finding> kept;
  for (std::size_t from = 0; from < findings.size();) {
    std::size_t to = from;
    const auto same = [&](const Finding& f) {
      return f.rule == findings[from].rule && f.level == findings[from].level;
    };
    while (to < findings.size() && same(findings[to])) ++to;
    const std::size_t most = std::min(to, from + kMostOfARule);
    kept.insert(kept.end(), findings.begin() + static_cast<std::ptrdiff_t>(from),
                findings.begin() + static_cast<std::ptrdiff_t>(most));
    if (most < to)
      kept.push_back(make_finding(*findings[from].rule,
                                  fmt::format("{} more like these are not listed.", to - most), "",
                                  0));
    from = to;
  }
  findings.swap(kept);
}

}  // namespace t2::report
