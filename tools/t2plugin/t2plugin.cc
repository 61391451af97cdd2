// SPDX-License-Identifier: Apache-2.0
// t2plugin: which plugins there are, which are active, which do not fit t2; makes a new one.
#include <fmt/format.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cstdlib>
#include <cstring>
#include <filesystem>
#include <string_view>

#include "common/catalogue.h"
#include "common/messages.h"
#include "common/process.h"
#include "common/tool.h"
#include "settings/resolver.h"

namespace {

using namespace t2;
using namespace t2::tools;

constexpr const char* kUsage =
    "Usage: t2plugin [OPTION...]\n"
    "Lists plugins: name, number, whether it is active (*) or its active library does not fit t2\n"
    "(!: run t2build), what it does.\n\n"
    "  -l[=GROUP], --list   all, or one group: g b l2 l4 l7 a m c o\n"
    "                       (global, basic, layer 2, 3/4, 7, application, math, classifier, "
    "output)\n"
    "  -N                   names only\n"
    "  -H                   without titles\n"
    "  -c NAME [-n NUM]     make a new plugin from the template: in the source tree, or without "
    "one\n"
    "                       in ~/.tranalyzer/sources; t2build knows both\n"
    "  -t NAME              run the plugin's tests with what is installed and active\n"
    "  -h, --help           this help\n\n"
    "Examples:\n"
    "  t2plugin -l\n"
    "  t2plugin -l=o -N\n"
    "  t2plugin -c myPlugin && t2build myPlugin && t2plugin -t myPlugin\n";

struct Group {
  std::string_view key, title;
  int first, last;  // plugin numbers
};
constexpr std::array<Group, 9> kGroups{{{"g", "Global Plugins", 0, 99},
                                        {"b", "Basic Plugins", 100, 199},
                                        {"l2", "Layer 2 Plugins", 200, 299},
                                        {"l4", "Layer 3/4 Plugins", 0, -1},
                                        {"l7", "Layer 7 Plugins", 300, 399},
                                        {"a", "Application Plugins", 400, 499},
                                        {"m", "Math Plugins", 500, 599},
                                        {"c", "Classifier Plugins", 600, 899},
                                        {"o", "Output Plugins", 900, 999}}};
// Numbers that lie among the basic plugins but look at layers 3 and 4.
constexpr int kFirstLayer4 = 130;

const Group& group_of(int number) {
  if (number >= kFirstLayer4 && number <= 199) return kGroups[3];
  for (const Group& g : kGroups) {
    if (number >= g.first && number <= g.last) return g;
  }
  return kGroups.back();
}

struct Options {
  std::string group, create, number, test;
  bool names = false, titles = true;
};

/// A library of the plugin folder that t2 refuses is not active.
char mark(const Owner& p) {
  if (p.active) return '*';
  const std::string library =
      fmt::format("{}/{:03}_{}.so", default_plugin_folder(), p.number, p.name);
  return access(library.c_str(), F_OK) == 0 ? '!' : ' ';
}

int list(const Options& o) {
  auto catalogue = load_catalogue(default_plugin_folder());
  if (!catalogue) return fail(catalogue.error().message);
  const bool bold = isatty(STDOUT_FILENO) != 0 && wants_colour();
  for (const Group& g : kGroups) {
    if (!o.group.empty() && o.group != g.key) continue;
    bool titled = false;
    for (const Owner& p : catalogue->plugins) {
      if (&group_of(p.number) != &g) continue;
      if (!titled && o.titles && !o.names)
        fmt::print("\n{}[{}]{}\n\n", bold ? "\033[1m" : "", g.title, bold ? "\033[0m" : "");
      titled = true;
      if (o.names) {
        fmt::print("{}\n", printable(p.name));
      } else {
        fmt::print("{:<19}{:03}  {} {}\n", printable(p.name), p.number, mark(p), printable(p.doc));
      }
    }
  }
  if (o.titles && !o.names) fmt::print("\n");
  for (const std::string& e : catalogue->unusable) complain(e);
  return 0;
}

/// Where plugins lie that were made without a source tree of T2++.
std::string own_sources() {
  return home() + "/.tranalyzer/sources";
}

/// The first of the paths that is there; the last one if none is.
std::string first_there(const std::vector<std::string>& paths) {
  for (const std::string& p : paths) {
    if (access(p.c_str(), F_OK) == 0) return p;
  }
  return paths.back();
}

int create(const Options& o) {
  const std::string source = source_home();
  const bool in_source = !source.empty() && access((source + "/plugins").c_str(), W_OK) == 0;
  if (!in_source && home().empty()) return fail("HOME is not set: where is the plugin to lie?");
  auto catalogue = load_catalogue(default_plugin_folder());
  if (!catalogue) return fail(catalogue.error().message);
  const std::string script =
      first_there({source + "/scripts/new-plugin.sh", share_folder() + "/sdk/new-plugin.sh"});
  std::vector<std::string> argv{script, "-t", in_source ? source : own_sources()};
  for (const Owner& p : catalogue->plugins) {
    argv.insert(argv.end(), {"-x", fmt::format("{:03}_{}", p.number, p.name)});
  }
  argv.push_back(o.create);
  if (!o.number.empty()) argv.push_back(o.number);
  execute(argv);
  return fail(fmt::format("Failed to run '{}': {}", argv[0], std::strerror(errno)));
}

/// The plugin's tests, from wherever its source lies, with the programs that this one lies beside.
int test(const Options& o) {
  const std::string source = source_home();
  const std::string folder = fmt::format("/plugins/{}/tests", o.test);
  const std::string tests = first_there({own_sources() + folder, source + folder});
  std::vector<std::string> scripts;
  std::error_code error;
  for (const auto& entry : std::filesystem::directory_iterator(tests, error)) {
    const std::string name = entry.path().filename();
    if (name.starts_with("test_") && name.ends_with(".py")) scripts.push_back(entry.path());
  }
  if (scripts.empty()) return fail(fmt::format("Plugin '{}' has no tests in '{}'", o.test, tests));
  std::sort(scripts.begin(), scripts.end());
  std::vector<std::string> folders{default_plugin_folder()};
  for (std::string& f : shipped_folders()) folders.push_back(std::move(f));
  const std::string sdk = share_folder() + "/sdk";
  setenv("T2_BUILD", (own_folder() + "/..").c_str(), 1);
  setenv("T2_SOURCE", source.c_str(), 1);
  setenv("T2_PLUGIN_FOLDERS", fmt::format("{}", fmt::join(folders, ":")).c_str(), 1);
  setenv("T2_EXAMPLE",
         first_there({source + "/examples/ftp-dpic.pcap", sdk + "/ftp-dpic.pcap"}).c_str(), 1);
  setenv("PYTHONPATH", first_there({source + "/tests/support", sdk}).c_str(), 1);
  setenv("PYTHONDONTWRITEBYTECODE", "1", 1);
  int failed = 0;
  for (const std::string& script : scripts) failed |= run_here({"python3", script});
  return failed == 0 ? 0 : 1;
}

int work(const std::vector<std::string>& words) {
  const auto hinted = [](const std::string& text) {
    return fail(text + "\nTry 't2plugin --help' for more information.");
  };
  Options o;
  for (std::size_t i = 0; i < words.size(); ++i) {
    const std::string& w = words[i];
    const std::size_t equals = std::min(w.find('='), w.size());
    const std::string name = w.substr(0, equals);
    if (name == "-l" || name == "--list") {
      o.group = equals < w.size() ? w.substr(equals + 1) : "";
      bool known = o.group.empty();
      for (const Group& g : kGroups) known = known || g.key == o.group;
      if (!known) return hinted(fmt::format("Unknown group '{}'", o.group));
    } else if (w == "-N") {
      o.names = true;
    } else if (w == "-H") {
      o.titles = false;
    } else if (w == "-c" || w == "-n" || w == "-t") {
      if (i + 1 >= words.size() || words[i + 1].empty())
        return hinted(fmt::format("Option '{}' requires an argument", w));
      (w == "-c" ? o.create : w == "-n" ? o.number : o.test) = words[++i];
    } else if (w == "-h" || w == "--help" || w == "-?") {
      fmt::print("{}", kUsage);
      return 0;
    } else if (w != "-y" && w != "--cpp") {
      return hinted(fmt::format("Unknown option '{}'", w));
    }
  }
  if (!o.test.empty()) return test(o);
  return o.create.empty() ? list(o) : create(o);
}

}  // namespace

int main(int argc, char** argv) {
  return run_tool(argc, argv, work);
}
