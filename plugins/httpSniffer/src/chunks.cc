// SPDX-License-Identifier: Apache-2.0
#include "chunks.h"

#include <algorithm>
#include <cctype>

namespace t2::http {
namespace {

constexpr std::uint32_t kLongestLine = 8192;  // of a size and its extensions
constexpr std::uint64_t kLargest = std::uint64_t{1} << 56;

/// -1: none.
int hex(std::uint8_t c) {
  if (c >= '0' && c <= '9') return c - '0';
  const int lower = c | 0x20;
  return lower >= 'a' && lower <= 'f' ? lower - 'a' + 10 : -1;
}

bool is_filler(std::uint8_t c) {
  return c <= ' ';
}

}  // namespace

std::optional<bool> is_chunk_start(std::string_view text) {
  constexpr std::size_t kMostFiller = 16, kMostDigits = 16, kLongestExtension = 256;
  std::size_t at = 0;
  while (at < text.size() && at < kMostFiller && is_filler(static_cast<std::uint8_t>(text[at])))
    ++at;
  const std::size_t from = at;
  while (at < text.size() && hex(static_cast<std::uint8_t>(text[at])) >= 0) ++at;
  if (at - from > kMostDigits) return false;
  if (at == text.size()) return {};
  if (at == from) return false;
  const char c = text[at];
  if (c == '\r' || c == '\n') return true;
  // An extension, or what stands in the place of one: to the end of the line nothing but text.
  if (std::isalnum(static_cast<unsigned char>(c)) != 0 && (c | 0x20) != 'x') return false;
  // A line that is longer is none, however much of it is here yet.
  const std::string_view extension = text.substr(at, kLongestExtension + 1);
  const std::size_t end = extension.find_first_of("\r\n");
  if (end == extension.npos) {
    return extension.size() > kLongestExtension ? std::optional(false) : std::nullopt;
  }
  return std::all_of(extension.begin(), extension.begin() + static_cast<std::ptrdiff_t>(end),
                     [](char x) { return static_cast<std::uint8_t>(x) >= ' ' || x == '\t'; });
}

void ChunkReader::size_digit(std::uint8_t c) {
  const int digit = hex(c);
  if (digit >= 0) {
    left_ = left_ << 4 | static_cast<unsigned>(digit);
    ++read_;
    if (left_ > kLargest) step_ = Step::kBroken;
  } else if (read_ == 0) {
    if (!is_filler(c)) step_ = Step::kBroken;
  } else if (c == '\n') {
    step_ = left_ == 0 ? Step::kEnd : Step::kData;
  } else {
    step_ = Step::kExtension;
  }
}

Bytes ChunkReader::feed(Bytes& data) {
  while (!data.empty()) {
    if (step_ == Step::kEnd || step_ == Step::kBroken) return {};
    if (step_ == Step::kData) {
      const Bytes content = first(data, left_);
      data = skip(data, content.size());
      left_ -= content.size();
      if (left_ == 0) step_ = Step::kDataEnd;
      return content;
    }
    const std::uint8_t c = data[0];
    if (step_ == Step::kDataEnd) {  // a line end, of which shape ever
      if (!is_filler(c)) {
        step_ = Step::kBroken;
        return {};
      }
      step_ = Step::kSize;
      read_ = line_bytes_ = 0;
      continue;
    }
    data = skip(data, 1);
    if (++line_bytes_ > kLongestLine) step_ = Step::kBroken;
    if (step_ == Step::kSize) {
      size_digit(c);
    } else if (step_ == Step::kExtension && c == '\n') {
      step_ = left_ == 0 ? Step::kEnd : Step::kData;
    }
  }
  return {};
}

bool ChunkReader::gap(std::uint64_t length) {
  if (step_ != Step::kData || length > left_) {
    step_ = Step::kBroken;
    return false;
  }
  left_ -= length;
  if (left_ == 0) step_ = Step::kDataEnd;
  return true;
}

}  // namespace t2::http
