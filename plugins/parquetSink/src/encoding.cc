// SPDX-License-Identifier: Apache-2.0
#include "encoding.h"

#include <algorithm>
#include <bit>

namespace t2::parquet {
namespace {

static_assert(std::endian::native == std::endian::little);

constexpr std::size_t kGroup = 8;
constexpr std::size_t kWorthARun = 8;

void varint(std::string& out, std::uint64_t v) {
  for (; v >= 0x80; v >>= 7) out += static_cast<char>(v | 0x80);
  out += static_cast<char>(v);
}

void put_run(std::string& out, std::uint32_t v, std::size_t n, unsigned bits) {
  varint(out, n << 1);
  for (unsigned done = 0; done < bits; done += 8) out += static_cast<char>(v >> done);
}

/// Whole groups; the last one is filled up with zeros.
void put_packed(std::string& out, std::span<const std::uint32_t> values, unsigned bits) {
  const std::size_t groups = (values.size() + kGroup - 1) / kGroup;
  varint(out, groups << 1 | 1);
  std::uint64_t held = 0;
  unsigned n = 0;
  const auto add = [&](std::uint64_t v) {
    held |= v << n;
    for (n += bits; n >= 8; n -= 8, held >>= 8) out += static_cast<char>(held);
  };
  for (const std::uint32_t v : values) add(v);
  for (std::size_t i = values.size(); i < groups * kGroup; ++i) add(0);
}

std::size_t run_at(std::span<const std::uint32_t> values, std::size_t i) {
  std::size_t end = i + 1;
  while (end < values.size() && values[end] == values[i]) ++end;
  return end - i;
}

}  // namespace

unsigned bits_for(std::uint32_t most) {
  return static_cast<unsigned>(std::bit_width(most));
}

void put_hybrid(std::span<const std::uint32_t> values, unsigned bits, std::string& out) {
  std::size_t i = 0;
  while (i < values.size()) {
    const std::size_t run = run_at(values, i);
    if (run >= kWorthARun) {
      put_run(out, values[i], run, bits);
      i += run;
      continue;
    }
    // Packed up to the next run, in whole groups unless it is the end.
    std::size_t end = i;
    while (end < values.size()) {
      end = std::min(end + kGroup, values.size());
      if (end < values.size() &&
          run_at(values.subspan(0, std::min(values.size(), end + 64)), end) >= kWorthARun)
        break;
    }
    put_packed(out, values.subspan(i, end - i), bits);
    i = end;
  }
}

void put_levels(std::span<const std::uint32_t> levels, std::uint32_t most, std::string& out) {
  const std::size_t at = out.size();
  put_plain(out, std::uint32_t{0});
  put_hybrid(levels, bits_for(most), out);
  const auto n = static_cast<std::uint32_t>(out.size() - at - sizeof(std::uint32_t));
  std::copy_n(reinterpret_cast<const char*>(&n), sizeof n, out.data() + at);
}

}  // namespace t2::parquet
