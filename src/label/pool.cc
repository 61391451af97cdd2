// SPDX-License-Identifier: Apache-2.0
#include "label/pool.h"

#include <fmt/format.h>

namespace t2 {

std::string_view LabelPool::keep(std::string_view s) {
  if (const auto it = kept_.find(s); it != kept_.end()) return it->second;
  const std::string& text = texts_.emplace_back(s);
  kept_.emplace(text, text);
  return text;
}

std::uint32_t LabelPool::intern(Label l) {
  const std::string key =
      fmt::format("{}\t{}\t{}\t{}\t{}\t{}\t{}\t{}\t{}\t{}", l.country, l.organisation, l.county, l.city,
                  l.asn, l.code, l.latitude, l.longitude, l.radius, l.tor);
  static const std::string unknown = "-\t-\t-\t-\t0\t0\t0\t0\t0\tfalse";
  if (key == unknown) return 0;
  const auto [it, made] = ids_.emplace(key, static_cast<std::uint32_t>(labels_.size()));
  if (!made) return it->second;
  l.country = keep(l.country);
  l.organisation = keep(l.organisation);
  l.county = keep(l.county);
  l.city = keep(l.city);
  labels_.push_back(l);
  return it->second;
}

}  // namespace t2
