// SPDX-License-Identifier: Apache-2.0
// Everything the plugins declare, from `t2 --describe`: settings, columns, texts of bits.
#pragma once

#include <array>
#include <cstdint>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "t2/columns.h"
#include "t2/result.h"
#include "t2/settings.h"

namespace t2::tools {

struct BitLabel {
  unsigned bit = 0;
  std::string text;
  Severity severity = Severity::kNone;
};

struct ColumnEntry {
  std::string name, type, doc;  // type as in _headers.txt: "H8", "U64", ...
  std::string number;           // the same as a number: "25" for times; "content" for payload
  std::vector<BitLabel> bits;
};

/// A setting as declared; `value` can be assigned to and is checked as t2 checks it.
struct SettingEntry {
  std::unique_ptr<std::array<std::string, 2>> text;  // name and doc, which the Setting points to
  std::unique_ptr<Setting, void (*)(Setting*)> value{nullptr, nullptr};
};

/// Settings of one owner: a plugin, "tranalyzer2" or "utils".
struct Owner {
  std::string name, doc, version, file;
  int number = 0;       // 0 for tranalyzer2 and utils
  bool active = false;  // lies in the plugin folder
  bool shipped = false;
  std::unique_ptr<Settings> group = std::make_unique<Settings>();
  std::vector<SettingEntry> settings;
  std::vector<ColumnEntry> flow_columns, packet_columns;

  SettingEntry* find(std::string_view setting);
  std::vector<std::string> setting_names() const;
};

struct Catalogue {
  std::string version;
  Owner core, utils;
  std::vector<Owner> plugins;         // by number; those in the plugin folder hide shipped ones
  std::vector<std::string> unusable;  // messages of t2 on libraries that it refuses

  Owner* find(std::string_view name);
  std::vector<std::string> plugin_names() const;
};

/// ~/.tranalyzer/plugins
std::string default_plugin_folder();
/// Folders of the installation (or the build tree) that hold plugins.
std::vector<std::string> shipped_folders();
/// Values are the defaults, changed by /etc/tranalyzer only: the user's files are not read here.
Result<Catalogue> load_catalogue(const std::string& plugin_folder);
/// Adds the columns that the plugins have when all flags are on that are off by default.
Result<void> add_optional_columns(Catalogue& catalogue);

/// Calls `f` for all columns: those of flows, then of packets, or the other way round.
template <class Function>
void each_column(const Catalogue& catalogue, bool packets_first, Function f) {
  for (const bool packets : {packets_first, !packets_first}) {
    const auto all_of = [&](const Owner& o) {
      for (const ColumnEntry& c : packets ? o.packet_columns : o.flow_columns) f(c);
    };
    all_of(catalogue.core);
    for (const Owner& plugin : catalogue.plugins) all_of(plugin);
  }
}

}  // namespace t2::tools
