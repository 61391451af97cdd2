// SPDX-License-Identifier: Apache-2.0
#include "t2/carve.h"
#include "t2/unicode.h"

namespace t2 {
namespace {

constexpr std::size_t kMaxFileName = 255;  // NAME_MAX of every file system that matters

}  // namespace

std::string safe_file_name(std::string_view name, std::string_view suffix) {
  const std::size_t room = kMaxFileName > suffix.size() ? kMaxFileName - suffix.size() : 0;
  std::string out;
  bool leading = true;
  while (!name.empty()) {
    char32_t c = 0;
    const std::size_t n = character_length(name, c);
    leading = leading && (c == '.' || c == '-') && n == 1;
    const bool keep = n > 0 && c != '/' && c != '\\' && !is_control_or_bidi(c) && !leading;
    const std::string_view piece = keep ? name.substr(0, n) : std::string_view("_");
    if (out.size() + piece.size() > room) break;
    out += piece;
    name.remove_prefix(n > 0 ? n : 1);
  }
  out += suffix;
  return out;
}

}  // namespace t2
