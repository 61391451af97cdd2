// SPDX-License-Identifier: Apache-2.0
#include "engine/shard_parts.h"

#include "plugin/access.h"

namespace t2 {

ShardParts::ShardParts(PluginSet& plugins, const FlowTracker& tracker, TcpStreams& streams,
                       FlowLabels& labels)
    : tracker_(tracker), streams_(streams), labels_(labels) {
  for (LoadedPlugin& p : plugins.plugins()) {
    if (p.shard == nullptr) continue;
    detail::Host::attach<ShardCore>(*p.shard, *p.plugin, *this);
    calls_.add(p.type.shard, *p.shard, p.shard_offset, 0);
  }
}

}  // namespace t2
