// SPDX-License-Identifier: Apache-2.0
// Addresses as text.
#include <array>
#include <bit>

#include "t2/bytes.h"
#include "t2/scalars.h"
#include "t2/text.h"

namespace t2 {
namespace {

/// A number from 0 to 255 and the point behind it.
struct Octet {
  char text[4];
};
struct Octets {
  Octet octets[256];
  std::uint8_t lengths[256];
};

constexpr Octets kOctets = [] {
  Octets all{};
  for (std::size_t i = 0; i < 256; ++i) {
    std::size_t n = 0;
    for (const std::size_t power : {100, 10, 1}) {
      if (i >= power || power == 1) {
        all.octets[i].text[n++] = static_cast<char>('0' + i / power % 10);
      }
    }
    all.octets[i].text[n++] = '.';
    all.lengths[i] = static_cast<std::uint8_t>(n);
  }
  return all;
}();

constexpr std::size_t kWords = 8;
constexpr std::size_t kPatterns = 1 << kWords;  // of words that are 0

/// A run of zero words, none if it is empty.
struct Run {
  std::uint8_t begin = 0, end = 0;
};

/// The run that "::" stands for: the first of the longest of at least two. Bit i of the index: word
/// i is 0.
constexpr auto kZeroRuns = [] {
  std::array<Run, kPatterns> runs{};
  for (std::size_t zeros = 0; zeros < kPatterns; ++zeros) {
    for (std::size_t begin = 0; begin < kWords; ++begin) {
      const auto length = static_cast<std::size_t>(std::countr_one(zeros >> begin));
      const std::size_t longest = static_cast<std::size_t>(runs[zeros].end - runs[zeros].begin);
      if (length < 2 || length <= longest) continue;
      runs[zeros] = {static_cast<std::uint8_t>(begin), static_cast<std::uint8_t>(begin + length)};
    }
  }
  return runs;
}();

/// "%x"
char* put_word(char* p, unsigned v) {
  const unsigned high = v > 0xff ? v >> 8 : v;
  const char* pair = kLowerHex.text[high];
  if (high >= 0x10) *p++ = pair[0];
  *p++ = pair[1];
  return v > 0xff ? put_pair(p, kLowerHex.text[v & 0xff]) : p;
}

}  // namespace

char* put_ip4(char* p, const std::uint8_t* bytes) {
  for (std::size_t i = 0; i < 4; ++i) {
    std::memcpy(p, kOctets.octets[bytes[i]].text, sizeof(Octet));
    p += kOctets.lengths[bytes[i]];
  }
  return p - 1;  // without the last point
}

char* put_ip6(char* p, const std::uint8_t* bytes) {
  unsigned words[kWords];
  unsigned zeros = 0;
  for (std::size_t i = 0; i < kWords; ++i) {
    words[i] = load_be16(bytes + 2 * i);
    zeros |= (words[i] == 0 ? 1U : 0U) << i;
  }
  const Run run = kZeroRuns.data()[zeros];
  // ::a.b.c.d and ::ffff:a.b.c.d
  const bool mapped = run.end == 5 && words[5] == 0xffff;
  const bool embedded = run.begin == 0 && (run.end == 6 || mapped);
  const std::size_t end = embedded ? 6 : kWords;
  std::size_t i = 0;
  for (; i < run.begin; ++i) {
    p = put_word(p, words[i]);
    *p++ = ':';
  }
  if (run.end != 0) {
    if (i == 0) *p++ = ':';
    *p++ = ':';
    i = run.end;
  }
  for (; i < end; ++i) {
    p = put_word(p, words[i]);
    *p++ = ':';
  }
  if (embedded) return put_ip4(p, bytes + 12);
  return run.end == kWords ? p : p - 1;  // only "::" may stand at the end
}

char* put_mac(char* p, const Mac& m, std::string_view separator, const HexPairs& hex) {
  p = put_pair(p, hex.text[m.bytes[0]]);
  for (std::size_t i = 1; i < m.bytes.size(); ++i) {
    p = put_pair(put_text(p, separator), hex.text[m.bytes[i]]);
  }
  return p;
}

std::string to_text(const IpAddress& a) {
  char buffer[kScalarRoom];
  if (a.is_v4()) return {buffer, put_ip4(buffer, a.bytes.data())};
  if (a.is_v6()) return {buffer, put_ip6(buffer, a.bytes.data())};
  return "-";
}

std::string to_text(const Mac& m) {
  char buffer[kScalarRoom];
  return {buffer, put_mac(buffer, m, ":", kLowerHex)};
}

}  // namespace t2
