// SPDX-License-Identifier: Apache-2.0
#include "findings/finding.h"

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

}  // namespace t2::report
