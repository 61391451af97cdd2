// SPDX-License-Identifier: Apache-2.0
#include "t2/column_names.h"

#include <algorithm>
#include <set>

namespace t2 {
namespace {

std::string lower(std::string s) {
  const auto fold = [](char c) {
    return c >= 'A' && c <= 'Z' ? static_cast<char>(c - 'A' + 'a') : c;
  };
  std::transform(s.begin(), s.end(), s.begin(), fold);
  return s;
}

}  // namespace

std::vector<std::string> distinct_names(const Schema& schema, std::string_view reserved) {
  std::set<std::string> taken = {lower(std::string(reserved))};
  std::vector<std::string> names;
  for (const Column& c : schema.columns) {
    std::string free = c.name;
    for (int i = 2; !taken.insert(lower(free)).second; ++i) free = c.name + '_' + std::to_string(i);
    names.push_back(free);
  }
  return names;
}

}  // namespace t2
