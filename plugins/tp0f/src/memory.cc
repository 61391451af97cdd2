// SPDX-License-Identifier: Apache-2.0
#include "memory.h"

#include <cstring>

namespace t2::tp0f {

std::size_t IpMemory::set_of(const IpAddress& ip) {
  std::uint64_t words[2];
  std::memcpy(words, ip.bytes.data(), sizeof words);
  std::uint64_t h = words[0] * 0x9e3779b97f4a7c15U ^ words[1];
  h = (h ^ h >> 29) * 0xbf58476d1ce4e5b9U;
  return static_cast<std::size_t>(h >> 32) % kSets * kWays;
}

const IpMemory::Entry* IpMemory::find(const IpAddress& ip, Nanoseconds now) const {
  if (entries_.empty()) return nullptr;
  const Entry* set = &entries_[set_of(ip)];
  for (std::size_t i = 0; i < kWays; ++i) {
    if (set[i].rule == nullptr || set[i].ip != ip) continue;
    return age_ > 0 && now - set[i].time > age_ ? nullptr : &set[i];
  }
  return nullptr;
}

void IpMemory::store(const Entry& e) {
  if (entries_.empty()) entries_.resize(kSets * kWays);
  Entry* set = &entries_[set_of(e.ip)];
  Entry* place = set;
  for (std::size_t i = 0; i < kWays; ++i) {
    if (set[i].rule == nullptr || set[i].ip == e.ip) {
      place = &set[i];
      break;
    }
    if (set[i].time < place->time) place = &set[i];
  }
  *place = e;
}

}  // namespace t2::tp0f
