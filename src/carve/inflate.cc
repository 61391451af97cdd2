// SPDX-License-Identifier: Apache-2.0
#include "t2/inflate.h"

#include <zlib.h>

namespace t2 {

Inflater::Inflater(Format format) : stream_(std::make_unique<z_stream_s>()) {
  failed_ = inflateInit2(stream_.get(), format == Format::kZlib ? MAX_WBITS : -MAX_WBITS) != Z_OK;
}

Inflater::~Inflater() {
  inflateEnd(stream_.get());
}

Inflater::State Inflater::next(Bytes& in, std::span<std::uint8_t> room, Bytes& out) {
  out = {};
  if (failed_) return State::kError;
  z_stream_s& z = *stream_;
  z.next_in = const_cast<Bytef*>(in.data());
  z.avail_in = static_cast<uInt>(in.size());
  z.next_out = room.data();
  z.avail_out = static_cast<uInt>(room.size());
  const int r = inflate(&z, Z_NO_FLUSH);
  in = in.last(z.avail_in);
  out = Bytes(room).first(room.size() - z.avail_out);
  if (r == Z_STREAM_END) return State::kEnd;
  failed_ = r != Z_OK && r != Z_BUF_ERROR;
  if (failed_) return State::kError;
  return out.empty() ? State::kMore : State::kOutput;
}

void Inflater::restart() {
  failed_ = inflateReset(stream_.get()) != Z_OK;
}

}  // namespace t2
