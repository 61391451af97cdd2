// SPDX-License-Identifier: Apache-2.0
#include <fcntl.h>
#include <fmt/format.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <chrono>
#include <cstring>
#include <thread>

#include "carve/directory.h"
#include "carve/disk.h"
#include "carve/folder.h"
#include "carve/leftovers.h"
#include "carve/write_worker.h"

namespace t2 {
namespace {

Error problem(const std::string& path, std::string_view what, std::string_view mend) {
  return Error{fmt::format("folder '{}' {}: {}", path, what, mend)};
}

Error system_problem(const std::string& path, std::string_view what, int error_number) {
  return Error{fmt::format("folder '{}' {}: {}", path, what, std::strerror(error_number))};
}

/// Walks to the folder component by component. A link on the way is followed only if it is ours or
/// root's; the folder itself must not be one. What is missing is made, 0700.
Result<int> walk(const std::string& path) {
  Descriptor at(::open(path.starts_with('/') ? "/" : ".", O_PATH | O_DIRECTORY | O_CLOEXEC));
  std::string_view rest = path;
  bool public_parent = false;
  while (true) {
    while (rest.starts_with('/')) rest.remove_prefix(1);
    if (rest.empty()) break;
    const std::string name(rest.substr(0, rest.find('/')));
    rest.remove_prefix(name.size());
    const bool last = rest.find_first_not_of('/') == rest.npos;
    struct stat parent {};
    fstat(at.get(), &parent);
    public_parent = (parent.st_mode & S_IWOTH) != 0;
    struct stat st {};
    if (fstatat(at.get(), name.c_str(), &st, AT_SYMLINK_NOFOLLOW) != 0) {
      if (errno != ENOENT) return system_problem(path, "cannot be used", errno);
      if (mkdirat(at.get(), name.c_str(), 0700) != 0 && errno != EEXIST) {
        return system_problem(path, "cannot be made", errno);
      }
      if (fstatat(at.get(), name.c_str(), &st, AT_SYMLINK_NOFOLLOW) != 0) {
        return system_problem(path, "cannot be made", errno);
      }
    }
    const bool link = S_ISLNK(st.st_mode);
    if (link && (last || (st.st_uid != 0 && st.st_uid != geteuid()))) {
      return problem(path, "is or contains a symbolic link", "name the real folder");
    }
    const int flags = O_DIRECTORY | O_CLOEXEC | (last ? O_RDONLY | O_NOFOLLOW : O_PATH);
    const int next = openat(at.get(), name.c_str(), flags);
    if (next < 0) return system_problem(path, "cannot be opened", errno);
    at.reset(next);
  }
  struct stat st {};
  if (at.get() < 0 || fstat(at.get(), &st) != 0)
    return system_problem(path, "cannot be used", errno);
  // In a public place another user may have made it first.
  if (st.st_uid != geteuid() && (public_parent || geteuid() != 0)) {
    return problem(path, "belongs to another user", "choose another one");
  }
  if ((st.st_mode & S_IWOTH) != 0) {
    return problem(path, "may be written by everybody", "choose another one, or chmod 700 it");
  }
  return at.release();
}

struct Content {
  bool marker = false, others = false;
};

Content look_into(int fd, const std::string& marker) {
  Content c;
  for_entries(fd, [&](const char* name) {
    struct stat st {};
    const bool is_marker = name == marker && regular(fd, name, st);
    c.marker |= is_marker;
    c.others |= !is_marker;
  });
  return c;
}

/// Whether an existing folder may be used as wished.
Result<void> allowed(int fd, const CarveOptions& o) {
  if (faccessat(fd, ".", W_OK | X_OK, AT_EACCESS) != 0) {
    return system_problem(o.path, "cannot be written to", errno);
  }
  const Content c = look_into(fd, o.marker);
  if (o.empty_it && c.others && !c.marker) {
    return problem(o.path, "holds files that are not ours and will not be emptied",
                   "choose another one, or empty it yourself");
  }
  if (o.only_ours && c.others && !c.marker) {
    return problem(o.path, "is not empty, and no earlier run made it", "choose a new one");
  }
  return {};
}

/// Runs that carve into a folder share it. One that looks for what it will remove has it for
/// itself; the others wait, because that does not take long.
Result<void> lock(int fd, const std::string& path, int how) {
  constexpr int kTries = 100;
  constexpr auto kPause = std::chrono::milliseconds(20);
  for (int k = 1; flock(fd, how | LOCK_NB) != 0; ++k) {
    if (errno != EWOULDBLOCK) return system_problem(path, "cannot be locked", errno);
    if (how == LOCK_EX || k == kTries) {
      return problem(path, "is used by another run", "wait for its end, or choose another one");
    }
    std::this_thread::sleep_for(kPause);
  }
  return {};
}

/// The file that makes the folder ours. Another run may make it at the same time.
Result<void> mark(int fd, const CarveOptions& o) {
  const Descriptor marker(
      openat(fd, o.marker.c_str(), O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC, 0600));
  if (marker.get() >= 0 || errno == EEXIST) return {};
  return system_problem(o.path, "cannot be written to", errno);
}

/// Where the number of a further manifest goes.
std::size_t place_of_number(const std::string& manifest) {
  return std::min(manifest.find('.', 1), manifest.size());
}

}  // namespace

std::string manifest_name(std::string wanted, int number) {
  if (number > 1) wanted.insert(place_of_number(wanted), fmt::format("_{}", number));
  return wanted;
}

bool is_manifest_name(std::string_view name, const std::string& wanted) {
  if (wanted.empty()) return false;
  const std::size_t place = place_of_number(wanted);
  const std::string_view start(wanted.data(), place), end(wanted.data() + place);
  if (!name.starts_with(start)) return false;
  name.remove_prefix(start.size());
  if (!name.ends_with(end)) return false;
  name.remove_suffix(end.size());
  return name.empty() || (name.size() > 1 && name[0] == '_' &&
                          name.find_first_not_of("0123456789", 1) == name.npos);
}

CarveFolder::CarveFolder() = default;

CarveFolder::~CarveFolder() {
  while (!files_open_.empty()) files_open_.front()->close();
  writer_.reset();
  if (fd_ >= 0) ::close(fd_);
}

Result<void> CarveFolder::reserve(const CarveOptions& options) {
  options_ = options;
  const auto fd = walk(options.path);
  if (!fd) return fd.error();
  Descriptor folder(*fd);
  if (auto r = lock(folder.get(), options.path, options.empty_it ? LOCK_EX : LOCK_SH); !r) return r;
  if (auto r = allowed(folder.get(), options); !r) return r;
  if (options.empty_it) {
    leftovers_ = std::make_unique<Leftovers>(folder.get(), options);
    // Whoever comes from now on makes new files, which are none of those that will be removed.
    if (auto r = lock(folder.get(), options.path, LOCK_SH); !r) return r;
  }
  fd_ = folder.release();
  return {};
}

Result<void> CarveFolder::add_subfolders(const std::vector<std::string>& names) {
  if (auto r = mark(fd_, options_); !r) return r;
  for (const std::string& name : names) {
    if (mkdirat(fd_, name.c_str(), 0700) != 0 && errno != EEXIST) {
      return system_problem(options_.path + name, "cannot be made", errno);
    }
    const int fd = openat(fd_, name.c_str(), O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
    if (fd < 0) return system_problem(options_.path + name, "cannot be opened", errno);
    subfolders_.push_back({name, Descriptor(fd)});
  }
  return {};
}

std::uint64_t CarveFolder::others() const {
  return leftovers_ != nullptr ? leftovers_->others() : 0;
}

Result<void> CarveFolder::open() {
  if (leftovers_ != nullptr) {
    if (const int failure = leftovers_->remove(); failure != 0) {
      return system_problem(options_.path, "cannot be emptied", failure);
    }
    leftovers_.reset();
  }
  const Content c = look_into(fd_, options_.marker);
  if (!c.marker && !c.others) {
    if (auto r = mark(fd_, options_); !r) return r;
  }
  disk_ = std::make_unique<Disk>(fd_, subfolders_, options_.path, options_.limits.open_files);
  writer_ = std::make_unique<WriteWorker>(*disk_);
  return {};
}

Result<void> CarveFolder::open(const CarveOptions& options) {
  if (auto r = reserve(options); !r) return r;
  return open();
}

std::unique_ptr<CarveFile> CarveFolder::create(std::string name, Naming naming) {
  if (disk_ == nullptr || disk_->full()) return nullptr;
  if (options_.limits.files != 0 && files_ >= options_.limits.files) {
    ++costs_.files;
    refuse("the limit on carved files was reached");
    return nullptr;
  }
  auto file = std::make_shared<DiskFile>();
  file->outcome.name = std::move(name);
  file->naming = naming;
  if (naming == Naming::kExact) {
    writer_->wait_for(writer_->push({.file = file}));
    if (!file->made) return nullptr;
  }
  ++files_;
  std::unique_ptr<CarveFile> f(new CarveFile(*this, std::move(file)));
  // cppcheck-suppress danglingLifetime ; ~CarveFile takes itself off the list
  files_open_.push_front(f.get());
  f->place_ = files_open_.begin();
  return f;
}

void CarveFolder::await(const CarveOutcome& outcome) {
  if (outcome.ready()) return;
  writer_->wait_for(outcome.last_job);
  outcome.wait();
}

bool CarveFolder::read(const CarveOutcome& from, std::uint64_t offset, std::uint64_t length,
                       CarveFile& to) const {
  const Descriptor file = disk_->open_to_read(from);
  std::vector<std::uint8_t> block(1 << 16);
  while (file.get() >= 0 && length > 0) {
    const ssize_t n = pread(file.get(), block.data(), std::min<std::uint64_t>(block.size(), length),
                            static_cast<off_t>(offset));
    if (n < 0 && errno == EINTR) continue;
    if (n <= 0) return false;
    to.append(Bytes(block.data(), static_cast<std::size_t>(n)));
    offset += static_cast<std::uint64_t>(n);
    length -= static_cast<std::uint64_t>(n);
  }
  return length == 0;
}

void CarveFolder::drain() {
  if (writer_ != nullptr) writer_->wait_for(writer_->last_pushed());
}

/// Of the buffers begun first, as many as are too much.
void CarveFolder::free_buffers() {
  while (buffered_ > kMostBuffered) {
    CarveFile* f = files_open_.back();
    files_open_.splice(files_open_.begin(), files_open_, f->place_);
    f->hand_over();
  }
}

/// The first limit is told.
void CarveFolder::refuse(std::string_view limit) {
  if (limit_error_.empty()) limit_error_ = limit;
}

bool CarveFolder::broken() const {
  return disk_ != nullptr && disk_->broken();
}

const std::string& CarveFolder::error() const {
  return broken() ? disk_->error() : limit_error_;
}

}  // namespace t2
