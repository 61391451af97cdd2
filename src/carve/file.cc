// SPDX-License-Identifier: Apache-2.0
#include <algorithm>

#include "carve/disk.h"
#include "carve/folder.h"
#include "carve/write_worker.h"

namespace t2 {
namespace {

constexpr std::size_t kBuffer = 1 << 16;
constexpr std::size_t kFirstBuffer = 512;  // most files are small
constexpr std::size_t kMostRanges = 4096;

}  // namespace

CarveFile::CarveFile(CarveFolder& folder, std::shared_ptr<DiskFile> file)
    : folder_(folder), file_(std::move(file)) {}

CarveFile::~CarveFile() {
  close();
}

CarveOutcomePtr CarveFile::outcome() const {
  return {file_, &file_->outcome};
}

/// How many of `wanted` further bytes the limits allow.
std::uint64_t CarveFile::admitted(std::uint64_t wanted) const {
  const CarveLimits& l = folder_.options_.limits;
  if (l.file_bytes != 0) {
    wanted = std::min(wanted, l.file_bytes - std::min(l.file_bytes, size_));
  }
  return wanted;
}

void CarveFile::append(Bytes data) {
  if (closed_ || data.empty()) return;
  std::uint64_t n = admitted(data.size());
  const std::uint64_t run = folder_.options_.limits.run_bytes;
  if (run != 0) n = std::min(n, run - std::min(run, folder_.bytes_));
  if (n < data.size()) {
    truncated_ = true;
    folder_.costs_.bytes += data.size() - n;
    folder_.refuse("a limit on carved bytes was reached");
    data = first(data, n);
    if (data.empty()) return;
  }
  folder_.bytes_ += data.size();
  size_ += data.size();
  appended_ += data.size();
  if (buffer_.size() + data.size() > kBuffer) hand_over();
  if (buffer_.capacity() == 0) begin_buffer();
  const std::size_t before = buffer_.capacity();
  const auto* p = reinterpret_cast<const char*>(data.data());
  buffer_.insert(buffer_.end(), p, p + data.size());
  folder_.buffered_ += buffer_.capacity() - before;
  folder_.free_buffers();
}

void CarveFile::begin_buffer() {
  if (handed_over_ > 0) {
    buffer_ = folder_.writer_->spare_buffer();
  } else {
    buffer_.reserve(kFirstBuffer);
  }
  folder_.buffered_ += buffer_.capacity();
  folder_.files_open_.splice(folder_.files_open_.begin(), folder_.files_open_, place_);
}

std::vector<char> CarveFile::take_buffer() {
  folder_.buffered_ -= buffer_.capacity();
  return std::exchange(buffer_, {});
}

/// Gives the buffer to the writing thread; `zeros` bytes are to be hashed behind it.
void CarveFile::hand_over(std::uint64_t zeros) {
  if (buffer_.empty() && zeros == 0) {
    take_buffer();
    return;
  }
  WriteJob job{.file = file_, .data = take_buffer(), .offset = handed_over_, .zeros = zeros};
  job.hashed = hashed_;
  handed_over_ += job.data.size();
  folder_.writer_->push(std::move(job));
}

void CarveFile::gap(std::uint64_t length) {
  if (closed_ || length == 0) return;
  const std::uint64_t n = admitted(length);
  if (n < length) truncated_ = true;
  if (hashed_ && !ranged_ && !may_hash_zeros(n)) {
    ranged_ = true;
    ++folder_.costs_.undigested_files;
  }
  if (ranged_) end_range();
  hand_over(hashed_ && !ranged_ ? n : 0);
  handed_over_ += n;
  size_ += n;
  if (ranged_) range_from_ = size_;
}

/// The bytes since the last gap have a digest of their own. The first range may have gaps in it:
/// those that the limit allowed.
void CarveFile::end_range() {
  if (range_from_ == size_ || ranges_ == kMostRanges) return;
  ++ranges_;
  WriteJob job{.file = file_, .data = take_buffer(), .offset = handed_over_};
  job.range = {range_from_, size_};
  handed_over_ += job.data.size();
  folder_.writer_->push(std::move(job));
}

bool CarveFile::may_hash_zeros(std::uint64_t n) {
  const std::uint64_t most = folder_.options_.limits.hashed_gap_bytes;
  if (most != 0 && n > most - std::min(most, folder_.hashed_gaps_)) return false;
  folder_.hashed_gaps_ += n;
  return true;
}

void CarveFile::close() {
  if (closed_) return;
  closed_ = true;
  folder_.files_open_.erase(place_);
  file_->outcome.written = appended_;
  if (droppable_ && size_ < folder_.options_.limits.smallest) return drop();
  if (ranged_) end_range();
  WriteJob job{.file = file_, .data = take_buffer(), .offset = handed_over_, .last = true};
  job.hashed = hashed_;
  job.whole = !ranged_;
  job.size = size_;
  file_->outcome.last_job = folder_.writer_->push(std::move(job));
}

/// It counts for no limit then.
void CarveFile::drop() {
  file_->outcome.dropped = true;
  --folder_.files_;
  folder_.bytes_ -= appended_;
  ++folder_.costs_.small_files;
  take_buffer();
  WriteJob job{.file = file_, .last = true, .drop = true};
  file_->outcome.last_job = folder_.writer_->push(std::move(job));
}

}  // namespace t2
