// SPDX-License-Identifier: Apache-2.0
#include "engine/shard_parts.h"

#include "plugin/access.h"

namespace t2 {

ShardParts::ShardParts(PluginSet& plugins, const FlowTracker& tracker, TcpStreams& streams,
                       FlowLabels& labels, bool first)
    : tracker_(tracker), streams_(streams), labels_(labels) {
  for (LoadedPlugin& p : plugins.plugins()) {
    ShardPartBase* part = p.shard.get();
    if (part != nullptr && !first) part = own_.emplace_back(p.type.shard.create()).get();
    all_.push_back(part);
    if (part == nullptr) continue;
    detail::Host::attach<ShardCore>(*part, *p.plugin, *this);
    calls_.add(p.type.shard, *part, p.shard_offset, 0);
  }
}

Result<void> ShardParts::begin() {
  for (const auto& part : own_) {
    if (auto r = part->begin(); !r) return r;
  }
  return {};
}

void ShardParts::merge_into(PluginSet& plugins) const {
  if (own_.empty()) return;
  for (std::size_t i = 0; i < all_.size(); ++i) {
    const LoadedPlugin& p = plugins.plugins()[i];
    if (p.type.merge != nullptr && all_[i] != nullptr) p.type.merge(*p.shard, *all_[i]);
  }
}

}  // namespace t2
