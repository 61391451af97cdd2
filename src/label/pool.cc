// SPDX-License-Identifier: Apache-2.0
#include "label/pool.h"

#include <tuple>

namespace t2 {
namespace {

auto fields(const Label& l) {
  return std::tie(l.asn, l.code, l.tor, l.latitude, l.longitude, l.radius, l.country,
                  l.organisation, l.county, l.city);
}

}  // namespace

std::size_t LabelPool::Hash::operator()(const Label& l) const {
  const std::hash<std::string_view> text;
  return text(l.organisation) * 31 + text(l.country) + text(l.city) * 7 +
         l.asn * std::size_t{0x9e3779b9};
}

bool LabelPool::Equal::operator()(const Label& x, const Label& y) const {
  return fields(x) == fields(y);
}

std::string_view LabelPool::keep(std::string_view s) {
  if (const auto it = kept_.find(s); it != kept_.end()) return it->second;
  const std::string& text = texts_.emplace_back(s);
  kept_.emplace(text, text);
  return text;
}

std::uint32_t LabelPool::add(const Label& l) {
  const std::uint32_t id = size_++;
  const Place p = place_of(id);
  std::unique_ptr<Label[]>& chunk = chunks_[p.chunk];
  if (chunk == nullptr) chunk = std::make_unique<Label[]>(kFirstChunk << p.chunk);
  chunk[p.at] = l;
  knows_tor_ |= l.tor;
  return id;
}

std::uint32_t LabelPool::intern(const Label& l) {
  if (Equal()(l, get(0))) return 0;
  if (const auto it = ids_.find(l); it != ids_.end()) return it->second;
  Label kept = l;
  kept.country = keep(l.country);
  kept.organisation = keep(l.organisation);
  kept.county = keep(l.county);
  kept.city = keep(l.city);
  const std::uint32_t id = add(kept);
  ids_.emplace(kept, id);
  return id;
}

}  // namespace t2
