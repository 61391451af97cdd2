// SPDX-License-Identifier: Apache-2.0
#include "t2/settings.h"

#include <fmt/format.h>

#include <cmath>

#include "t2/words.h"

namespace t2 {
namespace {

/// Decimal, 0x... or a real number; the whole text must be a number.
bool parse_number(std::string_view text, bool real, double& number, std::int64_t& integer) {
  const bool negative = text.starts_with('-');
  std::string_view digits = text.substr(negative ? 1 : 0);
  if (digits.starts_with("0x") || digits.starts_with("0X")) {
    digits.remove_prefix(2);
    std::uint64_t v = 0;
    if (!parse_whole(digits, v, 16) || (v >> 63) != 0) return false;
    integer = negative ? -static_cast<std::int64_t>(v) : static_cast<std::int64_t>(v);
    number = static_cast<double>(integer);
    return true;
  }
  if (!real) {
    const bool good = parse_whole(text, integer);
    number = static_cast<double>(integer);
    return good;
  }
  if (!parse_whole(text, number) || !std::isfinite(number)) return false;
  integer = std::fabs(number) < 9e18 ? static_cast<std::int64_t>(number) : 0;
  return true;
}

std::string_view trim(std::string_view s) {
  const auto from = s.find_first_not_of(" \t");
  if (from == std::string_view::npos) return {};
  return s.substr(from, s.find_last_not_of(" \t\r") - from + 1);
}

}  // namespace

Setting::Setting(Settings* group, const char* name, Type type, Range range, const char* doc,
                 Env env)
    : name_(name), doc_(doc), type_(type), range_(range), env_(env) {
  group->all_.push_back(this);
}

Result<void> Setting::assign(std::string_view text, std::string_view origin) {
  if (type_ == Type::kString) {
    string_ = unquoted(text);
    origin_ = origin;
    return {};
  }
  std::string_view value = trim(text);
  if (value == "yes") value = "1";
  if (value == "no") value = "0";
  double number = 0;
  std::int64_t integer = 0;
  if (!parse_number(value, type_ == Type::kReal, number, integer)) {
    return Error{fmt::format("{} ({}): '{}' is not a number", name_, origin, text)};
  }
  if (number < range_.lowest || number > range_.highest) {
    return Error{fmt::format("{} ({}): {} is out of range, allowed are {} to {}", name_, origin,
                             value, range_.lowest, range_.highest)};
  }
  number_ = number;
  integer_ = integer;
  origin_ = origin;
  return {};
}

void Setting::reset() {
  number_ = default_number_;
  integer_ = static_cast<std::int64_t>(default_number_);
  string_ = default_string_;
  origin_ = "default";
}

std::string Setting::text() const {
  if (type_ == Type::kString) return "\"" + string_ + "\"";
  return type_ == Type::kReal ? fmt::format("{}", number_) : fmt::format("{}", integer_);
}

std::string Setting::default_text() const {
  if (type_ == Type::kString) return "\"" + default_string_ + "\"";
  return fmt::format("{}", default_number_);
}

Setting* Settings::find(std::string_view name) const {
  for (Setting* s : all_) {
    if (name == s->name()) return s;
  }
  return nullptr;
}

Flag::Flag(Settings* group, const char* name, bool initial, const char* doc, Env env)
    : Setting(group, name, Type::kFlag, {0, 1}, doc, env) {
  default_number_ = initial ? 1 : 0;
  reset();
}

Int::Int(Settings* group, const char* name, std::int64_t initial, Range range, const char* doc,
         Env env)
    : Setting(group, name, Type::kInt, range, doc, env) {
  default_number_ = static_cast<double>(initial);
  reset();
}

Real::Real(Settings* group, const char* name, double initial, Range range, const char* doc, Env env)
    : Setting(group, name, Type::kReal, range, doc, env) {
  default_number_ = initial;
  reset();
}

String::String(Settings* group, const char* name, const char* initial, const char* doc, Env env)
    : Setting(group, name, Type::kString, {}, doc, env) {
  default_string_ = initial;
  reset();
}

}  // namespace t2
