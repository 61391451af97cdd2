// SPDX-License-Identifier: Apache-2.0
// Root's rights are needed to open an interface and for nothing else: afterwards the process works
// as an ordinary user (docs/decisions/sandbox.md).
#pragma once

#include <sys/types.h>

#include <optional>
#include <string>

#include "t2/result.h"

namespace t2 {

/// Who the process works as.
struct User {
  uid_t uid = 0;
  gid_t gid = 0;
  std::string name;
};

/// The user to become after the interface is open: `wanted` (a name or number), else who called
/// sudo. Nothing if there is none, or if the process is not root. A wrong name is an error.
Result<std::optional<User>> user_to_become(const std::string& wanted);

/// Becomes the user for good. Until drop_rights(), files may still be read as root would, for what
/// plugins read at their start.
Result<void> become(const User& user);

/// Gives up every right of root that is left; root itself may still write where it could.
Result<void> drop_rights();

}  // namespace t2
