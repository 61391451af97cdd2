// SPDX-License-Identifier: Apache-2.0
// The command line of tawk.
#pragma once

#include <string>
#include <vector>

#include "t2/result.h"
#include "tawk/cut.h"
#include "tawk/header.h"

namespace t2::tawk {

/// A program text from -f or -i: `flag` is the option that gawk gets for it.
struct ProgramFile {
  std::string flag, path;
};

struct Options {
  enum class Action {
    kRun,
    kHelp,
    kManual,
    kList,
    kFunctions,
    kDocument,
    kExplain,
    kExplainNames,
    kExplainReport
  };

  Action action = Action::kRun;
  HeaderRule header;
  std::string output_separator = "\t";
  bool drop_header = false, zeek = false, rename = false;
  bool csv = false;  // header.separator and output_separator stand in the files, not in gawk
  bool comment = false, comment_utc = false;
  bool show = false;                   // -k
  CutOptions cut;                      // -x, -r, -X, -b, -P
  std::vector<std::string> sets;       // -n, -e: names of function sets
  std::size_t list_columns = 1;        // -l=N, -g=N
  std::vector<std::string> queries;    // -V, -d
  std::string header_file;             // -I
  std::vector<ProgramFile> libraries;  // -f, -i
  std::vector<std::string> variables;  // -v NAME=VALUE
  std::vector<std::string> for_gawk;   // unknown options
  std::vector<std::string> words;      // what is no option: program and files
};

extern const char* const kUsage;

Result<Options> parse_options(const std::vector<std::string>& arguments, Options defaults);

}  // namespace t2::tawk
