// SPDX-License-Identifier: Apache-2.0
#include "functions.h"

#include <arpa/inet.h>
#include <fmt/chrono.h>
#include <fmt/format.h>

#include <charconv>
#include <chrono>
#include <cstring>

#include "t2/scalars.h"
#include "t2/text.h"
#include "t2/words.h"

namespace t2::sql {
namespace {

using Bytes = std::string_view;

Bytes bytes_of(sqlite3_value* v) {
  const auto* data = static_cast<const char*>(sqlite3_value_blob(v));
  return data == nullptr ? Bytes() : Bytes(data, static_cast<std::size_t>(sqlite3_value_bytes(v)));
}

/// 4 or 16 bytes in network order; empty if it is no address.
std::string parse(std::string_view text) {
  const std::string name(text);
  char bytes[16];
  if (inet_pton(AF_INET, name.c_str(), bytes) == 1) return {bytes, 4};
  if (inet_pton(AF_INET6, name.c_str(), bytes) == 1) return {bytes, 16};
  return {};
}

std::string address_text(Bytes b) {
  char text[kScalarRoom];
  const auto* data = reinterpret_cast<const std::uint8_t*>(b.data());
  if (b.size() == 4) return {text, put_ip4(text, data)};
  if (b.size() == 16) return {text, put_ip6(text, data)};
  return "";
}

std::string time_text(std::int64_t ns) {
  using namespace std::chrono;
  // floor() would overflow near the ends of the range.
  const sys_seconds at{seconds(ns / kSecond - (ns % kSecond < 0 ? 1 : 0))};
  return fmt::format("{:%Y-%m-%dT%H:%M:%S}.{:09}Z", at, (ns % kSecond + kSecond) % kSecond);
}

std::string hex(Bytes b, std::string_view separator) {
  std::string out;
  for (const char c : b) {
    if (!out.empty()) out += separator;
    out.append(kLowerHex.text[static_cast<std::uint8_t>(c)], 2);
  }
  return out;
}

void give(sqlite3_context* c, const std::string& text) {
  sqlite3_result_text(c, text.data(), static_cast<int>(text.size()), SQLITE_TRANSIENT);
}

void ip(sqlite3_context* c, int, sqlite3_value** v) {
  const std::string b = parse(bytes_of(v[0]));
  if (!b.empty()) sqlite3_result_blob(c, b.data(), static_cast<int>(b.size()), SQLITE_TRANSIENT);
}

void ip_text(sqlite3_context* c, int, sqlite3_value** v) {
  const std::string text = address_text(bytes_of(v[0]));
  if (!text.empty()) give(c, text);
}

/// Whether the first `bits` bits are the same.
bool same_bits(Bytes a, Bytes b, unsigned bits) {
  const std::size_t whole = bits / 8;
  if (a.substr(0, whole) != b.substr(0, whole)) return false;
  if (bits % 8 == 0) return true;
  return ((a[whole] ^ b[whole]) & (0xff00 >> bits % 8) & 0xff) == 0;
}

void in_net(sqlite3_context* c, int, sqlite3_value** v) {
  const Bytes address = bytes_of(v[0]), net = bytes_of(v[1]);
  const std::size_t slash = net.find('/');
  const std::string base = parse(net.substr(0, slash));
  auto bits = static_cast<unsigned>(base.size() * 8);
  if (slash != Bytes::npos && !parse_whole(net.substr(slash + 1), bits)) bits = 999;
  if (base.empty() || bits > base.size() * 8) {
    return sqlite3_result_error(c, "in_net() wants a network as '10.0.0.0/8' or '2001:db8::/32'",
                                -1);
  }
  sqlite3_result_int(c, address.size() == base.size() && same_bits(address, base, bits) ? 1 : 0);
}

void time(sqlite3_context* c, int, sqlite3_value** v) {
  if (sqlite3_value_type(v[0]) == SQLITE_INTEGER) give(c, time_text(sqlite3_value_int64(v[0])));
}

std::string integer(std::int64_t v, std::string_view type) {
  if (type == "TIME INTEGER") return time_text(v);
  if (type == "UNSIGNED INTEGER") return fmt::format("{}", static_cast<std::uint64_t>(v));
  if (type == "DURATION INTEGER") {
    char text[kScalarRoom];
    return {text, put_time(text, v)};
  }
  if (type.starts_with("HEX")) {
    int bits = 0;
    std::from_chars(type.data() + 3, type.data() + type.size(), bits);
    return fmt::format("0x{:0{}x}", static_cast<std::uint64_t>(v), bits / 4);
  }
  return fmt::format("{}", v);
}

}  // namespace

void add_functions(sqlite3* db) {
  const auto add = [db](const char* name, int arguments,
                        void (*f)(sqlite3_context*, int, sqlite3_value**)) {
    sqlite3_create_function(db, name, arguments, SQLITE_UTF8 | SQLITE_DETERMINISTIC, nullptr, f,
                            nullptr, nullptr);
  };
  add("ip", 1, ip);
  add("ip_text", 1, ip_text);
  add("in_net", 2, in_net);
  add("time_text", 1, time);
}

std::string shown(sqlite3_stmt* s, int column) {
  const char* declared = sqlite3_column_decltype(s, column);
  const std::string_view type = declared == nullptr ? "" : declared;
  switch (sqlite3_column_type(s, column)) {
    case SQLITE_NULL:
      return "";
    case SQLITE_INTEGER:
      return integer(sqlite3_column_int64(s, column), type);
    case SQLITE_FLOAT: {
      char text[kScalarRoom];
      return {text, put_float(text, sqlite3_column_double(s, column))};
    }
    default:
      break;
  }
  const auto* data = static_cast<const char*>(sqlite3_column_blob(s, column));
  const Bytes b(data == nullptr ? "" : data,
                static_cast<std::size_t>(sqlite3_column_bytes(s, column)));
  if (type == "IP BLOB") return address_text(b);
  if (type == "MAC BLOB") return hex(b, ":");
  TextBuffer escaped;
  if (type == "JSON TEXT") return std::string(b);
  put_escaped(escaped, b);
  return std::string(escaped.view());
}

}  // namespace t2::sql
