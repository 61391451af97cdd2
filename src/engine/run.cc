// SPDX-License-Identifier: Apache-2.0
#include "engine/run.h"

#include <fmt/format.h>
#include <poll.h>
#include <sched.h>
#include <sys/resource.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <csignal>
#include <cstdlib>
#include <cstring>
#include <fstream>
#include <new>
#include <optional>

#include "base/caught.h"
#include "capture/filter.h"
#include "engine/carving.h"
#include "engine/describe.h"
#include "engine/engine.h"
#include "engine/options.h"
#include "label/store.h"
#include "output/packet_file.h"
#include "process/cpus.h"
#include "process/privileges.h"
#include "process/sandbox.h"
#include "process/signals.h"

namespace t2 {
namespace {

/// Whoever read standard output wants no more of it: no failure of ours to talk about.
bool reader_is_gone(const Error& e) {
  if (e.message.find("standard output") == std::string::npos) return false;
  pollfd out{STDOUT_FILENO, POLLOUT, 0};
  return poll(&out, 1, 0) > 0 && (out.revents & POLLERR) != 0;
}

std::string home_folder() {
  const char* home = std::getenv("HOME");
  return home ? home : "";
}

/// That work on packets.
unsigned threads_of(const RunOptions& o) {
  if (o.cpu) return 1;
  if (!o.jobs) return usual_threads(usable_cpus());
  return *o.jobs > 0 ? *o.jobs : usable_cpus();
}

/// One run; the members are built up in the order in which they are needed.
class Run {
 public:
  explicit Run(RunOptions options)
      : o_(std::move(options)), threads_(threads_of(o_)), resolver_(home_folder()) {}

  Result<void> execute();

 private:
  Result<void> resolve_settings();
  Result<void> refuse_plugins();
  void warn_of_nothing_to_do(const std::string& folder);
  std::uint64_t capacity() const;
  unsigned sockets() const;
  void choose_lanes();
  Result<void> describe_and_stop();
  Result<void> open_input();
  Result<void> check_without_prefix() const;
  Result<void> choose_output();
  void choose_access();
  Result<void> open_logs();
  Result<void> bind_to_cpu();
  Result<void> set_priority();
  Result<void> become_user();
  Result<void> protect();
  SandboxRules sandbox_rules() const;
  Result<void> open_outputs();
  void print_banner();
  void print_plugins();
  void print_input();
  void print_protection(ReportWriter& report);
  Result<void> print_reports();
  Result<void> finish_json_report();
  Result<void> check_standard_output() const;
  Result<void> finish_monitoring();
  bool live() const { return o_.input.kind == InputOptions::Kind::kLive; }

  RunOptions o_;
  unsigned threads_;
  SettingsResolver resolver_;
  CoreSettings core_;
  TextSettings text_;
  std::optional<PluginSet> plugins_;
  std::unique_ptr<Source> source_;
  LabelStore labels_;
  RunInfo info_;
  Console console_, monitor_;
  OutputFile json_report_;
  std::string cpu_line_, sharing_line_;
  std::optional<User> user_;
  SandboxState sandbox_;
  std::vector<std::string> settings_warnings_;
  std::vector<std::pair<std::string, bool>> list_lines_;
  std::optional<Engine> engine_;
  std::optional<PacketFile> packet_file_;
};

Result<void> Run::resolve_settings() {
  for (Override& o : o_.overrides) resolver_.add(std::move(o));
  if (auto r = resolver_.resolve("tranalyzer2", core_, settings_warnings_); !r) return r;
  if (auto r = resolver_.resolve("utils", text_, settings_warnings_); !r) return r;
  if (o_.monitor_interval) {
    if (auto r = core_.MONINTV.assign(fmt::format("{}", *o_.monitor_interval), "command line");
        !r) {
      return r;
    }
  }
  LoadOptions load;
  if (o_.plugin_folder.empty() && home_folder().empty()) {
    return Error{"HOME is not set: name the plugin folder with '-p'"};
  }
  load.folder =
      o_.plugin_folder.empty() ? home_folder() + "/.tranalyzer/plugins/" : o_.plugin_folder;
  if (!load.folder.ends_with('/')) load.folder += '/';
  info_.plugin_folder = load.folder;
  load.list_file = o_.plugin_list;
  load.list_mode = static_cast<ListMode>(static_cast<int>(core_.USE_PLLIST));
  auto plugins = PluginSet::load(load);
  if (!plugins) return plugins.error();
  plugins_.emplace(std::move(*plugins));
  if (auto r = refuse_plugins(); !r) return r;
  if (auto r = plugins_->configure(resolver_, core_, settings_warnings_); !r) return r;
  std::vector<std::pair<std::string, const Settings*>> groups = {{"tranalyzer2", &core_},
                                                                 {"utils", &text_}};
  for (LoadedPlugin& p : plugins_->plugins()) {
    if (Settings* s = p.plugin->settings()) groups.emplace_back(p.info.name, s);
  }
  if (auto r = resolver_.check_all_used(groups); !r) return r;
  info_.settings = std::move(groups);
  warn_of_nothing_to_do(load.folder);
  return {};
}

/// What was asked for and nobody does.
void Run::warn_of_nothing_to_do(const std::string& folder) {
  const std::vector<LoadedPlugin>& all = plugins_->plugins();
  const auto writes = [](const LoadedPlugin& p) {
    const Sink* sink = p.plugin->sink();
    return sink != nullptr && sink->wants(Table::kFlows);
  };
  if (all.empty()) {
    settings_warnings_.push_back(fmt::format(
        "No valid plugins found in folder '{}'. Run 't2build' to activate some", folder));
  } else if (std::none_of(all.begin(), all.end(), writes)) {
    settings_warnings_.emplace_back(
        "No active plugin writes flows: there will be no flow table. Run 't2build txtSink'");
  }
  if (!o_.index_file.empty() && plugins_->find("pcapd") == nullptr) {
    settings_warnings_.emplace_back("Option '-e' has no effect without plugin pcapd");
  }
}

/// Columns that the user expects must not be missing without notice: nothing runs then.
Result<void> Run::refuse_plugins() {
  const std::vector<std::string>& errors = plugins_->errors();
  if (errors.empty() || o_.describe) return {};
  for (std::size_t i = 0; i + 1 < errors.size(); ++i) console_.error(errors[i]);
  return Error{errors.back()};
}

Result<void> Run::open_input() {
  if (!o_.index_file.empty() && access(o_.index_file.c_str(), R_OK) != 0) {
    return Error{fmt::format("Option '-e': failed to open file '{}' for reading: {}", o_.index_file,
                             std::strerror(errno))};
  }
  if (!o_.filter_file.empty()) {
    auto filter = read_filter_file(o_.filter_file);
    if (!filter) return filter.error();
    o_.input.filter = std::move(*filter);
  }
  o_.input.poll_interval = std::chrono::milliseconds(
      static_cast<std::int64_t>(static_cast<double>(core_.POLLTM) * 1000));
  o_.input.round_robin = core_.RROP;
  o_.input.sockets = sockets();
  o_.input.on_sharing = [this](const std::string& line) { sharing_line_ = line; };
  o_.input.on_list_line = [this](const std::string& line, bool warning) {
    list_lines_.emplace_back(line, warning);
  };
  if (!o_.log_file && o_.output != "-" && isatty(STDOUT_FILENO) != 0) {
    o_.input.on_poll = [] {
      std::fputc('.', stdout);
      std::fflush(stdout);
    };
  }
  o_.input.scouts = scouts_for(threads_);
  auto source = open_source(o_.input);
  if (!source) return source.error();
  source_ = std::move(*source);
  return {};
}

/// `-w -` alone: rows and nothing else, so nothing may be asked for that needs a file.
Result<void> Run::check_without_prefix() const {
  const char* what = o_.packets          ? "Option '-s'"
                     : o_.log_file       ? "Option '-l'"
                     : o_.monitor_file   ? "Option '-m'"
                     : core_.JSON_REPORT ? "Setting 'tranalyzer2.JSON_REPORT'"
                                         : nullptr;
  if (what == nullptr) return {};
  return Error{
      fmt::format("{}: its file has no name with '-w -'. Give a prefix with '-W PREFIX'", what)};
}

Result<void> Run::choose_output() {
  const bool to_stdout = o_.output == "-";
  info_.flows_to_stdout = to_stdout;
  if (to_stdout && !o_.split) {
    if (auto r = check_without_prefix(); !r) return r;
  } else {
    auto prefix = output_prefix(o_.split ? o_.split->prefix : o_.output, o_.input.path);
    if (!prefix) return prefix.error();
    info_.prefix = *prefix;
  }
  if (o_.split) {
    info_.split = true;
    info_.split_size = o_.split->size;
    info_.split_unit = o_.split->unit;
    info_.split_start = o_.split->start;
  }
  info_.command_line = o_.command_line;
  info_.filter = o_.input.filter;
  if (o_.input.kind == InputOptions::Kind::kLive) info_.interface = o_.input.path;
  if (o_.input.kind == InputOptions::Kind::kFile && o_.input.path != "-") {
    info_.captures = {o_.input.path};
  }
  if (o_.input.kind == InputOptions::Kind::kList) {
    info_.captures = source_->later_paths();
  }
  info_.sensor_id = o_.sensor_id;
  for (const LoadedPlugin& p : plugins_->plugins()) {
    info_.plugins.emplace_back(p.info.name, p.info.version);
  }
  return {};
}

/// Who may read the files: plugins know what they show once they are started.
void Run::choose_access() {
  for (const LoadedPlugin& p : plugins_->plugins()) {
    if (core_.PRIVATE_FILES && p.plugin->shows_credentials()) info_.access = OutputAccess::kOwner;
  }
}

Result<void> Run::open_logs() {
  if (o_.log_file) {
    const std::string path = info_.prefix + core_.LOG_SUFFIX.value();
    if (auto r = console_.log_to(path, info_.access); !r) return r;
  } else if (info_.flows_to_stdout) {
    console_.log_to_standard_error();
  }
  if (o_.monitor_file) {
    const std::string path = info_.prefix + core_.MON_SUFFIX.value();
    if (auto r = monitor_.log_to(path, info_.access); !r) return r;
  } else if (info_.flows_to_stdout) {
    monitor_.log_to_standard_error();
  }
  if (core_.JSON_REPORT) {
    const std::string path = info_.prefix + core_.REPORT_SUFFIX.value();
    if (auto r = json_report_.open(path, Compression::kNone, info_.access); !r) return r;
  }
  if (core_.VERBOSE == 0) console_.silence();
  return {};
}

Result<void> Run::bind_to_cpu() {
  if (!o_.cpu) return {};
  const int now = sched_getcpu();
  const int wanted = *o_.cpu == 0 ? now : *o_.cpu - 1;
  cpu_set_t set;
  CPU_ZERO(&set);
  if (wanted < CPU_SETSIZE) CPU_SET(static_cast<std::size_t>(wanted), &set);
  if (sched_setaffinity(0, sizeof set, &set) != 0) {
    return Error{
        fmt::format("Option '-c': failed to bind to CPU {}: {}", *o_.cpu, std::strerror(errno))};
  }
  cpu_line_ = wanted == now ? fmt::format("Tranalyzer successfully bound to CPU {}", wanted + 1)
                            : fmt::format("Tranalyzer successfully moved from CPU {} to CPU {}",
                                          now + 1, wanted + 1);
  return {};
}

Result<void> Run::set_priority() {
  if (!o_.priority) return {};
  if (setpriority(PRIO_PROCESS, 0, *o_.priority) == 0) return {};
  return Error{fmt::format("Option '-P': failed to set priority {}: {}", *o_.priority,
                           std::strerror(errno))};
}

/// Root is needed to open an interface, not to work on what it hears.
Result<void> Run::become_user() {
  if (!live() && o_.user.empty()) return {};
  auto user = user_to_become(o_.user);
  if (!user) return user.error();
  user_ = std::move(*user);
  return user_ ? become(*user_) : Result<void>();
}

SandboxRules Run::sandbox_rules() const {
  SandboxRules rules;
  rules.read = source_->later_paths();
  // Libraries look here for time zones, settings and the number of processors.
  for (const char* p : {"/usr", "/etc/localtime", "/etc/ssl", "/proc/self",
                        "/sys/devices/system/cpu", "/dev/urandom"}) {
    rules.read.emplace_back(p);
  }
  rules.read.push_back(info_.plugin_folder);
  for (const LoadedPlugin& p : plugins_->plugins()) {
    for (std::string& folder : p.plugin->output_folders()) rules.write.push_back(std::move(folder));
  }
  if (!o_.carve_folder.empty()) rules.write.push_back(o_.carve_folder);
  const std::string folder = folder_of(info_.prefix);
  if (info_.split || o_.log_file || o_.monitor_file || core_.JSON_REPORT)
    rules.write.push_back(folder);
  return rules;
}

/// Last before the first packet: what is open stays open, nothing else comes.
Result<void> Run::protect() {
  if (live() || user_) {
    if (auto r = drop_rights(); !r) return r;
  }
  if (!core_.SANDBOX) return {};
  const SandboxRules rules = sandbox_rules();
  for (const std::string& folder : rules.write) {
    if (auto r = make_directories(folder); !r) return r;
  }
  sandbox_ = enter_sandbox(rules);
  return {};
}

/// Part of the end report: always for a live capture, for files only what is missing.
void Run::print_protection(ReportWriter& report) {
  report.begin("sandbox");
  report.flag("files", sandbox_.files);
  report.flag("system_calls", sandbox_.system_calls);
  report.end();
  if (!core_.SANDBOX) return console_.warn("Sandbox: switched off (tranalyzer2.SANDBOX=0)");
  if (!sandbox_.problem.empty()) return console_.warn("Sandbox: " + sandbox_.problem);
  if (!live()) return;
  console_.info(fmt::format("Sandbox: files{} limited; working as user {}",
                            sandbox_.system_calls ? " and system calls" : "",
                            user_ ? user_->name : fmt::format("{}", geteuid())));
}

void Run::print_banner() {
  const std::string ruler(80, '=');
  console_.line(ruler);
  console_.line(fmt::format("T2++ {} (speaks Tranalyzer 0.9.1). PID: {}{}, SID: {}", T2_VERSION,
                            getpid(), o_.cpu ? fmt::format(", CPU: {}", *o_.cpu) : "",
                            o_.sensor_id));
  console_.line(ruler);
  if (!cpu_line_.empty()) console_.info(cpu_line_);
  console_.info(core_.ETH_ACTIVATE != 0 ? "Creating flows for L2, IPv4, IPv6"
                                        : "Creating flows for IPv4, IPv6");
}

void Run::print_plugins() {
  for (const std::string& w : settings_warnings_) console_.warn(w);
  for (const auto& [line, warning] : list_lines_) {
    if (warning) {
      console_.warn(line);
    } else {
      console_.line(line);
    }
  }
  console_.line("Active plugins:");
  int number = 0;
  for (const auto& [name, version] : info_.plugins) {
    console_.line(fmt::format("    {:02}: {}, {}", ++number, name, version));
  }
  if (core_.SUBNET_ON && core_.VERBOSE > 1) {
    for (const std::string& w : labels_.take_warnings()) console_.warn(w);
    console_.info(labels_.summary(Family::kIpv4));
    console_.info(labels_.summary(Family::kIpv6));
  }
  for (const std::string& line : engine_->host().take_log()) console_.line(line);
}

void Run::print_input() {
  if (o_.input.kind == InputOptions::Kind::kList) {
    const bool folder = is_directory(o_.input.path);
    console_.line(fmt::format("Processing {}: {}", folder ? "folder" : "list file", o_.input.path));
  }
  if (!sharing_line_.empty()) console_.info(sharing_line_);
  if (!o_.input.filter.empty()) console_.info("BPF: " + o_.input.filter);
}

/// Rows of two sinks in one stream would be of no use to anybody.
Result<void> Run::check_standard_output() const {
  if (!info_.flows_to_stdout) return {};
  std::string names;
  for (const LoadedPlugin& p : plugins_->plugins()) {
    Sink* sink = p.plugin->sink();
    if (sink == nullptr || !sink->wants(Table::kFlows) || !sink->to_stdout()) continue;
    if (!names.empty()) {
      return Error{fmt::format(
          "Option '-w -': {} and {} both write rows to standard output. Run 't2build -u {}', or "
          "name other plugins with '-p'",
          names, p.info.name, p.info.name)};
    }
    names = p.info.name;
  }
  return {};
}

/// Only now, with everything checked, files of the user may be overwritten.
Result<void> Run::open_outputs() {
  const Tables tables{engine_->flow_schema(), o_.packets ? &engine_->packet_schema() : nullptr};
  std::vector<Sink*> sinks;
  for (LoadedPlugin& p : plugins_->plugins()) {
    if (Sink* sink = p.plugin->sink()) sinks.push_back(sink);
  }
  if (o_.packets) sinks.push_back(&packet_file_.emplace(core_.PACKETS_SUFFIX, text_));
  for (Sink* sink : sinks) {
    if (auto r = sink->open(info_, tables); !r) return r;
    engine_->writer().add(*sink);
  }
  return {};
}

/// The file goes if the run came to no report.
Result<void> Run::finish_json_report() {
  if (!json_report_.is_open()) return {};
  const bool empty = json_report_.bytes() == 0;
  auto closed = json_report_.close();
  if (empty) unlink((info_.prefix + core_.REPORT_SUFFIX.value()).c_str());
  return closed;
}

/// The monitoring file goes if nothing was written to it.
Result<void> Run::finish_monitoring() {
  if (!o_.monitor_file) return {};
  const std::string path = info_.prefix + core_.MON_SUFFIX.value();
  if (auto r = monitor_.check(); !r) return r;
  std::ifstream in(path, std::ios::ate);
  if (in && in.tellg() == 0) unlink(path.c_str());
  return {};
}

Result<void> Run::describe_and_stop() {
  console_.text(describe(*plugins_, core_, text_) + '\n');
  if (auto r = console_.check(); !r) return r;
  const std::vector<std::string>& errors = plugins_->errors();
  for (std::size_t i = 0; i + 1 < errors.size(); ++i) console_.error(errors[i]);
  return errors.empty() ? Result<void>() : Result<void>(Error{errors.back()});
}

/// The end report, for the user and for sinks that keep it.
Result<void> Run::print_reports() {
  console_.keep_lines();
  ReportWriter writer(console_);
  const auto refused = std::ranges::count_if(list_lines_, [](const auto& l) { return l.second; });
  writer.value("inputs_refused", static_cast<std::uint64_t>(refused));
  engine_->print_report(writer);
  print_protection(writer);
  if (json_report_.is_open()) {
    if (auto r = json_report_.write(writer.take_json()); !r) return r;
  }
  const std::string report = console_.take_lines();
  for (const LoadedPlugin& p : plugins_->plugins()) {
    Sink* sink = p.plugin->sink();
    if (sink == nullptr || !sink->keeps_report()) continue;
    if (auto r = sink->finished(report); !r) return r;
  }
  return {};
}

/// Reading a socket is a tenth of the work, and packets do not come evenly.
unsigned Run::sockets() const {
  constexpr unsigned kThreadsPerSocket = 4;
  const auto asked = static_cast<unsigned>(core_.LIVE_SOCKETS);
  return asked > 0 ? asked : std::max(1U, threads_ / kThreadsPerSocket);
}

void Run::choose_lanes() {
  if (!o_.lanes && threads_ > 1) o_.lanes = lanes_for(threads_);
}

std::uint64_t Run::capacity() const {
  return o_.capacity > 0 ? o_.capacity : kFlowsPerFactor * o_.hash_factor;
}

Result<void> Run::execute() {
  if (auto r = resolve_settings(); !r) return r;
  if (o_.describe) return describe_and_stop();
  if (auto r = open_input(); !r) return r;
  if (auto r = bind_to_cpu(); !r) return r;
  if (auto r = set_priority(); !r) return r;
  if (auto r = become_user(); !r) return r;
  if (auto r = choose_output(); !r) return r;
  // Before the first file: who sees one may send signals.
  install_signal_handlers(o_.log_file || o_.monitor_file);
  choose_lanes();
  if (core_.SUBNET_ON) labels_.load_databases(home_folder());
  const EngineParts parts{.source = *source_,
                          .plugins = *plugins_,
                          .settings = core_,
                          .text = text_,
                          .labels = labels_,
                          .console = console_,
                          .monitor_console = monitor_,
                          .run = info_,
                          .packet_mode = o_.packets,
                          .hash_factor = o_.hash_factor,
                          .capacity = capacity(),
                          .lanes = o_.lanes,
                          .trace = o_.trace};
  engine_.emplace(parts);
  if (!o_.carve_folder.empty()) {
    if (auto r = engine_->carve_into(carve_options(o_.carve_folder, core_),
                                     comma_list(core_.CARVE_PROTOCOLS.value()));
        !r)
      return r;
  }
  if (auto r = engine_->start_plugins(); !r) return r;
  if (!o_.carve_folder.empty() && !engine_->host().anything_carves()) {
    settings_warnings_.emplace_back(
        "Option '--carve': no active plugin carves. Run 't2build ftpDecode httpSniffer'");
  }
  choose_access();
  if (auto r = check_standard_output(); !r) return r;
  // The tables first: a run that finds them in use must not spoil the log of the one that uses
  // them.
  if (auto r = open_outputs(); !r) return r;
  if (auto r = open_logs(); !r) return r;
  if (auto r = engine_->host().prepare_carving(); !r) return r;
  print_banner();
  print_plugins();
  print_input();
  if (auto r = protect(); !r) return r;
  Result<void> result = engine_->run();
  Result<void> kept;
  if (result) kept = print_reports();
  Result<void> monitored = finish_monitoring();
  Result<void> noted = finish_json_report();
  if (!result) return result;
  if (!monitored) return monitored;
  if (kept && !noted) return noted;
  return kept ? console_.check() : kept;
}

}  // namespace

int run(RunOptions options) {
  Console console;
  Run r(std::move(options));
  try {
    const Result<void> result = r.execute();
    if (result) return 0;
    if (reader_is_gone(result.error())) return 128 + SIGPIPE;
    console.error(result.error().message);
  } catch (const std::bad_alloc&) {
    console.error("Out of memory");
  } catch (...) {  // here, where the plugins, whose exception it may be, are still loaded
    console.error(fmt::format(
        "Unexpected error ({}); without plugins of your own it may not happen", caught()));
  }
  return 1;
}

}  // namespace t2
