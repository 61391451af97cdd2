// SPDX-License-Identifier: Apache-2.0
#include "cli/arguments.h"

#include <fmt/format.h>
#include <getopt.h>
#include <unistd.h>

#include <cmath>
#include <cstring>
#include <limits>
#include <type_traits>
#include <utility>

#include "t2/words.h"

namespace t2 {
namespace {

constexpr int kSet = 256, kDescribe = 257, kUser = 258, kSalvage = 259, kCarve = 260;

struct Option {
  int id;  // the short letter, or kSet...
  const char* name;
  const char* argument;  // null: none
  const char* doc;
  const char* group;
};

constexpr Option kOptions[] = {
    {'r', "pcap", "PCAP", "Capture file to read, - for standard input", "Input"},
    {'i', "interface", "IFACE", "Interface to listen on", nullptr},
    {'R', "pcap-list", "FILE",
     "Read every capture named in FILE (- for standard input), or in folder FILE by time", nullptr},
    {'D', "input-regex", "EXPR[:SCHR][,STOP]", "Read numbered rotating captures", nullptr},
    {kSalvage, "salvage", nullptr,
     "Of damaged captures: pass over what cannot be read and look for the next packet", nullptr},
    {'w', "output-prefix", "PREFIX",
     "Prefix or folder of output files; -: rows to standard output, messages to standard error",
     "Output"},
    {'W', "output-regex", "PREFIX[:SIZE][,START]",
     "As -w, and split the flow file (10M bytes, 10Kf rows, 1h; also s, min)", nullptr},
    {kCarve, "carve", "DIR", "Save the contents that plugins find to DIR, with DIR/manifest.jsonl",
     nullptr},
    {'l', "logfile", nullptr, "Messages and end report to PREFIX_log.txt", nullptr},
    {'m', "monfile", nullptr, "Monitoring reports to PREFIX_monitoring.txt", nullptr},
    {'s', "packets", nullptr, "Packet mode: one row per packet in PREFIX_packets.txt", nullptr},
    {'S', "snaplen", "BYTES", "Snapshot length (65535)", "Interface capture"},
    {'B', "rx-bufsize", "BYTES", "Size of the kernel buffer, of each socket (33554432)", nullptr},
    {kUser, "user", "NAME", "Work as this user once the interface is open (who called sudo)",
     nullptr},
    {'p', "plugin-folder", "PATH", "Plugin folder (~/.tranalyzer/plugins/)", "Optional"},
    {'b', "plugin-list", "FILE", "Plugin load list (plugins.txt in the plugin folder)", nullptr},
    {'e', "pcapd", "FILE", "File with flow indices, for plugin pcapd", nullptr},
    {'f', "hash-factor", "N", "Flow table of N x 262144 entries (1)", nullptr},
    {'x', "sensor-id", "ID", "Sensor ID (666)", nullptr},
    {'j', "jobs", "N",
     "Work with N threads, same output; 0: one per CPU (as 0, at most 8; 1 below 4 CPUs)", nullptr},
    {'c', "cpu", "N", "Bind to CPU N, counted from 1; 0: the present one", nullptr},
    {'P', "priority", "N", "Nice value, -20 to 20", nullptr},
    {'M', "mon-interval", "SECONDS", "Time between monitoring reports (1)", nullptr},
    {'F', "bpf-file", "FILE", "Read the BPF filter from FILE", nullptr},
    {kSet, "set", "NAME.FLAG=VALUE", "Set a flag of a plugin, of tranalyzer2 or of utils", nullptr},
    {kDescribe, "describe", nullptr, "Print plugins, settings and columns as JSON", nullptr},
    {'V', "version", nullptr, "Print the version", "Help and documentation"},
    {'h', "help", nullptr, "Print this help", nullptr},
};

Error option_error(std::string_view text) {
  return Error{std::string(text)};
}

/// Decimal, 0x... or 0... octal; nothing else.
bool parse_integer(std::string_view text, std::int64_t& value) {
  const bool negative = text.starts_with('-');
  std::string_view digits = text.substr(negative ? 1 : 0);
  int base = 10;
  if (digits.starts_with("0x") || digits.starts_with("0X")) {
    base = 16;
    digits.remove_prefix(2);
  } else if (digits.size() > 1 && digits[0] == '0') {
    base = 8;
    digits.remove_prefix(1);
  }
  if (!parse_whole(digits, value, base)) return false;
  if (negative) value = -value;
  return true;
}

Result<std::int64_t> integer(char option, const char* text, std::int64_t lowest,
                             std::int64_t highest) {
  std::int64_t v = 0;
  if (!parse_integer(text, v)) {
    return Error{fmt::format("Option '-{}': '{}' is not a number", option, text)};
  }
  if (v >= lowest && v <= highest) return v;
  if (highest == std::numeric_limits<std::int64_t>::max()) {
    return Error{fmt::format("Option '-{}': {} must be at least {}", option, text, lowest)};
  }
  return Error{
      fmt::format("Option '-{}': {} must be between {} and {}", option, text, lowest, highest)};
}

class Parser {
 public:
  Result<Command> parse(int argc, char** argv);

 private:
  Result<void> take(int id, const char* argument);
  Result<void> take_number(int id, const char* argument);
  Result<void> take_input(InputOptions::Kind kind, const char* argument);

  Command command_;
};

Result<void> Parser::take_input(InputOptions::Kind kind, const char* argument) {
  RunOptions& o = command_.options;
  if (o.has_input && o.input.kind != kind) {
    return option_error("'-r', '-R', '-D' and '-i' options can only be used exclusively");
  }
  o.has_input = true;
  o.input.kind = kind;
  o.input.path = argument;
  return {};
}

Result<void> Parser::take_number(int id, const char* argument) {
  constexpr std::int64_t kMax32 = std::numeric_limits<std::uint32_t>::max();
  RunOptions& o = command_.options;
  const char letter = static_cast<char>(id);
  const auto number = [&](auto& to, std::int64_t lowest, std::int64_t highest) -> Result<void> {
    const auto v = integer(letter, argument, lowest, highest);
    if (!v) return v.error();
    to = static_cast<std::remove_reference_t<decltype(to)>>(*v);
    return {};
  };
  switch (id) {
    case 'f':
      return number(o.hash_factor, 1, 1 << 14);
    case 'x':
      return number(o.sensor_id, 0, kMax32);
    case 'c':
      return number(o.cpu, 0, sysconf(_SC_NPROCESSORS_CONF));
    case 'j':
      return number(o.jobs, 0, 64);
    case 'P':
      return number(o.priority, geteuid() == 0 ? -20 : 0, 20);
    case 'S':
      return number(o.input.snap_length, 1, kMax32);
    default:
      return number(o.input.receive_buffer, 1, std::numeric_limits<std::int32_t>::max());
  }
}

constexpr std::pair<int, std::string RunOptions::*> kTexts[] = {
    {'w', &RunOptions::output},      {'p', &RunOptions::plugin_folder},
    {'b', &RunOptions::plugin_list}, {'e', &RunOptions::index_file},
    {'F', &RunOptions::filter_file}, {kUser, &RunOptions::user}};
constexpr std::pair<int, bool RunOptions::*> kFlags[] = {{'l', &RunOptions::log_file},
                                                         {'m', &RunOptions::monitor_file},
                                                         {'s', &RunOptions::packets},
                                                         {kDescribe, &RunOptions::describe}};

Result<void> Parser::take(int id, const char* argument) {
  RunOptions& o = command_.options;
  for (const auto& [option, text] : kTexts) {
    if (option != id) continue;
    o.*text = argument;
    return {};
  }
  for (const auto& [option, flag] : kFlags) {
    if (option != id) continue;
    o.*flag = true;
    return {};
  }
  switch (id) {
    case 'r':
      return take_input(InputOptions::Kind::kFile, argument);
    case 'R':
      return take_input(InputOptions::Kind::kList, argument);
    case 'D':
      return take_input(InputOptions::Kind::kRotating, argument);
    case 'i':
      return take_input(InputOptions::Kind::kLive, argument);
    case 'W': {
      auto split = parse_split(argument);
      if (!split) return split.error();
      o.split = *split;
      return {};
    }
    case 'M': {
      double v = 0;
      if (!parse_whole(argument, v) || !std::isfinite(v) || v <= 0) {
        return Error{fmt::format("Option '-M': '{}' must be a number greater than 0", argument)};
      }
      o.monitor_interval = v;
      return {};
    }
    case kSet: {
      auto set = parse_override(argument);
      if (!set) return set.error();
      o.overrides.push_back(*set);
      return {};
    }
    case kCarve:
      if (*argument == 0) return option_error("Option '--carve': name a folder");
      o.carve_folder = argument;
      return {};
    case kSalvage:
      o.input.salvage = true;
      return {};
    default:
      return take_number(id, argument);
  }
}

Result<Command> Parser::parse(int argc, char** argv) {
  if (argc < 2) {
    command_.kind = Command::Kind::kUsage;
    return std::move(command_);
  }
  for (int i = 0; i < argc; ++i) {
    if (i > 0) command_.options.command_line += ' ';
    command_.options.command_line += argv[i];
  }
  std::string letters = ":";
  std::vector<option> longs;
  for (const Option& o : kOptions) {
    if (o.id < 256) {
      letters += static_cast<char>(o.id);
      if (o.argument) letters += ':';
    }
    longs.push_back({o.name, o.argument ? required_argument : no_argument, nullptr, o.id});
  }
  longs.push_back({});
  opterr = 0;
  for (int id = 0; (id = getopt_long(argc, argv, letters.c_str(), longs.data(), nullptr)) != -1;) {
    if (id == 'h' || id == 'V') {
      command_.kind = id == 'h' ? Command::Kind::kHelp : Command::Kind::kVersion;
      return std::move(command_);
    }
    if (id == ':' || id == '?') {
      const bool is_short = optopt > 0 && optopt < 256;
      const std::string name = is_short && std::strncmp(argv[optind - 1], "--", 2) != 0
                                   ? fmt::format("-{}", static_cast<char>(optopt))
                                   : argv[optind - 1];
      return option_error(id == ':' ? fmt::format("Option '{}' requires an argument", name)
                                    : fmt::format("Unknown option '{}'", name));
    }
    if (auto r = take(id, optarg); !r) return r.error();
  }
  for (int i = optind; i < argc; ++i) {
    if (i > optind) command_.options.input.filter += ' ';
    command_.options.input.filter += argv[i];
  }
  if (!command_.options.has_input && !command_.options.describe) {
    return option_error("One of '-r', '-R', '-D' or '-i' option is required");
  }
  const InputOptions& input = command_.options.input;
  const bool whole_files =
      input.kind == InputOptions::Kind::kFile || input.kind == InputOptions::Kind::kList;
  if (command_.options.cpu && command_.options.jobs.value_or(1) != 1) {
    return option_error("Options '-c' and '-j' can only be used exclusively: -c is for one CPU");
  }
  if (input.salvage && !whole_files) {
    return option_error("Option '--salvage' is for captures that are complete: '-r' and '-R'");
  }
  return std::move(command_);
}

}  // namespace

Result<Command> parse_arguments(int argc, char** argv) {
  return Parser().parse(argc, argv);
}

std::string usage_text() {
  std::string out = fmt::format(
      "T2++ {} - High performance flow based network traffic analyzer\n\n"
      "Usage:\n    t2 [OPTION...] <INPUT> [BPF...]\n\n"
      "Examples:\n"
      "    t2 -r capture.pcap -w results/             flows to results/capture_flows.txt\n"
      "    t2 -s -r capture.pcap -w results/          packets to results/capture_packets.txt, too\n"
      "    t2 -r capture.pcap -w - | tcol             flows to the terminal\n"
      "    t2 -i eth0 -w live 'tcp port 21'           listen, FTP only; end with Ctrl-C\n"
      "    t2 --carve files -r capture.pcap           carved files to files/http/, files/ftp/, "
      "...\n",
      T2_VERSION);
  for (const Option& o : kOptions) {
    if (o.group) out += fmt::format("\n{}:\n", o.group);
    const std::string letter = o.id < 256 ? fmt::format("-{},", static_cast<char>(o.id)) : "";
    const std::string name =
        fmt::format("--{}{}{}", o.name, o.argument ? " " : "", o.argument ? o.argument : "");
    out += fmt::format("    {:<4}{:<40}{}\n", letter, name, o.doc);
  }
  out +=
      "\nRemaining arguments:\n    BPF                                         "
      "Filter in tcpdump's syntax: 'host 10.0.0.1 and port 21'\n";
  return out;
}

}  // namespace t2
