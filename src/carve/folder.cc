// SPDX-License-Identifier: Apache-2.0
#include <dirent.h>
#include <fcntl.h>
#include <fmt/format.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <cstring>

#include "carve/disk.h"
#include "carve/write_worker.h"
#include "t2/carve.h"

namespace t2 {
namespace {

/// A descriptor that closes itself.
class Descriptor {
 public:
  explicit Descriptor(int fd = -1) : fd_(fd) {}
  ~Descriptor() { reset(-1); }
  Descriptor(const Descriptor&) = delete;
  Descriptor& operator=(const Descriptor&) = delete;
  int get() const { return fd_; }
  void reset(int fd) {
    if (fd_ >= 0) ::close(fd_);
    fd_ = fd;
  }
  int release() { return std::exchange(fd_, -1); }

 private:
  int fd_;
};

Error problem(const std::string& path, std::string_view what, std::string_view mend) {
  return Error{fmt::format("folder '{}' {}: {}", path, what, mend)};
}

Error system_problem(const std::string& path, std::string_view what, int error_number) {
  return Error{fmt::format("folder '{}' {}: {}", path, what, std::strerror(error_number))};
}

/// Walks to the folder component by component. A link on the way is followed only if it is ours or
/// root's; the folder itself must not be one. `create`: make what is missing, 0700.
/// Gives -1 without an error when it does not exist and is not to be made.
Result<int> walk(const std::string& path, bool create) {
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
      if (!create) return -1;
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

/// Calls `each` with the name of every entry but "." and "..".
template <class Each>
bool for_entries(int fd, Each each) {
  const int copy = openat(fd, ".", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
  DIR* d = copy >= 0 ? fdopendir(copy) : nullptr;
  if (d == nullptr) {
    if (copy >= 0) ::close(copy);
    return false;
  }
  while (const dirent* e = readdir(d)) {
    const std::string_view name = e->d_name;
    if (name != "." && name != "..") each(e->d_name);
  }
  closedir(d);
  return true;
}

bool is_regular(int fd, const char* name) {
  struct stat st {};
  return fstatat(fd, name, &st, AT_SYMLINK_NOFOLLOW) == 0 && S_ISREG(st.st_mode);
}

Content look_into(int fd, const std::string& marker) {
  Content c;
  for_entries(fd, [&](const char* name) {
    const bool is_marker = name == marker && is_regular(fd, name);
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
  return {};
}

}  // namespace

CarveFolder::CarveFolder() = default;

CarveFolder::~CarveFolder() {
  while (!files_open_.empty()) files_open_.front()->close();
  writer_.reset();
  if (fd_ >= 0) ::close(fd_);
}

Result<void> CarveFolder::check(const CarveOptions& options) {
  const auto fd = walk(options.path, false);
  if (!fd) return fd.error();
  if (*fd < 0) return {};
  const Descriptor folder(*fd);
  return allowed(folder.get(), options);
}

Result<void> CarveFolder::open(const CarveOptions& options) {
  options_ = options;
  const auto fd = walk(options.path, true);
  if (!fd) return fd.error();
  Descriptor folder(*fd);
  if (auto r = allowed(folder.get(), options); !r) return r;
  fd_ = folder.release();
  const Content c = look_into(fd_, options.marker);
  if (options.empty_it && c.marker) {
    if (auto r = empty_folder(); !r) return r;
  }
  if (!c.marker && !c.others) {
    const int marker = openat(fd_, options.marker.c_str(),
                              O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC, 0600);
    if (marker < 0) return system_problem(options.path, "cannot be written to", errno);
    ::close(marker);
  }
  disk_ = std::make_unique<Disk>(fd_, options_.path, options_.limits.open_files);
  writer_ = std::make_unique<WriteWorker>(*disk_);
  return {};
}

Result<void> CarveFolder::empty_folder() {
  std::vector<std::string> names;
  for_entries(fd_, [&](const char* name) {
    if (name != options_.marker && is_regular(fd_, name)) names.emplace_back(name);
  });
  for (const std::string& name : names) {
    if (unlinkat(fd_, name.c_str(), 0) != 0 && errno != ENOENT) {
      return system_problem(options_.path, "cannot be emptied", errno);
    }
  }
  return {};
}

std::unique_ptr<CarveFile> CarveFolder::create(std::string name, Naming naming) {
  if (disk_ == nullptr || disk_->full()) return nullptr;
  if (options_.limits.files != 0 && files_ >= options_.limits.files) {
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
