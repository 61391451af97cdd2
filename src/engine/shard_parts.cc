// SPDX-License-Identifier: Apache-2.0
#include "engine/shard_parts.h"

#include "plugin/access.h"

namespace t2 {

ShardParts::ShardParts(PluginSet& plugins, const FlowTracker& tracker, TcpStreams& streams,
                       FlowLabels& labels, bool first)
    : tracker_(tracker), streams_(streams), labels_(labels) {
  for (LoadedPlugin& p : plugins.plugins()) {
    ShardPartBase* part = p.shard.get();
    if (part != nullptr && !first) part = own_.emplace_back(another(p)).get();
    all_.push_back(part);
    if (part == nullptr) continue;
    if (first) detail::Host::attach<ShardCore>(*part, *p.plugin, *this);
    calls_.add(p.type.shard, *part, p.shard_offset, 0);
  }
}

std::unique_ptr<ShardPartBase> ShardParts::another(const LoadedPlugin& p) {
  std::unique_ptr<ShardPartBase> part(p.type.shard.create());
  detail::Host::attach<ShardCore>(*part, *p.plugin, *this);
  return part;
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

CountedSoFar::CountedSoFar(PluginSet& plugins, const std::vector<ShardParts*>& shards)
    : plugins_(plugins) {
  for (std::size_t i = 0; i < plugins.plugins().size(); ++i) {
    const LoadedPlugin& p = plugins.plugins()[i];
    std::unique_ptr<ShardPartBase>& part = parts_.emplace_back();
    if (p.shard == nullptr || p.type.merge == nullptr) continue;
    std::unique_ptr<ShardPartBase> sum = shards.front()->another(p);
    if (!sum->begin().ok()) continue;
    for (const ShardParts* s : shards) p.type.merge(*sum, *s->all()[i]);
    part = std::move(sum);
  }
  swap();
}

void CountedSoFar::swap() {
  for (std::size_t i = 0; i < parts_.size(); ++i) {
    if (parts_[i] != nullptr) parts_[i].swap(plugins_.plugins()[i].shard);
  }
}

}  // namespace t2
