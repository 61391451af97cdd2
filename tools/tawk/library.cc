// SPDX-License-Identifier: Apache-2.0
#include "tawk/library.h"

#include <algorithm>
#include <filesystem>

#include "common/process.h"
#include "tawk/script.h"

namespace t2::tawk {
namespace {

namespace fs = std::filesystem;

Result<void> add(const std::string& path, Library& library, bool only_documented) {
  auto text = tools::read_file(path);
  if (!text) return text.error();
  library.files.push_back(path);
  for (std::size_t at = 0; (at = text->find("\n## ", at)) != std::string::npos;) {
    at += 4;
    const std::string line = text->substr(at, text->find('\n', at) - at);
    library.functions.emplace(line.substr(0, line.find('(')), line);
  }
  if (only_documented) return {};
  Script script;
  scan(*text, script);
  library.own_calls.insert(script.called.begin(), script.called.end());
  for (const std::string& name : script.defined) library.functions.emplace(name, name + "()");
  return {};
}

std::string set_path(const FunctionSet& set) {
  return tools::share_folder() + "/" + set.file;
}

Result<void> add_own(Library& library) {
  std::error_code error;
  std::vector<std::string> paths;
  for (const auto& entry : fs::directory_iterator(tools::home() + "/.tranalyzer/tawk", error)) {
    if (entry.path().extension() == ".awk") paths.push_back(entry.path());
  }
  std::sort(paths.begin(), paths.end());
  for (const std::string& path : paths) {
    if (auto r = add(path, library, false); !r) return r;
  }
  return {};
}

}  // namespace

const FunctionSet kFunctionSets[2] = {{"t2nfdump", "-n", "tawk-nfdump.awk"},
                                      {"examples", "-e", "tawk-examples.awk"}};

Result<Library> load_library(const std::vector<std::string>& sets) {
  Library library;
  if (auto r = add(tools::share_folder() + "/tawk.awk", library, true); !r) return r.error();
  for (const FunctionSet& set : kFunctionSets) {
    if (std::find(sets.begin(), sets.end(), set.name) == sets.end()) continue;
    if (auto r = add(set_path(set), library, true); !r) return r.error();
  }
  if (auto r = add_own(library); !r) return r.error();
  return library;
}

Result<Functions> functions_of(const std::string& name) {
  Library library;
  Result<void> done;
  for (const FunctionSet& set : kFunctionSets) {
    if (name == set.name) done = add(set_path(set), library, true);
  }
  if (name == "t2custom") done = add_own(library);
  if (!done) return done.error();
  return std::move(library.functions);
}

}  // namespace t2::tawk
