// SPDX-License-Identifier: Apache-2.0
#include "tawk/decode.h"

#include <fmt/format.h>

#include <algorithm>
#include <charconv>
#include <optional>
#include <vector>

#include "settings/resolver.h"
#include "t2/unicode.h"
#include "tawk/values.h"

namespace t2::tawk {
namespace {

using tools::BitLabel;
using tools::Catalogue;
using tools::ColumnEntry;

constexpr std::string_view kReset = "\033[0m", kBold = "\033[1m", kName = "\033[1;33m";

const ColumnEntry* find_column(const Catalogue& catalogue, std::string_view name) {
  const ColumnEntry* found = nullptr;
  tools::each_column(catalogue, false, [&](const ColumnEntry& c) {
    if (c.name == name && (found == nullptr || (found->bits.empty() && !c.bits.empty())))
      found = &c;
  });
  return found;
}

const ColumnEntry* find_bit_field(const Catalogue& catalogue, std::string_view name) {
  const ColumnEntry* column = find_column(catalogue, name);
  return column == nullptr || column->bits.empty() ? nullptr : column;
}

/// A type of _headers.txt without ":R" and without parts.
std::string scalar_in_words(std::string_view type, std::string_view number) {
  if (number == "25") return "a time";
  if (number == "26") return "a length of time";
  if (type == "MAC") return "a MAC address";
  if (type == "IPX") return "an IPv4 or IPv6 address";
  if (type == "C") return "a letter";
  if (type == "F" || type == "D") return "a number with decimals";
  if (type.starts_with('H')) return fmt::format("{} bits in hexadecimal", type.substr(1));
  if (type.starts_with('U') || type.starts_with('I'))
    return fmt::format("a whole number of {} bits{}", type.substr(1),
                       type.starts_with('I') ? ", with a sign" : "");
  return "text";
}

/// "U16:R" -> "a list of: a whole number of 16 bits"
std::string type_in_words(std::string_view type, std::string_view number) {
  const bool list = type.ends_with(":R");
  if (list) type.remove_suffix(2);
  std::string out = list ? "a list, with ; between the items, of: " : "";
  for (bool first = true; !type.empty(); first = false) {
    const std::size_t end = std::min(type.find('_'), type.size());
    out += fmt::format("{}{}", first ? "" : ", then _ and ",
                       scalar_in_words(type.substr(0, end), number.substr(0, number.find(':'))));
    type.remove_prefix(std::min(end + 1, type.size()));
  }
  return out;
}

/// Width in bits of "H8", "H16:R", ...; 64 if the type is no plain bit field.
unsigned width_of(const ColumnEntry& c) {
  const std::size_t at = c.type.find('H');
  unsigned width = 0;
  if (at != std::string::npos) {
    std::from_chars(c.type.data() + at + 1, c.type.data() + c.type.size(), width);
  }
  return width == 8 || width == 16 || width == 32 ? width : 64;
}

/// 0x0001, from 32 bits on in groups of four digits.
std::string mask_text(unsigned bit, unsigned width) {
  std::string digits = fmt::format("{:0{}x}", std::uint64_t{1} << bit, width / 4);
  if (width >= 32) {
    for (std::size_t i = digits.size(); i > 4;) digits.insert(i -= 4, " ");
  }
  return "0x" + digits;
}

struct Layout {
  std::size_t title, row;
};
/// The tutorial shows tcpFlags with a title narrower than the rows.
Layout layout_of(const ColumnEntry& c, unsigned width) {
  if (c.name == "tcpFlags") return {c.name.size(), 10};
  const std::size_t w = std::max(c.name.size(), mask_text(0, width).size());
  return {w, w};
}

std::string paint(std::string_view colour, std::string_view text, bool terminal) {
  return terminal ? fmt::format("{}{}{}", colour, text, kReset) : std::string(text);
}

std::string_view colour_of(Severity severity) {
  switch (severity) {
    case Severity::kInfo:
      return "\033[0;34m";
    case Severity::kWarning:
      return "\033[0;33m";
    case Severity::kError:
      return "\033[0;31m";
    case Severity::kNone:
      break;
  }
  return kReset;
}

/// All declared bits and, with a value, those of its bits that are not.
std::vector<BitLabel> rows_of(const ColumnEntry& c, unsigned width,
                              std::optional<std::uint64_t> value) {
  std::vector<BitLabel> rows = c.bits;
  for (unsigned bit = 0; value && bit < width; ++bit) {
    const bool declared =
        std::any_of(c.bits.begin(), c.bits.end(), [&](const BitLabel& b) { return b.bit == bit; });
    if (!declared) rows.push_back({bit, "-", Severity::kNone});
  }
  std::erase_if(rows, [&](const BitLabel& b) { return value && ((*value >> b.bit) & 1) == 0; });
  std::sort(rows.begin(), rows.end(),
            [](const BitLabel& a, const BitLabel& b) { return a.bit < b.bit; });
  return rows;
}

std::string sentence(std::string_view name, std::string_view typed, bool terminal) {
  return fmt::format(
      "\nThe {} column {}is to be interpreted as follows:\n\n", paint(kName, name, terminal),
      typed.empty() ? "" : fmt::format("with value {} ", paint(kBold, printable(typed), terminal)));
}

std::string title(const std::string& text, bool terminal) {
  std::string out = paint(kBold, text, terminal) + '\n';
  if (terminal) out += paint(kBold, fmt::format("   {:=<77}", ""), true) + '\n';
  return out;
}

/// The whole table for an empty value, else the rows of its bits.
Result<void> bit_table(const ColumnEntry& c, std::string_view typed, bool terminal,
                       std::string& out) {
  const unsigned width = width_of(c);
  std::uint64_t number = 0;
  if (!typed.empty() && (!parse_number(typed, number) || (width < 64 && (number >> width) != 0))) {
    return Error{fmt::format("'{}' is not a value of {}: expected a number of {} bits such as {}",
                             typed, c.name, width, fmt::format("0x{:0{}x}", 1, width / 4))};
  }
  const std::optional<std::uint64_t> value =
      typed.empty() ? std::nullopt : std::optional<std::uint64_t>(number);
  const Layout layout = layout_of(c, width);
  out += sentence(c.name, typed, terminal);
  out += title(fmt::format("   bit | {:<{}} | Description", c.name, layout.title), terminal);
  unsigned group = 0;
  for (const BitLabel& b : rows_of(c, width, value)) {
    if (!value && b.bit / 4 != group) out += '\n';
    group = b.bit / 4;
    const std::string row =
        fmt::format("{:>6} | {:<{}} | {}", b.bit, mask_text(b.bit, width), layout.row, b.text);
    out += paint(colour_of(b.severity), row, terminal) + '\n';
  }
  out += '\n';
  return {};
}

Result<void> value_table(const ValueTable& table, std::string_view name, std::string_view typed,
                         bool terminal, std::string& out) {
  auto rows = matching(table, name, typed);
  if (!rows) return rows.error();
  std::size_t width = name.size();
  for (const ValueRow& row : table.rows) width = std::max(width, row.shown.size());
  out += sentence(name, typed, terminal);
  out += title(fmt::format("   {:<{}} | Description", name, width), terminal);
  for (const ValueRow& row : *rows)
    out += fmt::format("   {:<{}} | {}\n", row.shown, width, row.text);
  out += '\n';
  return {};
}

/// A column without bits and names of values.
std::string column_text(const ColumnEntry& c, std::string_view unit, std::string_view typed,
                        bool terminal) {
  std::string out = sentence(c.name, typed, terminal);
  out += fmt::format("   {}\n   Type: {}, {}\n", c.doc, c.type, type_in_words(c.type, c.number));
  if (!unit.empty()) out += fmt::format("   Unit: {}\n", unit);
  return out + '\n';
}

/// "a;b;a": each part once. Quotes around a part stay.
std::vector<std::string_view> distinct_parts(std::string_view value) {
  std::vector<std::string_view> parts;
  for (bool more = true; more;) {
    const std::size_t end = value.find(';');
    const std::string_view part = value.substr(0, end);
    more = end != std::string_view::npos;
    if (more) value.remove_prefix(end + 1);
    if (std::find(parts.begin(), parts.end(), part) == parts.end()) parts.push_back(part);
  }
  return parts;
}

}  // namespace

std::vector<std::string> Explainer::names() const {
  std::vector<std::string> out = value_columns(values_);
  tools::each_column(catalogue_, false, [&](const ColumnEntry& c) {
    if (std::find(out.begin(), out.end(), c.name) == out.end()) out.push_back(c.name);
  });
  std::sort(out.begin(), out.end());
  return out;
}

bool Explainer::knows(std::string_view column) const {
  return find_column(catalogue_, column) != nullptr || has_table(column);
}

bool Explainer::has_table(std::string_view column) const {
  return find_bit_field(catalogue_, column) != nullptr ||
         !find_values(values_, column).rows.empty();
}

Result<void> Explainer::explain(std::string_view query, std::string& out) const {
  const std::size_t equals = std::min(query.find('='), query.size());
  const std::string_view name = query.substr(0, equals);
  std::string_view value = equals < query.size() ? query.substr(equals + 1) : "";
  while (!value.empty() && std::string_view(",;.").find(value.back()) != std::string_view::npos) {
    value.remove_suffix(1);
  }
  const ColumnEntry* bits = find_bit_field(catalogue_, name);
  const ValueTable table = bits == nullptr ? find_values(values_, name) : ValueTable{};
  const ColumnEntry* const column = find_column(catalogue_, name);
  if (bits == nullptr && table.rows.empty() && column != nullptr) {
    out += column_text(*column, find_unit(values_, name), value, terminal_);
    return {};
  }
  if (bits == nullptr && table.rows.empty()) {
    return Error{fmt::format("No documentation available for variable '{}'{}", name,
                             did_you_mean(name, names()))};
  }
  std::string text;
  for (const std::string_view part : distinct_parts(value)) {
    auto done = bits != nullptr ? bit_table(*bits, part, terminal_, text)
                                : value_table(table, name, part, terminal_, text);
    if (!done) return done;
  }
  out += text;
  return {};
}

bool Explainer::explain_report(std::string_view report, std::string& out) const {
  std::string plain;  // without the colours of a terminal
  for (std::size_t i = 0; i < report.size(); ++i) {
    if (report.substr(i).starts_with("\033[")) {
      while (i < report.size() && report[i] != 'm') ++i;
    } else {
      plain += report[i];
    }
  }
  bool any = false;
  for (std::size_t at = 0; (at = plain.find_first_not_of(" \t\r\n", at)) != std::string::npos;) {
    const std::size_t end = std::min(plain.find_first_of(" \t\r\n", at), plain.size());
    const std::string_view word = std::string_view(plain).substr(at, end - at);
    at = end;
    const std::size_t equals = word.find('=');
    if (equals == std::string_view::npos || equals == 0 || equals + 1 == word.size()) continue;
    if (has_table(word.substr(0, equals))) any = explain(word, out).ok() || any;
  }
  return any;
}

}  // namespace t2::tawk
