// SPDX-License-Identifier: Apache-2.0
#include "carve/disk.h"

#include <fcntl.h>
#include <fmt/format.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <cstring>

namespace t2 {
namespace {

constexpr int kMostNames = 10'000;  // "_2" ... tried when a name is taken

bool out_of_descriptors() {
  return errno == EMFILE || errno == ENFILE;
}

}  // namespace

Disk::Place Disk::place(const std::string& name) const {
  const auto slash = name.find('/');
  for (const Subfolder& s : subfolders_) {
    if (slash == s.name.size() && name.starts_with(s.name)) {
      return {s.descriptor.get(), name.substr(slash + 1)};
    }
  }
  return {folder_, name};
}

/// Tries the name, then numbered ones. Out of descriptors, it closes files that can be opened
/// again.
int Disk::open_exclusively(DiskFile& f) {
  auto [folder, name] = place(f.outcome.name);
  const std::string wanted = name;
  const std::string prefix = f.outcome.name.substr(0, f.outcome.name.size() - name.size());
  for (int k = 1; k <= kMostNames;) {
    const int fd =
        openat(folder, name.c_str(), O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC, 0600);
    if (fd >= 0) {
      f.outcome.name = prefix + name;
      return fd;
    }
    if (errno == EEXIST) {
      if (f.naming == CarveFolder::Naming::kExact) break;
      const std::string number = fmt::format("_{}", ++k);
      name = safe_file_name(wanted.substr(0, 255 - number.size()), number);
    } else if (!out_of_descriptors() || !evict_one()) {
      break;
    }
  }
  return -1;
}

Descriptor Disk::open_to_read(const CarveOutcome& file) const {
  const Place at = place(file.name);
  return Descriptor(openat(at.folder, at.name.c_str(), O_RDONLY | O_NOFOLLOW | O_CLOEXEC));
}

bool Disk::make(DiskFile& f) {
  evict_to_limit();
  const int fd = open_exclusively(f);
  if (fd >= 0) {
    f.made = true;
    entered(f, fd);
    return true;
  }
  const int error_number = errno;
  const std::string name = std::exchange(f.outcome.name, {});
  f.outcome.failed = true;
  // Somebody who insists on a name tries another one.
  if (error_number == EEXIST && f.naming == CarveFolder::Naming::kExact) return false;
  fail(f, fmt::format("'{}{}' cannot be made", path_, name), error_number);
  return false;
}

void Disk::entered(DiskFile& f, int fd) {
  f.fd = fd;
  open_.push_front(&f);
  f.place = open_.begin();
}

bool Disk::open_again(DiskFile& f) {
  evict_to_limit();
  int fd = -1;
  const Place at = place(f.outcome.name);
  do {
    fd = openat(at.folder, at.name.c_str(), O_WRONLY | O_NOFOLLOW | O_CLOEXEC);
  } while (fd < 0 && out_of_descriptors() && evict_one());
  struct stat st {};
  if (fd < 0 || fstat(fd, &st) != 0 || st.st_dev != f.device || st.st_ino != f.inode) {
    const int error_number = fd < 0 ? errno : ESTALE;
    if (fd >= 0) ::close(fd);
    fail(f, fmt::format("'{}{}' cannot be opened again", path_, f.outcome.name), error_number);
    return false;
  }
  entered(f, fd);
  return true;
}

/// Makes sure the file is open, and the one used last.
bool Disk::activate(DiskFile& f) {
  if (f.outcome.failed) return false;
  if (f.fd >= 0) {
    open_.splice(open_.begin(), open_, f.place);
    return true;
  }
  return f.made ? open_again(f) : make(f);
}

void Disk::write(DiskFile& f, std::uint64_t offset, std::string_view data) {
  if (f.made && data.empty()) return;
  if (!activate(f)) return;
  while (!data.empty()) {
    const ssize_t done = pwrite(f.fd, data.data(), data.size(), static_cast<off_t>(offset));
    if (done < 0 && errno == EINTR) continue;
    if (done <= 0) return cannot_write(f, done == 0 ? ENOSPC : errno);
    data.remove_prefix(static_cast<std::size_t>(done));
    offset += static_cast<std::uint64_t>(done);
    f.outcome.size = std::max(f.outcome.size, offset);
  }
}

void Disk::extend(DiskFile& f, std::uint64_t size) {
  if (f.outcome.size >= size || !activate(f)) return;
  if (ftruncate(f.fd, static_cast<off_t>(size)) != 0) return cannot_write(f, errno);
  f.outcome.size = size;
}

void Disk::close(DiskFile& f) {
  if (f.fd < 0) return;
  open_.erase(f.place);
  // Some file systems tell of a full disk only now.
  if (::close(f.fd) != 0 && errno != EINTR) cannot_write(f, errno);
  f.fd = -1;
}

void Disk::remove(DiskFile& f) {
  close(f);
  if (!f.made) return;
  const Place at = place(f.outcome.name);
  if (unlinkat(at.folder, at.name.c_str(), 0) != 0 && errno != ENOENT) {
    fail(f, fmt::format("'{}{}' cannot be removed", path_, f.outcome.name), errno);
  }
}

void Disk::evict_to_limit() {
  while (open_.size() >= most_open_ && evict_one()) {
  }
}

/// Closes the file used longest ago; it is opened again when needed.
bool Disk::evict_one() {
  if (open_.empty()) return false;
  DiskFile& f = *open_.back();
  struct stat st {};
  if (fstat(f.fd, &st) == 0) {
    f.device = st.st_dev;
    f.inode = st.st_ino;
  }
  close(f);
  return true;
}

void Disk::cannot_write(DiskFile& f, int error_number) {
  fail(f, fmt::format("'{}{}' cannot write", path_, f.outcome.name), error_number);
}

void Disk::fail(DiskFile& f, const std::string& what, int error_number) {
  f.outcome.failed = true;
  if (error_number == ENOSPC || error_number == EDQUOT) full_ = true;
  if (broken()) return;
  error_ = fmt::format("{}: {}", what, std::strerror(error_number));
  broken_.store(true, std::memory_order_release);
}

}  // namespace t2
