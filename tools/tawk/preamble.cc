// SPDX-License-Identifier: Apache-2.0
#include "tawk/preamble.h"

#include <fmt/format.h>

#include <cctype>
#include <ctime>

#include "common/process.h"

namespace t2::tawk {

std::string awk_string(std::string_view text) {
  std::string out = "\"";
  for (const char c : text) {
    if (c == '"' || c == '\\') out += '\\';
    if (c == '\n')
      out += "\\n";
    else
      out += c;
  }
  return out + '"';
}

namespace {

/// As text inside a regular expression between slashes.
std::string awk_regex(std::string_view text) {
  std::string out;
  for (const char c : text)
    out += std::isalnum(static_cast<unsigned char>(c)) != 0 || c == ' '
               ? std::string(1, c)
               : fmt::format("[{}]", c == '\\' || c == '^' || c == '/' ? std::string("\\") + c
                                                                       : std::string(1, c));
  return out;
}

/// -c
std::string comment(const Options& o, const Source& source) {
  const std::time_t now = std::time(nullptr);
  std::tm tm{};
  o.comment_utc ? gmtime_r(&now, &tm) : localtime_r(&now, &tm);
  char date[64];
  std::strftime(date, sizeof date, "%Y-%m-%dT%H:%M:%S%z", &tm);
  std::string out =
      fmt::format("print \"# Generated with tawk from '\" {} \"'\"; print \"# Date: {}\"",
                  awk_string(source.name), date);
  if (!o.variables.empty() || !o.libraries.empty()) {
    std::string used;
    for (const std::string& v : o.variables) used += " -v " + v;
    for (const ProgramFile& l : o.libraries) used += " " + l.flag + " " + l.path;
    out += fmt::format("; print \"# Variables and libraries used:\" {}", awk_string(used));
  }
  if (!source.program.empty()) out += "; print \"# Filter used: \" " + awk_string(source.program);
  return out;
}

}  // namespace

std::string preamble(const Options& o, const Source& source) {
  const HeaderRule& h = o.header;
  std::string names;
  for (const std::string& c : source.columns) names += (names.empty() ? "" : "\t") + c;
  std::string out =
      fmt::format("BEGIN {{ _begin({}, {}, {}, {})", awk_string(names), awk_string(h.characters),
                  o.drop_header ? 1 : 0, awk_string(tools::share_folder()));
  if (o.comment) out += "; " + comment(o, source);
  out += " }\n";
  std::string rule = fmt::format("/^{} *[A-Za-z_]/", awk_regex(h.characters));
  if (h.row != 0)
    rule = fmt::format("FNR == {}", h.row);
  else if (h.characters.empty())
    rule = "FNR == 1";
  else if (o.zeek)
    rule = "/^#fields\\t/";
  out += rule + " { _header(" + (o.zeek ? "1" : "0") + ")";
  if (o.drop_header) out += "; next";
  out += " }\n";
  if (o.zeek) out += "/^#/ && !/^#fields/ { next }\n";
  return out;
}

}  // namespace t2::tawk
