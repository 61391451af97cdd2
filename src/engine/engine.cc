// SPDX-License-Identifier: Apache-2.0
#include "engine/engine.h"

#include <fmt/format.h>
#include <unistd.h>

#include <algorithm>
#include <bit>
#include <csignal>

#include "base/caught.h"
#include "base/clock.h"
#include "base/format.h"
#include "engine/options.h"
#include "engine/packet_columns.h"
#include "process/signals.h"

namespace t2 {
namespace {

/// Rows that are made come out after that time at most, however slowly packets come.
constexpr std::chrono::seconds kRowsWait{1};

const char* stop_text(int signal) {
  if (signal == SIGINT) return "SIGINT: Remove all flows and exit";
  if (signal == SIGHUP) return "SIGHUP: Remove all flows and exit";
  return "SIGTERM: Terminate, terminate. Remove all flows and exit";
}

}  // namespace

Engine::Engine(const EngineParts& parts)
    : parts_(parts),
      decoder_(decode_options(parts.settings)),
      predecoder_(decode_options(parts.settings)),
      datagrams_(decode_options(parts.settings), reassembly_options()),
      flow_labels_(parts.labels, parts.settings.SUBNET_ON),
      shard_(parts.plugins, parts.settings, tracker_options(parts.settings, parts.capacity),
             flow_labels_, join_),
      packet_row_(packet_rows(parts.settings, parts.plugins, shard_.parts().all())),
      pair_rows_(flow_row_, shard_.tracker(), flow_labels_),
      writer_(pair_rows_),
      host_({parts.plugins, shard_.tracker(), predecoder_, parts.labels, parts.text, parts.run,
             capture_log_, shard_.totals(), writer_, parts.packet_mode}),
      join_(parts.plugins, host_, writer_, stream_options(parts.settings),
            [this] { warn_of_full(shard_.totals().bytes); }),
      monitor_(parts.settings.MACHINE_REPORT, parts.settings.DIFF_REPORT),
      progress_(parts.console) {
  bind_flow_columns();
  writer_.trace_to(parts.trace);
  if (!parts.lanes) return;
  LaneOptions lanes = *parts.lanes;
  lanes.conductor.trace = parts.trace;
  lanes_ = std::make_unique<ManyLanes>(lanes, parts.plugins, parts.settings,
                                       tracker_options(parts.settings, parts.capacity),
                                       flow_labels_, join_, writer_, undecoded_, parts.packet_mode);
  pair_rows_.give_back_to([this](std::span<const EndedPair> pairs) { lanes_->reuse(pairs); });
}

Engine::~Engine() {
  parts_.source.stop();  // its thread uses predecoder_
}

void Engine::bind_flow_columns() {
  flow_row_.add(leading_flow_columns(), {});
  for (const LoadedPlugin& p : parts_.plugins.plugins()) {
    flow_row_.add(p.flow_columns.all(), {p.shard_offset, p.ordered_offset, nullptr});
  }
}

Result<void> Engine::start_plugins() {
  if (auto r = join_.check(); !r) return r;
  if (auto r = host_.start(); !r) return r;
  if (!lanes_) return {};
  return lanes_->begin(shard_.tracker().timeouts(), predecoder_.wants_checksums());
}

[[gnu::noinline]] void Engine::begin_dump(Nanoseconds time) {
  shard_.totals().begin(time);
  parts_.console.line("Dump start: " + date(time, true));
}

/// Tells the fragment its flow, if that is known.
void Engine::take_fragment(Decoded& d) {
  taken_ = datagrams_.take(d.packet);
  shard_.tracker().set_key(d.packet, d.keyed);
}

[[gnu::always_inline]] inline void Engine::handle(Decoded& d) {
  const Packet& p = d.packet;
  RunTotals& totals = shard_.totals();
  if (totals.packets == 0) [[unlikely]]
    begin_dump(p.time);
  totals.frame(p);
  shard_.tracker().advance(p.time, totals.packets);
  if (p.frame.empty()) return empty_frame();
  follow(d, false);
}

/// `further`: not the first packet of its frame. Two callers, yet no call for each packet.
[[gnu::always_inline]] inline void Engine::follow(Decoded& d, bool further) {
  if (d.outcome != Decoder::Outcome::kOk) return without_flow(d, further);
  if (d.packet.part != nullptr) [[unlikely]]
    take_fragment(d);
  FlowSlot* const flow = shard_.packet(d, further, taken_);
  if (!parts_.packet_mode || flow == nullptr) return;
  writer_.packet_row([&](RowWriter& row) { packet_row_.encode(*flow, &d.packet, row); });
}

void Engine::empty_frame() {
  if (empty_frames_++ > 0) return;
  warn_of_empty(packets());
}

void Engine::warn_of_empty(std::uint64_t packet) {
  parts_.console.warn(fmt::format("No data available for packet {}", packet));
}

void Engine::without_flow(const Decoded& d, bool further) {
  if (d.outcome == Decoder::Outcome::kUnsupported) return undecoded_.count(d.packet.link_type);
  shard_.without_flow(d.packet, further);
}

/// Each packet that a frame carries behind its first one, with the number of the frame.
[[gnu::noinline]] void Engine::rest_of_frame(const Frame& f, Decoded& d) {
  while (d.packet.further != 0) {
    d.outcome = decoder_.decode_further(f, d.packet);
    if (d.outcome == Decoder::Outcome::kOk) shard_.tracker().set_key(d.packet, d.keyed);
    follow(d, true);
  }
}

/// Whether it may have a flow.
inline bool Engine::decode(const Frame& f, std::uint64_t number, Decoded& d) {
  d.outcome = decoder_.decode(f, number, d.packet);
  if (d.outcome != Decoder::Outcome::kOk) return false;
  shard_.tracker().set_key(d.packet, d.keyed);
  return true;
}

void Engine::process(const FrameBatch& batch) {
  const std::span<const Frame> frames(batch.frames.data(), batch.size);
  const std::uint64_t before = packets();
  in_groups(
      shard_.tracker(), batch.size,
      [&](std::size_t i, std::size_t room) {
        prefetch_ahead(frames, i);
        Decoded& d = group_[room];
        return decode(frames[i], before + i + 1, d) ? &d.keyed : nullptr;
      },
      [&](std::size_t i, std::size_t room) {
        Decoded& d = group_[room];
        handle(d);
        if (d.packet.further != 0) [[unlikely]]
          rest_of_frame(frames[i], d);
      });
}

/// By what was captured so far, not by how far the reading thread has come: the same in each run.
void Engine::warn_of_full(std::uint64_t captured) {
  const std::uint64_t total = parts_.source.bytes_total();
  const std::uint64_t seen = std::max<std::uint64_t>(1, captured);
  const std::uint64_t factor = parts_.hash_factor * std::clamp<std::uint64_t>(total / seen, 2, 16);
  parts_.console.warn("Hash Autopilot: main HashMap full: flushing 1 oldest flow(s)");
  parts_.console.info(fmt::format("Hash Autopilot: Fix: Invoke Tranalyzer with '-f {}'", factor));
}

Error Engine::unsupported(const std::string& link) {
  return Error{"Unsupported link-layer type: " + link};
}

Result<void> Engine::announce_file() {
  const SourceFile& file = parts_.source.file();
  if (!parts_.source.live()) capture_log_.open(file);
  Console& out = parts_.console;
  if (file.count > 1) {
    out.line(fmt::format("Processing file no. {} of {}: {}", file.index, file.count, file.path));
  } else if (parts_.source.live()) {
    out.line("Live capture on interface: " + file.path);
  } else {
    out.line("Processing file: " + file.path);
  }
  const std::string link = describe_link_type(file.link_type);
  if (!Decoder::supports(file.link_type, parts_.settings.LAPD_ACTIVATE)) {
    if (parts_.source.live()) return unsupported(link);
    undecoded_.announce(file.link_type);  // another interface, or file, may have another type
  }
  out.line("Link layer type: " + link);
  out.line("Snapshot length: " + with_suffix(file.snap_length));
  out.flush();
  return {};
}

void Engine::note_file() {
  const std::string disorder = capture_log_.update(parts_.source.file());
  if (!disorder.empty()) parts_.console.warn(disorder);
}

void Engine::note_frames() {
  const bool known = capture_log_.full_at() == 0;
  capture_log_.frames(packets() + 1, batch_);
  if (!known || capture_log_.full_at() == 0) return;
  parts_.console.warn(fmt::format(
      "From packet {} on the packet numbers within captures are not known: too many files, or gaps "
      "that the filter leaves",
      capture_log_.full_at()));
}

/// Until Join has seen everything that was read: lines for the user come in their places.
void Engine::settle_lanes() {
  lanes_->settle();
  for (const ManyLanes::Note& n : lanes_->take_notes()) {
    n.kind == ManyLanes::Note::Kind::kEmptyFrame ? warn_of_empty(n.packet) : warn_of_full(n.bytes);
  }
}

void Engine::give_to_lanes() {
  if (packets() == 0 && batch_.size > 0) begin_dump(batch_.frames[0].time);
  lanes_->take(batch_);
}

void Engine::idle() {
  // Without packets the clock of a live capture goes on, so that flows still end.
  static constexpr auto kQuiet = std::chrono::milliseconds(1500);
  const bool quiet = parts_.source.live() && Clock::now() - last_frame_ >= kQuiet;
  if (quiet && packets() > 0) {
    lanes_ ? lanes_->take_time(wall_clock())
           : shard_.tracker().advance(wall_clock(), packets() + 1);
  }
  if (lanes_) settle_lanes();
  writer_.flush();
}

LaneSums Engine::sums() const {
  if (lanes_) {
    LaneSums sums = lanes_->sums();
    sums.totals.start_time = shard_.totals().start_time;
    return sums;
  }
  const FlowTracker& t = shard_.tracker();
  return {shard_.totals(), t.counts(), shard_.streams().usage(), t.status(), t.live()};
}

/// `sums` outlives what is returned.
ReportInput Engine::report_input(const LaneSums& sums, bool monitoring) const {
  ReportInput in{sums.totals, sums.flows};
  in.max_live_flows = join_.births().max_live();
  in.status = sums.status;
  in.capacity = parts_.capacity;
  in.live_flows = sums.live;
  in.capture_bytes = parts_.source.live() ? 0 : parts_.source.bytes_of_files();
  in.fragments = lanes_ ? lanes_->fragments() : datagrams_.stats();
  in.streams = sums.streams;
  in.streams.merge(join_.streams().usage());
  if (parts_.settings.PLUGIN_REPORT) in.plugins = &parts_.plugins.plugins();
  in.monitoring = monitoring;
  return in;
}

void Engine::print_monitoring() {
  if (lanes_) settle_lanes();
  const std::unique_ptr<CountedSoFar> counted = lanes_ ? lanes_->count_parts() : nullptr;
  const LaneSums totals = sums();
  MonitorInput in{report_input(totals, true)};
  const KernelStats kernel = parts_.source.kernel_stats();
  if (parts_.source.live()) in.report.kernel = &kernel;
  in.file = parts_.source.file().path;
  in.read = parts_.source.bytes_read();
  in.total = parts_.source.bytes_total();
  in.elapsed = std::chrono::nanoseconds(Clock::now() - started_).count();
  in.now = wall_clock();
  in.sensor_id = parts_.run.sensor_id;
  in.pid = getpid();
  monitor_.print(parts_.monitor_console, in);
}

void Engine::reopen_logs() {
  for (Console* c : {&parts_.console, &parts_.monitor_console}) {
    if (const auto r = c->reopen(); !r) parts_.console.warn(r.error().message);
  }
}

void Engine::between_batches() {
  if (!lanes_) host_.check_carving();
  for (const std::string& w : parts_.source.take_warnings()) parts_.console.warn(w);
  if (take_report_request()) print_monitoring();
  if (take_reopen_request()) reopen_logs();
  const auto now = Clock::now();
  if (now - last_flush_ >= kRowsWait) {
    last_flush_ = now;
    if (lanes_) settle_lanes();
    writer_.flush();
  }
  const bool periodic = periodic_reports();
  if (!periodic && !parts_.console.interactive()) return;
  progress_.update(now, parts_.source.bytes_read(), parts_.source.bytes_total(), packets(),
                   host_.carved());
  if (!periodic || now < next_monitoring_) return;
  next_monitoring_ = now + std::chrono::nanoseconds(from_seconds(parts_.settings.MONINTV));
  print_monitoring();
}

Result<void> Engine::loop() {
  while (stop_signal() == 0 && !writer_.failed() && host_.failure() == nullptr &&
         !(lanes_ && lanes_->failed())) {
    const Source::State s = parts_.source.read(batch_);
    if (s != Source::State::kNewFile) note_file();
    if (s == Source::State::kNewFile) {
      if (lanes_) settle_lanes();
      if (auto r = announce_file(); !r) return r;
    } else if (s == Source::State::kFrames) {
      note_frames();
      if (lanes_) {
        give_to_lanes();
      } else {
        if (!reader_predecodes_) predecoder_.predecode(batch_);
        process(batch_);
      }
      if (parts_.source.live()) last_frame_ = Clock::now();
    } else if (s == Source::State::kIdle) {
      idle();
    }
    between_batches();
    if (s != Source::State::kEnd) continue;
    if (lanes_) settle_lanes();
    if (undecoded_.nothing_else(packets())) return unsupported(undecoded_.example());
    return {};
  }
  if (lanes_) settle_lanes();
  if (stop_signal() == 0) return {};
  parts_.console.info(stop_text(stop_signal()));
  return {};
}

/// A handler that throws breaks its contract (t2/plugin.h). The run ends, what is known is written.
template <class Step>
Result<void> Engine::guarded(Step step) {
  try {
    return step();
  } catch (...) {
    return Error{fmt::format("A plugin failed at packet {} ({}); the rows before it are written",
                             lanes_ && lanes_->failed() ? lanes_->failed_at() : packets(),
                             caught())};
  }
}

/// Each step is tried whatever failed before; `result` keeps the first error.
void Engine::end_all(Result<void>& result) {
  const auto attempt = [&](auto step) {
    const Result<void> done = guarded([&] {
      step();
      return Result<void>();
    });
    if (!done) host_.note_error();
    if (result) result = done;
  };
  attempt([this] { lanes_ ? lanes_->finish() : shard_.tracker().drain(packets() + 1); });
  for (LoadedPlugin& p : parts_.plugins.plugins()) {
    if (p.shard != nullptr) attempt([&p] { p.shard->finish(); });
    if (p.ordered != nullptr) attempt([&p] { p.ordered->finish(); });
  }
  attempt([this] { host_.finish_carving(); });
}

/// With lanes, prepare() predecodes; the trace still sees what reading a batch cost.
void Engine::share_predecoding() {
  if (lanes_ && parts_.trace == nullptr) return;
  const bool shares = parts_.source.preprocess_with([this](FrameBatch& b) {
    const TaskTrace::Span span(parts_.trace, TaskTrace::What::kRead, b.size);
    if (!lanes_) predecoder_.predecode(b);
  });
  if (lanes_) return;
  reader_predecodes_ = shares;
  if (reader_predecodes_) predecoder_.has_its_own_thread();
}

Result<void> Engine::run() {
  started_ = last_frame_ = last_flush_ = Clock::now();
  share_predecoding();
  if (lanes_) lanes_->start();
  // Packet rows show labels; those of lists may mark a flow as Tor's, which its packets tell.
  if (parts_.packet_mode || parts_.labels.knows_tor()) flow_labels_.need_at_start();
  writer_.start();
  host_.begin_carving();
  Result<void> read = guarded([this] { return loop(); });
  if (!read) host_.note_error();
  processed_ = Clock::now();
  for (const std::string& w : {undecoded_.warning(), capture_log_.uncalled_disorder()}) {
    if (read && !w.empty()) parts_.console.warn(w);
  }
  end_all(read);
  const Result<void> written = writer_.finish();
  unloaded_ = Clock::now();
  if (!read) return read;
  return written && host_.failure() != nullptr ? *host_.failure() : written;
}

void Engine::print_report(ReportWriter& report) {
  Console& out = parts_.console;
  const auto since_start = [this](Clock::time_point t) {
    return std::chrono::duration<double>(t - started_).count();
  };
  report.value("format", 1);
  report.text("version", T2_VERSION);
  report.text("ended", ended_by(host_.run_end()));
  const LaneSums totals = sums();
  print_dump_end(report, totals.totals);
  out.line(fmt::format("Finished processing. Elapsed time: {:.9f} sec", since_start(processed_)));
  out.line(fmt::format("Finished unloading flow memory. Time: {:.9f} sec", since_start(unloaded_)));
  report.seconds("processing", since_start(processed_));
  report.seconds("unloading", since_start(unloaded_));
  if (!parts_.source.live()) {
    report.value("bytes_read", parts_.source.bytes_read());
    report.value("bytes_to_read", parts_.source.bytes_total());
    print_percentage(out, parts_.source.bytes_read(), parts_.source.bytes_total());
  }
  ReportInput in = report_input(totals, false);
  const KernelStats kernel = parts_.source.kernel_stats();
  if (parts_.source.live()) in.kernel = &kernel;
  print_counters(report, in);
  const std::vector<std::string> carved = host_.carving_report();
  for (const std::string& line : carved) out.line(line);
  report.texts("carving", carved);
  out.flush();
}

}  // namespace t2
