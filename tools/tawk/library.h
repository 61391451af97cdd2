// SPDX-License-Identifier: Apache-2.0
// The functions that tawk adds to awk: the library, its optional sets, and the user's own files.
#pragma once

#include <map>
#include <set>
#include <string>
#include <vector>

#include "t2/result.h"

namespace t2::tawk {

/// Name and documentation, from lines `## name(...) | meaning | example`.
using Functions = std::map<std::string, std::string>;

struct Library {
  std::vector<std::string> files;  // for gawk's -f, in this order
  Functions functions;
  std::set<std::string> own_calls;  // functions that the user's files call
};

/// Names of the sets beside the library, as -d takes them, with the option that loads them.
struct FunctionSet {
  const char *name, *option, *file;
};
extern const FunctionSet kFunctionSets[2];

/// The library, the named sets, and ~/.tranalyzer/tawk/*.awk.
Result<Library> load_library(const std::vector<std::string>& sets);
/// One set alone; "t2custom" are the user's files.
Result<Functions> functions_of(const std::string& set);

}  // namespace t2::tawk
