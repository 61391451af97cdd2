// SPDX-License-Identifier: Apache-2.0
// t2top: the talkers of a run by bytes and by flows, also while it is at work.
#include <fcntl.h>
#include <fmt/format.h>
#include <poll.h>
#include <sys/ioctl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <chrono>
#include <clocale>
#include <cstring>
#include <optional>
#include <string>
#include <vector>

#include "common/messages.h"
#include "common/table_text.h"
#include "common/tool.h"
#include "common/user_setting.h"
#include "t2/words.h"
#include "talkers.h"
#include "tcol/table.h"

namespace {

using namespace t2;
using namespace t2::top;
using Clock = std::chrono::steady_clock;

constexpr const char* kUsage =
    "Usage: t2top [OPTION...] [FILE | PREFIX]\n"
    "       t2 -i INTERFACE -w - | t2top\n"
    "Shows who talks most, by bytes sent and by flows, from a flow or packet table that may still\n"
    "grow. PREFIX is that of t2 -w: the packet table (t2 -s) if there is one, else the flow "
    "table.\n"
    "A flow stands in the flow table when it has ended, in the packet table from its first "
    "packet.\n"
    "On a terminal the view is drawn again and again, until Ctrl-C or the end of the pipe;\n"
    "elsewhere it is one table with tabs at the end of the input.\n\n"
    "  -n, --rows N      hosts in each list (what fits on the screen, else 10)\n"
    "  -d, --delay N     seconds between two drawings (2)\n"
    "  -1, --once        draw once what stands in the table now\n"
    "  -h, --help        this help\n\n"
    "Bytes are those of the payload in a flow table, of the whole packet in a packet table; both "
    "need\n"
    "the plugin basicStats. The table may be compressed by gzip or zstd.\n\n"
    "Examples:\n"
    "  t2top -1 results/ftp-dpic_flows.txt\n"
    "  t2top -n 3 results/ftp-dpic\n"
    "  sudo t2 -i eth0 -w - | t2top\n";

/// Addresses that are kept apart; some 20 MB.
constexpr std::size_t kMostHosts = 100'000;

struct Options {
  std::size_t rows = 0;  // 0: what fits
  std::size_t delay = 2;
  bool once = false;
  std::string input;
};

/// Lines of a table into sums.
class Reader {
 public:
  explicit Reader(Talkers& talkers) : talkers_(talkers) {
    if (auto mark = tools::user_setting("utils", "HDR_CHR")) mark_ = *mark;
    const auto separator = tools::user_setting("utils", "SEP_CHR");
    if (separator && !separator->empty()) separator_ = *separator;
  }

  Result<void> add(std::string_view text) {
    held_ += text;
    std::size_t from = 0;
    for (std::size_t end = 0; (end = held_.find('\n', from)) != std::string::npos; from = end + 1) {
      if (auto r = line(std::string_view(held_).substr(from, end - from)); !r) return r;
    }
    held_.erase(0, from);
    return {};
  }
  bool has_header() const { return has_header_; }

 private:
  Result<void> line(std::string_view text) {
    if (has_header_) {
      if (!text.starts_with(mark_) || mark_.empty()) talkers_.row(split(text, separator_));
      return {};
    }
    if (!text.starts_with(mark_)) return {};
    text.remove_prefix(mark_.size());
    const auto names = split(text, separator_);
    if (names.size() < 2) return {};  // the first lines of an extended header
    has_header_ = true;
    return talkers_.columns(names);
  }

  Talkers& talkers_;
  std::string mark_ = "%", separator_ = "\t", held_;
  bool has_header_ = false;
};

std::string cells_of(const Host& h) {
  return fmt::format("{}\t{}\t{}\t{}\t{}\t{}\t{}", printable(h.address), h.sent, h.received,
                     h.packets, h.flows, printable(h.country), printable(h.organisation));
}
constexpr const char* kTitles = "host\tbytesSnt\tbytesRcvd\tpktsSnt\tflows\tCC\torganisation";

/// One table with tabs, for files and pipes.
std::string table_of(const Talkers& talkers, std::size_t rows) {
  std::string out = fmt::format("%by\trank\t{}\n", kTitles);
  for (const By by : {By::kBytes, By::kFlows}) {
    std::size_t rank = 0;
    for (const Host& h : talkers.first(rows, by))
      out += fmt::format("{}\t{}\t{}\n", by == By::kBytes ? "bytes" : "flows", ++rank, cells_of(h));
  }
  if (const Host h = talkers.others(); !h.address.empty())
    out += fmt::format("others\t0\t{}\n", cells_of(h));
  return out;
}

std::size_t rows_that_fit() {
  winsize size{};
  if (ioctl(STDOUT_FILENO, TIOCGWINSZ, &size) != 0 || size.ws_row < 16) return 5;
  constexpr std::size_t kOther = 8;  // titles, blank lines, the first line
  return (size.ws_row - kOther) / 2;
}

std::size_t columns_that_fit() {
  winsize size{};
  return ioctl(STDOUT_FILENO, TIOCGWINSZ, &size) == 0 && size.ws_col > 40 ? size.ws_col : 80;
}

/// The view of a terminal.
std::string screen_of(const Talkers& talkers, std::size_t rows, double seconds) {
  std::vector<std::string> lines;
  for (const By by : {By::kBytes, By::kFlows}) {
    lines.push_back(fmt::format("{}\t{}", by == By::kBytes ? "by bytes" : "by flows", kTitles));
    std::size_t rank = 0;
    for (const Host& h : talkers.first(rows, by))
      lines.push_back(fmt::format("{}\t{}", ++rank, cells_of(h)));
    const Host others = talkers.others();
    if (!others.address.empty()) lines.push_back("\t" + cells_of(others));
  }
  constexpr std::size_t kWidestCell = 39;
  tcol::Table table(kWidestCell);
  for (const std::string& l : lines) table.measure(l);
  std::string out = fmt::format("t2top: {} hosts, {} flows, {} bytes, {:.0f} s\n", talkers.hosts(),
                                talkers.flows(), talkers.bytes(), seconds);
  for (const std::string& l : lines) {
    if (l.starts_with("by ")) out += '\n';
    std::string shown;
    table.put(l, shown);
    shown.pop_back();
    out += tcol::display(shown, columns_that_fit() - 1).text + '\n';
  }
  return out;
}

Result<std::string> table_file(const std::string& name) {
  struct stat st {};
  for (const char* suffix : {"", "_packets.txt", "_flows.txt", "_flows.txt.gz"}) {
    const std::string path = name + suffix;
    if (stat(path.c_str(), &st) == 0 && !S_ISDIR(st.st_mode)) return path;
  }
  return Error{fmt::format("There is no table '{0}', '{0}_packets.txt' or '{0}_flows.txt'", name)};
}

class View {
 public:
  explicit View(Options o) : o_(std::move(o)), terminal_(isatty(STDOUT_FILENO) != 0) {}

  Result<void> run() {
    int fd = STDIN_FILENO;
    if (!o_.input.empty() && o_.input != "-") {
      auto path = table_file(o_.input);
      if (!path) return path.error();
      fd = open(path->c_str(), O_RDONLY | O_CLOEXEC);
      if (fd < 0)
        return Error{
            fmt::format("Failed to open file '{}' for reading: {}", *path, std::strerror(errno))};
    }
    struct stat st {};
    const bool file = fstat(fd, &st) == 0 && S_ISREG(st.st_mode);
    return watch(fd, file && terminal_ && !o_.once);
  }

 private:
  /// `grows`: the end of the input is no end.
  Result<void> watch(int fd, bool grows) {
    std::array<char, 1 << 16> block;
    bool sound = true;
    for (;;) {
      if (wait(fd)) {
        const ssize_t n = read(fd, block.data(), block.size());
        if (n < 0 && errno == EINTR) continue;
        if (n < 0) return Error{fmt::format("Failed to read the table: {}", std::strerror(errno))};
        if (n > 0 || !grows) {
          std::string text;
          sound = text_.add({block.data(), static_cast<std::size_t>(n)}, text);
          if (auto r = reader_.add(text); !r) return r;
        }
        if (!sound || (n == 0 && !grows)) break;
        if (n == 0) poll(nullptr, 0, 200);
      }
      if (terminal_ && !o_.once && Clock::now() >= next_) {
        if (auto r = draw(); !r) return r;
        next_ = Clock::now() + std::chrono::seconds(o_.delay);
      }
    }
    if (sound && !reader_.has_header())
      return Error{"The input has no header row: t2top reads flow and packet tables of t2"};
    if (auto r = draw(); !r || sound) return r;
    return Error{fmt::format("Failed to read the table: {}", tools::kDamaged)};
  }

  /// Until there is something to read, or to draw.
  bool wait(int fd) const {
    pollfd p{fd, POLLIN, 0};
    const auto left =
        std::chrono::duration_cast<std::chrono::milliseconds>(next_ - Clock::now()).count();
    const bool draws = terminal_ && !o_.once;
    return poll(&p, 1, draws ? static_cast<int>(std::max<std::int64_t>(left, 0)) : -1) > 0;
  }

  Result<void> draw() const {
    const bool again = terminal_ && !o_.once;
    const std::size_t rows = o_.rows > 0 ? o_.rows : terminal_ ? rows_that_fit() : 10;
    const double seconds = std::chrono::duration<double>(Clock::now() - started_).count();
    const std::string text =
        terminal_ ? (again ? "\033[H\033[2J" : "") + screen_of(talkers_, rows, seconds)
                  : table_of(talkers_, rows);
    return tools::write_out(text);
  }

  Options o_;
  bool terminal_;
  Talkers talkers_{kMostHosts};
  Reader reader_{talkers_};
  tools::TableText text_;
  Clock::time_point started_ = Clock::now(), next_ = started_ + std::chrono::seconds(1);
};

Result<Options> parse(const std::vector<std::string>& words) {
  Options o;
  const auto hinted = [](std::string_view text) {
    return Error{fmt::format("{}\nTry 't2top --help' for more information.", text)};
  };
  for (std::size_t i = 0; i < words.size(); ++i) {
    const std::string& w = words[i];
    const bool rows = w == "-n" || w == "--rows", delay = w == "-d" || w == "--delay";
    if (rows || delay) {
      if (i + 1 >= words.size()) return hinted(fmt::format("Option '{}' requires an argument", w));
      const std::string& value = words[++i];
      std::size_t& number = rows ? o.rows : o.delay;
      if (!parse_whole(value, number) || number == 0 || number > 100'000)
        return hinted(fmt::format("Option '{}': '{}' is not a number from 1 to 100000", w, value));
    } else if (w == "-1" || w == "--once") {
      o.once = true;
    } else if (w.size() > 1 && w[0] == '-') {
      return hinted(fmt::format("Unknown option '{}'", w));
    } else if (!o.input.empty()) {
      return hinted("One table at a time");
    } else {
      o.input = w;
    }
  }
  return o;
}

int work(const std::vector<std::string>& words) {
  std::setlocale(LC_CTYPE, "C.UTF-8");
  for (const std::string& w : words) {
    if (w != "-h" && w != "-?" && w != "--help") continue;
    std::fputs(kUsage, stdout);
    return 0;
  }
  auto options = parse(words);
  if (!options) return tools::fail(options.error().message);
  if (options->input.empty() && isatty(STDIN_FILENO) != 0) {
    std::fputs(kUsage, stderr);
    return 1;
  }
  const Result<void> done = View(std::move(*options)).run();
  return done ? 0 : tools::fail(done.error().message);
}

}  // namespace

int main(int argc, char** argv) {
  return tools::run_tool(argc, argv, work);
}
