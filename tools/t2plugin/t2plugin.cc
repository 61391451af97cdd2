// SPDX-License-Identifier: Apache-2.0
// t2plugin: which plugins there are, which are active, which do not fit t2; makes a new one.
#include <fmt/format.h>
#include <unistd.h>

#include <array>
#include <cstdlib>
#include <cstring>
#include <string_view>

#include "common/catalogue.h"
#include "common/messages.h"
#include "common/process.h"
#include "plugin/config.h"

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
    "  -c NAME [-n NUM]     make a new plugin from the template, in the source tree\n"
    "  -h, --help           this help\n\n"
    "Examples:\n"
    "  t2plugin -l\n"
    "  t2plugin -l=o -N\n"
    "  t2plugin -c myPlugin\n";

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
  std::string group, create, number;
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
  const char* no_color = std::getenv("NO_COLOR");
  const bool bold = isatty(STDOUT_FILENO) != 0 && (no_color == nullptr || *no_color == '\0');
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

int create(const Options& o) {
  const std::string home_folder = source_home();
  if (home_folder.empty()) return fail("The source tree is not here: set T2HOME to its folder");
  std::vector<std::string> argv{home_folder + "/scripts/new-plugin.sh", o.create};
  if (!o.number.empty()) argv.push_back(o.number);
  execute(argv);
  return fail(fmt::format("Failed to run '{}': {}", argv[0], std::strerror(errno)));
}

}  // namespace

int main(int argc, char** argv) {
  const std::vector<std::string> words(argv + 1, argv + argc);
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
    } else if (w == "-c" || w == "-n") {
      if (i + 1 >= words.size()) return hinted(fmt::format("Option '{}' requires an argument", w));
      (w == "-c" ? o.create : o.number) = words[++i];
    } else if (w == "-h" || w == "--help" || w == "-?") {
      fmt::print("{}", kUsage);
      return 0;
    } else if (w != "-y" && w != "--cpp") {
      return hinted(fmt::format("Unknown option '{}'", w));
    }
  }
  return o.create.empty() ? list(o) : create(o);
}
