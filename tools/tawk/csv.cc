// SPDX-License-Identifier: Apache-2.0
#include "tawk/csv.h"

#include <fmt/format.h>

namespace t2::tawk {

void CsvReader::add(std::string_view in, std::string& out) {
  for (const char c : in) byte(c, out);
}

void CsvReader::byte(char c, std::string& out) {
  any_ = true;
  if (at_ == At::kQuoted) {
    if (c == '"')
      at_ = At::kQuoteInQuoted;
    else
      out += c;
    return;
  }
  if (at_ == At::kQuoteInQuoted && c == '"') {
    out += '"';
    at_ = At::kQuoted;
    return;
  }
  if (at_ == At::kCellStart && c == '"' && pending_.empty()) {
    at_ = At::kQuoted;
    quote_row_ = rows_ + 1;
    return;
  }
  if (c == '\n') {
    if (pending_ == "\r" && rows_ == 0) crlf_ = true;
    if (pending_ != "\r") out += pending_;
    pending_.clear();
    end_row(out);
    return;
  }
  if (pending_ == "\r") {  // one that ends no row
    out += pending_;
    pending_.clear();
  }
  pending_ += c;
  if (c == '\r' && pending_.size() == 1) return;
  if (separator_.starts_with(pending_)) {
    if (pending_.size() < separator_.size()) return;
    out += marks_.cell;
    at_ = At::kCellStart;
  } else {
    out += pending_;
    at_ = At::kPlain;
  }
  pending_.clear();
}

void CsvReader::end_row(std::string& out) {
  out += marks_.row;
  ++rows_;
  at_ = At::kCellStart;
  any_ = false;
}

Result<void> CsvReader::finish(std::string& out) {
  if (pending_ != "\r") out += pending_;
  pending_.clear();
  const bool open = at_ == At::kQuoted;
  if (any_) end_row(out);
  if (open) return Error{fmt::format("the quote that opens in row {} is never closed", quote_row_)};
  return {};
}

namespace {

void put_cell(std::string_view cell, std::string_view separator, std::string& out) {
  const bool plain = cell.find_first_of("\"\r\n") == std::string_view::npos &&
                     cell.find(separator) == std::string_view::npos;
  if (plain) {
    out += cell;
    return;
  }
  out += '"';
  for (const char c : cell) {
    if (c == '"') out += '"';
    out += c;
  }
  out += '"';
}

}  // namespace

void put_csv_row(std::string_view row, const Marks& marks, std::string_view separator,
                 std::string_view line_end, std::string& out) {
  for (;;) {
    const std::size_t end = row.find(marks.cell);
    put_cell(row.substr(0, end), separator, out);
    if (end == std::string_view::npos) break;
    out += separator;
    row.remove_prefix(end + marks.cell.size());
  }
  out += line_end;
}

}  // namespace t2::tawk
