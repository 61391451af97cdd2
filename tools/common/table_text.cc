// SPDX-License-Identifier: Apache-2.0
#include "common/table_text.h"

#include <array>

namespace t2::tools {

bool TableText::add(std::string_view in, std::string& out) {
  if (known_) {
    if (packed()) return unpack(as_bytes(in), out);
    out += in;
    return true;
  }
  head_ += in;
  if (!in.empty() && head_.size() < kPackedMagic) return true;
  known_ = true;
  if (is_packed(as_bytes(head_))) unpacker_ = make_unpacker(as_bytes(head_));
  std::string first;
  first.swap(head_);
  return add(first, out) && (!in.empty() || add({}, out));
}

bool TableText::unpack(Bytes in, std::string& out) {
  const bool last = in.empty();
  std::array<std::uint8_t, 65536> buffer;
  while (!over_) {
    const Unpacker::Step step = unpacker_->run(in, buffer);
    out += as_text(Bytes(buffer).first(step.made));
    in = skip(in, step.taken);
    over_ = step.failure != nullptr;
    if (step.taken == 0 && step.made == 0) break;
  }
  return (!over_ && !last) || unpacker_->complete();
}

}  // namespace t2::tools
