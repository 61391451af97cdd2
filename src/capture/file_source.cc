// SPDX-License-Identifier: Apache-2.0
#include "capture/file_source.h"

#include <chrono>

namespace t2 {
namespace {

using Clock = std::chrono::steady_clock;

/// How long the filter may leave nothing before the caller gets a chance to look at signals.
constexpr std::chrono::milliseconds kPatience{100};

}  // namespace

Source::State FileSource::read(FrameBatch& batch) {
  batch.size = 0;
  batch.runs.clear();
  if (capture_ == nullptr) {
    switch (open_next()) {
      case Next::kOpened:
        return State::kNewFile;
      case Next::kWait:
        return State::kIdle;
      case Next::kNone:
        return State::kEnd;
    }
  }
  const auto end = Clock::now() + kPatience;
  bool untold = false;  // file() counts packets of which the caller has heard nothing
  do {
    const auto state = capture_->read(batch);
    if (state == CaptureFile::State::kAgain) return State::kIdle;
    if (state == CaptureFile::State::kEnd) {
      if (!capture_->damaged() && wait_for_growth()) return State::kIdle;
      finish();
      return untold ? State::kIdle : read(batch);
    }
    count(batch);
    filter_.apply(batch, warnings_);
    if (batch.size > 0) return State::kFrames;
    untold = true;
  } while (Clock::now() < end);
  return State::kIdle;
}

void FileSource::count(FrameBatch& batch) {
  batch.runs.assign(1, {0, file_.packets + 1});
  if (file_.packets == 0) file_.first_time = batch.frames[0].time;
  file_.packets += batch.size;
  file_.last_time = batch.frames[batch.size - 1].time;
  file_.link_types = capture_->link_types();
}

std::uint64_t FileSource::bytes_read() const {
  return finished_bytes_ + (capture_ == nullptr ? 0 : capture_->position());
}

void FileSource::begin(std::unique_ptr<CaptureFile> capture, std::uint64_t index,
                       std::uint64_t count) {
  capture_ = std::move(capture);
  if (salvage_) capture_->salvage();
  if (scouts_ != nullptr) capture_->send(*scouts_);
  file_.path = capture_->path();
  file_.link_type = capture_->link_type();
  file_.snap_length = capture_->snap_length();
  file_.size = capture_->size();
  file_.index = index;
  file_.count = count;
  file_.packets = 0;
  file_.first_time = file_.last_time = 0;
  file_.link_types = capture_->link_types();
  opened_bytes_ += file_.size;
}

void FileSource::finish() {
  if (auto problem = capture_->problem(); !problem.empty()) warn(std::move(problem));
  finished_bytes_ += capture_->position();
  capture_.reset();
}

}  // namespace t2
