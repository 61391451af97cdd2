// SPDX-License-Identifier: Apache-2.0
// The user's program: where it comes from, what it uses, and what gawk gets for it.
#pragma once

#include <string>
#include <vector>

#include "t2/result.h"
#include "tawk/header.h"
#include "tawk/library.h"
#include "tawk/options.h"
#include "tawk/script.h"

namespace t2::tawk {

class Program {
 public:
  /// Takes the program texts of the command line; the words behind them are files().
  Result<void> read(const Options& o);
  /// Errors for names that are neither columns nor anything else. `no_header` says that there are
  /// no columns at all.
  Result<void> check(const Options& o, const ColumnNames& columns, const Functions& functions,
                     const std::string& no_header) const;
  /// The options by which gawk gets the program. `hexadecimal`: columns with cells such as 0x2000.
  Result<std::vector<std::string>> for_gawk(const ColumnNames& columns, const Functions& functions,
                                            const std::set<std::string>& hexadecimal) const;

  const Script& script() const { return script_; }
  const std::vector<std::string>& files() const { return files_; }
  /// The program of the command line; "" if it came from files.
  const std::string& text() const { return text_; }
  bool calls(const std::string& function) const { return script_.called.contains(function); }

 private:
  struct Source {
    std::string flag, path, text;  // -f, -i; `path` is empty for the one on the command line
    bool known = true;             // gawk looks for it along AWKPATH otherwise
  };

  Script script_;
  std::vector<Source> sources_;
  std::vector<std::string> files_;
  std::string text_;
};

/// Whether gawk gives this variable a meaning, or the library does.
bool is_awk_variable(const std::string& name);

}  // namespace t2::tawk
