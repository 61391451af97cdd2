// SPDX-License-Identifier: Apache-2.0
// t2report: one offline page from a capture or a result.
#include <fcntl.h>
#include <fmt/format.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <chrono>
#include <cstring>
#include <filesystem>
#include <optional>

#include "analysis.h"
#include "carve/hash.h"
#include "common/messages.h"
#include "common/process.h"
#include "common/tool.h"
#include "common/user_setting.h"
#include "contract.h"
#include "findings/contents.h"
#include "members.h"
#include "output_file.h"
#include "page.h"
#include "process/sandbox.h"
#include "run_t2.h"
#include "t2/unicode.h"
#include "words.h"

namespace {

using namespace t2;
using namespace t2::report;
namespace fs = std::filesystem;

/// Longer than any row that t2 writes.
constexpr std::size_t kLongestRow = std::size_t{4} << 20;

/// The carving folder that belongs to a table: beside it, with the manifest of the same command.
std::string find_carved(const std::string& table, const std::string& command) {
  const fs::path folder = fs::absolute(table).parent_path();
  std::error_code error;
  std::vector<std::string> candidates = {folder};
  for (const auto& entry : fs::directory_iterator(folder, error))
    if (entry.is_directory(error)) candidates.push_back(entry.path());
  for (const std::string& c : candidates) {
    const auto fd = open_to_read(manifest_in(c), true);
    if (!fd) continue;
    LineReader lines(*fd, c, std::size_t{1} << 20);
    const auto first = lines.next();
    if (!first) continue;
    const Json run = Json::parse(*first, nullptr, false);
    const Json* const found = member(run, "command_line");
    if (found != nullptr && *found == command) return c;
  }
  return "";
}

struct Marks {
  std::string header = "%";
  char separator = '\t';
};

Marks marks_of_the_user() {
  Marks m;
  if (auto mark = tools::user_setting("utils", "HDR_CHR"); mark && !mark->empty()) m.header = *mark;
  const auto separator = tools::user_setting("utils", "SEP_CHR");
  if (separator && separator->size() == 1) m.separator = separator->front();
  return m;
}

void protect(const std::string& table, const std::string& carved) {
  // OpenSSL looks for its parts when they are first used.
  Hasher().finish();
  SandboxRules rules;
  rules.read = {fs::absolute(table).parent_path(), "/usr", "/etc/ssl", "/proc/self",
                "/dev/urandom"};
  if (!carved.empty()) rules.read.push_back(fs::absolute(carved));
  const SandboxState state = enter_sandbox(rules);
  if (!state.problem.empty()) tools::complain("Sandbox: " + state.problem);
}

void find_all(const Analysis& analysis, const Evidence& evidence, std::vector<Finding>& out) {
  analysis.findings(out);
  for (auto* rule : {password_guessing, programs_moved, macros_moved, unlike_their_name,
                     direction_marks, changed_retransmissions, clear_passwords, bounced, not_whole})
    rule(evidence, out);
  order(out);
  limit(out);
}

/// The page within its largest size: first the columns give way, then the rows.
std::string fitting(Case& c, Analysis& analysis, Options& options) {
  for (;;) {
    const Chunks chunks = write_chunks(c);
    std::string text = options.json ? join_chunks(chunks) : make_page(c, chunks);
    if (text.size() <= options.max_size) return text;
    if (has_wide(c))
      options.columns = Options::Columns::kCore;
    else if (analysis.embedded() > 200)
      analysis.embed_fewer();
    else
      return text;
  }
}

/// Everything that is open or known before hostile bytes are read.
struct Prepared {
  std::string table, carved;
  Marks marks;
  RunFacts facts;
  std::optional<tools::Catalogue> catalogue;
  CaptureDigests digests;
  int table_fd = -1;
};

Result<Prepared> prepare(const Options& o) {
  Prepared p;
  p.table = o.table;
  p.carved = o.carved;
  if (o.table.empty()) {
    auto run = run_t2(o);
    if (!run) return run.error();
    p.table = run->table;
    p.carved = run->carved;
    p.digests = std::move(run->digests);
  } else {
    p.marks = marks_of_the_user();
    p.digests = noted_digests(o.table);
  }
  const auto fd = open_to_read(p.table, false);
  if (!fd) return fd.error();
  p.table_fd = *fd;
  p.facts = read_facts(p.table, p.marks.separator);
  if (p.carved.empty() && o.carve) p.carved = find_carved(p.table, p.facts.command);
  if (auto plugins = shipped_plugins()) {
    if (auto all = tools::load_catalogue(*plugins)) p.catalogue.emplace(std::move(*all));
  }
  return p;
}

/// Names as the reader of the page finds them: of a run of ours without folders of this machine.
std::string name_for_reader(const Options& o, const std::string& path) {
  if (!o.table.empty() || path.empty()) return path;
  return fs::path(path).lexically_relative(fs::path(o.output).parent_path());
}

void print_result(const Options& o, const Case& c, const std::string& text) {
  Hasher page;
  page.add(text.data(), text.size());
  const TableTotals& t = c.analysis.totals();
  fmt::print("{}: {}; {} in {}, {}, {}\nSHA-256: {}\n", o.output, size_words(text.size()),
             counted(t.rows, "flow", "flows"),
             counted(t.conversations, "conversation", "conversations"),
             counted(c.evidence.contents, "file", "files"),
             counted(c.findings.size(), "finding", "findings"), to_hex(page.finish()));
}

/// On a terminal: how much of a table that takes long was read.
class ReadingProgress {
 public:
  ReadingProgress(int fd, std::string name) : name_(std::move(name)) {
    struct stat s {};
    if (isatty(STDERR_FILENO) != 0 && ::fstat(fd, &s) == 0) size_ = s.st_size;
  }
  ~ReadingProgress() {
    if (shown_) std::fputs("\r\033[K", stderr);
  }
  ReadingProgress(const ReadingProgress&) = delete;
  ReadingProgress& operator=(const ReadingProgress&) = delete;

  void add(std::size_t bytes) {
    read_ += static_cast<std::int64_t>(bytes);
    const auto now = std::chrono::steady_clock::now();
    if (size_ <= 0 || now < next_) return;
    next_ = now + std::chrono::milliseconds(250);
    shown_ = true;
    fmt::print(stderr, "\rReading {}: {} %\033[K", printable(name_), 100 * read_ / size_);
    std::fflush(stderr);
  }

 private:
  std::string name_;
  std::int64_t size_ = 0, read_ = 0;
  bool shown_ = false;
  std::chrono::steady_clock::time_point next_ =
      std::chrono::steady_clock::now() + std::chrono::seconds(1);
};

/// In the confined process: reads, judges, writes.
Result<void> make_report(Options& o, const Prepared& p, OutputFile& output) {
  protect(p.table, p.carved);
  LineReader lines(p.table_fd, p.table, kLongestRow);
  Hasher hasher;
  std::optional<ReadingProgress> progress;
  progress.emplace(p.table_fd, p.table);
  lines.watch([&](std::string_view bytes) {
    hasher.add(bytes.data(), bytes.size());
    progress->add(bytes.size());
  });
  Analysis analysis(o.rows,
                    o.columns == Options::Columns::kAll ? o.rows : kConversationsWithAllColumns);
  if (auto r = analysis.read(lines, p.marks.header, p.marks.separator); !r)
    return Error{fmt::format("'{}': {}", p.table, r.error().message)};
  progress.reset();
  auto evidence = read_evidence(p.carved, o.evidence);
  if (!evidence) return evidence.error();
  add_digests(*evidence, p.digests);
  add_logins(*evidence, analysis.logins(), o.evidence);
  Case c{o,
         analysis,
         *evidence,
         p.facts,
         p.catalogue ? &*p.catalogue : nullptr,
         name_for_reader(o, p.carved),
         name_for_reader(o, p.table),
         {},
         {}};
  find_all(analysis, *evidence, c.findings);
  c.tables.push_back(
      {fs::path(p.table).filename(), to_hex(hasher.finish()), analysis.totals().rows});
  const std::string text = fitting(c, analysis, o);
  if (auto r = output.write(text); !r) return r.error();
  if (o.output != "-") print_result(o, c, text);
  const std::uint64_t refused = p.facts.inputs_refused;
  if (o.table.empty() && refused > 0)
    tools::complain(fmt::format("{} refused: see '{}'",
                                counted(refused, "input was", "inputs were"),
                                prefix_of(p.table) + "_log.txt"));
  return {};
}

int finish(const Result<void>& done) {
  return done ? 0 : tools::fail(done.error().message);
}

/// A process of its own reads what attackers write; this one only takes away the empty file if that
/// fails, for which the other has no right.
int report(Options& o) {
  auto output = OutputFile::open(o.output, o.json);
  if (!output) return tools::fail(output.error().message);
  const auto prepared = prepare(o);
  if (!prepared) return tools::fail(prepared.error().message);
  const int status = tools::run_apart([&] { return finish(make_report(o, *prepared, *output)); });
  if (status == 0) output->keep();
  return status;
}

int work(const std::vector<std::string>& words) {
  auto options = parse_options(words);
  if (!options) return tools::fail(options.error().message);
  if (options->help) return std::fputs(kUsage, stdout) >= 0 ? 0 : 1;
  if (options->version) {
    fmt::print("t2report {}\n", T2_VERSION);
    return 0;
  }
  return report(*options);
}

}  // namespace

int main(int argc, char** argv) {
  return tools::run_tool(argc, argv, work);
}
