// SPDX-License-Identifier: Apache-2.0
// Head: start line and fields of an HTTP/1 message (RFC 9112 2-5), read as browsers read it: any
// line end, folded and broken lines, control characters where none belong. What only a strict
// reader refuses is noted as odd.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace t2::http {

struct Field {
  std::string name;   // lower case, without blanks and control characters
  std::string value;  // without blanks around it
};

struct Head {
  bool response = false;
  std::string method, target;  // of a request
  unsigned status = 0;         // of a response; 0: it has none
  bool closes = true;  // HTTP/1.0 or older: the connection ends with the body if nothing is said
  bool odd = false;
  bool chunked = false;  // its fields speak of a chunked body, in whatever shape
  std::vector<Field> fields;

  /// Null if there is none.
  const std::string* find(std::string_view name) const;
  std::string_view get(std::string_view name) const;
};

/// Where the first CR or LF from `from` on stands; the size of `text` if there is none.
std::size_t line_end(std::string_view text, std::size_t from = 0);
/// How many bytes the head takes at the start of `text`, with the empty line behind it; nothing:
/// its end has not come. `ended`: nothing will follow. `scanned`: where the next call goes on.
std::optional<std::size_t> head_length(std::string_view text, bool ended, std::size_t& scanned);
/// Reads a head that is whole.
Head parse_head(std::string_view text, bool response);

/// Where a response begins in `text`, "HTTP/" or "ICY ", perhaps behind other bytes. Nothing: it
/// may still come.
std::optional<std::size_t> find_response(std::string_view text);
/// Whether a request begins here: a method, and what follows looks like the rest of a request line.
/// Nothing: too short to tell.
std::optional<bool> is_request(std::string_view text);

/// "Text/HTML; charset=x" -> "text/html".
std::string plain_type(std::string_view value);
/// The parameter of a field value, unquoted: `boundary` of "multipart/form-data; boundary=x".
std::string parameter(std::string_view value, std::string_view name);
bool equal_ignoring_case(std::string_view a, std::string_view b);
std::string lower(std::string_view s);

}  // namespace t2::http
