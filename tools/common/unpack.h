// SPDX-License-Identifier: Apache-2.0
// Input that may be compressed by gzip, as t2 writes it with TFS_GZ_COMPRESS=1.
#pragma once

#include <zlib.h>

#include <string>
#include <string_view>

namespace t2::tools {

inline bool begins_like_gzip(std::string_view head) {
  return head.starts_with("\x1f\x8b");
}

class Unpacker {
 public:
  Unpacker() = default;
  Unpacker(const Unpacker&) = delete;
  Unpacker& operator=(const Unpacker&) = delete;
  ~Unpacker();

  /// Appends the text of the next bytes of the input; false if they are damaged. What does not
  /// begin like a gzip file is text already.
  bool add(std::string_view in, std::string& out);
  bool packed() const { return packed_; }
  /// Whether the input may end here.
  bool complete() const { return !packed_ || ended_; }

 private:
  bool inflate_all(std::string_view in, std::string& out);

  std::string head_;
  bool known_ = false, packed_ = false, ended_ = false;
  z_stream stream_{};
};

inline constexpr const char* kDamaged = "the compressed data is damaged or incomplete";

}  // namespace t2::tools
