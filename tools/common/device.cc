// SPDX-License-Identifier: Apache-2.0
#include "common/device.h"

#include <sys/stat.h>
#include <sys/sysmacros.h>
#include <unistd.h>

namespace t2::tools {

bool is_endless_device(int fd) {
  const dev_t null_device = makedev(1, 3);
  struct stat st {};
  return fstat(fd, &st) == 0 && S_ISCHR(st.st_mode) && isatty(fd) == 0 && st.st_rdev != null_device;
}

}  // namespace t2::tools
