// SPDX-License-Identifier: Apache-2.0
#include "process/sandbox.h"

#include <fcntl.h>
#include <fmt/format.h>
#include <seccomp.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <cerrno>
#include <cstdint>
#include <cstring>
#include <memory>

namespace t2 {
namespace {

// The kernel's interface; the headers of Debian 12 know only a part of it.
enum Right : std::uint64_t {
  kExecute = 1 << 0,
  kWriteFile = 1 << 1,
  kReadFile = 1 << 2,
  kReadFolder = 1 << 3,
  kRemoveFolder = 1 << 4,
  kRemoveFile = 1 << 5,
  kMakeRegular = 1 << 8,
  kRefer = 1 << 13,         // since version 2
  kTruncate = 1 << 14,      // since version 3
  kDeviceControl = 1 << 15  // since version 5
};
constexpr std::uint64_t kAllOfVersion1 = (1 << 13) - 1;
constexpr std::uint64_t kBindAndConnect = 3;     // TCP, since version 4
constexpr std::uint64_t kSignalsAndSockets = 3;  // to others, since version 6

struct Ruleset {
  std::uint64_t files, network, scope;
};
struct [[gnu::packed]] PathRule {
  std::uint64_t rights;
  std::int32_t folder;
};
constexpr int kPathRule = 1;
constexpr unsigned kAskVersion = 1;

int landlock_version() {
  return static_cast<int>(syscall(SYS_landlock_create_ruleset, nullptr, 0, kAskVersion));
}

Ruleset handled(int version) {
  Ruleset r{kAllOfVersion1, 0, 0};
  if (version >= 2) r.files |= kRefer;
  if (version >= 3) r.files |= kTruncate;
  if (version >= 4) r.network = kBindAndConnect;
  if (version >= 5) r.files |= kDeviceControl;
  if (version >= 6) r.scope = kSignalsAndSockets;
  return r;
}

/// Older kernels want the size of what they know.
std::size_t ruleset_size(int version) {
  if (version >= 6) return sizeof(Ruleset);
  return version >= 4 ? 2 * sizeof(std::uint64_t) : sizeof(std::uint64_t);
}

class Landlock {
 public:
  explicit Landlock(int version) : handled_(handled(version)) {
    fd_ =
        static_cast<int>(syscall(SYS_landlock_create_ruleset, &handled_, ruleset_size(version), 0));
  }
  ~Landlock() {
    if (fd_ >= 0) ::close(fd_);
  }
  Landlock(const Landlock&) = delete;
  Landlock& operator=(const Landlock&) = delete;

  bool ok() const { return fd_ >= 0; }

  void allow(const std::string& path, std::uint64_t rights) {
    const int fd = ::open(path.c_str(), O_PATH | O_CLOEXEC);
    if (fd < 0) return;
    struct stat s {};
    constexpr std::uint64_t kForFiles = kWriteFile | kReadFile | kTruncate;
    if (fstat(fd, &s) == 0 && !S_ISDIR(s.st_mode)) rights &= kForFiles;
    const PathRule rule{rights & handled_.files, fd};
    // A rule that the kernel does not take allows less, never more.
    if (rule.rights != 0) syscall(SYS_landlock_add_rule, fd_, kPathRule, &rule, 0);
    ::close(fd);
  }

  bool enforce() const { return syscall(SYS_landlock_restrict_self, fd_, 0) == 0; }

 private:
  Ruleset handled_;
  int fd_ = -1;
};

std::string reason(int error_number) {
  if (error_number == ENOSYS || error_number == EOPNOTSUPP) {
    return "this kernel has no Landlock, or it is switched off";
  }
  return std::strerror(error_number);
}

/// Empty if files are protected, else why not.
std::string restrict_files(const SandboxRules& rules) {
  const int version = landlock_version();
  if (version < 1) return reason(errno);
  Landlock landlock(version);
  if (!landlock.ok()) return reason(errno);
  for (const std::string& p : rules.read) landlock.allow(p, kReadFile | kReadFolder);
  for (const std::string& p : rules.write) {
    landlock.allow(p,
                   kReadFile | kReadFolder | kWriteFile | kTruncate | kMakeRegular | kRemoveFile);
  }
  for (const std::string& p : rules.remove) landlock.allow(p, kReadFolder | kRemoveFile);
  return landlock.enforce() ? "" : reason(errno);
}

/// What the program, its libraries and a live capture need once they run. Not here, thus refused:
/// programs, sockets, other processes, mounts, users, modules, keys.
constexpr const char* kSystemCalls[] = {
    // files
    "read", "readv", "pread64", "preadv", "preadv2", "write", "writev", "pwrite64", "pwritev",
    "pwritev2", "open", "openat", "openat2", "close", "close_range", "lseek", "stat", "fstat",
    "lstat", "newfstatat", "fstatat64", "statx", "statfs", "fstatfs", "access", "faccessat",
    "faccessat2", "readlink", "readlinkat", "getdents64", "getcwd", "unlink", "unlinkat", "fsync",
    "fdatasync", "ftruncate", "fallocate", "fadvise64", "flock", "dup", "dup2", "dup3", "fcntl",
    "ioctl", "umask",
    // memory
    "brk", "munmap", "mremap", "madvise", "membarrier",
    // threads, time, signals
    "futex", "futex_waitv", "clone", "clone3", "set_robust_list", "rseq", "set_tid_address",
    "gettid", "getpid", "getppid", "getuid", "geteuid", "getgid", "getegid", "tgkill", "exit",
    "exit_group", "sched_yield", "sched_getaffinity", "getcpu", "prctl", "prlimit64", "getrlimit",
    "getrusage", "getpriority", "sysinfo", "uname", "times", "clock_gettime", "clock_getres",
    "clock_nanosleep", "nanosleep", "gettimeofday", "time", "rt_sigaction", "rt_sigprocmask",
    "rt_sigreturn", "sigaltstack", "restart_syscall", "getrandom",
    // waiting, and the capture that is open already
    "poll", "ppoll", "select", "pselect6", "epoll_wait", "epoll_pwait", "recvfrom", "recvmsg",
    "recvmmsg", "getsockopt", "setsockopt", "getsockname"};

/// Refused with "no such call", so that libraries fall back to what is allowed.
int limit_system_calls() {
  const std::unique_ptr<void, void (*)(void*)> filter(seccomp_init(SCMP_ACT_ERRNO(ENOSYS)),
                                                      seccomp_release);
  if (!filter) return ENOMEM;
  for (const char* name : kSystemCalls) {
    const int number = seccomp_syscall_resolve_name(name);
    // Not every processor has every call.
    if (number < 0) continue;
    if (const int r = seccomp_rule_add(filter.get(), SCMP_ACT_ALLOW, number, 0); r != 0) return -r;
  }
  // Modes of files, but nothing that makes a program run as somebody else.
  const scmp_arg_cmp permissions_only{1, SCMP_CMP_MASKED_EQ, 07000, 0};
  if (const int r = seccomp_rule_add_array(filter.get(), SCMP_ACT_ALLOW, SCMP_SYS(fchmod), 1,
                                           &permissions_only);
      r != 0) {
    return -r;
  }
  // Memory is never made executable any more.
  const scmp_arg_cmp not_executable{2, SCMP_CMP_MASKED_EQ, PROT_EXEC, 0};
  for (const int number : {SCMP_SYS(mmap), SCMP_SYS(mprotect)}) {
    const int r = seccomp_rule_add_array(filter.get(), SCMP_ACT_ALLOW, number, 1, &not_executable);
    if (r != 0) return -r;
  }
  // Programs, sockets and other processes: refused as a matter of rights.
  for (const int number :
       {SCMP_SYS(execve), SCMP_SYS(execveat), SCMP_SYS(socket), SCMP_SYS(connect), SCMP_SYS(bind),
        SCMP_SYS(sendto), SCMP_SYS(ptrace), SCMP_SYS(kill), SCMP_SYS(setuid), SCMP_SYS(setresuid),
        SCMP_SYS(chmod), SCMP_SYS(fchmodat), SCMP_SYS(chown), SCMP_SYS(mount), SCMP_SYS(symlink),
        SCMP_SYS(symlinkat), SCMP_SYS(linkat), SCMP_SYS(renameat2), SCMP_SYS(bpf)}) {
    const int r = seccomp_rule_add(filter.get(), SCMP_ACT_ERRNO(EPERM), number, 0);
    if (r != 0 && r != -EDOM) return -r;
  }
  return -seccomp_load(filter.get());
}

#if defined(__SANITIZE_ADDRESS__) || defined(__SANITIZE_THREAD__)
// The sanitizers look at their own process from outside when they report.
constexpr bool kLimitSystemCalls = false;
#else
constexpr bool kLimitSystemCalls = true;
#endif

}  // namespace

SandboxState enter_sandbox(const SandboxRules& rules) {
  SandboxState state;
  if (prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) != 0) {
    state.problem = fmt::format("files and system calls are not limited: {}", std::strerror(errno));
    return state;
  }
  const std::string files = restrict_files(rules);
  state.files = files.empty();
  if (!state.files) state.problem = "files are not protected: " + files;
  if (!kLimitSystemCalls) return state;
  const int error = limit_system_calls();
  state.system_calls = error == 0;
  if (error != 0) {
    if (!state.problem.empty()) state.problem += "; ";
    state.problem += fmt::format("system calls are not limited: {}", std::strerror(error));
  }
  return state;
}

}  // namespace t2
