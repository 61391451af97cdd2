// SPDX-License-Identifier: Apache-2.0
// t2conf: shows and changes the settings of plugins, core and text formats.
#include <fmt/format.h>

#include <algorithm>
#include <cstdlib>
#include <filesystem>
#include <iostream>
#include <map>
#include <set>

#include "common/catalogue.h"
#include "common/messages.h"
#include "common/process.h"
#include "common/tool.h"
#include "settings/resolver.h"
#include "t2/words.h"
#include "t2conf/arguments.h"
#include "t2conf/dialogue.h"
#include "t2conf/plugin_lists.h"
#include "t2conf/store.h"

namespace {

using namespace t2;
using namespace t2::tools;
namespace fs = std::filesystem;

constexpr const char* kHint = "Try 't2conf --help' for more information.";

std::string yes_no(const Setting& s, const std::string& text) {
  if (s.type() != Setting::Type::kFlag) return text;
  return text == "1" ? "yes" : "no";
}

class T2Conf {
 public:
  T2Conf(Arguments arguments, Catalogue& catalogue)
      : a_(std::move(arguments)), all_(catalogue), store_(home() + "/.tranalyzer/config") {}

  Result<void> run() {
    using Action = Arguments::Action;
    switch (a_.action) {
      case Action::kHelp:
        return print(kUsage);
      case Action::kSet:
        return set();
      case Action::kGet:
        return set_and_get();
      case Action::kNames:
        return names();
      case Action::kEnvironment:
      case Action::kEnvironmentSet:
        return environment();
      case Action::kSave:
        return save();
      case Action::kApply:
        return apply();
      case Action::kPatch:
        return patch();
      case Action::kReset:
        return reset();
      case Action::kChanged:
        return changed();
      case Action::kList:
      case Action::kWriteLoadList:
      case Action::kShowLoadList:
      case Action::kSaveActive:
      case Action::kRestoreActive:
      case Action::kActivateAll:
      case Action::kDeactivateAll:
      case Action::kCaptureOnly:
        return PluginLists(a_, all_).run();
      case Action::kMenu:
        return menu();
      case Action::kEdit:
        return edit();
    }
    return {};
  }

 private:
  Result<Owner*> one_plugin() {
    if (a_.plugins.size() == 1) return all_.find(a_.plugins[0]);
    return Error{fmt::format("{} option can only be used with ONE plugin\n{}", a_.option, kHint)};
  }

  /// The group that holds a flag: the plugin itself, then utils, then the core.
  Result<Owner*> owner_of(Owner& plugin, const std::string& flag) {
    for (Owner* o : {&plugin, &all_.utils, &all_.core}) {
      if (o->find(flag) != nullptr) return o;
    }
    std::vector<std::string> known = plugin.setting_names();
    for (const Owner* o : {&all_.utils, &all_.core}) {
      const auto more = o->setting_names();
      known.insert(known.end(), more.begin(), more.end());
    }
    return Error{fmt::format("Unknown flag '{}' for plugin '{}'{}", flag, plugin.name,
                             did_you_mean(flag, known))};
  }

  /// Checks one assignment and adds it to the changes. An empty value in a change means default.
  Result<void> plan(Owner& plugin, const std::string& flag, const std::string& value,
                    std::vector<Change>& changes) {
    auto owner = owner_of(plugin, flag);
    if (!owner) return owner.error();
    if (*owner != &plugin) {
      complain(fmt::format("{} is a setting of {}, shared by all plugins", flag, (*owner)->name));
    }
    Setting& s = *(*owner)->find(flag)->value;
    const std::string before = s.text();
    if (value == "default") {
      changes.push_back({(*owner)->name, flag, ""});
      return {};
    }
    if (value.find_first_of("\n\r") != std::string::npos || value.find('\0') != std::string::npos) {
      return Error{fmt::format("{}: a value is one line", flag)};
    }
    const bool text = s.type() == Setting::Type::kString;
    if (auto r = s.assign(text ? value : constant(value), "-D"); !r) return r;
    changes.push_back({(*owner)->name, flag, s.text() == before && !a_.file ? "" : s.text()});
    (void)s.assign(before, "default").ok();  // the value it had
    return {};
  }

  std::string config_name(const std::string& plugin) const {
    return a_.file && !a_.file->empty() ? *a_.file : plugin + ".config";
  }

  /// -m, --ip4, --ip6, --dual. Of the reference's monitoring settings these three exist here.
  Result<void> presets() {
    if (!a_.changes.empty())
      return Error{"Options '-m', '--ip4', '--ip6' and '--dual' change the core: give -D alone"};
    if (!a_.family.empty() && a_.family != "--dual") {
      return Error{
          fmt::format("Flows of IPv4 and IPv6 are always made: choose with a filter, such as t2 -r "
                      "FILE -w DIR {}",
                      a_.family == "--ip4" ? "ip" : "ip6")};
    }
    std::vector<Change> changes;
    if (a_.monitoring) {
      for (const auto& [name, value] : {std::pair("VERBOSE", "0"), std::pair("DIFF_REPORT", "1"),
                                        std::pair("MACHINE_REPORT", "1")}) {
        if (auto r = plan(all_.core, name, value, changes); !r) return r;
      }
    }
    return store_.apply(changes);
  }

  Result<void> set() {
    if (a_.monitoring || !a_.family.empty()) return presets();
    auto plugin = one_plugin();
    if (!plugin) return plugin.error();
    if (a_.file == "default")
      return Error{"The defaults cannot be changed: leave out '-g default'"};
    std::vector<Change> changes;
    for (const auto& [name, value] : a_.changes) {
      if (auto r = plan(**plugin, name, value, changes); !r) return r;
    }
    if (!a_.file) return store_.apply(changes);
    const std::string path = config_name((*plugin)->name);
    auto text = fs::exists(path) ? read_file(path) : Result<std::string>(std::string());
    if (!text) return text.error();
    for (const Change& c : changes) *text = changed_text(*text, c);
    return write_atomically(path, *text);
  }

  /// -G beside -D shows what -D has set; a name that does not exist leaves all as it is.
  Result<void> set_and_get() {
    if (a_.changes.empty()) return get();
    auto plugin = one_plugin();
    if (!plugin) return plugin.error();
    for (const std::string& name : a_.names) {
      if (auto owner = owner_of(**plugin, name); !owner) return owner.error();
    }
    if (auto r = set(); !r) return r;
    return get();
  }

  Result<void> get() {
    auto plugin = one_plugin();
    if (!plugin) return plugin.error();
    std::string out;
    std::map<std::string, std::string> saved;
    if (a_.file && *a_.file != "default") {
      const std::string path = config_name((*plugin)->name);
      auto text = read_file(path);
      if (!text) return text.error();
      auto lines = parse_config(*text, path);
      if (!lines) return lines.error();
      for (const ConfigLine& l : *lines) saved[l.name] = l.value;
    }
    for (const std::string& name : a_.names) {
      auto owner = owner_of(**plugin, name);
      if (!owner) return owner.error();
      const Setting& s = *(*owner)->find(name)->value;
      if (a_.file == "default") {
        out += fmt::format("{} = {}\n", name, yes_no(s, s.default_text()));
      } else if (a_.file) {
        out +=
            fmt::format("{} = {}\n", name, saved.contains(name) ? saved[name] : s.default_text());
      } else {
        if (resolved_.insert(*owner).second) resolve(**owner);
        out += fmt::format("{} = {}{}\n", name, s.text(),
                           a_.verbose ? fmt::format(" ({})", s.origin()) : "");
      }
    }
    return print(out);
  }

  void resolve(Owner& owner) {
    std::vector<std::string> warnings;
    store_.resolve(owner, warnings);
    for (const std::string& w : warnings) complain(w);
  }

  Result<void> names() {
    auto plugin = one_plugin();
    if (!plugin) return plugin.error();
    if (a_.verbose) {
      resolve(**plugin);
      return print(configuration(**plugin, true));
    }
    std::string out;
    for (const std::string& n : (*plugin)->setting_names()) out += n + '\n';
    return print(out);
  }

  Result<void> environment() {
    auto plugin = one_plugin();
    if (!plugin) return plugin.error();
    const bool only_set = a_.action == Arguments::Action::kEnvironmentSet;
    std::string out;
    for (const SettingEntry& s : (*plugin)->settings) {
      if (!s.value->env()) continue;
      const char* value = std::getenv(s.value->name());
      if (value != nullptr) {
        out += fmt::format("{} = {}\n", s.value->name(), value);
      } else if (!only_set) {
        out += fmt::format("{}\n", s.value->name());
      }
    }
    if (out.empty())
      out = fmt::format("No setting of {} is changed by the environment\n", (*plugin)->name);
    return print(out);
  }

  Result<void> save() {
    auto plugin = one_plugin();
    if (!plugin) return plugin.error();
    if (a_.file == "default") return Error{"The defaults cannot be changed: name another file"};
    resolve(**plugin);
    return write_new(config_name((*plugin)->name), configuration(**plugin), a_.yes);
  }

  Result<void> apply() {
    std::vector<Change> changes;
    for (const std::string& file : a_.files) {
      if (file == "default") return reset();
      std::vector<std::string> paths{file};
      if (file == "auto") {
        paths.clear();
        for (const std::string& p : a_.plugins) paths.push_back(p + ".config");
      }
      for (const std::string& path : paths) {
        if (auto r = plan_file(path, changes); !r) return r;
      }
    }
    if (auto r = store_.apply(changes); !r) return r;
    if (a_.verbose) fmt::print("{} settings applied\n", changes.size());
    return {};
  }

  Result<void> plan_file(const std::string& path, std::vector<Change>& changes) {
    auto text = read_file(path);
    if (!text) return text.error();
    std::string name;
    for (std::size_t at = 0; (at = text->find(":name:", at)) != std::string::npos; at += 6) {
      if (!name.empty())
        return Error{fmt::format("{}: more than one line '# :name: PLUGIN'", path)};
      const std::size_t from = text->find_first_not_of(" \t", at + 6);
      if (from != std::string::npos)
        name = text->substr(from, text->find_first_of(" \t\r\n#", from) - from);
    }
    Owner* owner = name.empty() ? nullptr : all_.find(name);
    if (name.empty())
      return Error{
          fmt::format("{}: no line '# :name: PLUGIN' says whose settings these are", path)};
    if (owner == nullptr) return Error{fmt::format("{}: plugin '{}' is not installed", path, name)};
    if (!a_.plugins.empty() &&
        std::find(a_.plugins.begin(), a_.plugins.end(), name) == a_.plugins.end()) {
      return Error{fmt::format("{}: these are settings of '{}'", path, name)};
    }
    auto lines = parse_config(*text, path);
    if (!lines) return lines.error();
    for (const ConfigLine& l : *lines) {
      if (auto r = plan(*owner, l.name, l.value, changes); !r) {
        return Error{fmt::format("{}:{}: {}", path, l.line, r.error().message)};
      }
    }
    return {};
  }

  /// Lines NAME, new, [old,] file, separated by tabs; the plugin is the folder in `file`.
  Result<void> patch() {
    std::vector<Change> changes;
    for (const std::string& path : a_.files) {
      auto text = read_file(path);
      if (!text) return text.error();
      int number = 0;
      for (std::size_t at = 0; at < text->size();) {
        const std::size_t end = std::min(text->find('\n', at), text->size());
        const std::string line = text->substr(at, end - at);
        at = end + 1;
        ++number;
        if (line.empty() || line[0] == '#' || line[0] == '%') continue;
        if (auto r = plan_patch_line(line, changes); !r) {
          return Error{fmt::format("{}:{}: {}", path, number, r.error().message)};
        }
      }
    }
    return store_.apply(changes);
  }

  Result<void> plan_patch_line(const std::string& line, std::vector<Change>& changes) {
    const auto cells = split(line, "\t");
    const std::size_t wanted = a_.reverse ? 4 : 3;
    if (cells.size() < wanted || cells.size() > 4)
      return Error{
          fmt::format("expected {} cells, found {}", a_.reverse ? "4" : "3 or 4", cells.size())};
    Owner* owner = nullptr;
    for (const fs::path& part : fs::path(cells.back())) {
      if (Owner* found = all_.find(part.string())) owner = found;
    }
    if (owner == nullptr)
      return Error{fmt::format("'{}' belongs to no plugin that is installed", cells.back())};
    return plan(*owner, std::string(cells[0]), std::string(cells[a_.reverse ? 2 : 1]), changes);
  }

  Result<void> reset() {
    std::vector<std::string> owners = a_.plugins;
    if (owners.empty()) {
      owners = a_.all ? all_.plugin_names() : default_set(all_);
      owners.insert(owners.end(), {"tranalyzer2", "utils"});
    }
    if (auto r = store_.reset(owners); !r) return r;
    std::vector<std::string> left;
    for (const Owner& p : all_.plugins) {
      if (a_.plugins.empty() && fs::exists(store_.path(p.name))) left.push_back(p.name);
    }
    if (!left.empty())
      complain(fmt::format("Not reset: {}. Name them, or use 't2conf --reset -a' for all plugins",
                           fmt::join(left, ", ")));
    return {};
  }

  Result<void> changed() {
    std::string out;
    std::vector<Owner*> owners{&all_.core, &all_.utils};
    for (Owner& p : all_.plugins) owners.push_back(&p);
    for (Owner* o : owners) {
      const auto& named = a_.plugins;
      if (!named.empty() && std::find(named.begin(), named.end(), o->name) == named.end()) continue;
      resolve(*o);
      for (const SettingEntry& s : o->settings) {
        if (s.value->text() == s.value->default_text()) continue;
        out += fmt::format("{} {} = {} (default {}){}\n", o->name, s.value->name(), s.value->text(),
                           s.value->default_text(), a_.verbose ? " from " + s.value->origin() : "");
      }
    }
    return print(out);
  }

  /// Lines that a terminal of any kind can show: the settings by number, then what to change.
  Result<void> menu() {
    auto plugin = one_plugin();
    if (!plugin) return plugin.error();
    std::vector<std::pair<const SettingEntry*, std::string>> settings;  // value without the user's
    for (const SettingEntry& s : (*plugin)->settings) settings.emplace_back(&s, s.value->text());
    resolve(**plugin);
    if (a_.by_name) {
      std::sort(settings.begin(), settings.end(), [](const auto& x, const auto& y) {
        return std::string_view(x.first->value->name()) < y.first->value->name();
      });
    }
    for (;;) {
      std::string out = fmt::format("\n{}\n", (*plugin)->name);
      for (std::size_t i = 0; i < settings.size(); ++i) {
        const Setting& s = *settings[i].first->value;
        out += fmt::format("{:>3}{} {} = {}  {}\n", i + 1, s.text() == s.default_text() ? ' ' : '*',
                           s.name(), s.text(), s.doc());
      }
      if (auto r = print(out + "NUMBER=VALUE or NAME=VALUE (default: back), empty to end: "); !r)
        return r;
      std::string line;
      if (!std::getline(std::cin, line) || line.empty() || line == "q") break;
      if (auto r = menu_line(**plugin, settings, line); !r)
        fmt::print("{}\n", printable(r.error().message));
    }
    return print("\n");
  }

  Result<void> menu_line(Owner& plugin,
                         const std::vector<std::pair<const SettingEntry*, std::string>>& settings,
                         const std::string& line) {
    const std::size_t equals = line.find('=');
    if (equals == std::string::npos) return Error{"Expected NUMBER=VALUE or NAME=VALUE"};
    std::string name = line.substr(0, equals);
    std::size_t number = 0;
    if (parse_whole(name, number)) {
      if (number == 0 || number > settings.size())
        return Error{fmt::format("There is no setting {}", number)};
      name = settings[number - 1].first->value->name();
    }
    for (const auto& [s, value] : settings) (void)s->value->assign(value, "default").ok();
    std::vector<Change> changes;
    auto done = plan(plugin, name, line.substr(equals + 1), changes);
    if (done) done = store_.apply(changes);
    resolve(plugin);
    return done;
  }

  Result<void> edit() {
    if (a_.plugins.empty()) return Error{fmt::format("Name a plugin\n{}", kHint)};
    const char* editor = std::getenv("EDITOR");
    const bool chosen = editor != nullptr && *editor != '\0';
    if (!chosen && (isatty(STDIN_FILENO) == 0 || isatty(STDOUT_FILENO) == 0)) {
      return Error{
          fmt::format("There is no terminal for an editor: 't2conf {} -I -v' shows the "
                      "settings, -D NAME=VALUE changes one",
                      a_.plugins.front())};
    }
    const auto words = split(chosen ? editor : "vim", " ");
    std::vector<std::string> argv(words.begin(), words.end());
    std::erase(argv, "");
    for (const std::string& p : a_.plugins) {
      const std::string path = fmt::format("{}/plugins/{}/src/{}.h", source_home(), p, p);
      if (!fs::exists(path)) {
        return Error{fmt::format("'{}' has no header here: use 't2conf {} -I -v' and -D", p, p)};
      }
      argv.push_back(path);
    }
    return become(argv);
  }

  Arguments a_;
  Catalogue& all_;
  Store store_;
  std::set<Owner*> resolved_;
};

int work(const std::vector<std::string>& words) {
  if (words.empty()) {
    std::fputs(kUsage, stdout);
    return 1;
  }
  const bool for_help = words.size() == 1 && (words[0] == "-h" || words[0] == "--help");
  if (home().empty() && !for_help) {
    std::fputs("HOME is not set: it is the folder that settings lie in\n", stderr);
    return 1;
  }
  std::string folder = default_plugin_folder();
  for (std::size_t i = 0; i + 1 < words.size(); ++i) {
    if (words[i] == "-p") folder = words[i + 1];
  }
  auto catalogue = load_catalogue(folder);
  if (!catalogue) return fail(catalogue.error().message);
  std::vector<std::string> known = catalogue->plugin_names();
  known.insert(known.end(), {"tranalyzer2", "utils"});
  auto arguments = parse_arguments(words, known);
  Result<void> done =
      arguments ? T2Conf(std::move(*arguments), *catalogue).run() : Result<void>(arguments.error());
  return done ? 0 : fail(done.error().message);
}

}  // namespace

int main(int argc, char** argv) {
  return run_tool(argc, argv, work);
}
