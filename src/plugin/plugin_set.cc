// SPDX-License-Identifier: Apache-2.0
#include "plugin/plugin_set.h"

#include <dlfcn.h>
#include <fmt/format.h>

#include <algorithm>
#include <cctype>
#include <filesystem>
#include <set>

#include "base/caught.h"
#include "capture/text_file.h"
#include "plugin/access.h"
#include "plugin/library_file.h"
#include "t2/file.h"

namespace t2 {
namespace fs = std::filesystem;
namespace {

/// `NNN_name.so`
bool is_plugin_file(const std::string& name) {
  return name.size() > 7 && name.ends_with(".so") && name[3] == '_' &&
         std::all_of(name.begin(), name.begin() + 3,
                     [](unsigned char c) { return std::isdigit(c); });
}

Result<std::vector<std::string>> plugin_files(const std::string& folder) {
  std::vector<std::string> files;
  std::error_code error;
  for (fs::directory_iterator it(folder, error), end; !error && it != end; it.increment(error)) {
    const std::string name = it->path().filename().string();
    if (is_plugin_file(name)) files.push_back(name);
  }
  if (error) {
    return Error{
        fmt::format("Failed to open plugin folder '{}': {}. Run 't2build' to activate plugins",
                    folder, error.message())};
  }
  std::sort(files.begin(), files.end());
  return files;
}

/// The load list. Not an optional in a Result: cppcheck 2.10 needs more than 20 GB for that type.
struct LoadList {
  bool there = false;
  std::set<std::string> names;
};

Result<LoadList> load_list(const LoadOptions& o) {
  if (o.list_mode == ListMode::kIgnore) return LoadList{};
  const std::string own = o.folder + "plugins.txt";
  if (o.list_file.empty() && is_absent(own)) return LoadList{};
  // A pipe is read only where the user names it.
  const auto lines = o.list_file.empty() ? regular_lines(own) : read_lines(o.list_file);
  if (!lines) return lines.error();
  LoadList list{.there = true, .names = {}};
  for (const std::string& line : *lines) {
    const auto from = line.find_first_not_of(" \t\r");
    if (from == std::string::npos || line[from] == '#') continue;
    const auto to = line.find_last_not_of(" \t\r");
    list.names.insert(plain_plugin_name(line.substr(from, to - from + 1)));
  }
  return list;
}

}  // namespace

std::string plain_plugin_name(std::string_view entry) {
  if (entry.ends_with(".so")) entry.remove_suffix(3);
  if (entry.size() > 4 && entry[3] == '_' && std::isdigit(static_cast<unsigned char>(entry[0]))) {
    entry.remove_prefix(4);
  }
  return std::string(entry);
}

void LoadedPlugin::CloseLibrary::operator()(void* handle) const {
  dlclose(handle);
}

bool PluginSet::dependencies_there(const PluginInfo& info) {
  std::string missing;
  for (const std::string& need : info.needs) {
    if (find(need)) continue;
    if (!missing.empty()) missing += ", ";
    missing += need;
  }
  if (missing.empty()) return true;
  errors_.push_back(
      fmt::format("{0}: missing dependencies: {1}. Run 't2build {1}'", info.name, missing));
  return false;
}

void PluginSet::load_one(const std::string& path) {
  const std::string name = plain_plugin_name(fs::path(path).filename().string());
  LoadedPlugin p;
  p.file = path;
  if (const auto stamp = read_build_stamp(path); !stamp) {
    errors_.push_back(fmt::format("{0}: '{1}': {2}. Run 't2build {0}', or 't2build -u {0}'", name,
                                  path, stamp.error().message));
    return;
  } else if (*stamp != kBuildStamp) {
    errors_.push_back(fmt::format("{} was built for another version, run 't2build -R'", name));
    return;
  }
  p.library.reset(dlopen(path.c_str(), RTLD_NOW | RTLD_LOCAL));
  if (!p.library) {
    errors_.push_back(fmt::format("{}: {}. Run 't2build {}'", name, dlerror(), name));
    return;
  }
  auto* type =
      reinterpret_cast<void (*)(detail::PluginType&)>(dlsym(p.library.get(), "t2_plugin_type"));
  if (type == nullptr) {
    errors_.push_back(fmt::format("{}: '{}' is not a plugin (no t2_plugin_type)", name, path));
    return;
  }
  try {
    type(p.type);
    p.plugin.reset(p.type.create());
    if (p.type.shard.create != nullptr) p.shard.reset(p.type.shard.create());
    if (p.type.ordered.create != nullptr) p.ordered.reset(p.type.ordered.create());
    p.info = p.plugin->info();
  } catch (...) {  // here, where the library with the exception's code is still loaded
    errors_.push_back(fmt::format("{0}: failed to start ({1}). Deactivate it with 't2build -u {0}'",
                                  name, caught()));
    return;
  }
  if (p.info.name.empty() || p.info.name.size() > 31 || p.info.version.size() > 15) {
    errors_.push_back(fmt::format("{}: bad plugin name or version", name));
    return;
  }
  if (!dependencies_there(p.info)) return;
  plugins_.push_back(std::move(p));
}

Result<PluginSet> PluginSet::load(const LoadOptions& options) {
  auto files = plugin_files(options.folder);
  if (!files) return files.error();
  auto list = load_list(options);
  if (!list) return list.error();
  PluginSet set;
  for (const std::string& file : *files) {
    const bool listed = list->names.contains(plain_plugin_name(file));
    const bool wanted = !list->there || listed == (options.list_mode == ListMode::kAllow);
    if (wanted) set.load_one(options.folder + file);
  }
  return set;
}

LoadedPlugin* PluginSet::find(std::string_view name) {
  for (LoadedPlugin& p : plugins_) {
    if (p.info.name == name) return &p;
  }
  return nullptr;
}

Result<void> PluginSet::declare_columns(LoadedPlugin& p) {
  const bool fine = detail::Host::declare(*p.plugin, p.flow_columns, p.packet_columns,
                                          p.type.shard.state, p.type.ordered.state);
  if (!fine) {
    return Error{p.info.name + ": columns show a State that none of the plugin's parts keeps"};
  }
  for (const Column& c : p.packet_columns.all()) {
    if (c.fits_packets()) continue;
    return Error{
        fmt::format("{}: packet column '{}' shows both a Flow, or a State of the shard "
                    "part, and what belongs to the ordered part: let it show one of them",
                    p.info.name, c.name)};
  }
  return {};
}

Result<void> PluginSet::configure(SettingsResolver& resolver, const CoreSettings& core,
                                  std::vector<std::string>& warnings) {
  for (LoadedPlugin& p : plugins_) {
    Settings* settings = p.plugin->settings();
    if (settings == nullptr) continue;
    if (auto r = resolver.resolve(p.info.name, *settings, warnings); !r) return r;
  }
  for (LoadedPlugin& p : plugins_) {
    detail::Host::attach(*p.plugin, core);
    p.flow_columns = p.packet_columns = ColumnList(p.info.name);
    if (auto r = declare_columns(p); !r) return r;
    p.ordered_offset = layout_.add(p.type.ordered.state);
  }
  ordered_end_ = layout_.size();
  for (LoadedPlugin& p : plugins_) p.shard_offset = layout_.add(p.type.shard.state);
  return {};
}

}  // namespace t2
