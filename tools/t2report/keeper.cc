// SPDX-License-Identifier: Apache-2.0
#include "keeper.h"

#include <algorithm>
#include <tuple>

namespace t2::report {
namespace {

using Iterator = std::vector<KeptRow>::iterator;

bool by_hash(const KeptRow& a, const KeptRow& b) {
  const auto key = [](const KeptRow& k) {
    return std::tuple(sample_hash(k.c.index), k.c.index, k.c.first);
  };
  return key(a) < key(b);
}

bool by_size(const KeptRow& a, const KeptRow& b) {
  return a.c.bytes() != b.c.bytes() ? a.c.bytes() > b.c.bytes() : by_hash(a, b);
}

/// Brings the first `most` of [from, end) in this order to the front; the end of these.
template <class Order>
Iterator front(Iterator from, Iterator end, std::size_t most, Order order) {
  if (static_cast<std::size_t>(end - from) <= most) return end;
  const Iterator cut = from + static_cast<std::ptrdiff_t>(most);
  std::nth_element(from, cut, end, order);
  return cut;
}

}  // namespace

std::uint64_t sample_hash(std::uint64_t x) {
  // The finaliser of splitmix64 (Steele, Lea, Flood 2014): mixes all bits, needs no seed.
  x += 0x9e3779b97f4a7c15;
  x = (x ^ (x >> 30)) * 0xbf58476d1ce4e5b9;
  x = (x ^ (x >> 27)) * 0x94d049bb133111eb;
  return x ^ (x >> 31);
}

void Keeper::add(const Conversation& c, bool wanted, std::string_view a, std::string_view b) {
  if (has_texts_ && kept_.size() >= texts_) {
    has_texts_ = false;
    for (KeptRow& k : kept_) {
      std::string().swap(k.a);
      std::string().swap(k.b);
    }
  }
  KeptRow& k = kept_.emplace_back();
  k.c = c;
  k.wanted = wanted;
  if (has_texts_) {
    k.a = a;
    k.b = b;
  }
  if (kept_.size() >= rows_ + rows_ / 2) {
    sampled_ = true;
    choose();
  }
}

void Keeper::choose() {
  const Iterator wanted =
      std::partition(kept_.begin(), kept_.end(), [](const KeptRow& k) { return k.wanted; });
  const Iterator a = front(kept_.begin(), wanted, most_wanted(), by_hash);
  // What is left over of the wanted ones has the same chance as the others.
  const Iterator b = front(a, kept_.end(), largest(), by_size);
  const auto chosen = static_cast<std::size_t>(b - kept_.begin());
  const Iterator end =
      front(b, kept_.end(), sample_size() - std::min(chosen, sample_size()), by_hash);
  kept_.erase(end, kept_.end());
}

void Keeper::embed_fewer() {
  // A sample is half of the rows that there may be.
  rows_ = sampled_ ? rows_ / 2 : kept_.size() - 1;
  finish();
}

void Keeper::finish() {
  if (kept_.size() > rows_) sampled_ = true;
  if (sampled_) choose();
  std::ranges::sort(kept_, {}, [](const KeptRow& k) { return std::tuple(k.c.first, k.c.index); });
}

}  // namespace t2::report
