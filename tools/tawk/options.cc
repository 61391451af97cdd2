// SPDX-License-Identifier: Apache-2.0
#include "tawk/options.h"

#include <fmt/format.h>

#include <algorithm>
#include <string_view>

#include "t2/words.h"

namespace t2::tawk {

const char* const kUsage =
    R"(Usage: tawk [OPTION...] 'PROGRAM' [FILE...]
       ... | tawk [OPTION...] 'PROGRAM'
awk for tables: $name is the column of that name, and more than 100 functions test rows.
FILE may be compressed by gzip or zstd.
Functions that test are true on the header row, so that the output has a header again.
On a terminal, what it would obey appears as \xNN; files and pipes get every byte as it is.

  -I, --input FILE   the input, named before the program; with data on a pipe: only its header
  -N N               row N is the header
  -s CHARACTERS      what the header row begins with (%); '' : row 1 is the header
  -F FS, -O OFS      input and output separator (tab)
      --csv          reads and writes CSV (RFC 4180), with -F and -O other separators
      --zeek         Zeek logs, with our column names
  -f FILE            program from a file
  -H, --no-header    without the header row
  -c, -c=u           first print how the output was made; u: date in UTC
  -r                 columns named like a function get a '_' behind their name
  -n, -e             with the functions in the manner of nfdump (ts, sap, oline, ...); with the
                     example functions (passwords, scanners, topTalkers, ...); a password that ends
                     in ... may be cut: the manifest of FTP_SAVE=1 or t2 --carve has it whole
  -l[=N], --list     list the columns, in N columns; without FILE those of the active plugins
  -g[=N], --func     list the functions
  -d NAME[,NAME]     explain functions; all: every one; t2nfdump, examples: those of -n and -e;
                     t2custom: your own, from ~/.tranalyzer/tawk/*.awk
  -V NAME[=VALUE]    explain the bits or values of a column
      --names        the columns that -V knows
  -L [FILE]          explain every NAME=VALUE in a report of t2
  -x OUT -r PCAP     write the packets of the flow directions that the rows name to a new pcap file,
                     or to standard output (-); needs the packet file of the run (t2 -s) beside the
                     input, or -X FILE; -b: both directions; -P: only the packets of the rows;
                     after t2 -R or -D without -r, or with -r FOLDER where the captures lie now
  -k -r PCAP         show these packets in Wireshark; without a display in Termshark or tshark
  -D                 the manual page
  -h, --help         this help
Other options go to gawk (-v NAME=VALUE, -i LIBRARY, ...).

Examples:
  tawk -V ftpStat=0x0b
  tawk 'bitsanyset($tcpAnomaly, 0x2000)' results/ftp-dpic_flows.txt | tcol
  tawk 'hdr() || $dstPort == 21' results/ftp-dpic_flows.txt
  tawk 'dport("20-21") && host("10.0.0.0/8") { print tuple4(), $ftpCC }' FILE
  tawk 'aggr(tuple2())' FILE
  tawk -x new.pcap -r f.pcap -b 'dport(21)' results/f_flows.txt
  tawk 'dport(21) { print tuple4(), why("tcpStatesAFlags") }' FILE | tcol
  tawk 'jsonl()' FILE
  tawk -n '{ print oline() }' FILE | tcol
  t2 -r f.pcap | tawk -L
)";

namespace {

Error hinted(const std::string& text) {
  return {text + "\nTry 'tawk --help' for more information."};
}

class Parser {
 public:
  Parser(const std::vector<std::string>& arguments, Options defaults)
      : in_(arguments), o_(std::move(defaults)) {
    for (const char* option : {"-x", "-k"})
      cuts_ = cuts_ || std::find(arguments.begin(), arguments.end(), option) != arguments.end();
  }

  Result<Options> run() {
    bool only_words = false;
    for (; at_ < in_.size(); ++at_) {
      const std::string& word = in_[at_];
      if (only_words || word.size() < 2 || word[0] != '-') {
        o_.words.push_back(word);
      } else if (word == "--") {
        only_words = true;
      } else if (auto r = option(word); !r) {
        return r.error();
      }
    }
    if (o_.csv) read_csv();
    return std::move(o_);
  }

 private:
  /// What -F and -O do not say: commas, and the same on both sides.
  void read_csv() {
    if (!input_given_) o_.header.separator = ",";
    if (!output_given_) o_.output_separator = o_.header.separator;
  }

  /// The value of `-X value`, `-Xvalue` or `-X=value`, or nothing if the word is another option.
  bool takes(std::string_view word, std::string_view flag, std::string_view long_name,
             std::string& value) {
    error_.clear();
    std::string_view rest;
    if (word == flag || word == long_name) {
      if (at_ + 1 >= in_.size()) {
        error_ = fmt::format("Option '{}' requires an argument", word);
      } else {
        value = in_[++at_];
      }
      return true;
    }
    if (word.starts_with("--")) {
      if (long_name.empty() || !word.starts_with(long_name)) return false;
      rest = word.substr(long_name.size());
      if (!rest.starts_with("=")) return false;
    } else {
      if (!word.starts_with(flag)) return false;
      rest = word.substr(flag.size());
    }
    value = rest.starts_with("=") ? rest.substr(1) : rest;
    return true;
  }

  Result<void> number(const std::string& text, std::string_view flag, std::size_t& out) {
    if (parse_whole(text, out) && out > 0) return {};
    return hinted(fmt::format("Option '{}': '{}' is not a number greater than 0", flag, text));
  }

  bool simple(std::string_view word) {
    using Action = Options::Action;
    if (word == "-h" || word == "-?" || word == "--help")
      o_.action = Action::kHelp;
    else if (word == "-H" || word == "--no-header")
      o_.drop_header = true;
    else if (word == "-k")
      o_.show = true;
    else if (word == "-n")
      o_.sets.emplace_back("t2nfdump");
    else if (word == "-e")
      o_.sets.emplace_back("examples");
    else if (word == "-D")
      o_.action = Action::kManual;
    else if (word == "--names")
      o_.action = Action::kExplainNames;
    else if (word == "-t") {
    }  // unknown columns are always errors
    else if (word == "-r" && !cuts_)
      o_.rename = true;
    else if (word == "-b")
      o_.cut.both = true;
    else if (word == "-P")
      o_.cut.single = true;
    else if (word == "-c" || word == "-c=u" || word == "-cu") {
      o_.comment = true;
      o_.comment_utc = word != "-c";
    } else if (word == "--csv") {
      o_.csv = true;
      o_.header.characters = "";
    } else if (word == "--zeek" || word == "--bro") {
      o_.zeek = true;
      o_.header.characters = "#fields";
    } else if (word == "-L" || word == "--decode-log")
      o_.action = Action::kExplainReport;
    else
      return false;
    return true;
  }

  Result<bool> listing(std::string_view word) {
    const std::size_t equals = std::min(word.find('='), word.size());
    const std::string_view name = word.substr(0, equals);
    if (name == "-l" || name == "--list")
      o_.action = Options::Action::kList;
    else if (name == "-g" || name == "--func")
      o_.action = Options::Action::kFunctions;
    else
      return false;
    if (equals == word.size()) return true;
    if (auto r = number(std::string(word.substr(equals + 1)), name, o_.list_columns); !r)
      return r.error();
    return true;
  }

  Result<void> option(const std::string& word) {
    if (simple(word)) return {};
    auto listed = listing(word);
    if (!listed) return listed.error();
    if (*listed) return {};
    std::string value;
    const bool known = with_value(word, value);
    if (!error_.empty()) return hinted(error_);
    if (known && row_) {
      row_ = false;
      return number(value, "-N", o_.header.row);
    }
    if (known) return {};
    if (!of_gawk(word)) return hinted(fmt::format("Unknown option '{}'", word));
    o_.for_gawk.push_back(word);
    return {};
  }

  static bool of_gawk(std::string_view word) {
    static constexpr std::string_view kLetters = "bcCdDeEFfghiIklLMnNoOpPrsStvVW";
    // Each with a blank before it.
    static constexpr std::string_view kLong =
        " assign bignum characters-as-bytes copyright csv debug dump-variables exec"
        " field-separator file gen-pot include lint lint-old load no-optimize"
        " non-decimal-data optimize persist posix pretty-print profile re-interval"
        " sandbox source trace traditional use-lc-numeric version";
    if (!word.starts_with("--")) return kLetters.find(word[1]) != std::string_view::npos;
    // As gawk does, also when the end is left out.
    const std::string name(word.substr(2, word.find('=') - 2));
    return kLong.find(' ' + name) != std::string_view::npos;
  }

  bool with_value(const std::string& word, std::string& value) {
    if (takes(word, "-I", "--input", value))
      o_.header_file = value;
    else if (takes(word, "-N", "", value))
      row_ = error_.empty();
    else if (takes(word, "-s", "", value))
      o_.header.characters = value;
    else if (takes(word, "-F", "", value)) {
      o_.header.separator = value == "\\t" ? "\t" : value;
      input_given_ = true;
    } else if (takes(word, "-O", "", value)) {
      o_.output_separator = value == "\\t" ? "\t" : value;
      output_given_ = true;
    } else if (takes(word, "-f", "", value))
      o_.libraries.push_back({"-f", value});
    else if (takes(word, "-i", "", value))
      o_.libraries.push_back({"-i", value});
    else if (takes(word, "-v", "", value))
      o_.variables.push_back(value);
    else if (takes(word, "-x", "", value))
      o_.cut.output = value;
    else if (takes(word, "-X", "", value))
      o_.cut.packets = value;
    else if (cuts_ && takes(word, "-r", "", value))
      o_.cut.capture = value;
    else if (takes(word, "-V", "--var", value))
      query(Options::Action::kExplain, value);
    else if (takes(word, "-d", "", value))
      query(Options::Action::kDocument, value);
    else
      return false;
    return true;
  }

  void query(Options::Action action, const std::string& value) {
    o_.action = action;
    o_.queries.push_back(value);
  }

  const std::vector<std::string>& in_;
  std::size_t at_ = 0;
  Options o_;
  std::string error_;
  bool cuts_ = false;                                // -x: then -r names the capture
  bool row_ = false;                                 // the value just read is that of -N
  bool input_given_ = false, output_given_ = false;  // -F, -O
};

}  // namespace

Result<Options> parse_options(const std::vector<std::string>& arguments, Options defaults) {
  return Parser(arguments, std::move(defaults)).run();
}

}  // namespace t2::tawk
