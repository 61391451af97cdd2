// SPDX-License-Identifier: Apache-2.0
#include "paths.h"

#include <algorithm>

namespace t2::ftp {
namespace {

constexpr std::size_t kMaxPath = 4096;

bool digit(char c) {
  return c >= '0' && c <= '9';
}

bool is_absolute(std::string_view path) {
  if (path.starts_with('/') || path.starts_with('\\')) return true;
  return path.size() >= 2 && path[1] == ':' &&
         ((path[0] >= 'A' && path[0] <= 'Z') || (path[0] >= 'a' && path[0] <= 'z'));
}

/// Where `needle` (lower case) stands in `text`, in any letter case.
std::size_t find_word(std::string_view text, std::string_view needle) {
  const auto same = [](char a, char b) {
    return (a >= 'A' && a <= 'Z' ? static_cast<char>(a - 'A' + 'a') : a) == b;
  };
  const auto it = std::search(text.begin(), text.end(), needle.begin(), needle.end(), same);
  return it == text.end() ? text.npos : static_cast<std::size_t>(it - text.begin());
}

std::string_view trimmed(std::string_view s) {
  while (!s.empty() && (s.front() == ' ' || s.front() == '\t')) s.remove_prefix(1);
  while (!s.empty() && (s.back() == ' ' || s.back() == '\t')) s.remove_suffix(1);
  return s;
}

std::string_view unquoted(std::string_view s) {
  const bool quoted = s.size() > 2 && s.front() == s.back() && (s[0] == '"' || s[0] == '\'');
  return quoted ? s.substr(1, s.size() - 2) : s;
}

std::optional<std::uint64_t> leading_number(std::string_view s, std::size_t* length = nullptr) {
  std::uint64_t n = 0;
  std::size_t i = 0;
  for (; i < s.size() && digit(s[i]); ++i) {
    if (__builtin_mul_overflow(n, 10u, &n)) return {};
    if (__builtin_add_overflow(n, static_cast<unsigned>(s[i] - '0'), &n)) return {};
  }
  if (length != nullptr) *length = i;
  if (i == 0) return {};
  return n;
}

/// The number in "(64170 bytes)" if nothing but a full stop follows.
std::optional<std::uint64_t> bracketed_length(std::string_view bracket) {
  std::size_t digits = 0;
  const auto n = leading_number(bracket.substr(1), &digits);
  if (!n) return {};
  std::string_view rest = trimmed(bracket.substr(1 + digits));
  if (find_word(rest.substr(0, 4), "byte") != 0) return {};
  rest.remove_prefix(4);
  if (rest.starts_with('s') || rest.starts_with('S')) rest.remove_prefix(1);
  const bool end = std::all_of(rest.begin(), rest.end(), [](char c) {
    return c == ')' || c == '.' || c == ' ' || c == '\n' || c == '\r';
  });
  if (!end) return {};
  return n;
}

}  // namespace

std::string resolve(std::string_view base, std::string_view path) {
  if (path.empty()) return std::string(base);
  std::string whole;
  if (is_absolute(path)) {
    whole = path;
  } else {
    whole = base.empty() ? "." : base;
    whole += '/';
    whole += path;
  }
  if (whole.size() > kMaxPath) whole.resize(kMaxPath);
  const bool rooted = whole.starts_with('/');
  std::string out = rooted ? "/" : "";
  out.reserve(whole.size());
  const auto last = [&out] { return std::string_view(out).substr(out.rfind('/') + 1); };
  std::string_view rest = whole;
  while (!rest.empty()) {
    const std::size_t slash = std::min(rest.find('/'), rest.size());
    const std::string_view part = rest.substr(0, slash);
    rest.remove_prefix(std::min(slash + 1, rest.size()));
    if (part.empty() || (part == "." && !out.empty())) continue;
    if (part == ".." && (rooted || (!out.empty() && last() != ".." && last() != "."))) {
      const std::size_t parent = out.rfind('/');
      out.resize(parent == out.npos ? 0 : std::max<std::size_t>(parent, rooted ? 1 : 0));
      continue;
    }
    if (!out.empty() && !out.ends_with('/')) out += '/';
    out += part;
  }
  return out;
}

std::optional<std::string> quoted_path(std::string_view text) {
  const std::size_t open = text.find('"');
  if (open == text.npos) return {};
  std::string out;
  for (std::size_t i = open + 1; i < text.size(); ++i) {
    if (text[i] != '"') {
      out += text[i];
    } else if (i + 1 < text.size() && text[i + 1] == '"') {
      out += '"';
      ++i;
    } else {
      return out;
    }
  }
  return {};
}

OpeningText parse_opening(std::string_view text) {
  OpeningText o;
  text = text.substr(text.rfind('\n') + 1);  // of several lines the last one says it
  const std::size_t bracket = text.rfind('(');
  if (bracket != text.npos) o.length = bracketed_length(text.substr(bracket));
  const std::size_t word = find_word(text, " for ");
  if (word == text.npos) return o;
  std::string_view name = text.substr(word + 5);
  const std::size_t name_end = name.rfind(o.length ? "(" : " (");  // "f(64 bytes)" is said, too
  if (name_end != name.npos && (o.length || trimmed(name).ends_with(')') || name.ends_with(")."))) {
    name = name.substr(0, name_end);
  }
  o.name = trimmed(name);
  return o;
}

std::optional<std::uint64_t> parse_size(std::string_view text) {
  text = trimmed(text);
  std::size_t digits = 0;
  const auto n = leading_number(text, &digits);
  if (!n || (digits < text.size() && digit(text[digits]))) return {};
  if (digits < text.size() && text[digits] != ' ' && text[digits] != '\t') return {};
  return n;
}

std::optional<std::string_view> unique_name(std::string_view text) {
  if (const std::size_t at = find_word(text, "unique file name:"); at != text.npos) {
    std::string_view name = text.substr(at + 17);
    if (const std::size_t end = name.rfind(')'); end != name.npos) name = name.substr(0, end);
    name = unquoted(trimmed(name));
    if (!name.empty()) return name;
  }
  if (const std::size_t at = text.find("FILE:"); at != text.npos) {
    const std::string_view name = unquoted(trimmed(text.substr(at + 5)));
    if (!name.empty()) return name;
  }
  return {};
}

std::string_view cut_text(std::string_view s, std::size_t n) {
  if (s.size() <= n) return s;
  const auto continuation = [](char c) { return (static_cast<unsigned char>(c) & 0xc0) == 0x80; };
  std::size_t end = n;
  for (int back = 0; back < 3 && end > 0 && continuation(s[end]); ++back) --end;
  // Only if the byte there begins a character; in other encodings every byte is a character.
  if (static_cast<unsigned char>(s[end]) < 0xc0) end = n;
  return s.substr(0, end);
}

}  // namespace t2::ftp
