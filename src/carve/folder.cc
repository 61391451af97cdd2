// SPDX-License-Identifier: Apache-2.0
#include <dirent.h>
#include <fcntl.h>
#include <fmt/format.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <cstring>

#include "carve/hash_worker.h"
#include "t2/carve.h"

namespace t2 {
namespace {

constexpr int kMostNames = 10'000;  // "_2" ... tried when a name is taken

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

CarveFolder::CarveFolder() : hash_worker_(std::make_unique<HashWorker>()) {}

CarveFolder::~CarveFolder() {
  while (!active_.empty()) active_.front()->close();
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

/// Tries the name, then numbered ones. Out of descriptors, it closes files that can be opened
/// again.
int CarveFolder::open_exclusively(std::string& name, Naming naming) {
  const std::string wanted = name;
  for (int k = 1; k <= kMostNames;) {
    const int fd =
        openat(fd_, name.c_str(), O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC, 0600);
    if (fd >= 0) return fd;
    if (errno == EEXIST) {
      if (naming == Naming::kExact) return -1;
      const std::string number = fmt::format("_{}", ++k);
      name = safe_file_name(wanted.substr(0, 255 - number.size()), number);
    } else if ((errno != EMFILE && errno != ENFILE) || !evict_one(nullptr)) {
      return -1;
    }
  }
  return -1;
}

std::unique_ptr<CarveFile> CarveFolder::create(const std::string& name, Naming naming) {
  if (fd_ < 0 || disk_full_) return nullptr;
  if (options_.limits.files != 0 && files_ >= options_.limits.files) {
    fail(nullptr, "the limit on carved files was reached", 0);
    return nullptr;
  }
  while (active_.size() >= options_.limits.open_files && evict_one(nullptr)) {
  }
  std::string free_name = name;
  const int fd = open_exclusively(free_name, naming);
  if (fd < 0 && errno == EEXIST && naming == Naming::kExact) return nullptr;
  if (fd < 0) {
    fail(nullptr, fmt::format("'{}{}' cannot be made", options_.path, name), errno);
    return nullptr;
  }
  ++files_;
  std::unique_ptr<CarveFile> f(new CarveFile(*this, std::move(free_name), fd));
  // cppcheck-suppress danglingLifetime ; ~CarveFile takes itself off the list
  active_.push_front(f.get());
  f->place_ = active_.begin();
  return f;
}

/// Makes sure the file is open, and the one used last.
bool CarveFolder::activate(CarveFile& f) {
  if (f.fd_ >= 0) {
    active_.splice(active_.begin(), active_, f.place_);
    return true;
  }
  while (active_.size() >= options_.limits.open_files && evict_one(&f)) {
  }
  int fd = -1;
  do {
    fd = openat(fd_, f.name_.c_str(), O_WRONLY | O_NOFOLLOW | O_CLOEXEC);
  } while (fd < 0 && (errno == EMFILE || errno == ENFILE) && evict_one(&f));
  struct stat st {};
  if (fd < 0 || fstat(fd, &st) != 0 || st.st_dev != f.device_ || st.st_ino != f.inode_) {
    const int error_number = fd < 0 ? errno : ESTALE;
    if (fd >= 0) ::close(fd);
    fail(&f, "cannot be opened again", error_number);
    return false;
  }
  f.fd_ = fd;
  active_.push_front(&f);
  f.place_ = active_.begin();
  return true;
}

void CarveFolder::deactivate(CarveFile& f) {
  if (f.fd_ < 0) return;
  active_.erase(f.place_);
  // Some file systems tell of a full disk only now.
  if (::close(f.fd_) != 0 && errno != EINTR) fail(&f, "cannot write", errno);
  f.fd_ = -1;
}

/// Closes the file used longest ago; it is opened again when needed.
bool CarveFolder::evict_one(const CarveFile* keep) {
  for (auto it = active_.rbegin(); it != active_.rend(); ++it) {
    CarveFile* f = *it;
    if (f == keep) continue;
    f->write_out();
    f->buffer_ = {};
    struct stat st {};
    if (fstat(f->fd_, &st) == 0) {
      f->device_ = st.st_dev;
      f->inode_ = st.st_ino;
    }
    deactivate(*f);
    return true;
  }
  return false;
}

void CarveFolder::fail(CarveFile* f, std::string_view what, int error_number) {
  if (f != nullptr) f->failed_ = f->truncated_ = true;
  if (error_number == ENOSPC || error_number == EDQUOT) disk_full_ = true;
  if (!error_.empty() && (broken_ || error_number == 0)) return;
  broken_ = error_number != 0;
  error_ =
      f != nullptr ? fmt::format("'{}{}' {}", options_.path, f->name_, what) : std::string(what);
  if (error_number != 0) error_ += fmt::format(": {}", std::strerror(error_number));
}

}  // namespace t2
