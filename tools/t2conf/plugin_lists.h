// SPDX-License-Identifier: Apache-2.0
// Which plugins run: load lists, and the set of active ones (spec tools 2.1).
#pragma once

#include <string>
#include <vector>

#include "common/catalogue.h"
#include "t2/result.h"
#include "t2conf/arguments.h"

namespace t2::tools {

/// Those of the usual set that are installed.
std::vector<std::string> default_set(Catalogue& all);

/// The actions of the command line that list, choose, keep and remove plugins.
class PluginLists {
 public:
  /// Both outlive it.
  PluginLists(const Arguments& arguments, Catalogue& catalogue) : a_(arguments), all_(catalogue) {}

  Result<void> run() const;

 private:
  std::string folder() const;
  std::string file_or(const char* name) const;
  std::vector<std::string> active() const;
  Result<void> list() const;
  Result<void> write_list(const std::string& path, const std::vector<std::string>& plugins) const;
  Result<void> write_load_list() const;
  Result<void> show_list() const;
  Result<void> restore() const;
  Result<void> deactivate() const;
  Result<void> remember_active() const;
  Result<void> capture_only() const;

  const Arguments& a_;
  Catalogue& all_;
};

}  // namespace t2::tools
