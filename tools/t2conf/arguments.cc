// SPDX-License-Identifier: Apache-2.0
#include "t2conf/arguments.h"

#include <fmt/format.h>

#include <algorithm>
#include <map>
#include <string_view>

#include "settings/resolver.h"

namespace t2::tools {

const char* const kUsage =
    R"(Usage: t2conf [OPTION...] PLUGIN...
Shows and changes settings; PLUGIN may also be tranalyzer2 (the core) or utils (text formats).
They take effect at the next start of t2; nothing needs to be built.

  -D NAME=VALUE      set a setting of one plugin; VALUE default: back to the default
  -G NAME            print it as t2 will use it, after -D; with -v: where the value comes from
  -I                 names of all settings; with -v: values and meaning
  -E, -e             names of those that the environment may change; -e: only those it does
  -g [FILE]          save the configuration (PLUGIN.config); with -G or -D: use that file instead
  -C FILE            apply a configuration; auto: PLUGIN.config, default: all defaults
      --patch FILE, --rpatch FILE   apply or revert lines NAME<tab>new<tab>old<tab>file
      --reset        back to the defaults; without PLUGIN the core, the text formats and the default
                     set; with -a: all plugins
      --changed      everything that differs from the default, in all plugins or those named
  -l                 all plugins; those with * are active
  -L [FILE]          write a list of the named plugins, else of the default set; t2 then loads no
                     others (plugins.txt in the plugin folder)
  -S [FILE]          show that list
  -s [FILE], -r [FILE]  save or restore which plugins are active
  -a, -0             activate or deactivate all plugins
  -9, -q             only pcapd active, the others are remembered; back to those
  -m                 settings of the core for monitoring: reports for machines, differences only
      --dual         flows of IPv4 and IPv6, which T2++ always makes (--ip4, --ip6: use a filter)
      --t2           tranalyzer2, too
      --tui          a menu of the plugin's settings on the terminal, -n: by name; --gui is the same
  -c                 open the plugin's header in $EDITOR, as without any option
  -p DIR             another plugin folder
  -x, -y, -v         stop after the action; answer yes; say more
  -h, --help         this help

Examples:
  t2conf ftpDecode -D FTP_SAVE=1 && t2build ftpDecode
  t2conf ftpDecode -G FTP_SAVE
  t2conf ftpDecode -I -v
  t2conf --changed
  t2conf ftpDecode --reset
)";

namespace {

using Action = Arguments::Action;

Error hinted(const std::string& text) {
  return {text + "\nTry 't2conf --help' for more information."};
}

class Parser {
 public:
  Parser(const std::vector<std::string>& words, const std::vector<std::string>& known)
      : in_(words), known_(known) {}

  Result<Arguments> run() {
    for (; at_ < in_.size(); ++at_) {
      if (auto r = word(in_[at_]); !r) return r.error();
    }
    late_actions();
    if (!conflict_.empty() && a_.action != Action::kHelp) return hinted(conflict_);
    if (a_.core && !is_named("tranalyzer2")) a_.plugins.insert(a_.plugins.begin(), "tranalyzer2");
    return std::move(a_);
  }

 private:
  /// One call does one thing: what is asked for besides is not left out in silence.
  void act(Action action, std::string_view option) {
    if (a_.action == Action::kHelp) return;
    const bool reversed = action == Action::kPatch && a_.option != option;
    if (!a_.option.empty() && (a_.action != action || reversed) && conflict_.empty())
      conflict_ = fmt::format("Options '{}' and '{}' cannot be used together", a_.option, option);
    a_.action = action;
    a_.option = option;
  }

  /// What the options mean depends on those behind them.
  void late_actions() {
    if (!a_.changes.empty()) act(Action::kSet, "-D");
    if (!a_.names.empty()) {
      if (a_.action == Action::kSet) a_.option.clear();
      act(Action::kGet, "-G");
    }
    // -g beside -D or -G only names the file.
    if (save_ && a_.changes.empty() && a_.names.empty()) act(Action::kSave, "-g");
    if ((a_.monitoring || !a_.family.empty()) && a_.action != Action::kSet)
      act(Action::kSet, a_.monitoring ? "-m" : a_.family);
    if (a_.all && a_.action != Action::kReset && a_.action != Action::kApply)
      act(Action::kActivateAll, "-a");
  }

  bool is_named(const std::string& w) const {
    return std::find(a_.plugins.begin(), a_.plugins.end(), w) != a_.plugins.end();
  }

  bool is_known(const std::string& w) const {
    return std::find(known_.begin(), known_.end(), w) != known_.end();
  }

  Result<void> word(std::string w) {
    static const std::map<std::string_view, Action> plain{
        {"-h", Action::kHelp},        {"--help", Action::kHelp},
        {"-?", Action::kHelp},        {"-I", Action::kNames},
        {"-E", Action::kEnvironment}, {"-e", Action::kEnvironmentSet},
        {"--reset", Action::kReset},  {"--changed", Action::kChanged},
        {"-l", Action::kList},        {"--list", Action::kList},
        {"-c", Action::kEdit},        {"-0", Action::kDeactivateAll},
        {"-9", Action::kCaptureOnly}, {"-q", Action::kRestoreActive},
        {"--tui", Action::kMenu},     {"--gui", Action::kMenu}};
    static const std::map<std::string_view, Action> with_file{{"-L", Action::kWriteLoadList},
                                                              {"-S", Action::kShowLoadList},
                                                              {"-s", Action::kSaveActive},
                                                              {"-r", Action::kRestoreActive}};
    if (const auto p = plain.find(w); p != plain.end()) {
      act(p->second, w);
    } else if (const auto f = with_file.find(w); f != with_file.end() || w == "-g") {
      if (w == "-g")
        save_ = true;
      else
        act(f->second, w);
      a_.file = "";
      const bool named = at_ + 1 < in_.size() && in_[at_ + 1][0] != '-' && !is_known(in_[at_ + 1]);
      if (named) a_.file = in_[++at_];
    } else if (w.starts_with("-D") || w.starts_with("-G") || w.starts_with("-C") ||
               w == "--patch" || w == "--rpatch" || w == "-p" || w == "-t") {
      return with_value(w);
    } else if (w == "--ip4" || w == "--ip6" || w == "--dual") {
      if (!a_.family.empty() && a_.family != w)
        return hinted(fmt::format("Options '{}' and '{}' exclude each other", a_.family, w));
      a_.family = w;
    } else if (w == "-m" || w == "--monitoring") {
      a_.monitoring = true;
    } else if (w == "--t2") {
      a_.core = true;
    } else if (w == "-n") {
      a_.by_name = true;
    } else if (w == "-y" || w == "--yes") {
      a_.yes = true;
    } else if (w == "-v" || w == "--verbose") {
      a_.verbose = true;
    } else if (w == "-a" || w == "--all") {
      a_.all = true;
    } else if (w != "-x" && w != "-f" && w != "-d") {
      return name(w);
    }
    return {};
  }

  Result<void> name(std::string w) {
    if (w.ends_with('/')) w.pop_back();
    if (is_known(w)) {
      a_.plugins.push_back(w);
      return {};
    }
    if (w.starts_with('-')) return hinted(fmt::format("Unknown option '{}'", w));
    const std::string near = did_you_mean(w, known_);
    return hinted(fmt::format("Unknown option '{}': no plugin is called that{}", w,
                              near.empty() ? " (t2conf -l lists them)" : near));
  }

  Result<void> with_value(const std::string& w) {
    const bool attached = w.size() > 2 && w[1] != '-';
    if (!attached && at_ + 1 >= in_.size())
      return hinted(fmt::format("Option '{}' requires an argument", w));
    const std::string value = attached ? w.substr(2) : in_[++at_];
    const std::string option = attached ? w.substr(0, 2) : w;
    if (option == "-D") {
      const std::size_t equals = value.find('=');
      if (equals == std::string::npos || equals == 0) {
        return hinted(fmt::format("Option '-D': expected name=value, found '{}'", value));
      }
      a_.changes.emplace_back(value.substr(0, equals), value.substr(equals + 1));
    } else if (option == "-G") {
      a_.names.push_back(value);
    } else if (option == "-p") {
      a_.plugin_folder = value;
    } else if (option != "-t") {
      a_.files.push_back(value);
      a_.reverse = option == "--rpatch";
      act(option == "-C" ? Action::kApply : Action::kPatch, option);
    }
    return {};
  }

  const std::vector<std::string>& in_;
  const std::vector<std::string>& known_;
  std::size_t at_ = 0;
  bool save_ = false;     // -g
  std::string conflict_;  // two options that ask for different things
  Arguments a_;
};

}  // namespace

Result<Arguments> parse_arguments(const std::vector<std::string>& words,
                                  const std::vector<std::string>& known) {
  return Parser(words, known).run();
}

}  // namespace t2::tools
