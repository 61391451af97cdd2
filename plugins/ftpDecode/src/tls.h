// SPDX-License-Identifier: Apache-2.0
// TlsSkipper: walks over TLS records (RFC 8446 5.1) without looking into them, to find the place
// where a connection returns to clear text (CCC, RFC 4217 5.2).
#pragma once

#include <cstdint>

#include "t2/bytes.h"

namespace t2::ftp {

class TlsSkipper {
 public:
  /// Takes the encrypted bytes away from `data`; true if clear text is left in it.
  bool skip(Bytes& data);
  /// Lost bytes. Those inside a record do no harm; otherwise the records cannot be followed any
  /// more.
  void gap(std::uint64_t length);

 private:
  static constexpr std::uint8_t kHeader = 5;

  std::uint8_t header_left_ = 0;  // bytes of the record header that are still to come
  std::uint16_t length_ = 0;
  std::uint64_t left_ = 0;  // bytes of the record that are still to come
  bool lost_ = false;
};

}  // namespace t2::ftp
