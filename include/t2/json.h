// SPDX-License-Identifier: Apache-2.0
// JsonWriter: writes JSON as a stream, without building a document: there may be millions. What it
// writes is always valid JSON in UTF-8, whatever the bytes it was given, and shows no character
// that a terminal would obey.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

namespace t2 {

/// Room that put_json_text() needs: for each byte, and besides.
inline constexpr std::size_t kJsonRoom = 6, kJsonSlack = 16;
/// Where text does not show its bytes as they are.
struct JsonFlaws {
  bool replaced = false;  // what is no UTF-8, by U+FFFD: a reader cannot get the bytes back
  bool escaped = false;   // controls and characters that turn the direction of text
};
/// `s`, any bytes, as JSON text in quotes behind `p`; returns the end. Sets what it found.
char* put_json_text(char* p, std::string_view s, JsonFlaws& flaws);

/// Calls must nest as the value does: key() before each member of an object.
class JsonWriter {
 public:
  JsonWriter() { out_.reserve(kUsual); }

  JsonWriter& begin_object() { return open('{'); }
  JsonWriter& end_object() { return close('}'); }
  JsonWriter& begin_array() { return open('['); }
  JsonWriter& end_array() { return close(']'); }

  /// `name` is printable ASCII without quotes and backslashes.
  JsonWriter& key(std::string_view name) {
    comma();
    quote(name);
    out_ += ':';
    first_ = true;
    return *this;
  }
  /// Any name: as text().
  JsonWriter& key_text(std::string_view name) {
    text(name);
    out_ += ':';
    first_ = true;
    return *this;
  }
  JsonWriter& number(std::uint64_t n);
  /// A value that is JSON already.
  JsonWriter& literal(std::string_view json) { return plain(json); }
  JsonWriter& flag(bool b) { return plain(b ? "true" : "false"); }
  JsonWriter& null() { return plain("null"); }
  JsonWriter& optional(const std::optional<std::uint64_t>& n) { return n ? number(*n) : null(); }
  /// Any bytes: what is no UTF-8 becomes U+FFFD, controls and characters that turn the direction of
  /// text are escaped.
  JsonWriter& text(std::string_view s);
  /// The member `name` with this text; if that does not show the exact bytes, also `name`_hex.
  JsonWriter& bytes(std::string_view name, std::string_view s);

  const std::string& view() const { return out_; }
  /// The value and a line end; the writer begins anew.
  std::string take_line();

 private:
  static constexpr std::size_t kUsual = 1024;

  JsonWriter& open(char bracket) {
    comma();
    out_ += bracket;
    first_ = true;
    return *this;
  }
  JsonWriter& close(char bracket) {
    out_ += bracket;
    first_ = false;
    return *this;
  }
  JsonWriter& plain(std::string_view value) {
    comma();
    out_ += value;
    return *this;
  }
  void comma() {
    if (!first_) out_ += ',';
    first_ = false;
  }
  void quote(std::string_view s) {
    out_ += '"';
    out_ += s;
    out_ += '"';
  }
  bool escape(std::string_view s);

  std::string out_;
  bool first_ = true;  // no comma before the next value
};

}  // namespace t2
