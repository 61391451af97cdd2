// SPDX-License-Identifier: Apache-2.0
// Where settings get their values, weakest first: default < /etc/tranalyzer/NAME.config <
// ~/.tranalyzer/config/NAME.config < environment < command line (docs/design.md 5).
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "t2/settings.h"

namespace t2 {

/// `--set OWNER.FLAG=VALUE`
struct Override {
  std::string owner, flag, value;
  bool used = false;
};

/// One `NAME = value` line of a config file (spec tools 2.4).
struct ConfigLine {
  std::string name, value;
  int line = 0;
};

Result<std::vector<ConfigLine>> parse_config(std::string_view text, std::string_view file);
Result<Override> parse_override(std::string_view text);

class SettingsResolver {
 public:
  /// The two standard folders; `home` may be empty.
  explicit SettingsResolver(const std::string& home);
  explicit SettingsResolver(std::vector<std::string> folders) : folders_(std::move(folders)) {}

  void add(Override o) { overrides_.push_back(std::move(o)); }
  /// Gives all settings of the group their values. Unknown names in files become warnings.
  Result<void> resolve(std::string_view owner, Settings& settings,
                       std::vector<std::string>& warnings);
  /// After all groups are resolved: an override that nobody took is an error. `groups` serve to
  /// suggest the right name.
  Result<void> check_all_used(
      const std::vector<std::pair<std::string, const Settings*>>& groups) const;

 private:
  Result<void> apply_file(const std::string& path, Settings& settings,
                          std::vector<std::string>& warnings);
  Result<void> apply_environment(Settings& settings);
  Result<void> apply_overrides(std::string_view owner, Settings& settings);

  std::vector<std::string> folders_;
  std::vector<Override> overrides_;
};

/// The names closest to `wanted`, for "did you mean"; at most three, best first.
std::vector<std::string> nearest(std::string_view wanted, const std::vector<std::string>& names);
/// ", did you mean 'X'?" or "" from nearest().
std::string did_you_mean(std::string_view wanted, const std::vector<std::string>& names);

}  // namespace t2
