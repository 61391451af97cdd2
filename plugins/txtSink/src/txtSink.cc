// SPDX-License-Identifier: Apache-2.0
#include "txtSink.h"

#include <fmt/format.h>
#include <unistd.h>

#include <charconv>
#include <chrono>
#include <filesystem>
#include <optional>

#include "headers_file.h"
#include "output_file.h"
#include "t2/plugin.h"

namespace t2::txt_sink {
namespace {

/// Room for the number of flows in the first line of an extended header.
constexpr std::size_t kCountRoom = 21;

/// Closes what it holds.
class Descriptor {
 public:
  Descriptor() = default;
  ~Descriptor() { reset(-1); }
  Descriptor(const Descriptor&) = delete;
  Descriptor& operator=(const Descriptor&) = delete;
  void reset(int fd) {
    if (fd_ >= 0) ::close(fd_);
    fd_ = fd;
  }

 private:
  int fd_ = -1;
};

class TxtSink final : public FlowPlugin<NoState>, private Sink {
 public:
  PluginInfo info() const override { return {"txtSink", "0.9.1", "Flow rows as text", {}}; }
  Settings* settings() override { return &config_; }
  bool stands_alone() const override { return true; }
  t2::Sink* sink() override { return this; }
  void report(Report& r) const override;

 private:
  using Clock = std::chrono::steady_clock;

  Result<void> open(const RunInfo& run, const Schema& flows) override;
  Result<void> row(RowView row) override;
  Result<void> flush() override;
  Result<void> close() override;

  bool split() const { return run_->split && config_.TFS_SPLIT && !run_->flows_to_stdout; }
  std::string flow_file() const;
  Result<void> open_part();
  void find_stale_parts();
  void put_header();
  Result<void> end_part();
  Result<void> end_rows();
  bool part_full() const { return split() && filled() >= run_->split_size; }
  double filled() const {
    switch (run_->split_unit) {
      case SplitUnit::kRows:
        return static_cast<double>(part_rows_);
      case SplitUnit::kSeconds:
        return std::chrono::duration<double>(Clock::now() - part_started_).count();
      case SplitUnit::kBytes:
        break;
    }
    return static_cast<double>(file_.bytes() + buffer_.size());
  }

  Config config_;
  const RunInfo* run_ = nullptr;
  const Schema* schema_ = nullptr;
  std::optional<RowFormatter> formatter_;
  HeadersFile headers_;
  OutputFile file_;
  Descriptor first_part_;  // its lock is that of all parts
  TextBuffer buffer_;
  std::uint64_t part_ = 0, part_rows_ = 0, rows_ = 0, next_part_ = 0, stale_parts_ = 0;
  Clock::time_point part_started_;
};

Result<void> TxtSink::open(const RunInfo& run, const Schema& flows) {
  run_ = &run;
  schema_ = &flows;
  formatter_.emplace(flows, services().text_settings(), Quoting::kStrings);
  part_ = run.split_start;
  if (config_.TFS_HDR_FILE && !run.prefix.empty()) {
    const std::string path = run.prefix + config_.TFS_HEADER_SUFFIX.value();
    if (auto r = headers_.open(path, run, flows, *this); !r) return r;
  }
  if (auto r = open_part(); !r) return r;
  if (split()) first_part_.reset(dup(file_.descriptor()));
  return {};
}

std::string TxtSink::flow_file() const {
  const std::string path = run_->prefix + config_.TFS_FLOWS_TXT_SUFFIX.value();
  return config_.TFS_GZ_COMPRESS ? path + ".gz" : path;
}

void TxtSink::put_header() {
  const bool first = part_ == run_->split_start;
  if (!config_.TFS_PRI_HDR || !(first || config_.TFS_PRI_HDR_FW)) return;
  const TextSettings& text = services().text_settings();
  if (text.TFS_EXTENDED_HEADER && file_.seekable()) {
    std::string types;
    for (const Column& c : schema_->columns) {
      if (!types.empty()) types += text.SEP_CHR.value();
      types += type_number(c.type);
    }
    buffer_.append(fmt::format("{0} {1:<{2}}\n{0} {3}\n{0} {4}\n", text.HDR_CHR.value(), "",
                               kCountRoom, schema_->columns.size(), types));
  }
  formatter_->header(buffer_);
}

Result<void> TxtSink::open_part() {
  std::string path = "-";
  if (!run_->flows_to_stdout) path = flow_file() + (split() ? std::to_string(part_) : "");
  if (auto r = file_.open(path, config_.TFS_GZ_COMPRESS, run_->access); !r) return r;
  part_rows_ = 0;
  put_header();
  return {};
}

Result<void> TxtSink::row(RowView row) {
  const bool by_time = run_->split_unit == SplitUnit::kSeconds;
  if (by_time && part_rows_ > 0 && part_full()) {
    if (auto r = end_part(); !r) return r;
  }
  if (!file_.is_open()) {
    if (auto r = open_part(); !r) return r;
  }
  if (by_time && part_rows_ == 0) part_started_ = Clock::now();
  formatter_->row(row, buffer_);
  ++part_rows_;
  ++rows_;
  return !by_time && part_full() ? end_part() : Result<void>{};
}

/// The next part is opened by its first row, so that none stays empty.
Result<void> TxtSink::end_part() {
  if (auto r = flush(); !r) return r;
  ++part_;
  return file_.close();
}

Result<void> TxtSink::flush() {
  if (buffer_.size() == 0) return {};
  auto r = file_.write(buffer_.view());
  buffer_.clear();
  return r;
}

Result<void> TxtSink::close() {
  next_part_ = file_.is_open() ? part_ + 1 : part_;
  const Result<void> rows = end_rows();
  if (split()) find_stale_parts();
  const Result<void> headers = headers_.close(*run_, services().captures());
  return rows ? headers : rows;
}

/// Parts that an earlier run left, numbered as if this one had gone on.
void TxtSink::find_stale_parts() {
  const std::filesystem::path path = flow_file();
  const std::string name = path.filename().string();
  const std::filesystem::path folder = path.has_parent_path() ? path.parent_path() : ".";
  std::error_code error;
  for (std::filesystem::directory_iterator it(folder, error), end; !error && it != end;
       it.increment(error)) {
    const std::string found = it->path().filename().string();
    std::uint64_t part = 0;
    const char* last = found.data() + found.size();
    if (!found.starts_with(name) || found.size() == name.size()) continue;
    const auto [stop, bad] = std::from_chars(found.data() + name.size(), last, part);
    if (bad == std::errc{} && stop == last && part >= next_part_) ++stale_parts_;
  }
}

void TxtSink::report(Report& r) const {
  if (stale_parts_ == 0) return;
  r.line(fmt::format("{} part(s) of an earlier run are left: '{}{}' and later", stale_parts_,
                     flow_file(), next_part_));
}

Result<void> TxtSink::end_rows() {
  if (!file_.is_open()) return {};
  if (auto r = flush(); !r) return r;
  const TextSettings& text = services().text_settings();
  if (text.TFS_EXTENDED_HEADER && config_.TFS_PRI_HDR && file_.seekable() && !split()) {
    const std::string count = fmt::format("{} {:<{}}", text.HDR_CHR.value(), rows_, kCountRoom);
    if (auto r = file_.write_at_start(count); !r) return r;
  }
  return file_.close();
}

}  // namespace
}  // namespace t2::txt_sink

T2_PLUGIN(t2::txt_sink::TxtSink)
