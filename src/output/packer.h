// SPDX-License-Identifier: Apache-2.0
// Packer: compresses what goes to a file descriptor.
#pragma once

#include <memory>
#include <string_view>

#include "t2/output.h"

namespace t2 {

class Packer {
 public:
  virtual ~Packer() = default;
  /// False, with errno, if it could not be written. The descriptor stays the caller's.
  virtual bool write(std::string_view data) = 0;
  /// Writes what is still held, and the end of the format. Once.
  virtual bool finish() = 0;
};

/// Null if there is no memory for one. `c` is not kNone.
std::unique_ptr<Packer> make_packer(Compression c, int fd);

/// Writes all of it, however often write(2) must be called. Returns how much was written: less
/// than all, with errno, after an error.
std::size_t write_all(int fd, std::string_view data);

}  // namespace t2
