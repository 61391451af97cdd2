// SPDX-License-Identifier: Apache-2.0
// tcol: shows tab-separated tables as aligned columns, in a pager on terminals.
#include <fcntl.h>
#include <fmt/format.h>
#include <getopt.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cerrno>
#include <charconv>
#include <clocale>
#include <csignal>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <string>
#include <vector>

#include "common/messages.h"
#include "common/unpack.h"
#include "table.h"

namespace {

constexpr const char* kUsage =
    "Usage: tcol [OPTION...] [FILE...]\n"
    "Shows tab-separated tables as aligned columns; standard input without FILE.\n"
    "They may be compressed by gzip.\n\n"
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

/// What went wrong, or nothing.
std::string read_all(int fd, std::string& out) {
  t2::tools::Unpacker unpacker;
  char buffer[1 << 16];
  for (;;) {
    const ssize_t n = read(fd, buffer, sizeof buffer);
    if (n == 0) return unpacker.complete() ? "" : t2::tools::kDamaged;
    if (n < 0 && errno == EINTR) continue;
    if (n < 0) return std::strerror(errno);
    if (!unpacker.add({buffer, static_cast<std::size_t>(n)}, out)) return t2::tools::kDamaged;
  }
}

bool is_packed(int fd, off_t at) {
  char magic[2];
  return pread(fd, magic, 2, at) == 2 && t2::tools::begins_like_gzip({magic, 2});
}

/// A file is read twice, through a buffer; a pipe and what is compressed are kept.
class Input {
 public:
  explicit Input(const char* name)
      : name_(name),
        fd_(std::strcmp(name, "-") == 0 ? STDIN_FILENO : open(name, O_RDONLY | O_CLOEXEC)) {}

  const char* name() const { return name_; }

  /// Why the input ends too early; "" if it does not. What came before can be read.
  const std::string& damage() const { return damage_; }

  /// Whether all lines could be read.
  template <class Function>
  bool each_line(Function f) {
    if (fd_ < 0) return false;
    if (start_ == kUnknown) start_ = lseek(fd_, 0, SEEK_CUR);
    if (start_ >= 0 && !kept_ && is_packed(fd_, start_)) start_ = -1;
    if (start_ < 0) return from_pipe(f);
    if (lseek(fd_, start_, SEEK_SET) < 0) return false;
    std::string rest;
    char buffer[1 << 18];
    for (;;) {
      const ssize_t n = read(fd_, buffer, sizeof buffer);
      if (n < 0 && errno == EINTR) continue;
      if (n < 0) return false;
      if (n == 0) break;
      std::string_view text(buffer, static_cast<std::size_t>(n));
      if (!rest.empty()) {
        const auto end = text.find('\n');
        rest += text.substr(0, end);
        if (end == std::string_view::npos) continue;
        f(std::string_view(rest));
        rest.clear();
        text.remove_prefix(end + 1);
      }
      rest = lines_of(text, f);
    }
    if (!rest.empty()) f(std::string_view(rest));
    return true;
  }

 private:
  static constexpr off_t kUnknown = -2;

  /// Calls f for the complete lines, returns what stands behind the last one.
  template <class Function>
  static std::string_view lines_of(std::string_view text, Function f) {
    for (std::size_t end = 0; (end = text.find('\n')) != std::string_view::npos;) {
      f(text.substr(0, end));
      text.remove_prefix(end + 1);
    }
    return text;
  }

  template <class Function>
  bool from_pipe(Function f) {
    if (!kept_) damage_ = read_all(fd_, text_);
    // Damage cuts a row short, too.
    if (!damage_.empty()) text_.resize(text_.rfind('\n') + 1);
    kept_ = true;
    const std::string_view rest = lines_of(text_, f);
    if (!rest.empty()) f(rest);
    return true;
  }

  const char* name_;
  int fd_;
  off_t start_ = kUnknown;
  std::string text_, damage_;
  bool kept_ = false;
};

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

bool wants_colour() {
  const char* no_colour = std::getenv("NO_COLOR");
  return no_colour == nullptr || *no_colour == '\0';
}

/// The number behind an option, or nothing.
bool parse_count(std::string_view text, std::size_t& out) {
  const char* const end = text.data() + text.size();
  return !text.empty() && std::from_chars(text.data(), end, out).ptr == end;
}

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
  t2::tcol::Table table(o.width);
  for (Input& in : inputs) {
    if (!in.each_line([&](std::string_view line) { table.measure(line); })) {
      return fail(
          fmt::format("Failed to open file '{}' for reading: {}", in.name(), std::strerror(errno)));
    }
  }
  const bool terminal = isatty(STDOUT_FILENO) != 0;
  bool colour_due = terminal && wants_colour();
  const pid_t pager =
      o.pager && terminal ? start_pager(table.width_of_first(o.keep), colour_due) : -1;
  std::string out;
  bool good = true;
  for (Input& in : inputs) {
    const bool whole = in.each_line([&](std::string_view line) {
      if (!good) return;
      const std::size_t start = out.size();
      table.put(line, out);
      if (colour_due && out.size() > start && t2::tcol::laid_out(line)) {
        out.insert(start, kHeaderColour);
        out.insert(out.size() - 1, kNoColour);
        colour_due = false;
      }
      if (out.size() < (1 << 16)) return;
      good = write_all(out);
      out.clear();
    });
    good = good && whole;
  }
  good = good && write_all(out) && std::fflush(stdout) == 0;
  const int error = errno;
  if (pager > 0) {
    std::fclose(stdout);
    int status = 0;
    waitpid(pager, &status, 0);
  } else if (!good && error != EPIPE) {  // a reader that has seen enough (head) is no failure
    return fail(fmt::format("Failed to write: {}", std::strerror(error)));
  }
  int status = 0;
  for (const Input& in : inputs) {
    if (!in.damage().empty())
      status = fail(fmt::format("Failed to read file '{}': {}", in.name(), in.damage()));
  }
  return status;
}

}  // namespace

int main(int argc, char** argv) {
  if (std::setlocale(LC_CTYPE, "C.UTF-8") == nullptr) std::setlocale(LC_CTYPE, "");
  std::signal(SIGPIPE, SIG_IGN);
  Options o;
  const option longs[] = {{"no-pager", no_argument, nullptr, 'n'},
                          {"width", required_argument, nullptr, 'w'},
                          {"keep", required_argument, nullptr, 'k'},
                          {"help", no_argument, nullptr, 'h'},
                          {}};
  opterr = 0;
  for (int c = 0; (c = getopt_long(argc, argv, ":nw:k:h", longs, nullptr)) != -1;) {
    switch (c) {
      case 'n':
        o.pager = false;
        break;
      case 'w':
        if (!parse_count(optarg, o.width) || o.width == 0)
          return fail(fmt::format("Option '-w': '{}' is not a number greater than 0", optarg));
        break;
      case 'k':
        if (!parse_count(optarg, o.keep))
          return fail(fmt::format("Option '-k': '{}' is not a number", optarg));
        break;
      case 'h':
        std::fputs(kUsage, stdout);
        return 0;
      case ':':
        return fail(fmt::format("Option '{}' requires an argument", argv[optind - 1]));
      default:
        return fail(fmt::format("Unknown option '{}'. Try 'tcol --help'", argv[optind - 1]));
    }
  }
  o.files.assign(argv + optind, argv + argc);
  if (o.files.empty()) {
    if (isatty(STDIN_FILENO)) {
      std::fputs(kUsage, stderr);
      return 1;
    }
    o.files.push_back("-");
  }
  return show(o);
}
