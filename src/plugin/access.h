// SPDX-License-Identifier: Apache-2.0
// Host: what only the host may do with plugins and their parts, which name it as their friend.
#pragma once

#include "t2/plugin.h"

namespace t2::detail {

class Host {
 public:
  using StatePlace = Plugin::StatePlace;

  /// From now on Plugin::core_settings() may be called.
  static void attach(Plugin& p, const CoreSettings& core) { p.core_ = &core; }
  /// The columns that the plugin declares. `shard`, `ordered`: the States of its parts. False: some
  /// show a State that no part keeps.
  static bool declare(Plugin& p, ColumnList& flow_columns, ColumnList& packet_columns,
                      const StateType& shard, const StateType& ordered) {
    ColumnSet flow(flow_columns, shard.id, ordered.id),
        packet(packet_columns, shard.id, ordered.id);
    p.columns(flow, packet);
    return !flow.misplaced_ && !packet.misplaced_;
  }
  /// From now on run() and state() may be called.
  static void attach(Plugin& p, const RunFacts& run, const StatePlace& shard,
                     const StatePlace& ordered) {
    p.run_ = &run;
    p.shard_ = shard;
    p.ordered_ = ordered;
  }
  /// The same for plugin() and core() of a part.
  template <class Core>
  static void attach(PartBase<Core>& part, const Plugin& plugin, Core& core) {
    part.plugin_ = &plugin;
    part.core_ = &core;
  }
  /// And for state_of(). The State's offset is that from the OrderedFlow.
  static void place_state(OrderedPartBase& part, std::size_t offset) {
    part.state_offset_ = offset;
  }
};

}  // namespace t2::detail
