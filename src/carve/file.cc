// SPDX-License-Identifier: Apache-2.0
#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>

#include "carve/hash_worker.h"
#include "t2/carve.h"

namespace t2 {
namespace {

constexpr std::size_t kBuffer = 1 << 16;
constexpr std::uint64_t kLarge = 1 << 20;  // from this size on a file is hashed by the worker

}  // namespace

struct CarveFile::Hash {
  Hasher hasher;
  bool offloaded = false;
};

CarveFile::CarveFile(CarveFolder& folder, std::string name, int fd)
    : folder_(folder), name_(std::move(name)), fd_(fd), hash_(std::make_unique<Hash>()) {
  struct stat st {};
  if (fstat(fd, &st) == 0) {
    device_ = st.st_dev;
    inode_ = st.st_ino;
  }
}

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
  const std::uint64_t most = folder_.options_.limits.hashed_gap_bytes;
  if (hash_ == nullptr) return;
  if (most != 0 && n > most - std::min(most, folder_.hashed_gaps_)) {
    if (hash_->offloaded) folder_.hash_worker_->wait();
    hash_.reset();
    return;
  }
  folder_.hashed_gaps_ += n;
  if (offload()) {
    folder_.hash_worker_->submit(hash_->hasher, {}, n);
  } else {
    hash_->hasher.add_zeros(n);
  }
}

/// Whether hashing goes to the worker, from now on.
bool CarveFile::offload() const {
  return hash_->offloaded = hash_->offloaded || size_ >= kLarge;
}

void CarveFile::hash(Bytes data) {
  if (hash_ == nullptr) return;
  if (offload()) {
    folder_.hash_worker_->submit(hash_->hasher, {data.begin(), data.end()});
  } else {
    hash_->hasher.add(data.data(), data.size());
  }
}

void CarveFile::write_out() {
  if (buffer_.empty()) return;
  if (write_at(written_, buffer_.data(), buffer_.size())) written_ += buffer_.size();
  if (hash_ != nullptr && offload()) {
    buffer_ = folder_.hash_worker_->submit(hash_->hasher, std::move(buffer_));
  } else if (hash_ != nullptr) {
    hash_->hasher.add(buffer_.data(), buffer_.size());
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
  if (hash_ != nullptr && hash_->offloaded) folder_.hash_worker_->wait();
  if (hash_ != nullptr && !failed_) digest_ = hash_->hasher.finish();
  hash_.reset();
  buffer_ = {};
}

}  // namespace t2
