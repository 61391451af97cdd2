// SPDX-License-Identifier: Apache-2.0
#include "tawk/program.h"

#include <fmt/format.h>

#include <algorithm>
#include <cctype>

#include "common/process.h"
#include "settings/resolver.h"

namespace t2::tawk {
namespace {

std::string lower(std::string s) {
  for (char& c : s) c = static_cast<char>(std::tolower(static_cast<unsigned char>(c)));
  return s;
}

bool is_column(const ColumnNames& columns, const std::string& name) {
  return std::find(columns.begin(), columns.end(), name) != columns.end();
}

/// Functions of awk and of the library whose arguments are values, never numbers of columns.
std::set<std::string> value_functions(const Functions& functions) {
  static constexpr const char* kOfColumns[] = {
      "min",       "max",        "mean",   "get_min", "get_max",       "get_mean", "print_min",
      "print_max", "print_mean", "t2sort", "t2rsort", "_validate_col", "why"};
  std::set<std::string> out{"length", "tolower", "toupper", "substr",  "split",    "match",
                            "index",  "sub",     "gsub",    "sprintf", "strtonum", "int"};
  for (const auto& [name, text] : functions) {
    // Functions of the user's own have no documentation line: what they want is not known.
    if (text.find(" | ") != std::string::npos) out.insert(name);
  }
  for (const char* name : kOfColumns) out.erase(name);
  return out;
}

}  // namespace

bool is_awk_variable(const std::string& name) {
  static const std::vector<std::string_view> names{
      "NF",       "NR",      "FNR",     "FS",          "OFS",  "ORS",        "RS",      "RT",
      "RSTART",   "RLENGTH", "SUBSEP",  "FILENAME",    "ARGC", "ARGV",       "ARGIND",  "ENVIRON",
      "CONVFMT",  "OFMT",    "ERRNO",   "FIELDWIDTHS", "FPAT", "IGNORECASE", "BINMODE", "LINT",
      "PROCINFO", "SYMTAB",  "FUNCTAB", "TEXTDOMAIN",  "PREC", "ROUNDMODE",  "COL"};
  return std::find(names.begin(), names.end(), name) != names.end();
}

Result<void> Program::read(const Options& o) {
  files_ = o.words;
  bool from_file = false;
  for (const ProgramFile& l : o.libraries) {
    from_file = from_file || l.flag == "-f";
    auto text = tools::read_file(l.path);
    if (!text && l.flag == "-f") return text.error();
    if (text) scan(*text, script_);
    sources_.push_back({l.flag, l.path, text ? *text : "", text.ok()});
  }
  if (!from_file) {
    if (files_.empty())
      return Error{"Program is required\nTry 'tawk --help' for more information."};
    text_ = files_[0];
    files_.erase(files_.begin());
    if (text_.starts_with("\u2018") || text_.starts_with("\u2019") || text_.starts_with("\u201c"))
      return Error{"The program stands in typographic quotes: write '...' around it"};
    scan(text_, script_);
    sources_.push_back({"-e", "", text_, true});
  }
  if (!script_.bad_number.empty())
    return Error{
        fmt::format("'{}' is not a hexadecimal number such as 0x2000", script_.bad_number)};
  for (const std::string& v : o.variables) script_.assigned.insert(v.substr(0, v.find('=')));
  return {};
}

Result<void> Program::check(const Options& o, const ColumnNames& columns,
                            const Functions& functions, const std::string& no_header) const {
  for (const std::string& name : script_.fields) {
    if (is_awk_variable(name) || script_.assigned.contains(name)) continue;
    if (!is_column(columns, name)) {
      if (columns.empty()) return Error{no_header};
      return Error{fmt::format("Column '{}' not found{}", name, did_you_mean(name, columns))};
    }
    if (functions.contains(name)) {
      return Error{fmt::format(
          "Column '{0}' is named like a function: use $COL[\"{0}\"], or -r and ${0}_", name)};
    }
  }
  // What other files define is not known.
  if (!o.libraries.empty() || !o.for_gawk.empty()) return {};
  for (const std::string& name : script_.names) {
    const bool known = is_awk_variable(name) || script_.assigned.contains(name) ||
                       script_.defined.contains(name) || is_column(columns, name);
    if (known) continue;
    if (functions.contains(name))
      return Error{fmt::format("'{0}' is a function: write {0}()", name)};
    for (const std::string& column : columns) {
      if (lower(column) == lower(name))
        return Error{fmt::format("Column '{}' not found, did you mean '{}'?", name, column)};
    }
  }
  std::vector<std::string> known(script_.defined.begin(), script_.defined.end());
  for (const auto& [name, text] : functions) known.push_back(name);
  for (const std::string& name : script_.called) {
    if (name[0] == '_' || std::find(known.begin(), known.end(), name) != known.end()) continue;
    for (const FunctionSet& set : kFunctionSets) {
      const auto others = functions_of(set.name);
      if (others && others->contains(name))
        return Error{fmt::format("Function '{}' needs the option {}", name, set.option)};
    }
    return Error{fmt::format("Function '{}' not found{}", name, did_you_mean(name, known))};
  }
  return {};
}

Result<std::vector<std::string>> Program::for_gawk(const ColumnNames& columns,
                                                   const Functions& functions,
                                                   const std::set<std::string>& hexadecimal) const {
  Meaning meaning;
  for (const std::string& c : columns) {
    if (!script_.assigned.contains(c) && !functions.contains(c)) meaning.columns.insert(c);
  }
  meaning.hexadecimal = hexadecimal;
  meaning.value_functions = value_functions(functions);
  for (const std::string& name : script_.defined) meaning.value_functions.erase(name);
  std::vector<std::string> argv;
  for (const Source& s : sources_) {
    if (!s.known || s.flag == "-i") {
      argv.insert(argv.end(), {s.flag, s.path});
      continue;
    }
    auto text = rewrite(s.text, meaning);
    if (!text) return text.error();
    const bool changed = *text != s.text + '\n';
    if (s.path.empty() || changed)
      argv.insert(argv.end(), {"-e", *text});
    else
      argv.insert(argv.end(), {s.flag, s.path});
  }
  return argv;
}

}  // namespace t2::tawk
