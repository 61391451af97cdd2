// SPDX-License-Identifier: Apache-2.0
#include "engine/capture_log.h"

#include <fmt/format.h>

#include <algorithm>

namespace t2 {

void CaptureLog::open(const SourceFile& file) {
  too_many_captures_ = captures_.size() >= limits_.captures;
  if (too_many_captures_) return;
  if (!captures_.empty()) note_end(captures_.back());
  Capture& c = captures_.emplace_back();
  c.file = file.path;
  c.bytes = file.size;
  c.link_types = file.link_types;
}

void CaptureLog::note_end(const Capture& c) {
  if (c.packets > 0 && (latest_ == nullptr || c.last > latest_->last)) latest_ = &c;
}

std::string CaptureLog::check_order(const Capture& c) const {
  if (latest_ == nullptr || c.first >= latest_->last) return {};
  if (c.first < latest_->first) {
    return fmt::format(
        "Capture '{}' begins before '{}', which was read earlier: flows see time run backwards; "
        "list captures by time, or name their folder with -R",
        c.file, latest_->file);
  }
  return fmt::format(
      "Capture '{}' begins before '{}' ends: they overlap in time, packets may be there twice",
      c.file, latest_->file);
}

std::string CaptureLog::update(const SourceFile& file) {
  if (captures_.empty() || too_many_captures_) return {};
  Capture& c = captures_.back();
  const bool begins = c.packets == 0 && file.packets > 0;
  c.packets = file.packets;
  c.first = file.first_time;
  c.last = file.last_time;
  if (c.link_types.size() != file.link_types.size()) c.link_types = file.link_types;
  std::string disorder = begins ? check_order(c) : std::string();
  if (disorder.empty() || ++disorder_ <= kDisorderShown) return disorder;
  return {};
}

std::string CaptureLog::uncalled_disorder() const {
  if (disorder_ <= kDisorderShown) return {};
  const std::uint64_t more = disorder_ - kDisorderShown;
  return fmt::format("{} more {} before the end of one read earlier", more,
                     more == 1 ? "capture begins" : "captures begin");
}

void CaptureLog::frames(std::uint64_t first, const FrameBatch& batch) {
  if (batch.runs.empty()) return;
  if (!too_many_captures_) {
    Capture& c = captures_.back();
    if (c.passed == 0) c.first_packet = first;
    c.passed += batch.size;
  }
  if (full_at_ != 0) return;
  const auto capture = static_cast<std::uint32_t>(captures_.size() - 1);
  const MutexLock lock(mutex_);
  for (const FrameRun& r : batch.runs) add({first + r.at, r.number, capture});
  end_ = full_at_ != 0 ? full_at_ : first + batch.size;
}

void CaptureLog::add(const Run& run) {
  if (full_at_ != 0) return;
  if (!runs_.empty() && !too_many_captures_) {
    const Run& last = runs_.back();
    const bool follows = run.first - last.first == run.number - last.number;
    if (follows && run.capture == last.capture) return;
  }
  if (too_many_captures_ || runs_.size() >= limits_.runs) {
    full_at_ = run.first;
    return;
  }
  runs_.push_back(run);
}

std::optional<CapturePosition> CaptureLog::position(std::uint64_t number) const {
  const MutexLock lock(mutex_);
  if (runs_.empty() || number < runs_.front().first || number >= end_) return std::nullopt;
  const auto behind =
      std::upper_bound(runs_.begin(), runs_.end(), number,
                       [](std::uint64_t n, const Run& run) { return n < run.first; });
  const Run& run = *(behind - 1);
  return CapturePosition{run.capture, run.number + (number - run.first)};
}

}  // namespace t2
