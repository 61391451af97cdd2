// SPDX-License-Identifier: Apache-2.0
#include "paths.h"

#include <algorithm>

#include "t2/words.h"

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

bool same_letter(char c, char lower) {
  return (c >= 'A' && c <= 'Z' ? static_cast<char>(c - 'A' + 'a') : c) == lower;
}

/// Whether `text` begins with `word` (lower case), in any letter case.
bool begins_with(std::string_view text, std::string_view word) {
  return text.size() >= word.size() &&
         std::equal(word.begin(), word.end(), text.begin(),
                    [](char lower, char c) { return same_letter(c, lower); });
}

/// Where " for " stands in `text`, in any letter case.
std::size_t find_for(std::string_view text) {
  std::size_t at = text.find(' ');
  while (at != text.npos && !begins_with(text.substr(at), " for ")) at = text.find(' ', at + 1);
  return at;
}

/// Where `needle` (lower case) stands in `text`, in any letter case.
std::size_t find_word(std::string_view text, std::string_view needle) {
  const auto it = std::search(text.begin(), text.end(), needle.begin(), needle.end(), same_letter);
  return it == text.end() ? text.npos : static_cast<std::size_t>(it - text.begin());
}

/// From the end it takes long to find that there is one line only, as nearly always.
std::string_view last_line(std::string_view text) {
  return text.find('\n') == text.npos ? text : text.substr(text.rfind('\n') + 1);
}

/// Without quotes of either kind, but for an empty name.
std::string_view bare(std::string_view s) {
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
  if (!begins_with(rest, "byte")) return {};
  rest.remove_prefix(4);
  if (rest.starts_with('s') || rest.starts_with('S')) rest.remove_prefix(1);
  const bool end = std::all_of(rest.begin(), rest.end(), [](char c) {
    return c == ')' || c == '.' || c == ' ' || c == '\n' || c == '\r';
  });
  if (!end) return {};
  return n;
}

/// Goes on from the directory `out`, whose parts are resolved, part by part of `path`.
void walk(std::string& out, std::string_view path, bool rooted) {
  const auto last = [&out] { return std::string_view(out).substr(out.rfind('/') + 1); };
  while (!path.empty()) {
    const std::size_t slash = std::min(path.find('/'), path.size());
    const std::string_view part = path.substr(0, slash);
    path.remove_prefix(std::min(slash + 1, path.size()));
    if (part.empty() || (part == "." && !out.empty())) continue;
    if (part == ".." && (rooted || (!out.empty() && last() != ".." && last() != "."))) {
      const std::size_t parent = out.rfind('/');
      out.resize(parent == out.npos ? 0 : std::max<std::size_t>(parent, rooted ? 1 : 0));
      continue;
    }
    if (!out.empty() && !out.ends_with('/')) out += '/';
    out += part;
  }
}

}  // namespace

std::string resolve(std::string_view base, std::string_view path) {
  if (path.empty()) return std::string(base);
  if (is_absolute(path)) {
    base = {};
  } else if (base.empty()) {
    base = ".";
  }
  // The bound holds for both together, with the slash between them.
  base = base.substr(0, kMaxPath);
  const std::size_t before = base.empty() ? 0 : base.size() + 1;
  path = path.substr(0, kMaxPath - std::min(before, kMaxPath));
  const bool rooted = (base.empty() ? path : base).starts_with('/');
  std::string out;
  out.reserve(base.size() + path.size() + 1);
  if (rooted) out = '/';
  walk(out, base, rooted);
  walk(out, path, rooted);
  return out;
}

void Folder::enter(std::string_view path) {
  if (path.empty()) return;
  const bool in_place =
      resolved_ && !path_.empty() && !is_absolute(path) && path_.size() + path.size() < kMaxPath;
  if (in_place) {
    walk(path_, path, path_.starts_with('/'));
  } else {
    path_ = resolve(path_, path);
    resolved_ = true;
  }
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
  text = last_line(text);  // of several lines it says it
  const std::size_t bracket = text.rfind('(');
  if (bracket != text.npos) o.length = bracketed_length(text.substr(bracket));
  const std::size_t word = find_for(text);
  if (word == text.npos) return o;
  const std::size_t begin = word + 5;
  std::string_view name = text.substr(begin);
  const std::size_t name_end = o.length ? bracket : text.rfind(" (");  // "f(64 bytes)" is said, too
  const bool behind = name_end != text.npos && name_end >= begin;
  if (behind && (o.length || trimmed(name).ends_with(')') || name.ends_with(")."))) {
    name = text.substr(begin, name_end - begin);
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
  if (text.find(':') == text.npos) return {};
  if (const std::size_t at = find_word(text, "unique file name:"); at != text.npos) {
    std::string_view name = text.substr(at + 17);
    if (const std::size_t end = name.rfind(')'); end != name.npos) name = name.substr(0, end);
    name = bare(trimmed(name));
    if (!name.empty()) return name;
  }
  if (const std::size_t at = text.find("FILE:"); at != text.npos) {
    const std::string_view name = bare(trimmed(text.substr(at + 5)));
    if (!name.empty()) return name;
  }
  return {};
}

}  // namespace t2::ftp
