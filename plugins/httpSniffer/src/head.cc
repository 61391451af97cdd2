// SPDX-License-Identifier: Apache-2.0
#include "head.h"

#include <algorithm>
#include <array>
#include <cctype>
#include <utility>

namespace t2::http {
namespace {

constexpr std::size_t kMostFields = 256;
constexpr std::size_t kLongestName = 64;  // of a field, as far as one looks ahead for one

bool is_blank(char c) {
  return c == ' ' || c == '\t';
}
bool is_control(char c) {
  return static_cast<unsigned char>(c) < 0x20 || c == 0x7f;
}
/// Per byte of heads, in any locale.
char lower(char c) {
  return c >= 'A' && c <= 'Z' ? static_cast<char>(c | 0x20) : c;
}
bool is_word(char c) {
  return std::isalnum(static_cast<unsigned char>(c)) != 0 || c == '-' || c == '_';
}

/// A line of a head; a CR alone ends one, too, unless it stands where the line begins.
struct Line {
  std::size_t from = 0, to = 0;  // the text
  std::size_t next = 0;          // behind the line end
  bool odd = false;
};

/// Nothing: its end has not come.
std::optional<Line> next_line(std::string_view text, std::size_t at) {
  Line l{at, 0, 0, false};
  std::size_t from = at;
  while (true) {
    const std::size_t end = line_end(text, from);
    if (end == text.size()) return {};
    if (text[end] == '\n') {
      l.to = end;
      l.next = end + 1;
      return l;
    }
    const std::size_t behind = text.find_first_not_of('\r', end);
    if (behind == text.npos) return {};
    if (text[behind] == '\n') {
      l.odd = l.odd || behind - end > 1;
      l.to = end;
      l.next = behind + 1;
      return l;
    }
    l.odd = true;
    if (end != l.from) {
      l.to = end;
      l.next = behind;
      return l;
    }
    l.from = from = behind;  // "\n\rName: value"
  }
}

bool only_blanks(std::string_view s) {
  return std::all_of(s.begin(), s.end(), is_blank);
}

/// Behind a line that is almost empty: whether the head goes on. Nothing: cannot be told yet.
std::optional<bool> goes_on(std::string_view text, std::size_t at) {
  if (at == text.size()) return {};
  const char c = text[at];
  if (c == '\r' || c == '\n' || is_blank(c)) return true;
  std::size_t end = at;
  while (end < text.size() && end - at < kLongestName && is_word(text[end])) ++end;
  const std::size_t name = end - at;
  while (end < text.size() && end - at < 2 * kLongestName && is_blank(text[end])) ++end;
  if (end == text.size()) return {};
  return end < text.size() && name > 0 && text[end] == ':';
}

std::string_view trim(std::string_view s) {
  const auto unwanted = [](char c) { return is_control(c) || c == ' '; };
  while (!s.empty() && unwanted(s.front())) s.remove_prefix(1);
  while (!s.empty() && unwanted(s.back())) s.remove_suffix(1);
  return s;
}

/// The lines of a field together, folded ones joined by a blank (RFC 9112 5.2).
void add_field(Head& h, std::string_view line) {
  const auto colon = line.find(':');
  if (colon == line.npos) {
    h.odd = true;
    return;
  }
  if (h.fields.size() == kMostFields) {
    h.odd = true;
    return;
  }
  Field f;
  for (const char c : line.substr(0, colon)) {
    if (is_control(c) || is_blank(c)) {
      h.odd = true;
    } else {
      f.name += lower(c);
    }
  }
  f.value = trim(line.substr(colon + 1));
  h.odd = h.odd || std::any_of(f.value.begin(), f.value.end(), is_control);
  std::erase(f.value, '\0');
  h.fields.push_back(std::move(f));
}

/// Whether the head speaks of a chunked body. What of it counts is told by the body.
bool speaks_of_chunks(std::string_view text) {
  std::string plain(text.size(), '\0');
  std::size_t size = 0;
  for (const char c : text) {
    plain[size] = lower(c);
    size += is_control(c) ? 0 : 1;
  }
  plain.resize(size);
  const auto field = plain.find("transfer-encoding");
  return field != plain.npos && plain.find("chunked", field) != plain.npos;
}

void parse_status_line(Head& h, std::string_view line) {
  h.closes = !line.starts_with("HTTP/1.1") && !line.starts_with("HTTP/2");
  std::size_t at = line.find_first_of(std::string_view(" \t\0", 3));
  while (at < line.size() && (is_blank(line[at]) || line[at] == 0)) ++at;
  for (int digits = 0; at < line.size() && digits < 3; ++at, ++digits) {
    if (std::isdigit(static_cast<unsigned char>(line[at])) == 0) break;
    h.status = h.status * 10 + static_cast<unsigned>(line[at] - '0');
  }
  h.odd = h.odd || h.status < 100 || h.status > 599;
}

void parse_request_line(Head& h, std::string_view line) {
  const auto end = std::min(line.find_first_of(" \t"), line.size());
  h.method = line.substr(0, end);
  line.remove_prefix(end);
  line = trim(line);
  const auto version = line.rfind(" HTTP/");
  h.closes = version == line.npos || line.substr(version + 1).starts_with("HTTP/1.0");
  h.target = trim(line.substr(0, version));
}

constexpr std::array<std::string_view, 40> kMethods = {
    "GET",          "POST",      "HEAD",       "PUT",      "DELETE",    "OPTIONS",
    "TRACE",        "CONNECT",   "PATCH",      "PROPFIND", "PROPPATCH", "MKCOL",
    "COPY",         "MOVE",      "LOCK",       "UNLOCK",   "SEARCH",    "REPORT",
    "CHECKOUT",     "CHECKIN",   "MKACTIVITY", "MERGE",    "NOTIFY",    "SUBSCRIBE",
    "PURGE",        "M-SEARCH",  "LINK",       "UNLINK",   "ACL",       "BIND",
    "UNSUBSCRIBE",  "REBIND",    "MKCALENDAR", "BREW",     "QUERY",     "RPC_IN_DATA",
    "RPC_OUT_DATA", "BITS_POST", "CCM_POST",   "SOURCE"};

}  // namespace

const std::string* Head::find(std::string_view name) const {
  const auto it =
      std::find_if(fields.begin(), fields.end(), [name](const Field& f) { return f.name == name; });
  return it != fields.end() ? &it->value : nullptr;
}

std::string_view Head::get(std::string_view name) const {
  const std::string* value = find(name);
  return value != nullptr ? *value : std::string_view();
}

std::size_t line_end(std::string_view text, std::size_t from) {
  const auto ends = [](char c) { return c <= '\r' && (c == '\n' || c == '\r'); };
  const auto begin = text.begin() + static_cast<std::ptrdiff_t>(std::min(from, text.size()));
  return static_cast<std::size_t>(std::find_if(begin, text.end(), ends) - text.begin());
}

std::optional<std::size_t> head_length(std::string_view text, bool ended, std::size_t& scanned) {
  while (true) {
    const auto line = next_line(text, scanned);
    if (!line) return ended ? std::optional(text.size()) : std::nullopt;
    const std::string_view content = text.substr(line->from, line->to - line->from);
    if (content.empty() && !line->odd) return line->next;
    if (scanned > 0 && only_blanks(content)) {
      const auto more = goes_on(text, line->next);
      if (!more && !ended) return {};
      if (!more.value_or(false)) return line->next;
    }
    scanned = line->next;
  }
}

Head parse_head(std::string_view text, bool response) {
  Head h;
  h.response = response;
  h.chunked = speaks_of_chunks(text);
  std::string field;
  bool first = true;
  for (std::size_t at = 0; at < text.size();) {
    auto line = next_line(text, at);
    if (!line) line = Line{at, text.size(), text.size(), true};
    at = line->next;
    h.odd = h.odd || line->odd;
    const std::string_view content = text.substr(line->from, line->to - line->from);
    if (std::exchange(first, false)) {
      response ? parse_status_line(h, content) : parse_request_line(h, content);
    } else if (!content.empty() && is_blank(content[0])) {
      h.odd = true;
      field += ' ';
      field += content;
    } else {
      if (!field.empty()) add_field(h, field);
      field = content;
    }
  }
  if (!field.empty()) add_field(h, field);
  return h;
}

std::optional<std::size_t> find_response(std::string_view text) {
  if (equal_ignoring_case(text.substr(0, 5), "http/") || text.starts_with("ICY ")) return 0;
  const auto at = text.find("HTTP/");
  return at != text.npos ? std::optional(at) : std::nullopt;
}

std::optional<bool> is_request(std::string_view text) {
  constexpr std::size_t kLongestMethod = 20;
  const std::size_t end = std::min(text.find(' '), text.size());
  const std::string_view word = text.substr(0, end);
  if (word.empty() || word.size() > kLongestMethod) return false;
  const auto in_method = [](char c) { return (c >= 'A' && c <= 'Z') || c == '-' || c == '_'; };
  if (!std::all_of(word.begin(), word.end(), in_method)) return false;
  if (end == text.size()) return {};
  const std::string_view rest = text.substr(end + 1);
  if (rest.empty()) return {};
  const std::string_view line = rest.substr(0, line_end(rest));
  if (line.find(" HTTP/") != line.npos) return true;
  const bool known = std::find(kMethods.begin(), kMethods.end(), word) != kMethods.end();
  if (!known) return false;
  // "GET /", "OPTIONS *", "CONNECT host:443", "GET http://...": that much will do.
  const char c = rest[0];
  return c == '/' || c == '*' || rest.starts_with("http") || word == "CONNECT";
}

std::string plain_type(std::string_view value) {
  value = value.substr(0, value.find_first_of(";, "));
  return lower(trim(value));
}

std::string parameter(std::string_view value, std::string_view name) {
  std::size_t at = value.find(';');
  while (at < value.size()) {
    ++at;
    while (at < value.size() && (is_blank(value[at]) || value[at] == ';')) ++at;
    const std::size_t sign = value.find_first_of("=;", at);
    if (sign == value.npos) return {};
    const bool is_it = equal_ignoring_case(trim(value.substr(at, sign - at)), name);
    if (value[sign] == ';') {
      at = sign;
      continue;
    }
    std::string text;
    at = sign + 1;
    if (at < value.size() && value[at] == '"') {
      for (++at; at < value.size() && value[at] != '"'; ++at) {
        if (value[at] == '\\' && at + 1 < value.size() && value[at + 1] == '"') ++at;
        text += value[at];
      }
      at = value.find(';', at);
    } else {
      const std::size_t end = std::min(value.find(';', at), value.size());
      text = trim(value.substr(at, end - at));
      at = end;
    }
    if (is_it) return text;
  }
  return {};
}

bool equal_ignoring_case(std::string_view a, std::string_view b) {
  return a.size() == b.size() && std::equal(a.begin(), a.end(), b.begin(),
                                            [](char x, char y) { return lower(x) == lower(y); });
}

std::string lower(std::string_view s) {
  std::string out(s);
  for (char& c : out) c = lower(c);
  return out;
}

}  // namespace t2::http
