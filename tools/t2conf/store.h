// SPDX-License-Identifier: Apache-2.0
// The user's files ~/.tranalyzer/config/NAME.config (spec tools 2.4, 7.2).
#pragma once

#include <map>
#include <string>
#include <vector>

#include "common/catalogue.h"
#include "t2/result.h"

namespace t2::tools {

/// One change: an empty value removes the line.
struct Change {
  std::string owner, flag, value;
};

class Store {
 public:
  explicit Store(std::string folder) : folder_(std::move(folder)) {}

  std::string path(const std::string& owner) const { return folder_ + "/" + owner + ".config"; }

  /// Gives the settings of the owner the values that t2 will use: files, then environment. What is
  /// wrong with the files is told in `warnings`.
  void resolve(Owner& owner, std::vector<std::string>& warnings) const;

  /// Makes all changes, or none of them.
  Result<void> apply(const std::vector<Change>& changes) const;
  /// Removes the user's settings of the owners.
  Result<void> reset(const std::vector<std::string>& owners) const;

 private:
  std::string folder_;
};

/// Writes a file whole or not at all.
Result<void> write_atomically(const std::string& path, const std::string& text);
/// A configuration of the owner, with its values as they are, as -g writes it; with `origins` also
/// the defaults and where the values come from.
std::string configuration(const Owner& owner, bool origins = false);
/// The number for UINT8_MAX and its like, which are accepted for numbers; else the value itself.
std::string constant(const std::string& value);
/// The text of a config file after one change; without any setting it is empty.
std::string changed_text(const std::string& text, const Change& change);

}  // namespace t2::tools
