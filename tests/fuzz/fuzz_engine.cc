// SPDX-License-Identifier: Apache-2.0
// A whole run in memory: a capture file through the engine with all plugins but the text file, rows
// into sinks that only look. What the run counts must agree with the rows that came out, and a
// second run of the same bytes (other hash seeds, same settings) must give the same rows; so must
// several lanes, with blocks, windows, an order of work and a size of the flow table from the
// input.
//
// The mutator keeps pcap records whole: it changes, drops, doubles or swaps them instead of
// breaking the file, which fuzz_capture does.
#include <sys/mman.h>
#include <unistd.h>

#include <algorithm>
#include <cstdlib>
#include <memory>
#include <optional>
#include <span>
#include <string>

#include "capture/capture_file.h"
#include "engine/engine.h"
#include "engine/report_writer.h"
#include "label/store.h"

extern "C" std::size_t LLVMFuzzerMutate(std::uint8_t* data, std::size_t size, std::size_t max);

namespace {

using namespace t2;

void require(bool condition) {
  if (!condition) std::abort();
}

class MemorySource final : public Source {
 public:
  explicit MemorySource(std::unique_ptr<CaptureFile> file) : capture_(std::move(file)) {
    file_.path = "memory";
    file_.link_type = capture_->link_type();
    file_.index = 1;
  }
  State read(FrameBatch& batch) override {
    if (!std::exchange(announced_, true)) return State::kNewFile;
    if (++batches_ > kMostBatches) return State::kEnd;  // compressed bombs stay cheap
    const auto state = capture_->read(batch);
    if (state == CaptureFile::State::kAgain) return State::kIdle;
    return state == CaptureFile::State::kFrames ? State::kFrames : State::kEnd;
  }
  const SourceFile& file() const override { return file_; }
  std::uint64_t bytes_read() const override { return capture_->position(); }
  std::uint64_t bytes_total() const override { return capture_->size(); }
  std::uint64_t bytes_of_files() const override { return capture_->size(); }

 private:
  static constexpr int kMostBatches = 16;
  std::unique_ptr<CaptureFile> capture_;
  SourceFile file_;
  bool announced_ = false;
  int batches_ = 0;
};

/// Formats every row as a text file would and forgets it.
class Look final : public Sink {
 public:
  Look(Table table, Schema schema, const TextSettings& text)
      : table_(table), schema_(std::move(schema)), formatter_(schema_, text, Quoting::kStrings) {}
  bool wants(Table table) const override { return table == table_; }
  Result<void> open(const RunInfo&, const Tables&) override { return {}; }
  void text(Table, const Rows& all, RowText& out) const override { formatter_.rows(all, out); }
  Result<void> write(Table, const Rows&, const RowText& text) override {
    std::size_t from = 0;
    for (const std::size_t end : text.ends) {
      look(text.text.view().substr(from, end - from));
      from = end;
    }
    return {};
  }
  Result<void> close() override { return {}; }

  std::uint64_t rows = 0, digest = 0;

 private:
  void look(std::string_view line) {
    const auto tabs = static_cast<std::size_t>(std::count(line.begin(), line.end(), '\t'));
    require(tabs + 1 == schema_.columns.size() && line.ends_with('\n'));
    require(std::count(line.begin(), line.end(), '\n') == 1);
    for (const char c : line) digest = digest * 31 + static_cast<unsigned char>(c);
    ++rows;
  }

  Table table_;
  Schema schema_;
  RowFormatter formatter_;
};

struct Outcome {
  std::uint64_t flow_rows = 0, packet_rows = 0, digest = 0;
  bool operator==(const Outcome&) const = default;
};

/// How packets are worked on.
struct Way {
  bool packet_rows = true;
  std::uint64_t capacity = kFlowsPerFactor;
  std::optional<LaneOptions> lanes = {};  // none: one
};

/// The log of a run, in memory.
class Log {
 public:
  Log() : fd_(memfd_create("log", MFD_CLOEXEC)) { require(fd_ >= 0); }
  ~Log() { close(fd_); }
  Log(const Log&) = delete;
  Log& operator=(const Log&) = delete;
  std::string path() const { return "/proc/self/fd/" + std::to_string(fd_); }
  /// The number behind "LABEL: "; 0 if there is no such line, as the report leaves out zeros.
  std::uint64_t number(const std::string& label) const {
    std::string text(static_cast<std::size_t>(lseek(fd_, 0, SEEK_END)), '\0');
    require(pread(fd_, text.data(), text.size(), 0) == static_cast<ssize_t>(text.size()));
    const auto at = text.find("\nNumber of " + label + ": ");
    return at == std::string::npos ? 0 : std::stoull(text.substr(text.find(": ", at) + 2));
  }

 private:
  int fd_;
};

/// What bits of `choice` switch on.
enum Choice : std::uint8_t { kSave = 1, kAggregate = 2, kFloat = 4, kRules = 8 };

SettingsResolver settings(std::uint8_t choice) {
  static const std::string folder = "/dev/shm/t2_fuzz_engine." + std::to_string(getpid()) + "/";
  SettingsResolver config(std::vector<std::string>{});
  const auto set = [&](const char* owner, const char* flag, const std::string& value) {
    config.add({owner, flag, value});
  };
  set("ftpDecode", "FTP_F_PATH", folder);
  set("ftpDecode", "FTP_SAVE", (choice & kSave) != 0 ? "1" : "0");
  set("ftpDecode", "FTP_MAXFILE", "1");
  set("tp0f", "TP0FRULES", (choice & kRules) != 0 ? "1" : "0");
  set("tranalyzer2", "AGGREGATIONFLAG", (choice & kAggregate) != 0 ? "4" : "0");
  set("tranalyzer2", "FLOAT32_TIMES", (choice & kFloat) != 0 ? "1" : "0");
  set("tranalyzer2", "FDURLIMIT", (choice & kAggregate) != 0 ? "5" : "0");
  set("tranalyzer2", "SUBNET_ON", "1");
  return config;
}

PluginSet load_all() {
  LoadOptions load;
  load.folder = T2_FUZZ_PLUGINS "/";
  load.list_mode = ListMode::kIgnore;
  auto set = PluginSet::load(load);
  require(set.ok() && set->errors().empty() && !set->plugins().empty());
  return std::move(*set);
}

PluginSet load_plugins() {
  PluginSet set = load_all();
  std::erase_if(set.plugins(), [](const LoadedPlugin& p) { return p.info.name.ends_with("Sink"); });
  return set;
}

Outcome run(Bytes capture, std::uint8_t choice, const Way& way = {}) {
  static const PluginSet keep_loaded = load_all();  // the fuzzer counts in mapped libraries
  auto file = CaptureFile::from_memory(capture, 0);
  if (!file) return {};
  MemorySource source(std::move(*file));
  PluginSet plugins = load_plugins();
  SettingsResolver resolver = settings(choice);
  CoreSettings core;
  TextSettings text;
  std::vector<std::string> warnings;
  require(resolver.resolve("tranalyzer2", core, warnings).ok());
  require(plugins.configure(resolver, core, warnings).ok());
  LabelStore labels;
  RunInfo info;
  const Log log;
  Console console, monitor;
  require(console.log_to(log.path(), OutputAccess::kUmask).ok());
  Engine engine({source, plugins, core, text, labels, console, monitor, info, way.packet_rows, 1,
                 way.capacity, way.lanes});
  require(engine.start_plugins().ok());
  Look flows(Table::kFlows, engine.flow_schema(), text);
  Look packets(Table::kPackets, engine.packet_schema(), text);
  engine.writer().add(flows);
  if (way.packet_rows) engine.writer().add(packets);
  if (!engine.run()) return {};
  ReportWriter report(console);
  engine.print_report(report);
  require(log.number("processed      flows") == flows.rows);
  require(!way.packet_rows || log.number("A packets") + log.number("B packets") == packets.rows);
  return {flows.rows, packets.rows, flows.digest * 31 + packets.digest};
}

/// One lane against several, without threads. `numbers`: what they are like.
void compare_lanes(Bytes capture, std::uint8_t choice, std::span<const std::uint8_t, 6> numbers) {
  Way way{.packet_rows = false};
  if (numbers[0] % 4 != 0) way.capacity = 2 + numbers[0];
  const Outcome one = run(capture, choice, way);
  LaneOptions& lanes = way.lanes.emplace();
  lanes.conductor.shards = 1 + numbers[1] % kFlowGroups;
  lanes.conductor.window = 1 + numbers[2] % 8;
  lanes.block_packets = 1 + numbers[3];
  lanes.conductor.seed = numbers[4] | std::uint64_t{numbers[5]} << 8;
  require(run(capture, choice, way) == one);
}

/// The records of a little-endian pcap file, if the input is one.
struct Records {
  static constexpr std::size_t kHeader = 24, kRecordHeader = 16;
  std::vector<std::vector<std::uint8_t>> all;

  bool read(Bytes input) {
    static constexpr std::uint8_t kMagic[] = {0xd4, 0xc3, 0xb2, 0xa1};
    if (input.size() < kHeader || !std::equal(kMagic, kMagic + 4, input.begin())) return false;
    Bytes rest = input.subspan(kHeader);
    while (rest.size() >= kRecordHeader) {
      const std::size_t n = rest[8] | rest[9] << 8 | rest[10] << 16;
      const Bytes record = first(rest, kRecordHeader + n);
      all.emplace_back(record.begin(), record.end());
      rest = rest.subspan(record.size());
    }
    return !all.empty();
  }
};

}  // namespace

extern "C" std::size_t LLVMFuzzerCustomMutator(std::uint8_t* data, std::size_t size,
                                               std::size_t max, unsigned seed) {
  Records records;
  if (seed % 16 == 0 || !records.read(Bytes(data, size))) return LLVMFuzzerMutate(data, size, max);
  auto& all = records.all;
  const std::size_t at = seed / 16 % all.size(), other = seed / 4096 % all.size();
  switch (seed % 8) {
    case 0:
      all.erase(all.begin() + static_cast<std::ptrdiff_t>(at));
      break;
    case 1:
      all.insert(all.begin() + static_cast<std::ptrdiff_t>(other), all[at]);
      break;
    case 2:
      std::swap(all[at], all[other]);
      break;
    default: {
      auto& record = all[at];
      const std::size_t before = record.size() - std::min(record.size(), Records::kRecordHeader);
      record.resize(Records::kRecordHeader + before + 64);
      const std::size_t n =
          LLVMFuzzerMutate(record.data() + Records::kRecordHeader, before, before + 64);
      record.resize(Records::kRecordHeader + n);
      for (int i = 0; i < 3; ++i) record[8 + i] = static_cast<std::uint8_t>(n >> (8 * i));
      if (seed % 64 >= 8) std::copy_n(record.begin() + 8, 4, record.begin() + 12);
      if (seed % 8 == 3) record[seed % 8] = static_cast<std::uint8_t>(seed >> 8);  // time
    }
  }
  std::size_t end = Records::kHeader;
  for (const auto& record : all) {
    if (end + record.size() > max) break;
    std::copy(record.begin(), record.end(), data + end);
    end += record.size();
  }
  return end;
}

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  if (size < Records::kHeader) return 0;
  // Bytes of the file header that mean nothing (time zone, accuracy) choose the settings.
  const Bytes capture(data, size);
  const std::uint8_t choice = data[8];
  if (data[9] % 8 < 4) {
    const Outcome once = run(capture, choice);
    if (data[9] % 8 == 0) require(run(capture, choice) == once);
  } else {
    compare_lanes(capture, choice, capture.subspan<10, 6>());
  }
  return 0;
}
