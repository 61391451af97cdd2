// SPDX-License-Identifier: Apache-2.0
#include "columns.h"

#include <fmt/format.h>

#include <algorithm>
#include <unordered_map>

namespace t2::report {
namespace {

void begin(JsonWriter& out, std::string_view name, std::string_view kind) {
  out.begin_object().key("n").text(name).key("k").text(kind);
}

void write_list(JsonWriter& out, std::string_view key, const std::vector<std::uint64_t>& v) {
  out.key(key).begin_array();
  for (const std::uint64_t n : v) out.number(std::min(n, kLargestNumber));
  out.end_array();
}

/// The most frequent value, if it fills most of the column.
bool mostly_one(const std::vector<std::uint64_t>& v, std::uint64_t& value) {
  // Boyer and Moore's majority vote, then a count.
  std::size_t votes = 0;
  for (const std::uint64_t n : v) {
    if (votes == 0) value = n;
    votes += n == value ? 1 : static_cast<std::size_t>(-1);
  }
  const auto count = static_cast<std::size_t>(std::ranges::count(v, value));
  return count * 4 > v.size() * 3;
}

/// Numbers of `v` in a dictionary in order of appearance.
template <class T, class Write>
void write_dictionary(JsonWriter& out, std::string_view name, const std::vector<T>& v,
                      Write write) {
  std::unordered_map<T, std::uint64_t> numbers;
  std::vector<T> texts;
  std::vector<std::uint64_t> codes;
  codes.reserve(v.size());
  for (const T& value : v) {
    const auto [at, is_new] = numbers.emplace(value, texts.size());
    if (is_new) texts.push_back(value);
    codes.push_back(at->second);
  }
  begin(out, name, "dict");
  out.key("d").begin_array();
  for (const T& t : texts) write(t);
  out.end_array();
  write_list(out, "v", codes);
  out.end_object();
}

}  // namespace

void write_numbers(JsonWriter& out, std::string_view name, const std::vector<std::uint64_t>& v) {
  std::uint64_t usual = 0;
  if (v.size() < 8 || !mostly_one(v, usual)) {
    begin(out, name, "int");
    write_list(out, "v", v);
    out.end_object();
    return;
  }
  std::vector<std::uint64_t> steps, values;
  std::size_t last = 0;
  for (std::size_t i = 0; i < v.size(); ++i) {
    if (v[i] == usual) continue;
    steps.push_back(i - last);
    values.push_back(v[i]);
    last = i;
  }
  begin(out, name, "sparse");
  out.key("z").number(std::min(usual, kLargestNumber)).key("N").number(v.size());
  write_list(out, "i", steps);
  write_list(out, "v", values);
  out.end_object();
}

void write_steps(JsonWriter& out, std::string_view name, const std::vector<std::int64_t>& v) {
  begin(out, name, "delta");
  out.key("v").begin_array();
  std::int64_t last = 0;
  for (const std::int64_t n : v) {
    out.literal(fmt::format("{}", n - last));
    last = n;
  }
  out.end_array().end_object();
}

void write_bits(JsonWriter& out, std::string_view name, const std::vector<std::uint64_t>& v) {
  write_dictionary(out, name, v, [&](std::uint64_t n) { out.text(fmt::format("0x{:x}", n)); });
}

void write_texts(JsonWriter& out, std::string_view name, const std::vector<std::string_view>& v) {
  write_dictionary(out, name, v, [&](std::string_view t) { out.text(t); });
}

void write_reals(JsonWriter& out, std::string_view name, const std::vector<double>& v) {
  begin(out, name, "num");
  out.key("v").begin_array();
  for (const double n : v) out.literal(n == 0 ? "0" : fmt::format("{:.4g}", n));
  out.end_array().end_object();
}

}  // namespace t2::report
