// SPDX-License-Identifier: Apache-2.0
#include <fcntl.h>
#include <fmt/format.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <cstring>
#include <ctime>

#include "capture/parser.h"
#include "process/signals.h"
#include "t2/output.h"

namespace t2 {
namespace {

bool is_capture(const std::string& path) {
  struct stat s {};
  if (stat(path.c_str(), &s) != 0 || !S_ISREG(s.st_mode)) return false;
  const int fd = ::open(path.c_str(), O_RDONLY | O_CLOEXEC | O_NONBLOCK);
  if (fd < 0) return false;
  std::array<std::uint8_t, kMinFileHeader> head{};
  const ssize_t n = ::read(fd, head.data(), head.size());
  ::close(fd);
  return n == static_cast<ssize_t>(head.size()) && recognise(head) != nullptr;
}

/// Why a file that is there is not to be written to; null if it may be. Whoever owns it could read
/// what we write, or wait for us to hang.
const char* owned_by_another(const struct stat& s) {
  if (s.st_uid == 0 || s.st_uid == geteuid()) return nullptr;
  if (S_ISLNK(s.st_mode)) return "it is another user's link. Remove it";
  if (S_ISFIFO(s.st_mode)) return "it is another user's pipe. Remove it";
  if (S_ISREG(s.st_mode)) return "it is another user's file. Remove it";
  return S_ISDIR(s.st_mode) ? nullptr : "it is another user's device or socket. Remove it";
}

/// Opens without waiting, but for the reader of a pipe: that may be started later.
int open_and_await_reader(const char* path, int flags, mode_t mode) {
  constexpr timespec kLook{0, 20'000'000};
  for (;;) {
    const int fd = ::open(path, flags | O_NONBLOCK, mode);
    if (fd >= 0 || errno != ENXIO || stop_signal() != 0) return fd;
    nanosleep(&kLook, nullptr);
  }
}

/// What the opened file turned out to be; null if it may be written to.
const char* refuse(int fd, const struct stat& s, bool ours, OutputAccess access,
                   Existing existing) {
  if (const char* why = ours ? nullptr : owned_by_another(s)) return why;
  if (fcntl(fd, F_SETFL, fcntl(fd, F_GETFL) & ~O_NONBLOCK) != 0) return std::strerror(errno);
  if (!S_ISREG(s.st_mode)) return nullptr;
  // Ends with the process; a file system without locks has none.
  if (flock(fd, LOCK_EX | LOCK_NB) != 0 && errno == EWOULDBLOCK) {
    return "another run, or another output of this one, is writing it";
  }
  const bool narrow = access == OutputAccess::kOwner && (s.st_mode & 0777) != 0600;
  if (narrow && fchmod(fd, 0600) != 0) return std::strerror(errno);
  if (existing == Existing::kStays) return nullptr;
  return ftruncate(fd, 0) == 0 ? nullptr : std::strerror(errno);
}

}  // namespace

Result<int> create_output(const std::string& path, OutputAccess access, Existing existing) {
  const auto error = [&path](const char* why) {
    return Error{fmt::format("Failed to open file '{}' for writing: {}", path, why)};
  };
  struct stat s {};
  const bool is_there = lstat(path.c_str(), &s) == 0;
  if (const char* why = is_there ? owned_by_another(s) : nullptr) return error(why);
  if (is_capture(path)) return error("it is a capture. Choose another prefix with '-w'");
  const bool link = is_there && S_ISLNK(s.st_mode);
  // What we make ourselves is ours, whatever owner the file system gives it; so is what a link of
  // ours points to.
  const bool ours = link || !is_there;
  const int flags =
      O_WRONLY | O_CREAT | O_CLOEXEC | O_NOCTTY | (link ? 0 : O_NOFOLLOW) | (is_there ? 0 : O_EXCL);
  const mode_t mode = access == OutputAccess::kOwner ? 0600 : 0666;
  const int fd = open_and_await_reader(path.c_str(), flags, mode);
  if (fd < 0) return error(errno == ENXIO ? "nobody reads this pipe" : std::strerror(errno));
  const char* why =
      fstat(fd, &s) == 0 ? refuse(fd, s, ours, access, existing) : std::strerror(errno);
  if (why == nullptr) return fd;
  const Error refused = error(why);
  ::close(fd);
  return refused;
}

Result<std::FILE*> create_output_stream(const std::string& path, OutputAccess access) {
  const auto fd = create_output(path, access);
  if (!fd) return fd.error();
  std::FILE* file = fdopen(*fd, "w");
  if (file == nullptr)
    return Error{fmt::format("Failed to open file '{}': {}", path, std::strerror(errno))};
  return file;
}

}  // namespace t2
