// SPDX-License-Identifier: Apache-2.0
#include "output_file.h"

#include <fcntl.h>
#include <fmt/format.h>
#include <unistd.h>

#include <cerrno>
#include <cstring>

#include "t2/sink.h"

namespace t2::txt_sink {

Error OutputFile::failure() const {
  return Error{fmt::format("Failed to write {}: {}", name_, std::strerror(errno ? errno : EIO))};
}

Result<void> OutputFile::open(const std::string& path, bool gzip, OutputAccess access) {
  name_ = path == "-" ? "standard output" : fmt::format("file '{}'", path);
  bytes_ = 0;
  const Result<int> opened =
      path == "-" ? Result<int>(dup(STDOUT_FILENO)) : create_output(path, access);
  if (!opened) return opened.error();
  const int fd = *opened;
  if (fd < 0) return failure();
  fd_ = fd;
  seekable_ = !gzip && path != "-" && lseek(fd, 0, SEEK_CUR) == 0;
  if (gzip) {
    gzip_ = gzdopen(fd, "wb6");
    if (gzip_ == nullptr) ::close(fd);
  } else {
    file_ = fdopen(fd, "w");
    if (file_ == nullptr) {
      ::close(fd);
    } else {
      std::setvbuf(file_, nullptr, _IONBF, 0);
    }
  }
  return is_open() ? Result<void>() : failure();
}

Result<void> OutputFile::write(std::string_view data) {
  errno = 0;
  bytes_ += data.size();
  if (gzip_ != nullptr) {
    const bool done = gzfwrite(data.data(), 1, data.size(), gzip_) == data.size();
    return done ? Result<void>() : failure();
  }
  return write_rows(fd_, name_, data);
}

Result<void> OutputFile::write_at_start(std::string_view data) {
  errno = 0;
  const auto n = pwrite(fd_, data.data(), data.size(), 0);
  return n == static_cast<ssize_t>(data.size()) ? Result<void>() : failure();
}

Result<void> OutputFile::close() {
  int error = 0;
  Result<void> linked;
  if (file_ != nullptr) linked = check_linked(fd_, name_);
  errno = 0;
  if (gzip_ != nullptr) error = gzclose(gzip_);
  if (file_ != nullptr) error = std::fclose(file_);
  gzip_ = nullptr;
  file_ = nullptr;
  fd_ = -1;
  return error == 0 ? linked : failure();
}

}  // namespace t2::txt_sink
