// SPDX-License-Identifier: Apache-2.0
#include "frames.h"

#include <nghttp2/nghttp2.h>

#include <algorithm>
#include <charconv>

namespace t2::http {
namespace {

constexpr std::uint32_t kLargestFrame = 1 << 20;  // 16 KiB unless a side allows more
constexpr std::size_t kMostFields = 256, kMostFieldBytes = 256 << 10;

void add(Head& h, std::string_view name, std::string_view value) {
  if (name == ":method") {
    h.method = value;
  } else if (name == ":path") {
    h.target = value;
  } else if (name == ":authority") {
    h.fields.push_back({"host", std::string(value)});
  } else if (name == ":status") {
    h.response = true;
    std::from_chars(value.data(), value.data() + value.size(), h.status);
  } else if (!name.starts_with(':')) {
    h.fields.push_back({lower(name), std::string(value)});
  }
}

}  // namespace

FrameHeader FrameHeader::read(Bytes b) {
  Cursor c(b);
  FrameHeader h;
  const std::uint32_t high = c.be16();
  h.length = high << 8 | c.u8();
  h.type = c.u8();
  h.flags = c.u8();
  h.stream = c.be32();
  return h;
}

bool FrameHeader::plausible() const {
  if (stream >> 31 != 0 || length > kLargestFrame) return false;
  const bool on_stream = stream != 0;
  switch (static_cast<FrameType>(type)) {
    case FrameType::kData:
      return on_stream && (flags & ~(kEndStream | kPadded)) == 0;
    case FrameType::kHeaders:
      return on_stream && (flags & ~(kEndStream | kEndHeaders | kPadded | kHasPriority)) == 0;
    case FrameType::kPriority:
      return on_stream && length == 5 && flags == 0;
    case FrameType::kReset:
      return on_stream && length == 4 && flags == 0;
    case FrameType::kSettings:
      return !on_stream && length % 6 == 0 && (flags & ~kAck) == 0;
    case FrameType::kPushPromise:
      return on_stream && length >= 4 && (flags & ~(kEndHeaders | kPadded)) == 0;
    case FrameType::kPing:
      return !on_stream && length == 8 && (flags & ~kAck) == 0;
    case FrameType::kGoAway:
      return !on_stream && length >= 8 && flags == 0;
    case FrameType::kWindowUpdate:
      return length == 4 && flags == 0;
    case FrameType::kContinuation:
      return on_stream && (flags & ~kEndHeaders) == 0;
  }
  return false;
}

bool looks_like_frames(Bytes data) {
  unsigned frames = 0;
  while (data.size() >= FrameHeader::kSize) {
    const FrameHeader h = FrameHeader::read(data);
    if (!h.plausible()) return false;
    ++frames;
    if (data.size() < FrameHeader::kSize + h.length) return frames > 1;
    data = skip(data, FrameHeader::kSize + h.length);
  }
  return frames > 0 && (data.empty() || frames > 1);
}

bool is_server_preface(Bytes data) {
  if (data.size() < FrameHeader::kSize) return false;
  const FrameHeader h = FrameHeader::read(data);
  return h.is(FrameType::kSettings) && h.plausible() && h.flags == 0 && h.length <= 600;
}

void HeaderBlocks::Free::operator()(nghttp2_hd_inflater* i) const {
  nghttp2_hd_inflate_del(i);
}

HeaderBlocks::HeaderBlocks() {
  nghttp2_hd_inflater* i = nullptr;
  if (nghttp2_hd_inflate_new(&i) == 0) inflater_.reset(i);
}

void HeaderBlocks::allow_table(std::uint32_t size) {
  constexpr std::uint32_t kMost = 1 << 20;
  if (lost() || size <= kUsualTable) return;
  table_ = std::min(size, kMost);
  nghttp2_hd_inflate_change_table_size(inflater_.get(), table_);
}

Head HeaderBlocks::read(Bytes block) {
  Head h;
  std::size_t bytes = 0;
  while (!lost()) {
    nghttp2_nv field{};
    int flags = 0;
    const auto n =
        nghttp2_hd_inflate_hd2(inflater_.get(), &field, &flags, block.data(), block.size(), 1);
    if (n < 0) {
      inflater_.reset();
      break;
    }
    block = skip(block, static_cast<std::size_t>(n));
    if ((flags & NGHTTP2_HD_INFLATE_EMIT) != 0) {
      bytes += field.namelen + field.valuelen;
      if (h.fields.size() < kMostFields && bytes <= kMostFieldBytes) {
        add(h, {reinterpret_cast<const char*>(field.name), field.namelen},
            {reinterpret_cast<const char*>(field.value), field.valuelen});
      }
    }
    if ((flags & NGHTTP2_HD_INFLATE_FINAL) != 0) {
      nghttp2_hd_inflate_end_headers(inflater_.get());
      break;
    }
    if (block.empty() && (flags & NGHTTP2_HD_INFLATE_EMIT) == 0) break;
  }
  return h;
}

}  // namespace t2::http
