// SPDX-License-Identifier: Apache-2.0
// The command line of t2conf (spec tools 2.1).
#pragma once

#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "t2/result.h"

namespace t2::tools {

struct Arguments {
  enum class Action {
    kEdit,
    kHelp,
    kSet,
    kGet,
    kNames,
    kEnvironment,
    kEnvironmentSet,
    kSave,
    kApply,
    kReset,
    kPatch,
    kChanged,
    kList,
    kWriteLoadList,
    kShowLoadList,
    kSaveActive,
    kRestoreActive,
    kActivateAll,
    kDeactivateAll,
    kCaptureOnly,
    kMenu
  };

  Action action = Action::kEdit;
  std::string option;  // that asked for the action, for messages
  std::vector<std::pair<std::string, std::string>> changes;  // -D
  std::vector<std::string> names;                            // -G
  std::vector<std::string> files;                            // -C, --patch
  std::optional<std::string> file;                           // -g, -L, -S, -s, -r; "" without FILE
  std::string plugin_folder;                                 // -p
  std::vector<std::string> plugins;
  std::string family;                                      // --ip4, --ip6, --dual
  bool monitoring = false, core = false, by_name = false;  // -m, --t2, -n
  bool all = false, yes = false, verbose = false, reverse = false;
};

extern const char* const kUsage;

/// `known` are the names that are no file: plugins, tranalyzer2, utils.
Result<Arguments> parse_arguments(const std::vector<std::string>& words,
                                  const std::vector<std::string>& known);

}  // namespace t2::tools
