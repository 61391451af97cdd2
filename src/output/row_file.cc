// SPDX-License-Identifier: Apache-2.0
#include <fmt/format.h>
#include <unistd.h>

#include <filesystem>
#include <utility>

#include "t2/words.h"

#include "t2/output.h"

namespace t2 {

RowFile::~RowFile() {
  release();
}

void RowFile::release() {
  if (first_part_ >= 0) ::close(std::exchange(first_part_, -1));
}

Result<void> RowFile::open(const RunInfo& run, RowFileOptions options) {
  run_ = &run;
  options_ = std::move(options);
  to_stdout_ = run.flows_to_stdout && options_.to_stdout;
  split_ = run.split && options_.split && !to_stdout_;
  part_ = run.split_start;
  if (auto r = open_part(); !r) return r;
  if (split_) first_part_ = dup(file_.descriptor());
  return {};
}

void RowFile::head(std::string_view first, std::string_view further) {
  head_ = first;
  further_ = further;
}

std::string RowFile::path() const {
  return run_->prefix + options_.suffix + std::string(suffix_of(options_.compression));
}

Result<void> RowFile::open_part() {
  std::string name = "-";
  if (!to_stdout_) name = path() + (split_ ? std::to_string(part_) : "");
  part_rows_ = 0;
  return file_.open(name, options_.compression, run_->access);
}

Result<void> RowFile::put(std::string_view rows) {
  if (auto r = flush(); !r || rows.empty()) return r;
  return file_.write(rows);
}

Result<void> RowFile::flush() {
  if (head_.empty() || !file_.is_open()) return {};
  return file_.write(std::exchange(head_, {}));
}

Result<void> RowFile::write(const RowText& rows) {
  rows_ += rows.ends.size();
  return split_ ? write_parts(rows) : put(rows.text.view());
}

/// `waiting`: bytes of rows that are not written yet.
bool RowFile::part_full(std::size_t waiting) const {
  switch (run_->split_unit) {
    case SplitUnit::kRows:
      return static_cast<double>(part_rows_) >= run_->split_size;
    case SplitUnit::kSeconds:
      return std::chrono::duration<double>(Clock::now() - part_started_).count() >=
             run_->split_size;
    case SplitUnit::kBytes:
      break;
  }
  return static_cast<double>(file_.bytes() + head_.size() + waiting) >= run_->split_size;
}

/// The next part is opened by its first row, so that none stays empty.
Result<void> RowFile::write_parts(const RowText& rows) {
  const std::string_view text = rows.text.view();
  const bool by_time = run_->split_unit == SplitUnit::kSeconds;
  std::size_t written = 0, begin = 0;
  const auto end_part_at = [&](std::size_t end) -> Result<void> {
    if (auto r = put(text.substr(written, end - written)); !r) return r;
    written = end;
    return end_part();
  };
  for (const std::size_t end : rows.ends) {
    if (by_time && part_rows_ > 0 && part_full(0)) {
      if (auto r = end_part_at(begin); !r) return r;
    }
    if (!file_.is_open()) {
      if (auto r = open_part(); !r) return r;
      head_ = further_;
    }
    if (by_time && part_rows_ == 0) part_started_ = Clock::now();
    ++part_rows_;
    if (!by_time && part_full(end - written)) {
      if (auto r = end_part_at(end); !r) return r;
    }
    begin = end;
  }
  return written < text.size() ? put(text.substr(written)) : Result<void>();
}

Result<void> RowFile::end_part() {
  ++part_;
  return file_.close();
}

Result<void> RowFile::close() {
  next_part_ = file_.is_open() ? part_ + 1 : part_;
  const Result<void> written = flush();
  const Result<void> closed = file_.close();
  release();
  if (split_) find_stale_parts();
  return written ? closed : written;
}

/// Parts that an earlier run left, numbered as if this one had gone on.
void RowFile::find_stale_parts() {
  const std::filesystem::path all = path();
  const std::string name = all.filename().string();
  const std::filesystem::path folder = all.has_parent_path() ? all.parent_path() : ".";
  std::error_code error;
  for (std::filesystem::directory_iterator it(folder, error), end; !error && it != end;
       it.increment(error)) {
    const std::string found = it->path().filename().string();
    std::uint64_t part = 0;
    const bool is_part = found.starts_with(name) && parse_whole(found.substr(name.size()), part);
    if (is_part && part >= next_part_) ++stale_parts_;
  }
}

void RowFile::report(Report& r) const {
  if (stale_parts_ == 0) return;
  r.line(fmt::format("{} part(s) of an earlier run are left: '{}{}' and later", stale_parts_,
                     path(), next_part_));
}

}  // namespace t2
