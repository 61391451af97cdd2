// SPDX-License-Identifier: Apache-2.0
#include "tawk/output.h"

#include <algorithm>

#include "t2/unicode.h"

namespace t2::tawk {
namespace {

std::vector<std::string_view> cells_of(std::string_view row, std::string_view separator) {
  std::vector<std::string_view> cells;
  for (;;) {
    // tawk -O '': cells that nothing separates are one.
    const std::size_t end = separator.empty() ? std::string_view::npos : row.find(separator);
    cells.push_back(row.substr(0, end));
    if (end == std::string_view::npos) return cells;
    row.remove_prefix(end + separator.size());
  }
}

/// How many of the last bytes may be the beginning of `what`.
std::size_t beginning_at_end(std::string_view text, std::string_view what) {
  std::size_t n = std::min(text.size(), what.size() - 1);
  while (n > 0 && !text.ends_with(what.substr(0, n))) --n;
  return n;
}

/// How many of the last bytes are the beginning of a UTF-8 character.
std::size_t open_character(std::string_view text) {
  for (std::size_t n = 1; n <= std::min<std::size_t>(3, text.size()); ++n) {
    const auto c = static_cast<unsigned char>(text[text.size() - n]);
    if (c < 0x80) return 0;
    if (c < 0xc0) continue;
    const std::size_t wanted = c >= 0xf0 ? 4 : c >= 0xe0 ? 3 : 2;
    return n < wanted ? n : 0;
  }
  return 0;
}

}  // namespace

void Output::add(std::string_view in, std::string& out) {
  held_ += in;
  for (;;) {
    const std::size_t at = held_.find(mark_);
    if (at == std::string::npos) {
      const std::size_t kept = beginning_at_end(held_, mark_);
      take_text(held_.size() - kept, false, out);
      return;
    }
    if (at > 0) take_text(at, true, out);
    if (!take_message(out)) return;
  }
}

void Output::finish(std::string& out) {
  take_text(held_.size(), true, out);
}

/// held_ begins with the mark. False: the message is not complete.
bool Output::take_message(std::string& out) {
  const std::string_view text = std::string_view(held_).substr(mark_.size());
  if (text.starts_with('[')) {  // a colour
    const std::size_t end = text.find('m');
    if (end == std::string_view::npos) return false;
    out += '\033';
    out += text.substr(0, end + 1);
    held_.erase(0, mark_.size() + end + 1);
    return true;
  }
  const std::size_t separator_end = text.find(mark_);
  if (separator_end == std::string_view::npos) return false;
  const std::size_t from = separator_end + mark_.size(), end = text.find(mark_ + 'E', from);
  if (end == std::string_view::npos) return false;
  const auto cells = cells_of(text.substr(from, end - from), text.substr(1, separator_end - 1));
  if (text[0] == 'N')
    rows_.names(cells);
  else
    out += rows_.row(cells);
  held_.erase(0, mark_.size() + end + mark_.size() + 1);
  return true;
}

/// The first `n` bytes of held_ are text; `last`: something else follows, or nothing.
void Output::take_text(std::size_t n, bool last, std::string& out) {
  std::string_view text = std::string_view(held_).substr(0, n);
  if (csv_) {
    for (std::size_t end = 0; (end = text.find(csv_->marks.row)) != std::string_view::npos;) {
      std::string row;
      put_csv_row(text.substr(0, end), csv_->marks, csv_->separator, csv_->line_end, row);
      put(row, out);
      text.remove_prefix(end + csv_->marks.row.size());
    }
    if (!last && text.size() < kMaxHeld) {
      held_.erase(0, n - text.size());
      return;
    }
  }
  if (!last && terminal_) text.remove_suffix(open_character(text));
  put(text, out);
  held_.erase(0, static_cast<std::size_t>(text.data() - held_.data()) + text.size());
}

void Output::put(std::string_view text, std::string& out) const {
  if (terminal_)
    out += printable(text, "\n\t");
  else
    out += text;
}

}  // namespace t2::tawk
