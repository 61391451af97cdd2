// SPDX-License-Identifier: Apache-2.0
// tcol: shows tab-separated tables as aligned columns, in a pager on terminals.
#include <fmt/format.h>
#include <getopt.h>
#include <sys/wait.h>
#include <unistd.h>

#include <clocale>
#include <csignal>
#include <cstdio>
#include <cstdlib>
#include <optional>
#include <string>
#include <vector>

#include "common/messages.h"
#include "common/tool.h"
#include "t2/words.h"
#include "tcol/input.h"
#include "tcol/table.h"

namespace {

using t2::tcol::Input;
using t2::tcol::laid_out;
using t2::tcol::Table;

constexpr const char* kUsage =
    "Usage: tcol [OPTION...] [FILE...]\n"
    "Shows tab-separated tables as aligned columns; standard input without FILE.\n"
    "They may be compressed by gzip or zstd.\n\n"
    "  -n, --no-pager   print, also on a terminal\n"
    "  -w, --width N    cut cells at N columns\n"
    "  -k, --keep N     the first N columns stay when the pager scrolls sideways (2; 0: none)\n"
    "  -h, --help       this help\n\n"
    "On a terminal the header has a colour (not with NO_COLOR) and less shows the table. From "
    "version\n"
    "600 on it holds the header and the first columns; older ones, such as 590 of Debian 12, "
    "cannot:\n"
    "there choose columns, tawk '{ print $flowInd, $ftpCC }' FILE | tcol, or cut them with -w.\n\n"
    "Examples:\n"
    "  tcol results/ftp-dpic_flows.txt\n"
    "  head -n 14 results/ftp-dpic_packets.txt | tcol\n"
    "  tcol -w 30 results/ftp-dpic_packets.txt\n";

int fail(const std::string& message) {
  return t2::tools::fail("tcol: " + message);
}

/// Whether the installed less can hold the first line (--header, from version 600 on).
bool less_has_header() {
  std::FILE* p = popen("less --version 2>/dev/null", "r");  // a fixed command: no data in it
  if (p == nullptr) return false;
  int version = 0;
  const bool known = std::fscanf(p, "less %d", &version) == 1;
  pclose(p);
  return known && version >= 600;
}

/// From now on standard output goes to less; returns its process or -1. `kept`: columns of the
/// screen that stay when it scrolls sideways.
pid_t start_pager(std::size_t kept, bool coloured) {
  const std::string held =
      less_has_header() ? fmt::format("--header=1,{}", kept) : std::string("-S");
  int ends[2];
  if (pipe(ends) != 0) return -1;
  const pid_t pid = fork();
  if (pid < 0) return -1;
  if (pid == 0) {
    dup2(ends[0], STDIN_FILENO);
    close(ends[0]);
    close(ends[1]);
    // -R lets the colour of the header pass; the cells hold nothing that less would obey.
    execlp("less", "less", coloured ? "-SFXR" : "-SFX", held.c_str(), static_cast<char*>(nullptr));
    execlp("cat", "cat", static_cast<char*>(nullptr));
    _exit(127);
  }
  dup2(ends[1], STDOUT_FILENO);
  close(ends[0]);
  close(ends[1]);
  return pid;
}

constexpr const char* kHeaderColour = "\033[1;36m";
constexpr const char* kNoColour = "\033[0m";

bool write_all(std::string_view s) {
  return std::fwrite(s.data(), 1, s.size(), stdout) == s.size();
}

struct Options {
  bool pager = true;
  std::size_t width = 0;
  std::size_t keep = 2;  // columns
  std::vector<const char*> files;
};

int show(const Options& o) {
  std::vector<Input> inputs(o.files.begin(), o.files.end());
  Table table(o.width);
  for (Input& in : inputs) {
    auto read = in.each_line([&](std::string_view line) { table.measure(line); });
    if (!read) return fail(read.error().message);
  }
  const bool terminal = isatty(STDOUT_FILENO) != 0;
  bool colour_due = terminal && t2::tools::wants_colour();
  const pid_t pager =
      o.pager && terminal ? start_pager(table.width_of_first(o.keep), colour_due) : -1;
  std::string out, problem;
  bool good = true;
  for (Input& in : inputs) {
    const auto whole = in.each_line([&](std::string_view line) {
      if (!good) return;
      const std::size_t start = out.size();
      table.put(line, out);
      if (colour_due && out.size() > start && laid_out(line)) {
        out.insert(start, kHeaderColour);
        out.insert(out.size() - 1, kNoColour);
        colour_due = false;
      }
      if (out.size() < (1 << 16)) return;
      good = write_all(out);
      out.clear();
    });
    if (!whole) problem = whole.error().message;
    if (!in.damage().empty())
      problem = fmt::format("Failed to read file '{}': {}", in.name(), in.damage());
    if (!problem.empty()) break;
  }
  if (good) write_all(out);
  if (pager > 0) {
    std::fflush(stdout);
    close(STDOUT_FILENO);
    waitpid(pager, nullptr, 0);
  }
  return problem.empty() ? 0 : fail(problem);
}

/// The options into `o`; a status if there is nothing more to do.
std::optional<int> parse(std::vector<char*> words, Options& o) {
  const option longs[] = {{"no-pager", no_argument, nullptr, 'n'},
                          {"width", required_argument, nullptr, 'w'},
                          {"keep", required_argument, nullptr, 'k'},
                          {"help", no_argument, nullptr, 'h'},
                          {}};
  const int count = static_cast<int>(words.size());
  words.push_back(nullptr);
  opterr = 0;
  for (int c = 0; (c = getopt_long(count, words.data(), ":nw:k:h", longs, nullptr)) != -1;) {
    switch (c) {
      case 'n':
        o.pager = false;
        break;
      case 'w':
        if (!t2::parse_whole(optarg, o.width) || o.width == 0)
          return fail(fmt::format("Option '-w': '{}' is not a number greater than 0", optarg));
        break;
      case 'k':
        if (!t2::parse_whole(optarg, o.keep))
          return fail(fmt::format("Option '-k': '{}' is not a number", optarg));
        break;
      case 'h':
        std::fputs(kUsage, stdout);
        return 0;
      case ':':
        return fail(fmt::format("Option '{}' requires an argument", words[optind - 1]));
      default:
        return fail(fmt::format("Unknown option '{}'. Try 'tcol --help'", words[optind - 1]));
    }
  }
  o.files.assign(words.begin() + optind, words.end() - 1);
  return {};
}

int work(const std::vector<std::string>& given) {
  if (std::setlocale(LC_CTYPE, "C.UTF-8") == nullptr) std::setlocale(LC_CTYPE, "");
  std::signal(SIGPIPE, SIG_IGN);
  std::vector<std::string> texts = given;
  std::vector<char*> words{const_cast<char*>("tcol")};
  for (std::string& text : texts) words.push_back(text.data());
  Options o;
  if (const auto status = parse(std::move(words), o)) return *status;
  if (o.files.empty()) {
    if (isatty(STDIN_FILENO)) {
      std::fputs(kUsage, stderr);
      return 1;
    }
    o.files.push_back("-");
  }
  return show(o);
}

}  // namespace

int main(int argc, char** argv) {
  return t2::tools::run_tool(argc, argv, work);
}
