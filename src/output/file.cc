// SPDX-License-Identifier: Apache-2.0
#include <fmt/format.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <cstring>
#include <utility>

#include "output/packer.h"
#include "t2/output.h"

namespace t2 {
namespace {

/// Takes back the part of the last line that was written before the error. Pipes keep it.
void cut_back(int fd, std::string_view written) {
  const auto end = written.rfind('\n');
  const std::size_t whole = end == std::string_view::npos ? 0 : end + 1;
  struct stat s {};
  if (fstat(fd, &s) != 0 || !S_ISREG(s.st_mode)) return;
  const off_t at = lseek(fd, 0, SEEK_CUR);
  const auto surplus = static_cast<off_t>(written.size() - whole);
  // Nothing more can be done if that fails, too: the first error is the one to tell.
  if (at >= surplus && ftruncate(fd, at - surplus) == 0) lseek(fd, at - surplus, SEEK_SET);
}

/// A regular file that has no name any more.
bool is_deleted(int fd) {
  struct stat s {};
  return fstat(fd, &s) == 0 && S_ISREG(s.st_mode) && s.st_nlink == 0;
}

}  // namespace

std::string_view suffix_of(Compression c) {
  switch (c) {
    case Compression::kGzip:
      return ".gz";
    case Compression::kZstd:
      return ".zst";
    case Compression::kNone:
      break;
  }
  return "";
}

OutputFile::OutputFile() = default;
OutputFile::~OutputFile() {
  (void)close();
}

Error OutputFile::failure() const {
  return Error{fmt::format("Failed to write {}: {}", name_, std::strerror(errno ? errno : EIO))};
}

Result<void> OutputFile::open(const std::string& path, Compression compression,
                              OutputAccess access) {
  const bool to_stdout = path == "-";
  name_ = to_stdout ? "standard output" : fmt::format("file '{}'", path);
  bytes_ = 0;
  const Result<int> opened =
      to_stdout ? Result<int>(dup(STDOUT_FILENO)) : create_output(path, access);
  if (!opened) return opened.error();
  if (*opened < 0) return failure();
  fd_ = *opened;
  const bool packed = compression != Compression::kNone;
  seekable_ = !packed && !to_stdout && lseek(fd_, 0, SEEK_CUR) == 0;
  if (!packed) return {};
  packer_ = make_packer(compression, fd_);
  if (packer_ != nullptr) return {};
  ::close(std::exchange(fd_, -1));
  errno = ENOMEM;
  return failure();
}

Result<void> OutputFile::write(std::string_view lines) {
  errno = 0;
  bytes_ += lines.size();
  if (packer_ != nullptr) return packer_->write(lines) ? Result<void>() : failure();
  const std::size_t done = write_all(fd_, lines);
  if (done == lines.size()) return {};
  const Error e = failure();
  cut_back(fd_, lines.substr(0, done));
  return e;
}

Result<void> OutputFile::write_at_start(std::string_view data) {
  errno = 0;
  const auto n = pwrite(fd_, data.data(), data.size(), 0);
  return n == static_cast<ssize_t>(data.size()) ? Result<void>() : failure();
}

Result<void> OutputFile::close() {
  if (fd_ < 0) return {};
  const bool deleted = is_deleted(fd_);
  errno = 0;
  const bool finished = packer_ == nullptr || packer_->finish();
  const Error unfinished = failure();
  packer_.reset();
  errno = 0;
  const bool closed = ::close(std::exchange(fd_, -1)) == 0;
  if (!finished) return unfinished;
  if (!closed) return failure();
  if (deleted)
    return Error{fmt::format("Failed to write {}: it was deleted during the run", name_)};
  return {};
}

}  // namespace t2
