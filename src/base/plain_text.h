// SPDX-License-Identifier: Apache-2.0
// Text that is copied as it is wherever text is escaped: printable ASCII but `"` and `\`. Most text
// is; it is copied a word at a time.
#pragma once

#include <cstddef>
#include <cstdint>
#include <cstring>
#include <string_view>

namespace t2 {

/// A word with `byte` in each of its bytes.
template <class Word>
constexpr Word all_bytes(std::uint8_t byte) {
  return static_cast<Word>(static_cast<Word>(~Word{0}) / 0xff * byte);
}

/// Whether all bytes are plain. Each term has the top bit of a byte set that is none; a borrow or
/// carry into the next byte comes only from such a byte.
template <class Word>
constexpr bool is_plain(Word w) {
  const Word below_space_or_quote = (w ^ all_bytes<Word>('"' ^ ' ')) - all_bytes<Word>(' ' + 1);
  const Word backslash = (w ^ all_bytes<Word>('\\')) - all_bytes<Word>(1);
  const Word above_tilde = w | (w + all_bytes<Word>(1));
  return ((below_space_or_quote | backslash | above_tilde) & all_bytes<Word>(0x80)) == 0;
}

/// Copies the word at `s` behind `p`. False: not all of it is plain.
template <class Word>
bool copy_if_plain(char* p, const char* s) {
  Word w = 0;
  std::memcpy(&w, s, sizeof w);
  std::memcpy(p, &w, sizeof w);
  return is_plain(w);
}

/// Copies `n` bytes, one to two words, as the first and the last of them. How many are plain: all,
/// those of the first word, or none are known to be.
template <class Word>
std::size_t copy_plain_ends(char* p, const char* s, std::size_t n) {
  if (!copy_if_plain<Word>(p, s)) return 0;
  const std::size_t last = n - sizeof(Word);
  return copy_if_plain<Word>(p + last, s + last) ? n : sizeof(Word);
}

/// Copies words from the start of `s` as long as all of them is plain, the last one over part of
/// the one before; may touch 8 characters behind what it copies. Returns how many bytes are done.
inline std::size_t copy_plain(char* p, std::string_view s) {
  using Word = std::uint64_t;
  const std::size_t n = s.size();
  if (n < 2) return 0;
  if (n < 4) return copy_plain_ends<std::uint16_t>(p, s.data(), n);
  if (n < sizeof(Word)) return copy_plain_ends<std::uint32_t>(p, s.data(), n);
  std::size_t i = 0;
  for (; i + sizeof(Word) <= n; i += sizeof(Word)) {
    if (!copy_if_plain<Word>(p + i, s.data() + i)) return i;
  }
  const std::size_t last = n - sizeof(Word);
  return copy_if_plain<Word>(p + last, s.data() + last) ? n : i;
}

}  // namespace t2
