// SPDX-License-Identifier: Apache-2.0
#include "t2conf/plugin_lists.h"

#include <fmt/format.h>

#include <algorithm>
#include <filesystem>

#include "common/messages.h"
#include "common/process.h"
#include "t2conf/dialogue.h"

namespace t2::tools {
namespace fs = std::filesystem;

namespace {

Result<std::vector<std::string>> read_list(const std::string& path) {
  auto text = read_file(path);
  if (!text) return text.error();
  std::vector<std::string> out(1);
  bool comment = false;
  for (const char c : *text) {
    if (c == '#') comment = true;
    if (c == '\n') {
      comment = false;
      out.emplace_back();
    } else if (!comment && c != ' ' && c != '\t' && c != '\r') {
      out.back() += c;
    }
  }
  std::erase(out, "");
  return out;
}

Result<void> remove_library(const Owner& p) {
  std::error_code error;
  if (p.active && !fs::remove(p.file, error) && error) {
    return Error{fmt::format("Failed to remove '{}': {}", p.file, error.message())};
  }
  return {};
}

}  // namespace

std::vector<std::string> default_set(Catalogue& all) {
  std::vector<std::string> out;
  for (const char* name :
       {"basicFlow", "basicStats", "connStat", "ftpDecode", "icmpDecode", "macRecorder",
        "portClassifier", "protoStats", "tcpFlags", "tcpStates", "txtSink"}) {
    if (all.find(name) != nullptr) out.emplace_back(name);
  }
  return out;
}

Result<void> PluginLists::run() const {
  using Action = Arguments::Action;
  switch (a_.action) {
    case Action::kList:
      return list();
    case Action::kWriteLoadList:
      return write_load_list();
    case Action::kShowLoadList:
      return show_list();
    case Action::kSaveActive:
      return write_list(file_or("plugins.saved"), active());
    case Action::kRestoreActive:
      return restore();
    case Action::kActivateAll:
      return become({own_folder() + "/t2build", "-a", "-p", folder()});
    case Action::kDeactivateAll:
      return deactivate();
    case Action::kCaptureOnly:
      return capture_only();
    default:
      return {};
  }
}

std::string PluginLists::folder() const {
  return a_.plugin_folder.empty() ? default_plugin_folder() : a_.plugin_folder;
}
std::string PluginLists::file_or(const char* name) const {
  return a_.file && !a_.file->empty() ? *a_.file : folder() + "/" + name;
}

Result<void> PluginLists::list() const {
  std::string out;
  for (const Owner& p : all_.plugins)
    out += fmt::format("{} {:03} {}\n", p.active ? '*' : ' ', p.number, p.name);
  return print(out);
}

std::vector<std::string> PluginLists::active() const {
  std::vector<std::string> out;
  for (const Owner& p : all_.plugins) {
    if (p.active) out.push_back(p.name);
  }
  return out;
}

Result<void> PluginLists::write_list(const std::string& path,
                                     const std::vector<std::string>& plugins) const {
  std::string text;
  for (const std::string& p : plugins) text += p + '\n';
  std::error_code error;
  if (fs::path(path).has_parent_path()) fs::create_directories(fs::path(path).parent_path(), error);
  return write_new(path, text, a_.yes);
}

/// The default set is no choice of the user: what it switches off is told.
Result<void> PluginLists::write_load_list() const {
  const std::string path = file_or("plugins.txt");
  const auto listed = a_.plugins.empty() ? default_set(all_) : a_.plugins;
  if (auto r = write_list(path, listed); !r || !a_.plugins.empty()) return r;
  std::vector<std::string> left;
  for (const std::string& p : active()) {
    if (std::find(listed.begin(), listed.end(), p) == listed.end()) left.push_back(p);
  }
  if (!left.empty())
    complain(fmt::format(
        "The list '{}' leaves out active plugins: {}. 't2conf -y -L $(t2build -l)' lists all "
        "that are active",
        path, fmt::join(left, ", ")));
  return {};
}

Result<void> PluginLists::show_list() const {
  auto lines = read_list(file_or("plugins.txt"));
  if (!lines) return lines.error();
  return print(fmt::format("{}\n", fmt::join(*lines, "\n")));
}

Result<void> PluginLists::restore() const {
  const std::string path = file_or("plugins.saved");
  auto wanted = read_list(path);
  if (!wanted) return wanted.error();
  for (const Owner& p : all_.plugins) {
    if (std::find(wanted->begin(), wanted->end(), p.name) != wanted->end()) continue;
    if (auto r = remove_library(p); !r) return r;
  }
  return become({own_folder() + "/t2build", "-p", folder(), "-b", path});
}

Result<void> PluginLists::deactivate() const {
  for (const Owner& p : all_.plugins) {
    if (auto r = remove_library(p); !r) return r;
  }
  return {};
}

/// For -q, where it is not what is remembered already; a second -9 forgets nothing.
Result<void> PluginLists::remember_active() const {
  const std::string path = file_or("plugins.saved");
  const auto now = active();
  if (fs::exists(path)) {
    const auto saved = read_list(path);
    if (now == std::vector<std::string>{"pcapd"} || (saved && *saved == now)) return {};
  }
  return write_list(path, now);
}

/// Only pcapd stays; -q brings back what was active.
Result<void> PluginLists::capture_only() const {
  if (all_.find("pcapd") == nullptr)
    return Error{"Plugin 'pcapd' is not installed: nothing was changed"};
  if (auto r = remember_active(); !r) return r;
  if (auto r = deactivate(); !r) return r;
  return become({own_folder() + "/t2build", "-p", folder(), "pcapd"});
}

}  // namespace t2::tools
