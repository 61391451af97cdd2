// SPDX-License-Identifier: Apache-2.0
#include "engine/report_writer.h"

#include <fmt/format.h>

#include "base/format.h"
#include "t2/text.h"

namespace t2 {
namespace {

bool is_letter(char c) {
  return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z');
}
bool is_digit(char c) {
  return c >= '0' && c <= '9';
}
char small(char c) {
  return c >= 'A' && c <= 'Z' ? static_cast<char>(c - 'A' + 'a') : c;
}

}  // namespace

std::string report_key(std::string_view label) {
  std::string key;
  for (const char c : label) {
    if (is_letter(c) || is_digit(c)) {
      key += small(c);
    } else if (!key.empty() && key.back() != '_') {
      key += '_';
    }
  }
  if (key.ends_with('_')) key.pop_back();
  return key;
}

std::string bits_text(std::uint64_t value, int digits) {
  return fmt::format("0x{:0{}x}", value, digits);
}

void ReportWriter::count(std::string_view label, std::uint64_t n) {
  value(report_key(label), n);
  if (n > 0) lines_.line(fmt::format("Number of {}: {}", label, with_suffix(n)));
}

void ReportWriter::count(std::string_view label, std::uint64_t n, std::uint64_t of) {
  if (n > 0) return count_always(label, n, of);
  value(report_key(label), n);
}

void ReportWriter::count_always(std::string_view label, std::uint64_t n, std::uint64_t of) {
  value(report_key(label), n);
  lines_.line(fmt::format("Number of {}: {}{}", label, with_suffix(n), percent(n, of)));
}

void ReportWriter::time(std::string_view name, Nanoseconds t) {
  char buffer[24] = {};
  text(name, {buffer, put_time(buffer, t)});
}

void ReportWriter::seconds(std::string_view name, double s) {
  json_.key(name).literal(fmt::format("{:.9f}", s));
}

void ReportWriter::bits(std::string_view name, std::uint64_t value, int digits) {
  text(name, bits_text(value, digits));
}

void ReportWriter::texts(std::string_view name, std::span<const std::string> all) {
  json_.key(name).begin_array();
  for (const std::string& s : all) json_.text(s);
  json_.end_array();
}

}  // namespace t2
