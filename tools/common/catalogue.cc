// SPDX-License-Identifier: Apache-2.0
#include "common/catalogue.h"

#include <fmt/format.h>

#include <algorithm>
#include <cstdlib>
#include <filesystem>
#include <map>
#include <nlohmann/json.hpp>

#include "common/process.h"

namespace t2::tools {
namespace {

namespace fs = std::filesystem;
using Json = nlohmann::json;

/// Only these variables reach t2: a setting in the environment must not pass for the default.
std::vector<std::string> clean_environment() {
  std::vector<std::string> out{"HOME="};
  for (const char* name : {"PATH", "LD_LIBRARY_PATH", "ASAN_OPTIONS", "UBSAN_OPTIONS"}) {
    if (const char* value = std::getenv(name)) out.push_back(fmt::format("{}={}", name, value));
  }
  return out;
}

template <class T>
void destroy(Setting* s) {
  delete static_cast<T*>(s);
}

SettingEntry setting(const Json& j, Settings* group) {
  SettingEntry entry;
  entry.text = std::make_unique<std::array<std::string, 2>>();
  *entry.text = {j["name"].get<std::string>(), j["doc"].get<std::string>()};
  const char* name = (*entry.text)[0].c_str();
  const char* doc = (*entry.text)[1].c_str();
  const std::string type = j["type"], initial = j["default"];
  const Env env = j["environment"].get<bool>() ? Env::kYes : Env::kNo;
  const Range range{j.value("min", Range{}.lowest), j.value("max", Range{}.highest)};
  if (type == "flag") {
    entry.value = {new Flag(group, name, initial == "1", doc, env), destroy<Flag>};
  } else if (type == "int") {
    const auto number = static_cast<std::int64_t>(std::strtod(initial.c_str(), nullptr));
    entry.value = {new Int(group, name, number, range, doc, env), destroy<Int>};
  } else if (type == "real") {
    entry.value = {new Real(group, name, std::strtod(initial.c_str(), nullptr), range, doc, env),
                   destroy<Real>};
  } else {
    const std::string text = initial.size() >= 2 ? initial.substr(1, initial.size() - 2) : initial;
    entry.value = {new String(group, name, text.c_str(), doc, env), destroy<String>};
  }
  if (j["origin"] != "default") {
    // t2 has accepted this value already.
    (void)entry.value->assign(j["value"].get<std::string>(), j["origin"].get<std::string>()).ok();
  }
  return entry;
}

std::vector<ColumnEntry> columns(const Json& list) {
  std::vector<ColumnEntry> out;
  for (const Json& j : list) {
    ColumnEntry c{j["name"], j["type"], j["doc"], j["number"], {}};
    for (const Json& b : j.value("bits", Json::array())) {
      const std::string severity = b.value("severity", " ");
      c.bits.push_back({b["bit"], b["text"], static_cast<Severity>(severity[0])});
    }
    out.push_back(std::move(c));
  }
  return out;
}

Owner owner(const Json& j) {
  Owner o;
  o.name = j["name"];
  for (const Json& s : j["settings"]) o.settings.push_back(setting(s, o.group.get()));
  if (j.contains("flowColumns")) {
    o.flow_columns = columns(j["flowColumns"]);
    o.packet_columns = columns(j["packetColumns"]);
  }
  if (!j.contains("file")) return o;
  o.doc = j["doc"];
  o.version = j["version"];
  o.file = j["file"];
  o.number = std::atoi(fs::path(o.file).filename().c_str());
  return o;
}

/// What one folder holds. An unusable folder gives no plugin but is no error.
Result<Json> ask(const std::string& folder, std::vector<std::string>& messages,
                 const std::vector<std::string>& options = {}) {
  const std::string t2 = own_folder() + "/t2";
  std::vector<std::string> argv{t2, "-p", folder + "/", "--describe"};
  argv.insert(argv.end(), options.begin(), options.end());
  auto answer = run(argv, clean_environment());
  if (!answer) return answer.error();
  if (answer->status == 127) return Error{fmt::format("Failed to run '{}': run './setup.sh'", t2)};
  for (std::size_t at = 0; at < answer->err.size();) {
    const std::size_t end = std::min(answer->err.find('\n', at), answer->err.size());
    messages.push_back(answer->err.substr(at, end - at));
    at = end + 1;
  }
  // Status 1 with a description: some plugins were refused, as the messages say.
  if (answer->out.empty()) return Json();
  Json json = Json::parse(answer->out, nullptr, false);
  if (json.is_discarded()) return Error{fmt::format("Failed to understand '{} --describe'", t2)};
  return json;
}

void take(const Json& json, bool active, Catalogue& catalogue) {
  for (const Json& j : json["plugins"]) {
    if (Owner* known = catalogue.find(j["name"].get<std::string>())) {
      known->shipped = known->shipped || !active;
      continue;
    }
    Owner& o = catalogue.plugins.emplace_back(owner(j));
    o.active = active;
    o.shipped = !active;
  }
  if (!catalogue.core.name.empty()) return;
  catalogue.version = json["version"];
  catalogue.core = owner(json["core"]);
  catalogue.utils = owner(json["utils"]);
}

}  // namespace

SettingEntry* Owner::find(std::string_view setting_name) {
  const auto found = std::find_if(settings.begin(), settings.end(), [&](const SettingEntry& s) {
    return s.value->name() == setting_name;
  });
  return found == settings.end() ? nullptr : &*found;
}

std::vector<std::string> Owner::setting_names() const {
  std::vector<std::string> names;
  for (const SettingEntry& s : settings) names.emplace_back(s.value->name());
  return names;
}

Owner* Catalogue::find(std::string_view name) {
  if (name == core.name) return &core;
  if (name == utils.name) return &utils;
  const auto found =
      std::find_if(plugins.begin(), plugins.end(), [&](const Owner& o) { return o.name == name; });
  return found == plugins.end() ? nullptr : &*found;
}

std::vector<std::string> Catalogue::plugin_names() const {
  std::vector<std::string> names;
  for (const Owner& o : plugins) names.push_back(o.name);
  return names;
}

std::string default_plugin_folder() {
  return home() + "/.tranalyzer/plugins";
}

std::vector<std::string> shipped_folders() {
  const fs::path prefix = fs::path(own_folder()).parent_path();
  std::vector<fs::path> candidates{prefix / "plugins"};
  std::error_code error;
  for (const char* lib : {"lib", "lib64"}) {
    candidates.push_back(prefix / lib / "tranalyzer/plugins");
    for (const auto& entry : fs::directory_iterator(prefix / lib, error)) {
      candidates.push_back(entry.path() / "tranalyzer/plugins");
    }
  }
  std::vector<std::string> out;
  for (const fs::path& c : candidates) {
    if (fs::is_directory(c, error)) out.push_back(c);
  }
  return out;
}

Result<Catalogue> load_catalogue(const std::string& plugin_folder) {
  Catalogue catalogue;
  std::error_code error;
  if (fs::is_directory(plugin_folder, error)) {
    auto json = ask(plugin_folder, catalogue.unusable);
    if (!json) return json.error();
    if (!json->is_null()) take(*json, true, catalogue);
  }
  std::vector<std::string> messages;
  for (const std::string& folder : shipped_folders()) {
    auto json = ask(folder, messages);
    if (!json) return json.error();
    if (!json->is_null()) take(*json, false, catalogue);
  }
  if (catalogue.core.name.empty()) {
    return Error{messages.empty() ? "No plugins are installed: run './setup.sh'" : messages[0]};
  }
  std::stable_sort(catalogue.plugins.begin(), catalogue.plugins.end(),
                   [](const Owner& a, const Owner& b) { return a.number < b.number; });
  return catalogue;
}

Result<void> add_optional_columns(Catalogue& catalogue) {
  std::map<std::string, std::vector<std::string>> options;  // by folder
  for (const Owner& o : catalogue.plugins) {
    for (const SettingEntry& s : o.settings) {
      const bool off = s.value->type() == Setting::Type::kFlag && s.value->default_text() == "0";
      if (!off) continue;
      auto& list = options[fs::path(o.file).parent_path()];
      if (list.empty()) list = {"--set", "tranalyzer2.SPKTMD_PCNTH=1"};
      list.insert(list.end(), {"--set", fmt::format("{}.{}=1", o.name, s.value->name())});
    }
  }
  std::vector<std::string> messages;
  for (const auto& [folder, list] : options) {
    auto json = ask(folder, messages, list);
    if (!json) return json.error();
    if (json->is_null()) continue;
    catalogue.core.packet_columns = columns((*json)["core"]["packetColumns"]);
    for (const Json& j : (*json)["plugins"]) {
      Owner* known = catalogue.find(j["name"].get<std::string>());
      if (known == nullptr) continue;
      for (ColumnEntry& c : columns(j["flowColumns"])) known->flow_columns.push_back(std::move(c));
      for (ColumnEntry& c : columns(j["packetColumns"]))
        known->packet_columns.push_back(std::move(c));
    }
  }
  return {};
}

}  // namespace t2::tools
