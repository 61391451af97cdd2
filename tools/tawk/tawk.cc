// SPDX-License-Identifier: Apache-2.0
// tawk: awk that knows the columns of a table by name. It explains bit fields itself and runs gawk
// with a library of functions for everything else; no shell, and no data on a command line.
#include <fmt/format.h>
#include <sys/random.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <cctype>
#include <cerrno>
#include <cstdlib>
#include <cstring>
#include <ctime>
#include <filesystem>
#include <map>
#include <set>

#include "common/catalogue.h"
#include "common/messages.h"
#include "common/process.h"
#include "common/tool.h"
#include "common/user_setting.h"
#include "settings/resolver.h"
#include "tawk/decode.h"
#include "tawk/feed.h"
#include "tawk/gawk.h"
#include "tawk/library.h"
#include "tawk/options.h"
#include "tawk/output.h"
#include "tawk/preamble.h"
#include "tawk/program.h"
#include "tawk/whois.h"

namespace {

using namespace t2;
using namespace t2::tawk;

using tools::fail;

bool has_text(const char* s) {
  return s != nullptr && *s != '\0';
}

bool colours() {
  return isatty(STDOUT_FILENO) != 0 && tools::wants_colour();
}

int print(const std::string& text) {
  const auto done = tools::write_out(text);
  return done ? 0 : fail(done.error().message);
}

std::string in_columns(const std::vector<std::string>& cells, std::size_t columns) {
  std::size_t width = 0;
  for (const std::string& c : cells) width = std::max(width, c.size());
  const std::size_t rows = (cells.size() + columns - 1) / columns;
  std::string out;
  for (std::size_t row = 0; row < rows; ++row) {
    std::string line;
    for (std::size_t i = row; i < cells.size(); i += rows)
      line += fmt::format("{:<{}}", cells[i], width + 2);
    line.erase(line.find_last_not_of(' ') + 1);
    out += line + '\n';
  }
  return out;
}

/// 16 digits that no table can foresee.
std::string random_digits() {
  std::uint64_t n = 0;
  if (getrandom(&n, sizeof n, 0) != sizeof n) n = static_cast<std::uint64_t>(getpid());
  return fmt::format("{:016x}", n);
}

Marks new_marks() {
  return {"\x1f" + random_digits(), "\x1e" + random_digits()};
}

InputStyle input_style(const Options& o, const Marks& marks) {
  InputStyle style{o.header, {}};
  if (!o.csv) return style;
  style.csv.emplace(o.header.separator, marks);
  style.rule.separator = marks.cell;
  style.rule.row_end = marks.row;
  return style;
}

class Tawk {
 public:
  explicit Tawk(Options o) : o_(std::move(o)) {}

  int run() {
    switch (o_.action) {
      case Options::Action::kHelp:
        return print(kUsage);
      case Options::Action::kManual:
        tools::execute({"man", "tawk"});
        return fail(fmt::format("Failed to run man: {}", std::strerror(errno)));
      case Options::Action::kExplainNames:
        return with_explainer([](const Explainer& e, std::string& out) -> Result<void> {
          for (const std::string& name : e.names()) out += name + '\n';
          return {};
        });
      case Options::Action::kExplain:
        return explain_queries();
      case Options::Action::kExplainReport:
        return explain_input();
      case Options::Action::kFunctions:
        return list_functions();
      case Options::Action::kDocument:
        return document();
      case Options::Action::kList:
        return list_columns();
      case Options::Action::kRun:
        return run_program();
    }
    return 1;
  }

 private:
  int explain_queries() {
    return with_explainer([this](const Explainer& e, std::string& out) -> Result<void> {
      for (const std::string& q : o_.queries) {
        if (auto r = e.explain(q, out); !r) return r;
      }
      return {};
    });
  }

  int explain_input() {
    auto report = tools::read_file(o_.words.empty() ? "/dev/stdin" : o_.words[0]);
    if (!report) return fail(report.error().message);
    return with_explainer([&](const Explainer& e, std::string& out) -> Result<void> {
      if (e.explain_report(*report, out)) return {};
      return Error{"Nothing to explain: no NAME=VALUE names a column with bits"};
    });
  }

  template <class Function>
  int with_explainer(Function f) {
    auto values = tools::read_file(tools::share_folder() + "/values.txt");
    if (!values) return fail(values.error().message);
    auto catalogue = tools::load_catalogue(tools::default_plugin_folder());
    if (!catalogue) return fail(catalogue.error().message);
    for (const std::string& q : o_.queries) {
      // Some columns exist only with a setting that is off by default.
      if (Explainer(*catalogue, *values, false).knows(q.substr(0, q.find('=')))) continue;
      if (auto r = tools::add_optional_columns(*catalogue); !r) return fail(r.error().message);
      break;
    }
    std::string out;
    auto done = f(Explainer(*catalogue, *values, colours()), out);
    return done ? print(out) : fail(done.error().message);
  }

  /// What -g and -d show: everything, also what -n and -e would load.
  static Result<Functions> all_functions() {
    std::vector<std::string> sets;
    for (const FunctionSet& set : kFunctionSets) sets.emplace_back(set.name);
    auto library = load_library(sets);
    if (!library) return library.error();
    return std::move(library->functions);
  }

  int list_functions() {
    auto library = load_library(o_.sets);
    if (!library) return fail(library.error().message);
    std::vector<std::string> names;
    for (const auto& [name, text] : library->functions) names.push_back(name);
    return print(in_columns(names, o_.list_columns));
  }

  int document() {
    std::string out;
    for (std::string q : o_.queries) {
      std::replace(q.begin(), q.end(), ',', ' ');
      for (std::size_t at = 0; (at = q.find_first_not_of(' ', at)) != std::string::npos;) {
        const std::size_t end = std::min(q.find(' ', at), q.size());
        if (auto r = document(q.substr(at, end - at), out); !r) return fail(r.error().message);
        at = end;
      }
    }
    return print(out);
  }

  static Result<void> document(const std::string& name, std::string& out) {
    auto functions = all_functions();
    if (!functions) return functions.error();
    auto set = functions_of(name);
    if (!set) return set.error();
    if (name == "all" || name == "funcs") set = std::move(*functions);
    for (const auto& [n, text] : *set) out += function_text(text);
    if (!set->empty() || name == "t2custom") return {};
    const auto found = functions->find(name.substr(0, name.find('(')));
    if (found == functions->end()) {
      std::vector<std::string> known;
      for (const auto& [n, text] : *functions) known.push_back(n);
      return Error{fmt::format("No documentation available for function '{}'{}", name,
                               did_you_mean(name, known))};
    }
    out += function_text(found->second);
    return {};
  }

  /// "name(arguments) | meaning | example" on lines of their own.
  static std::string function_text(const std::string& line) {
    std::string out = line + "\n\n";
    for (std::size_t at = 0; (at = out.find(" | ", at)) != std::string::npos;)
      out.replace(at, 3, "\n    ");
    return out;
  }

  int list_columns() {
    std::vector<std::string> names;
    struct stat st {};
    const bool piped =
        fstat(STDIN_FILENO, &st) == 0 && (S_ISFIFO(st.st_mode) || S_ISREG(st.st_mode));
    files_ = o_.words;
    if (files_.empty() && o_.header_file.empty() && !piped) {
      auto catalogue = tools::load_catalogue(tools::default_plugin_folder());
      if (!catalogue) return fail(catalogue.error().message);
      names = {"dir", "flowInd"};
      for (const tools::Owner& p : catalogue->plugins) {
        for (const tools::ColumnEntry& c : p.flow_columns) {
          if (p.active && std::find(names.begin(), names.end(), c.name) == names.end())
            names.push_back(c.name);
        }
      }
    } else {
      if (auto r = read_columns(); !r) return fail(r.error().message);
      if (columns_.empty()) return fail(no_header());
      names = columns_;
    }
    std::vector<std::string> cells;
    for (std::size_t i = 0; i < names.size(); ++i)
      cells.push_back(fmt::format("{:>3}  {}", i + 1, printable(names[i])));
    return print(in_columns(cells, o_.list_columns));
  }

  std::string input_name() const {
    return !o_.header_file.empty() ? o_.header_file : files_.empty() ? "standard input" : files_[0];
  }

  std::string no_header() const {
    return fmt::format(
        "'{}' has no header row (one that begins with '{}'): name it with -N or -s, or use numbers "
        "($1)",
        input_name(), o_.header.characters);
  }

  Result<void> read_columns() {
    const std::string& file = !o_.header_file.empty() ? o_.header_file
                              : files_.empty()        ? std::string("-")
                                                      : files_[0];
    auto head = file == "-" ? head_of_input(style_, feeders_) : head_of_file(file, style_);
    if (!head) return head.error();
    head_ = std::move(*head);
    if (head_.header.empty()) return {};
    HeaderRule rule = style_.rule;
    std::string header = head_.header;
    if (o_.zeek) {
      rule.separator = "\t";
      header.erase(0, std::string_view("#fields\t").size());
    }
    auto columns = parse_header(header, rule);
    if (!columns) return columns.error();
    columns_ = std::move(*columns);
    if (o_.zeek) rename_zeek();
    return {};
  }

  void rename_zeek() {
    static const std::map<std::string_view, const char*> names{
        {"id_orig_h", "srcIP"},   {"id_orig_p", "srcPort"},   {"id_resp_h", "dstIP"},
        {"id_resp_p", "dstPort"}, {"ts", "timeFirst"},        {"duration", "duration"},
        {"uid", "flowInd"},       {"orig_l2_addr", "srcMac"}, {"resp_l2_addr", "dstMac"},
        {"vlan", "vlanID"}};
    for (std::string& c : columns_) {
      if (const auto found = names.find(c); found != names.end()) c = found->second;
    }
  }

  /// Columns that the program names become variables; those of -r get their '_'.
  void assign_columns(const Functions& functions, std::vector<std::string>& argv) {
    for (std::size_t i = columns_.size(); i-- > 0;) {
      std::string& name = columns_[i];
      const bool clash = functions.contains(name) || is_awk_word(name);
      if (o_.rename && clash) name += '_';
    }
    for (std::size_t i = 0; i < columns_.size(); ++i) {
      const std::string& name = columns_[i];
      const bool first = std::find(columns_.begin(), columns_.end(), name) - columns_.begin() ==
                         static_cast<long>(i);
      if (!first || !program_.script().names.contains(name)) continue;
      if (functions.contains(name) || is_awk_word(name) || is_awk_variable(name)) continue;
      argv.insert(argv.end(), {"-v", fmt::format("{}={}", name, i + 1)});
    }
  }

  int run_program() {
    if (auto r = program_.read(o_); !r) return fail(r.error().message);
    files_ = program_.files();
    if (auto r = check_files(); !r) return fail(r.error().message);
    if (auto r = read_columns(); !r) return fail(r.error().message);
    auto library = load_library(o_.sets);
    if (!library) return fail(library.error().message);
    auto argv = arguments(*library);
    if (!argv) return fail(argv.error().message);
    if (o_.show) return show_packets(*argv);
    if (!o_.cut.output.empty()) return cut_packets(*argv);
    const int status = start(std::move(*argv), *library);
    if (status != kNoProgram) return status;
    return fail(
        "gawk is missing: install the package gawk (sudo apt install gawk); -V, -L and -l work "
        "without it");
  }

  Result<void> check_files() {
    if (!o_.header_file.empty() && files_.empty() && !input_is_pipe_with_data())
      files_.push_back(o_.header_file);
    if (!files_.empty() && files_[0] == o_.header_file) o_.header_file.clear();
    for (const std::string& f : files_) {
      // gawk would only warn and go on.
      if (f != "-" && access(f.c_str(), R_OK) != 0) {
        return Error{
            fmt::format("Failed to open file '{}' for reading: {}", f, std::strerror(errno))};
      }
      if (std::filesystem::is_directory(f))
        return Error{fmt::format("'{}' is a folder: name a file", f)};
    }
    if (!o_.csv || !program_.script().redirects) return {};
    return Error{
        "With --csv, print > FILE and print | COMMAND would not write CSV: let the shell redirect"};
  }

  bool calls(const Library& library, const char* function) const {
    return program_.calls(function) || library.own_calls.contains(function);
  }

  /// Columns whose cells are numbers such as 0x2000; all of them if no row has come yet.
  std::set<std::string> hexadecimal_columns() const {
    std::set<std::string> out;
    std::string_view row = head_.first_row ? std::string_view(*head_.first_row) : "";
    for (const std::string& name : columns_) {
      const std::size_t end = std::min(row.find(style_.rule.separator), row.size());
      if (!head_.first_row || row.starts_with("0x") || row.starts_with("0X")) out.insert(name);
      row.remove_prefix(std::min(end + style_.rule.separator.size(), row.size()));
    }
    return out;
  }

  /// The command line of gawk.
  Result<std::vector<std::string>> arguments(const Library& library) {
    std::vector<std::string> argv{"gawk", "-F", style_.rule.separator, "-v",
                                  "OFS=" + (o_.csv ? marks_.cell : o_.output_separator)};
    if (o_.csv) argv.insert(argv.end(), {"-v", "RS=" + marks_.row, "-v", "ORS=" + marks_.row});
    if (colours()) argv.insert(argv.end(), {"-v", "_terminal=1"});
    assign_columns(library.functions, argv);
    if (auto r = program_.check(o_, columns_, library.functions, no_header()); !r) return r.error();
    auto sources = program_.for_gawk(columns_, library.functions, hexadecimal_columns());
    if (!sources) return sources.error();
    if (calls(library, "t2whois")) {
      auto options = start_whois();
      if (!options) return options.error();
      argv.insert(argv.end(), options->begin(), options->end());
    }
    std::string head = preamble(o_, {columns_, input_name(), program_.text()});
    if (calls(library, "why")) {
      auto bits = bit_texts();
      if (!bits) return bits.error();
      head += *bits;
    }
    for (const std::string& v : o_.variables) argv.insert(argv.end(), {"-v", v});
    if (writes_json(library)) argv.insert(argv.end(), {"-v", "_json_used=1"});
    argv.insert(argv.end(), o_.for_gawk.begin(), o_.for_gawk.end());
    for (const std::string& file : library.files) argv.insert(argv.end(), {"-f", file});
    argv.insert(argv.end(), {"-e", head});
    argv.insert(argv.end(), sources->begin(), sources->end());
    argv.emplace_back("--");
    for (const std::string& f : files_) {
      auto input = f == "-" ? Result<std::string>(f) : readable_file(f, style_, feeders_);
      if (!input) return input.error();
      // gawk takes NAME=VALUE for an assignment.
      const bool assigns = input->find('=') != std::string::npos && (*input)[0] != '/';
      argv.push_back(assigns ? "./" + *input : *input);
    }
    return argv;
  }

  bool writes_json(const Library& library) const {
    return calls(library, "json") || calls(library, "jsonl");
  }

  /// What why() needs: the texts of all bits, as statements of awk.
  static Result<std::string> bit_texts() {
    auto catalogue = tools::load_catalogue(tools::default_plugin_folder());
    if (!catalogue) return catalogue.error();
    if (auto r = tools::add_optional_columns(*catalogue); !r) return r.error();
    std::string out = "BEGIN {";
    tools::each_column(*catalogue, false, [&](const tools::ColumnEntry& c) {
      for (const tools::BitLabel& b : c.bits)
        out +=
            fmt::format(" _why_text[{}, {}] = {};", awk_string(c.name), b.bit, awk_string(b.text));
      if (!c.bits.empty()) out += fmt::format(" _why_column[{}] = 1;\n", awk_string(c.name));
    });
    return out + " }\n";
  }

  /// Types of columns, as JsonRows wants them.
  Result<std::map<std::string, std::string>> column_types() const {
    auto catalogue = tools::load_catalogue(tools::default_plugin_folder());
    if (!catalogue) return catalogue.error();
    std::map<std::string, std::string> types;
    const bool packets = std::find(columns_.begin(), columns_.end(), "pktNo") != columns_.end();
    const auto collect = [&] {
      tools::each_column(*catalogue, packets,
                         [&](const tools::ColumnEntry& c) { types.emplace(c.name, c.number); });
    };
    collect();
    const bool complete = std::all_of(columns_.begin(), columns_.end(),
                                      [&](const auto& name) { return types.contains(name); });
    if (complete) return types;
    if (auto r = tools::add_optional_columns(*catalogue); !r) return r.error();
    collect();
    return types;
  }

  /// Whether gawk's messages, which quote the program and names of files, and of a character
  /// outside ASCII only the first byte, can be shown as they are.
  bool quotable() const {
    const auto plain = [](const std::string& text) {
      return std::all_of(text.begin(), text.end(), [](char c) { return c >= 0 && c != 0x7f; }) &&
             printable(text, "\n\t") == text;
    };
    return std::all_of(files_.begin(), files_.end(), plain) && plain(program_.text());
  }

  /// Runs gawk: in place of this process if nothing is to be done with its output.
  int start(std::vector<std::string> argv, const Library& library) {
    const bool terminal = isatty(STDOUT_FILENO) != 0, json = writes_json(library);
    if (!terminal && !json && !o_.csv && feeders_.empty() && quotable()) {
      tools::execute(argv);
      return errno == ENOENT ? kNoProgram
                             : fail(fmt::format("Failed to run gawk: {}", std::strerror(errno)));
    }
    std::map<std::string, std::string> types;
    if (json) {
      auto found = column_types();
      if (!found) return fail(found.error().message);
      types = std::move(*found);
    }
    Output output(tell_, JsonRows([&](const std::string& name) {
                    const auto found = types.find(name);
                    return found == types.end() ? "" : found->second;
                  }));
    if (terminal) output.for_terminal();
    if (o_.csv) output.write_csv({marks_, o_.output_separator, head_.line_end});
    argv.insert(argv.begin() + 1, {"-v", "_tell=" + tell_});
    return run_gawk(argv, output, feeders_);
  }

  /// The packets of the rows that the program prints go to a new file; their number.
  Result<std::uint64_t> cut_rows(const std::vector<std::string>& argv, const std::string& output) {
    CutOptions cut_options = o_.cut;
    if (o_.show) cut_options.option = "-k";
    if (files_.empty()) {
      return Error{fmt::format("Option '{}': name the table, it cannot come from a pipe",
                               cut_options.option)};
    }
    cut_options.output = output;
    if (cut_options.packets.empty()) cut_options.packets = packet_file_of(input_name());
    std::vector<std::string> environment;
    for (char** e = environ; *e != nullptr; ++e) environment.emplace_back(*e);
    auto rows = tools::run(argv, environment);
    if (!rows) return rows.error();
    if (rows->status == 127) return Error{"gawk is missing: install the package gawk"};
    if (rows->status != 0) {
      while (rows->err.ends_with('\n')) rows->err.pop_back();
      return Error{rows->err.empty() ? "gawk failed" : rows->err};
    }
    std::fputs(rows->err.c_str(), stderr);
    HeaderRule rule = o_.header;
    rule.separator = o_.csv ? "\t" : o_.output_separator;
    return cut(cut_options, o_.csv ? tab_separated(rows->out) : rows->out, rule);
  }

  /// Only numbers are looked at: line ends in other cells do not matter.
  std::string tab_separated(const std::string& rows) const {
    std::string out;
    for (std::size_t at = 0; at < rows.size();) {
      const std::string_view rest = std::string_view(rows).substr(at);
      const bool cell = rest.starts_with(marks_.cell), row = rest.starts_with(marks_.row);
      out += cell ? '\t' : row ? '\n' : rest[0] == '\n' || rest[0] == '\t' ? ' ' : rest[0];
      at += cell ? marks_.cell.size() : row ? marks_.row.size() : 1;
    }
    return out;
  }

  int cut_packets(const std::vector<std::string>& argv) {
    const bool piped = o_.cut.output == "-";
    if (piped && isatty(STDOUT_FILENO) != 0)
      return fail("Option '-x': '-' is this terminal: name a file, or a program behind a pipe");
    auto count = cut_rows(argv, o_.cut.output);
    if (!count) return fail(count.error().message);
    if (piped) return 0;
    return print(fmt::format("{} packets written to '{}'\n", *count, o_.cut.output));
  }

  /// -k: a viewer on a temporary capture.
  int show_packets(const std::vector<std::string>& argv) {
    if (!o_.cut.output.empty()) return fail("Options '-k' and '-x' cannot be used together");
    std::error_code error;
    const auto temporary = std::filesystem::temp_directory_path(error);
    std::string folder = (error ? std::filesystem::path("/tmp") : temporary) / "tawk-XXXXXX";
    if (mkdtemp(folder.data()) == nullptr)
      return fail(fmt::format("Failed to make the folder '{}': {}", folder, std::strerror(errno)));
    const std::string capture = folder + "/packets.pcap";
    auto count = cut_rows(argv, capture);
    int status = 127;
    if (count) {
      const bool display =
          has_text(std::getenv("DISPLAY")) || has_text(std::getenv("WAYLAND_DISPLAY"));
      if (display) status = tools::run_here({"wireshark", "-r", capture});
      if (status == 127 && isatty(STDOUT_FILENO) != 0)
        status = tools::run_here({"termshark", "-r", capture});
      if (status == 127) status = tools::run_here({"tshark", "-r", capture});
    }
    std::filesystem::remove_all(folder, error);
    if (!count) return fail(count.error().message);
    if (status != 127) return status;
    return fail(
        "No viewer found: install wireshark, termshark or tshark, or write the packets with -x");
  }

  static constexpr int kNoProgram = 127;

  Options o_;
  std::string tell_ = "\x01" + random_digits();  // begins what the library tells Output
  Program program_;
  std::vector<std::string> files_;
  ColumnNames columns_;
  Marks marks_ = new_marks();
  InputStyle style_ = input_style(o_, marks_);
  Head head_;
  std::vector<Feeder> feeders_;
};

/// What the user has set for the tables that t2 writes (HDR_CHR, SEP_CHR) holds for reading them
/// too.
void apply_user_settings(Options& o) {
  if (auto mark = tools::user_setting("utils", "HDR_CHR")) o.header.characters = *mark;
  const auto separator = tools::user_setting("utils", "SEP_CHR");
  if (separator && !separator->empty()) o.header.separator = o.output_separator = *separator;
}

int work(const std::vector<std::string>& words) {
  Options defaults;
  apply_user_settings(defaults);
  auto options = parse_options(words, std::move(defaults));
  if (!options) return fail(options.error().message);
  return Tawk(std::move(*options)).run();
}

}  // namespace

int main(int argc, char** argv) {
  return tools::run_tool(argc, argv, work);
}
