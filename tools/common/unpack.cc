// SPDX-License-Identifier: Apache-2.0
#include "common/unpack.h"

#include <array>

namespace t2::tools {

Unpacker::~Unpacker() {
  if (packed_) inflateEnd(&stream_);
}

bool Unpacker::add(std::string_view in, std::string& out) {
  if (known_) {
    if (packed_) return inflate_all(in, out);
    out += in;
    return true;
  }
  head_ += in;
  if (head_.empty() || head_ == "\x1f") return true;
  known_ = true;
  packed_ = begins_like_gzip(head_) && inflateInit2(&stream_, 16 + MAX_WBITS) == Z_OK;
  std::string first;
  first.swap(head_);
  return add(first, out);
}

bool Unpacker::inflate_all(std::string_view in, std::string& out) {
  std::array<char, 65536> buffer;
  std::string input(in);
  stream_.next_in = reinterpret_cast<Bytef*>(input.data());
  stream_.avail_in = static_cast<uInt>(input.size());
  for (bool full = false; stream_.avail_in > 0 || (full && !ended_);) {
    // A gzip file may consist of several.
    if (ended_ && inflateReset(&stream_) != Z_OK) return false;
    stream_.next_out = reinterpret_cast<Bytef*>(buffer.data());
    stream_.avail_out = buffer.size();
    const int state = inflate(&stream_, Z_NO_FLUSH);
    out.append(buffer.data(), buffer.size() - stream_.avail_out);
    full = stream_.avail_out == 0;
    ended_ = state == Z_STREAM_END;
    if (state == Z_BUF_ERROR) return true;
    if (state != Z_OK && !ended_) return false;
  }
  return true;
}

}  // namespace t2::tools
