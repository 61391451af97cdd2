// SPDX-License-Identifier: Apache-2.0
#include <fcntl.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>

#include "carve/hash_worker.h"
#include "t2/carve.h"

namespace t2 {
namespace {

constexpr std::size_t kBuffer = 1 << 16;
// From this size on a file is hashed by the worker; below, handing it over costs more.
constexpr std::uint64_t kLarge = kBuffer;

}  // namespace

CarveFile::CarveFile(CarveFolder& folder, std::string name, int fd)
    : folder_(folder), name_(std::move(name)), fd_(fd) {}

CarveFile::~CarveFile() {
  close();
}

/// How many of `wanted` further bytes the limits allow.
std::uint64_t CarveFile::admitted(std::uint64_t wanted) {
  const CarveLimits& l = folder_.options_.limits;
  if (l.file_bytes != 0) {
    wanted = std::min(wanted, l.file_bytes - std::min(l.file_bytes, size_));
  }
  return wanted;
}

void CarveFile::append(Bytes data) {
  if (closed_ || failed_ || data.empty()) return;
  std::uint64_t n = admitted(data.size());
  const std::uint64_t run = folder_.options_.limits.run_bytes;
  if (run != 0) n = std::min(n, run - std::min(run, folder_.bytes_));
  if (n < data.size()) {
    truncated_ = true;
    folder_.fail(nullptr, "a limit on carved bytes was reached", 0);
    data = first(data, n);
    if (data.empty()) return;
  }
  ends_in_gap_ = false;
  folder_.bytes_ += data.size();
  size_ += data.size();
  if (buffer_.size() + data.size() > kBuffer) write_out();
  if (data.size() >= kBuffer) {
    if (write_at(written_, reinterpret_cast<const char*>(data.data()), data.size())) {
      written_ += data.size();
    }
    hash(data);
    return;
  }
  const auto* p = reinterpret_cast<const char*>(data.data());
  buffer_.insert(buffer_.end(), p, p + data.size());
}

void CarveFile::gap(std::uint64_t length) {
  if (closed_ || failed_ || length == 0) return;
  const std::uint64_t n = admitted(length);
  if (n < length) truncated_ = true;
  write_out();
  written_ += n;
  size_ += n;
  ends_in_gap_ = ends_in_gap_ || n > 0;
  if (hashed_) hash_zeros(n);
}

void CarveFile::hash_zeros(std::uint64_t n) {
  const std::uint64_t most = folder_.options_.limits.hashed_gap_bytes;
  if (most != 0 && n > most - std::min(most, folder_.hashed_gaps_)) {
    if (offloaded_) folder_.hash_worker_->drop(std::move(hasher_));
    hasher_.reset();
    hashed_ = false;
    return;
  }
  folder_.hashed_gaps_ += n;
  if (hasher_ == nullptr) hasher_ = std::make_unique<Hasher>();
  if (offload()) {
    folder_.hash_worker_->submit(*hasher_, {}, n);
  } else {
    hasher_->add_zeros(n);
  }
}

/// Whether hashing goes to the worker, from now on.
bool CarveFile::offload() {
  return offloaded_ = offloaded_ || size_ >= kLarge;
}

void CarveFile::hash(Bytes data) {
  if (!hashed_) return;
  if (hasher_ == nullptr) hasher_ = std::make_unique<Hasher>();
  if (offload()) {
    folder_.hash_worker_->submit(*hasher_, {data.begin(), data.end()});
  } else {
    hasher_->add(data.data(), data.size());
  }
}

void CarveFile::write_out() {
  if (buffer_.empty()) return;
  if (write_at(written_, buffer_.data(), buffer_.size())) written_ += buffer_.size();
  if (hashed_ && hasher_ == nullptr) hasher_ = std::make_unique<Hasher>();
  if (hashed_ && offload()) {
    buffer_ = folder_.hash_worker_->submit(*hasher_, std::move(buffer_));
  } else if (hashed_) {
    hasher_->add(buffer_.data(), buffer_.size());
  }
  buffer_.clear();
}

bool CarveFile::write_at(std::uint64_t offset, const char* data, std::size_t n) {
  if (failed_ || !folder_.activate(*this)) return false;
  while (n > 0) {
    const ssize_t done = pwrite(fd_, data, n, static_cast<off_t>(offset));
    if (done < 0 && errno == EINTR) continue;
    if (done <= 0) {
      folder_.fail(this, "cannot write", done == 0 ? ENOSPC : errno);
      return false;
    }
    data += done;
    n -= static_cast<std::size_t>(done);
    offset += static_cast<std::uint64_t>(done);
  }
  return true;
}

bool CarveFile::patch(std::uint64_t offset, std::string_view data) {
  if (closed_ || failed_ || offset + data.size() > size_) return false;
  write_out();
  return write_at(offset, data.data(), data.size());
}

void CarveFile::close() {
  if (closed_) return;
  write_out();
  // A gap at the end is only a length.
  if (ends_in_gap_ && !failed_ && folder_.activate(*this) &&
      ftruncate(fd_, static_cast<off_t>(written_)) != 0) {
    folder_.fail(this, "cannot write", errno);
  }
  folder_.deactivate(*this);
  closed_ = true;
  buffer_ = {};
  finish_digest();
}

void CarveFile::finish_digest() {
  const bool wanted = hashed_ && !failed_;
  if (wanted && hasher_ == nullptr) hasher_ = std::make_unique<Hasher>();  // an empty file
  if (wanted && offloaded_) {
    digest_ = folder_.hash_worker_->finish(std::move(hasher_));
    return;
  }
  std::promise<std::optional<Sha256>> now;
  if (wanted) {
    now.set_value(hasher_->finish());
  } else {
    if (offloaded_ && hasher_ != nullptr) folder_.hash_worker_->drop(std::move(hasher_));
    now.set_value(std::nullopt);
  }
  digest_ = now.get_future().share();
  hasher_.reset();
}

}  // namespace t2
