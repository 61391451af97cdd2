// SPDX-License-Identifier: Apache-2.0
#include "common/user_setting.h"

#include "common/process.h"
#include "settings/resolver.h"
#include "t2/file.h"
#include "t2/words.h"

namespace t2::tools {

std::optional<std::string> user_setting(const std::string& owner, const std::string& flag) {
  const std::string path = home() + "/.tranalyzer/config/" + owner + ".config";
  const auto text = read_regular_file(path, kLargestText);
  if (!text) return {};
  const auto lines = parse_config(*text, path);
  if (!lines) return {};
  std::optional<std::string> value;
  for (const ConfigLine& l : *lines) {
    if (l.name != flag) continue;
    value = unquoted(l.value);
  }
  return value;
}

}  // namespace t2::tools
