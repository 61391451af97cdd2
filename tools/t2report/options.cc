// SPDX-License-Identifier: Apache-2.0
#include "options.h"

#include <fmt/format.h>

#include <limits>

#include "t2/words.h"

namespace t2::report {
namespace {

Error hinted(std::string_view text) {
  return Error{fmt::format("{}\nTry 't2report --help' for more information.", text)};
}

Result<std::size_t> number(const std::string& option, const std::string& value, std::size_t least,
                           std::size_t most) {
  std::size_t n = 0;
  if (!parse_whole(value, n) || n < least || n > most)
    return hinted(
        fmt::format("Option '{}': '{}' is not a number from {} to {}", option, value, least, most));
  return n;
}

Result<void> set_columns(Options& o, const std::string& value) {
  if (value == "core")
    o.columns = Options::Columns::kCore;
  else if (value == "all")
    o.columns = Options::Columns::kAll;
  else
    return hinted(fmt::format("Option '--columns': '{}' is not core or all", value));
  return {};
}

Result<void> set_pictures(Options& o, const std::string& value) {
  using Pictures = EvidenceOptions::Pictures;
  if (value == "show")
    o.evidence.pictures = Pictures::kShow;
  else if (value == "cover")
    o.evidence.pictures = Pictures::kCover;
  else if (value == "none")
    o.evidence.pictures = Pictures::kNone;
  else
    return hinted(fmt::format("Option '--pictures': '{}' is not show, cover or none", value));
  return {};
}

Result<void> set_number(std::size_t& to, const std::string& option, const std::string& value,
                        std::size_t least, std::size_t most) {
  const auto n = number(option, value, least, most);
  if (!n) return n.error();
  to = *n;
  return {};
}

/// Options that take a value.
Result<void> set(Options& o, const std::string& option, const std::string& value) {
  if (option == "-r" || option == "--pcap")
    o.captures.push_back(value);
  else if (option == "-R" || option == "--pcap-list")
    o.capture_list = value;
  else if (option == "-o" || option == "--output")
    o.output = value;
  else if (option == "--carved")
    o.carved = value;
  else if (option == "--title")
    o.title = value.substr(0, 200);
  else if (option == "--note")
    o.note = value.substr(0, 4000);
  else if (option == "--rows")
    return set_number(o.rows, option, value, 100, 2'000'000);
  else if (option == "--max-size")
    return set_number(o.max_size, option, value, 500'000, std::numeric_limits<std::int32_t>::max());
  else if (option == "--top")
    return set_number(o.top, option, value, 10, 100'000);
  else if (option == "--columns")
    return set_columns(o, value);
  else if (option == "--pictures")
    return set_pictures(o, value);
  else
    return hinted(fmt::format("Unknown option '{}'", option));
  return {};
}

bool set_flag(Options& o, const std::string& w) {
  if (w == "-h" || w == "--help")
    o.help = true;
  else if (w == "-V" || w == "--version")
    o.version = true;
  else if (w == "--json")
    o.json = true;
  else if (w == "--passwords")
    o.evidence.passwords = true;
  else if (w == "--no-carving")
    o.carve = false;
  else if (w == "--packets")
    o.packets = true;
  else
    return false;
  return true;
}

Result<void> check(Options& o) {
  if (o.help || o.version) return {};
  const int inputs =
      (o.captures.empty() ? 0 : 1) + (o.capture_list.empty() ? 0 : 1) + (o.table.empty() ? 0 : 1);
  if (inputs == 0)
    return hinted("Nothing to report on: name a capture (-r), a list (-R) or a flow table");
  if (inputs > 1) return hinted("Either captures (-r), or a list (-R), or one flow table");
  if (o.json && o.output.empty()) o.output = "-";
  if (o.output.empty()) o.output = "report.html";
  if (!o.json && o.output == "-")
    return hinted("A page goes to a file: name it with '-o report.html'");
  if (o.output == "-" && o.table.empty())
    return hinted("With captures the results need a place: name it with '-o FILE'");
  return {};
}

}  // namespace

const char* const kUsage =
    "Usage: t2report [OPTION...] -r CAPTURE... | -R LIST | FLOWS\n"
    "Makes one HTML page that shows what a capture holds: when, who, which files and logins, what\n"
    "stands out, and whether the capture can be trusted. It opens in a browser from the disk, "
    "without\n"
    "network, and can be handed over as it is. FLOWS is a flow table of t2 (NAME_flows.txt); with "
    "-r\n"
    "t2 runs first, with all plugins that analyse and its own settings, never the user's.\n\n"
    "  -r, --pcap FILE     a capture, or a folder of captures; may be repeated\n"
    "  -R, --pcap-list F   a file that lists captures\n"
    "  -o, --output FILE   the page (report.html); what else t2 made lies beside it in "
    "FILE_files/\n"
    "      --carved DIR    where carved files go (report_files/carved), or lie already\n"
    "      --no-carving    carve nothing\n"
    "      --packets       a packet table, too, so that selections can be cut out (tawk -x); it is "
    "large\n"
    "      --json          the data of the page alone, as JSON\n"
    "      --rows N        conversations embedded (100000); beyond that a sample of half of them\n"
    "      --columns W     core, or all columns of each row (all up to 20000 rows)\n"
    "      --max-size B    of the page in bytes (20000000); rows give way\n"
    "      --pictures W    show, cover (until clicked) or none\n"
    "      --passwords     put passwords into the page, covered; else they are never in it\n"
    "      --title TEXT    --note TEXT\n"
    "      --top N         hosts named in a sample (2000)\n"
    "  -h, --help          this help\n"
    "  -V, --version       the version\n\n"
    "Prints the SHA-256 of the page. The same result gives the same page, byte by byte.\n\n"
    "Examples:\n"
    "  t2report -r capture.pcap\n"
    "  t2report -r captures/ -o case.html --title 'Case 12'\n"
    "  t2report results/capture_flows.txt -o capture.html\n"
    "  t2report --json results/capture_flows.txt\n";

Result<Options> parse_options(const std::vector<std::string>& words) {
  Options o;
  for (std::size_t i = 0; i < words.size(); ++i) {
    std::string w = words[i];
    if (set_flag(o, w)) continue;
    if (w.size() < 2 || w[0] != '-') {
      if (!o.table.empty()) return hinted("One flow table at a time");
      o.table = w;
      continue;
    }
    std::string value;
    const std::size_t equals = w.starts_with("--") ? w.find('=') : std::string::npos;
    if (equals != std::string::npos) {
      value = w.substr(equals + 1);
      w.resize(equals);
    } else if (i + 1 < words.size()) {
      value = words[++i];
    } else if (auto known = set(o, w, "0");
               known || !known.error().message.starts_with("Unknown")) {
      return hinted(fmt::format("Option '{}' requires an argument", w));
    }
    if (auto r = set(o, w, value); !r) return r.error();
    // Names of further captures: -r a.pcap b.pcap.
    while ((w == "-r" || w == "--pcap") && i + 1 < words.size() && !words[i + 1].starts_with('-'))
      o.captures.push_back(words[++i]);
  }
  if (auto r = check(o); !r) return r.error();
  return o;
}

}  // namespace t2::report
