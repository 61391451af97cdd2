// SPDX-License-Identifier: Apache-2.0
#include "tcol/table.h"

#include <fmt/format.h>

#include <algorithm>
#include <cwchar>

#include "t2/unicode.h"

namespace t2::tcol {
namespace {

bool plain(std::string_view s) {
  return std::all_of(s.begin(), s.end(), [](unsigned char c) { return c >= 0x20 && c < 0x7f; });
}

/// Length of the character at the start of `s` and its width; length 0 if it cannot be shown.
struct Character {
  std::size_t bytes = 0;
  std::size_t width = 0;
};

Character character(std::string_view s) {
  if (t2::printable_length(s) == 0) return {};
  std::mbstate_t state{};
  wchar_t wide = 0;
  const std::size_t n = std::mbrtowc(&wide, s.data(), s.size(), &state);
  if (n == 0 || n > s.size()) return {};
  const int width = wcwidth(wide);
  return width < 0 ? Character{} : Character{n, static_cast<std::size_t>(width)};
}

template <class Function>
void each_cell(std::string_view line, Function f) {
  for (std::size_t i = 0;; ++i) {
    const auto tab = line.find('\t');
    f(i, line.substr(0, tab));
    if (tab == std::string_view::npos) return;
    line.remove_prefix(tab + 1);
  }
}

}  // namespace

bool laid_out(std::string_view line) {
  return !line.empty() && line[0] != '#';
}

Cell display(std::string_view cell, std::size_t limit) {
  if (plain(cell)) {
    if (limit > 0) cell = cell.substr(0, limit);
    return {std::string(cell), cell.size()};
  }
  Cell out;
  while (!cell.empty()) {
    Character c = character(cell);
    std::string text(cell.substr(0, c.bytes));
    if (c.bytes == 0) {
      text = fmt::format("\\x{:02x}", static_cast<unsigned char>(cell[0]));
      c = {1, text.size()};
    }
    if (limit > 0 && out.width + c.width > limit) break;
    out.text += text;
    out.width += c.width;
    cell.remove_prefix(c.bytes);
  }
  return out;
}

void Table::measure(std::string_view line) {
  if (!laid_out(line)) return;
  each_cell(line, [this](std::size_t i, std::string_view cell) {
    if (i >= widths_.size()) widths_.resize(i + 1);
    std::size_t width = cell.size();
    if (!plain(cell)) {
      width = display(cell, limit_).width;
    } else if (limit_ > 0) {
      width = std::min(width, limit_);
    }
    widths_[i] = std::max(widths_[i], width);
  });
}

std::size_t Table::width_of_first(std::size_t columns) const {
  // If they fill the screen nothing is left to scroll.
  constexpr std::size_t kMost = 60;
  std::size_t width = 0;
  for (std::size_t i = 0; i < std::min(columns, widths_.size()); ++i) width += widths_[i] + 2;
  return width > kMost ? 0 : width;
}

void Table::put(std::string_view line, std::string& out) const {
  if (line.empty()) return;
  if (!laid_out(line)) {
    out += display(line, 0).text;
    out += '\n';
    return;
  }
  const std::size_t start = out.size();
  std::size_t padding = 0;
  each_cell(line, [&](std::size_t i, std::string_view cell) {
    out.append(padding, ' ');
    const Cell c = display(cell, limit_);
    out += c.text;
    padding = (i < widths_.size() ? widths_[i] - std::min(widths_[i], c.width) : 0) + 2;
  });
  while (out.size() > start && out.back() == ' ') out.pop_back();
  out += '\n';
}

}  // namespace t2::tcol
