// SPDX-License-Identifier: Apache-2.0
#include "tawk/values.h"

#include <fmt/format.h>

#include <algorithm>

#include "t2/words.h"

namespace t2::tawk {
namespace {

template <class Function>
void each_line(std::string_view text, Function f) {
  while (!text.empty()) {
    const std::size_t end = std::min(text.find('\n'), text.size());
    f(text.substr(0, end));
    text.remove_prefix(std::min(end + 1, text.size()));
  }
}

/// "[l4Proto]", "[srcIPCC,dstIPCC]" or "[ipOptCpCl_Num bits 32]": the names; "" for other lines.
std::string_view section(std::string_view line) {
  if (!line.starts_with('[')) return {};
  return line.substr(1, line.find_first_of(" ]") - 1);
}

/// Whether a list of names, separated by `separator`, holds this one.
bool holds(std::string_view list, char separator, std::string_view name) {
  for (bool more = true; more && !list.empty();) {
    const std::size_t end = list.find(separator);
    if (list.substr(0, end) == name) return true;
    more = end != std::string_view::npos;
    if (more) list.remove_prefix(end + 1);
  }
  return false;
}

/// "0x454747[00-ff]" are the numbers from 0x45474700 to 0x454747ff.
bool parse_bracket(std::string_view text, ValueRow& row) {
  const std::size_t open = text.find('['), dash = text.find('-', open), close = text.find(']');
  if (open == std::string_view::npos || dash == std::string_view::npos ||
      close == std::string_view::npos || close < dash) {
    return false;
  }
  const std::string head(text.substr(0, open));
  return parse_number(head + std::string(text.substr(open + 1, dash - open - 1)), row.first) &&
         parse_number(head + std::string(text.substr(dash + 1, close - dash - 1)), row.last);
}

ValueRow parse_row(std::string_view value, std::string_view text) {
  ValueRow row;
  row.text = text;
  const std::size_t slash = std::min(value.find('/'), value.size());
  const std::string_view range = value.substr(0, slash);
  row.shown = range;
  if (slash < value.size()) (void)parse_number(value.substr(slash + 1), row.mask);
  const std::size_t dash = range.find('-');
  if (parse_bracket(range, row)) {
    row.number = true;
  } else if (dash != std::string_view::npos) {
    row.number = parse_number(range.substr(0, dash), row.first) &&
                 parse_number(range.substr(dash + 1), row.last);
  } else {
    row.number = parse_number(range, row.first);
    row.last = row.first;
  }
  return row;
}

/// FIRST_MASK, SECOND_MASK, text; one of the masks is empty.
ValueRow parse_pair(std::string_view line) {
  const std::size_t tab = line.find('\t'), second = line.find('\t', tab + 1);
  ValueRow row;
  row.number = true;
  row.part = tab == 0 ? 1 : 0;
  const std::string_view mask =
      row.part == 0 ? line.substr(0, tab) : line.substr(tab + 1, second - tab - 1);
  (void)parse_number(mask, row.mask);
  row.shown = row.part == 0 ? fmt::format("{}_", mask) : fmt::format("_{}", mask);
  row.text = line.substr(second + 1);
  return row;
}

bool fits(const ValueRow& row, std::uint64_t value) {
  return (value & row.mask) >= row.first && (value & row.mask) <= row.last;
}

}  // namespace

bool parse_number(std::string_view text, std::uint64_t& out) {
  const bool hex = text.starts_with("0x") || text.starts_with("0X");
  if (hex) text.remove_prefix(2);
  return parse_whole(text, out, hex ? 16 : 10);
}

ValueTable find_values(std::string_view file, std::string_view column) {
  ValueTable table;
  bool inside = false;
  each_line(file, [&](std::string_view line) {
    if (line.starts_with('[')) {
      inside = holds(section(line), ',', column);
      table.pair = table.pair || (inside && line.find(" bits ") != std::string_view::npos);
      return;
    }
    const std::size_t tab = line.find('\t');
    if (!inside || tab == std::string_view::npos || line.starts_with('#')) return;
    table.rows.push_back(table.pair ? parse_pair(line)
                                    : parse_row(line.substr(0, tab), line.substr(tab + 1)));
  });
  return table;
}

std::vector<std::string> value_columns(std::string_view file) {
  std::vector<std::string> out;
  each_line(file, [&](std::string_view line) {
    std::string_view names = section(line);
    while (!names.empty()) {
      const std::size_t end = std::min(names.find(','), names.size());
      out.emplace_back(names.substr(0, end));
      names.remove_prefix(std::min(end + 1, names.size()));
    }
  });
  return out;
}

std::string_view find_unit(std::string_view file, std::string_view column) {
  std::string_view unit;
  each_line(file, [&](std::string_view line) {
    const std::size_t tab = line.find('\t');
    if (!line.starts_with('@') || tab == std::string_view::npos) return;
    if (holds(line.substr(tab + 1), ' ', column)) unit = line.substr(1, tab - 1);
  });
  return unit;
}

Result<std::vector<ValueRow>> matching(const ValueTable& table, std::string_view column,
                                       std::string_view value) {
  std::vector<ValueRow> out;
  if (value.empty()) return table.rows;
  value = unquoted(value);
  std::uint64_t parts[2] = {0, 0};
  const bool numbers = table.rows.front().number;
  const std::size_t middle = table.pair ? value.find('_') : std::string_view::npos;
  const bool both = middle != std::string_view::npos;
  const bool good = parse_number(value.substr(0, middle), parts[0]) &&
                    (!both || parse_number(value.substr(middle + 1), parts[1]));
  if (numbers && !good) {
    return Error{fmt::format("'{}' is not a value of {}: expected {}", value, column,
                             table.pair ? "two numbers such as 0x80_0x00100000"
                                        : fmt::format("a number such as {}", table.rows[0].shown))};
  }
  for (const ValueRow& row : table.rows) {
    const bool match = table.pair ? (parts[row.part] & row.mask) != 0
                       : numbers  ? fits(row, parts[0])
                                  : row.shown == value;
    if (match) out.push_back(row);
  }
  return out;
}

}  // namespace t2::tawk
