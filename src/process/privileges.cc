// SPDX-License-Identifier: Apache-2.0
#include "process/privileges.h"

#include <fmt/format.h>
#include <grp.h>
#include <linux/capability.h>
#include <pwd.h>
#include <sys/prctl.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <cstdlib>
#include <cstring>
#include <string_view>

#include "t2/words.h"

namespace t2 {
namespace {

Error failed(const char* what) {
  return Error{fmt::format("Failed to {}: {}", what, std::strerror(errno))};
}

std::optional<User> look_up(const std::string& name) {
  uid_t id = 0;
  const passwd* entry = parse_whole(name, id) ? getpwuid(id) : getpwnam(name.c_str());
  if (entry == nullptr) return std::nullopt;
  return User{entry->pw_uid, entry->pw_gid, entry->pw_name};
}

/// Keeps exactly these capabilities (bits of the numbers below 32; 0: none).
Result<void> keep_capabilities(std::uint32_t kept) {
  __user_cap_header_struct header{_LINUX_CAPABILITY_VERSION_3, 0};
  std::array<__user_cap_data_struct, 2> data{};
  data[0].effective = data[0].permitted = kept;
  if (syscall(SYS_capset, &header, data.data()) != 0) return failed("drop the rights of root");
  return {};
}

constexpr std::uint32_t bit(unsigned capability) {
  return std::uint32_t{1} << capability;
}

}  // namespace

Result<std::optional<User>> user_to_become(const std::string& wanted) {
  using Found = std::optional<User>;
  if (geteuid() != 0) {
    if (wanted.empty()) return Found{};
    return Error{"Option '--user': only root can become another user"};
  }
  if (!wanted.empty()) {
    Found user = look_up(wanted);
    if (!user) return Error{fmt::format("Option '--user': there is no user '{}'", wanted)};
    return user;
  }
  const char* caller = std::getenv("SUDO_UID");
  uid_t id = 0;
  if (caller == nullptr || !parse_whole(caller, id) || id == 0) return Found{};
  return look_up(caller);
}

Result<void> become(const User& user) {
  if (user.uid == 0) return {};
  if (prctl(PR_SET_KEEPCAPS, 1, 0, 0, 0) != 0) return failed("keep the right to read files");
  if (initgroups(user.name.c_str(), user.gid) != 0 ||
      setresgid(user.gid, user.gid, user.gid) != 0 ||
      setresuid(user.uid, user.uid, user.uid) != 0) {
    return Error{fmt::format("Failed to become user '{}': {}", user.name, std::strerror(errno))};
  }
  return keep_capabilities(bit(CAP_DAC_READ_SEARCH));
}

Result<void> drop_rights() {
  return keep_capabilities(geteuid() == 0 ? bit(CAP_DAC_OVERRIDE) : 0);
}

}  // namespace t2
