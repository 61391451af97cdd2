// SPDX-License-Identifier: Apache-2.0
#include "settings/resolver.h"

#include <fmt/format.h>

#include <algorithm>
#include <cctype>
#include <cstdlib>

#include "t2/file.h"
#include "t2/words.h"

namespace t2 {
namespace {

/// Of a file with settings.
constexpr std::size_t kMostText = std::size_t{16} << 20;

constexpr std::string_view kBlanks = " \t\r";

std::string lower(std::string_view s) {
  std::string out(s);
  std::transform(out.begin(), out.end(), out.begin(),
                 [](unsigned char c) { return static_cast<char>(std::tolower(c)); });
  return out;
}

/// Levenshtein distance.
std::size_t distance(std::string_view a, std::string_view b) {
  std::vector<std::size_t> row(b.size() + 1);
  for (std::size_t j = 0; j <= b.size(); ++j) row[j] = j;
  for (std::size_t i = 1; i <= a.size(); ++i) {
    std::size_t diagonal = row[0];
    row[0] = i;
    for (std::size_t j = 1; j <= b.size(); ++j) {
      const std::size_t change = diagonal + (a[i - 1] == b[j - 1] ? 0 : 1);
      diagonal = row[j];
      row[j] = std::min({row[j] + 1, row[j - 1] + 1, change});
    }
  }
  return row.back();
}

std::vector<std::string> names_of(const Settings& settings) {
  std::vector<std::string> names;
  for (const Setting* s : settings.all()) names.emplace_back(s->name());
  return names;
}

}  // namespace

Result<std::vector<ConfigLine>> parse_config(std::string_view text, std::string_view file) {
  std::vector<ConfigLine> lines;
  int number = 0;
  while (!text.empty()) {
    const auto end = text.find('\n');
    const std::string_view line = trimmed(text.substr(0, end), kBlanks);
    text = end == std::string_view::npos ? std::string_view{} : text.substr(end + 1);
    ++number;
    if (line.empty() || line[0] == '#' || line[0] == '%') continue;
    const auto equals = line.find('=');
    const std::string_view name = trimmed(line.substr(0, equals), kBlanks);
    if (equals == std::string_view::npos || name.empty()) {
      return Error{fmt::format("{}:{}: expected NAME = value, found '{}'", file, number, line)};
    }
    lines.push_back(
        {std::string(name), std::string(trimmed(line.substr(equals + 1), kBlanks)), number});
  }
  return lines;
}

Result<Override> parse_override(std::string_view text) {
  const auto equals = text.find('=');
  const auto dot = text.substr(0, equals).find('.');
  if (equals == std::string_view::npos || dot == std::string_view::npos || dot == 0 ||
      dot + 1 >= equals) {
    return Error{fmt::format("Option '--set': expected NAME.FLAG=value, found '{}'", text)};
  }
  return Override{std::string(text.substr(0, dot)),
                  std::string(text.substr(dot + 1, equals - dot - 1)),
                  std::string(text.substr(equals + 1))};
}

std::vector<std::string> nearest(std::string_view wanted, const std::vector<std::string>& names) {
  std::vector<std::pair<std::size_t, std::string>> ranked;
  const std::string w = lower(wanted);
  for (const std::string& n : names) {
    const std::string l = lower(n);
    const bool contains = w.size() >= 3 && l.find(w) != std::string::npos;
    const std::size_t d = contains ? 1 : distance(w, l);
    if (d <= std::max<std::size_t>(2, w.size() / 3)) ranked.emplace_back(d, n);
  }
  std::stable_sort(ranked.begin(), ranked.end(),
                   [](const auto& x, const auto& y) { return x.first < y.first; });
  std::vector<std::string> out;
  for (const auto& [d, n] : ranked) {
    if (out.size() < 3) out.push_back(n);
  }
  return out;
}

std::string did_you_mean(std::string_view wanted, const std::vector<std::string>& names) {
  const std::vector<std::string> near = nearest(wanted, names);
  if (near.empty()) return {};
  return fmt::format(", did you mean '{}'?", fmt::join(near, "' or '"));
}

SettingsResolver::SettingsResolver(const std::string& home) {
  folders_.emplace_back("/etc/tranalyzer");
  if (!home.empty()) folders_.push_back(home + "/.tranalyzer/config");
}

Result<void> SettingsResolver::apply_file(const std::string& path, Settings& settings,
                                          std::vector<std::string>& warnings) {
  if (is_absent(path)) return {};
  const auto text = read_regular_file(path, kMostText);
  if (!text) return text.error();
  auto lines = parse_config(*text, path);
  if (!lines) return lines.error();
  for (const ConfigLine& l : *lines) {
    Setting* s = settings.find(l.name);
    if (s == nullptr) {
      warnings.push_back(fmt::format("{}:{}: unknown setting '{}' ignored{}", path, l.line, l.name,
                                     did_you_mean(l.name, names_of(settings))));
      continue;
    }
    if (auto r = s->assign(l.value, fmt::format("{}:{}", path, l.line)); !r) return r;
  }
  return {};
}

Result<void> SettingsResolver::apply_environment(Settings& settings) {
  for (Setting* s : settings.all()) {
    if (!s->env()) continue;
    const char* value = std::getenv(s->name());
    if (value == nullptr) continue;
    if (auto r = s->assign(value, "environment"); !r) return r;
  }
  return {};
}

Result<void> SettingsResolver::apply_overrides(std::string_view owner, Settings& settings) {
  for (Override& o : overrides_) {
    if (o.owner != owner) continue;
    Setting* s = settings.find(o.flag);
    if (s == nullptr) {
      return Error{fmt::format("Unknown setting '{}' of '{}'{}", o.flag, o.owner,
                               did_you_mean(o.flag, names_of(settings)))};
    }
    o.used = true;
    if (auto r = s->assign(o.value, "command line"); !r) return r;
  }
  return {};
}

Result<void> SettingsResolver::resolve(std::string_view owner, Settings& settings,
                                       std::vector<std::string>& warnings) {
  for (const std::string& folder : folders_) {
    if (auto r = apply_file(fmt::format("{}/{}.config", folder, owner), settings, warnings); !r) {
      return r;
    }
  }
  if (auto r = apply_environment(settings); !r) return r;
  return apply_overrides(owner, settings);
}

Result<void> SettingsResolver::check_all_used(
    const std::vector<std::pair<std::string, const Settings*>>& groups) const {
  for (const Override& o : overrides_) {
    if (o.used) continue;
    std::vector<std::string> owners;
    for (const auto& [name, settings] : groups) {
      if (settings->find(o.flag)) {
        return Error{fmt::format("Unknown setting '{0}' of '{1}', did you mean '{2}.{0}'?", o.flag,
                                 o.owner, name)};
      }
      owners.push_back(name);
    }
    return Error{fmt::format("Option '--set': no plugin '{}' is loaded{}", o.owner,
                             did_you_mean(o.owner, owners))};
  }
  return {};
}

}  // namespace t2
