// SPDX-License-Identifier: Apache-2.0
// Detector: media types by the first bytes of a content (libmagic).
#pragma once

#include <memory>
#include <string>
#include <string_view>

#include "t2/bytes.h"
#include "t2/result.h"

struct magic_set;

namespace t2::http {

class Detector {
 public:
  static constexpr std::size_t kLooksAt = 4096;  // bytes

  /// Reads the database of the system.
  static Result<std::unique_ptr<Detector>> open();
  /// "image/png"; empty if it cannot tell.
  std::string type_of(Bytes first_bytes) const;

 private:
  struct Close {
    void operator()(magic_set* m) const;
  };
  explicit Detector(magic_set* m) : magic_(m) {}
  std::unique_ptr<magic_set, Close> magic_;
};

/// Whether a content is another thing than it was said to be, by its declared type (plain_type())
/// or the end of its name. What could be either is no such thing.
bool is_unlike(std::string_view detected, std::string_view declared, std::string_view name);

}  // namespace t2::http
