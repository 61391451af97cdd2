// SPDX-License-Identifier: Apache-2.0
// PluginSet: the active plugins, in load order, with their columns and their place in the slot.
#pragma once

#include <memory>
#include <string>
#include <vector>

#include "flow/slab.h"
#include "settings/resolver.h"
#include "t2/core_settings.h"
#include "t2/plugin.h"

namespace t2 {

/// How the load list is used (core setting USE_PLLIST).
enum class ListMode : int { kIgnore = 0, kAllow = 1, kDeny = 2 };

struct LoadOptions {
  std::string folder;     // with trailing slash
  std::string list_file;  // -b; empty: plugins.txt in the folder, if it is there
  ListMode list_mode = ListMode::kAllow;
};

struct LoadedPlugin {
  struct CloseLibrary {
    void operator()(void* handle) const;
  };

  std::string file;  // full path of the library
  // First, so that it is closed after everything below, whose code it holds.
  std::unique_ptr<void, CloseLibrary> library;
  PluginInfo info;
  detail::PluginType type;
  std::unique_ptr<Plugin> plugin;
  std::unique_ptr<ShardPartBase> shard;      // null: it has none
  std::unique_ptr<OrderedPartBase> ordered;  // null: it has none
  ColumnList flow_columns, packet_columns;
  std::size_t shard_offset = 0, ordered_offset = 0;  // of their states, from the Flow
};

class PluginSet {
 public:
  /// Loads what the folder holds. A library that cannot be used is left out; why, is in errors().
  static Result<PluginSet> load(const LoadOptions& options);

  /// Resolves every plugin's settings, then declares columns and fixes the slot layout.
  Result<void> configure(SettingsResolver& resolver, const CoreSettings& core,
                         std::vector<std::string>& warnings);

  std::vector<LoadedPlugin>& plugins() { return plugins_; }
  const std::vector<LoadedPlugin>& plugins() const { return plugins_; }
  const std::vector<std::string>& errors() const { return errors_; }
  const SlotLayout& layout() const { return layout_; }
  /// Asks the processor for what ordered parts have of the flow: it lies together.
  void prefetch_ordered(const FlowSlot& f) const {
    constexpr std::size_t kLine = 64;
    const auto* const slot = reinterpret_cast<const char*>(&f);
    for (std::size_t at = detail::kOrderedOffset; at < ordered_end_ + kLine; at += kLine) {
      __builtin_prefetch(slot + at, 1);
    }
  }
  LoadedPlugin* find(std::string_view name);

 private:
  void load_one(const std::string& path);
  bool dependencies_there(const PluginInfo& info);
  static Result<void> declare_columns(LoadedPlugin& p);

  std::vector<LoadedPlugin> plugins_;
  std::vector<std::string> errors_;
  SlotLayout layout_;
  std::size_t ordered_end_ = 0;  // in a slot, of what ordered parts have
};

/// `name`, `NNN_name` or `NNN_name.so` -> `name`.
std::string plain_plugin_name(std::string_view entry);

}  // namespace t2
