// SPDX-License-Identifier: Apache-2.0
#include "tls.h"

namespace t2::ftp {
namespace {

// Content types: change_cipher_spec ... heartbeat.
constexpr std::uint8_t kLowestType = 20, kHighestType = 24;

}  // namespace

bool TlsSkipper::skip(Bytes& data) {
  while (!data.empty() && !lost_) {
    if (left_ > 0) {
      const std::uint64_t n = left_ < data.size() ? left_ : data.size();
      left_ -= n;
      data = t2::skip(data, n);
      continue;
    }
    const std::uint8_t c = data[0];
    if (header_left_ == 0) {
      if (c < kLowestType || c > kHighestType) {
        lost_ = c < 0x20 || c > 0x7e;
        return !lost_;
      }
      header_left_ = kHeader;
    }
    --header_left_;
    length_ = static_cast<std::uint16_t>(length_ << 8 | c);  // the last two bytes stay
    if (header_left_ == 0) left_ = length_;
    data = t2::skip(data, 1);
  }
  data = {};
  return false;
}

void TlsSkipper::gap(std::uint64_t length) {
  if (header_left_ == 0 && length <= left_) {
    left_ -= length;
  } else {
    lost_ = true;
  }
}

}  // namespace t2::ftp
