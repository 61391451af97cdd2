// SPDX-License-Identifier: Apache-2.0
// The text of a table that may be compressed, by t2 (TFS_GZ_COMPRESS=1), gzip or zstd.
#pragma once

#include <memory>
#include <string>
#include <string_view>

#include "base/unpack.h"

namespace t2::tools {

class TableText {
 public:
  /// Appends the text of the next bytes of the input, which ends with an empty piece. False if they
  /// are damaged, or if it ends too early. What does not begin like a compressed file is text.
  bool add(std::string_view in, std::string& out);
  bool packed() const { return unpacker_ != nullptr; }

 private:
  bool unpack(Bytes in, std::string& out);

  std::string head_;
  bool known_ = false, over_ = false;
  std::unique_ptr<Unpacker> unpacker_;  // null: not compressed
};

inline constexpr const char* kDamaged = "the compressed data is damaged or incomplete";

}  // namespace t2::tools
