// SPDX-License-Identifier: Apache-2.0
#include "engine/flow_labels.h"

#include <array>

namespace t2 {
namespace {

bool is_known(const Flow& f) {
  return f.src_label != 0 || f.dst_label != 0;
}

void mirror(const Flow& from, Flow& to) {
  to.src_label = from.dst_label;
  to.dst_label = from.src_label;
}

}  // namespace

void FlowLabels::mark_tor(Flow& f) const {
  if (store_.get(f.src_label).tor || store_.get(f.dst_label).tor) f.set(flow_stat::kTor);
}

void FlowLabels::start(Flow& f) {
  if (!at_start_) return;
  find(f);
  mark_tor(f);
}

void FlowLabels::find(Flow& f) {
  if (!on_ || f.is_l2() || is_known(f)) return;
  if (f.opposite != nullptr && is_known(*f.opposite)) return mirror(*f.opposite, f);
  f.src_label = store_.find(f.src_ip());
  f.dst_label = store_.find(f.dst_ip());
}

void FlowLabels::find_all(std::span<const EndedPair> pairs) {
  if (!on_) return;
  constexpr std::size_t kPairs = LabelStore::kMostAtOnce / 2;
  for (; pairs.size() > kPairs; pairs = pairs.subspan(kPairs)) find_some(pairs.first(kPairs));
  find_some(pairs);
}

void FlowLabels::find_some(std::span<const EndedPair> pairs) {
  constexpr std::size_t kAhead = 8;
  std::array<IpAddress, LabelStore::kMostAtOnce> addresses;
  std::array<const IpAddress*, LabelStore::kMostAtOnce> places;
  std::array<std::uint32_t, LabelStore::kMostAtOnce> labels;
  std::array<Flow*, LabelStore::kMostAtOnce / 2> unknown;
  std::size_t n = 0;
  for (std::size_t i = 0; i < pairs.size(); ++i) {
    if (i + kAhead < pairs.size()) __builtin_prefetch(&pairs[i + kAhead].a->key);
    Flow& a = *pairs[i].a;
    if (a.is_l2() || is_known(a)) continue;
    addresses[2 * n] = a.src_ip();
    addresses[2 * n + 1] = a.dst_ip();
    unknown[n++] = &a;
  }
  for (std::size_t i = 0; i < 2 * n; ++i) places[i] = &addresses[i];
  store_.find_all({places.data(), 2 * n}, {labels.data(), 2 * n});
  for (std::size_t i = 0; i < n; ++i) {
    unknown[i]->src_label = labels[2 * i];
    unknown[i]->dst_label = labels[2 * i + 1];
  }
  for (const EndedPair& p : pairs) {
    if (p.b != nullptr) mirror(*p.a, *p.b);
  }
}

}  // namespace t2
