// SPDX-License-Identifier: Apache-2.0
#include "multipart.h"

#include <utility>

namespace t2::http {

void MultipartReader::feed(Bytes data) {
  if (step_ == Step::kEpilogue) return;
  text_ += as_text(data);
  while (advance()) {
  }
}

/// One step; false: more bytes are needed, or nothing is left to do.
bool MultipartReader::advance() {
  switch (step_) {
    case Step::kPreamble:
    case Step::kData:
      return find_delimiter();
    case Step::kDelimiter:
      return delimiter_line();
    case Step::kHead:
      return head();
    case Step::kEpilogue:
      text_.clear();
      break;
  }
  return false;
}

/// Of a delimiter, which a line end, blanks or "--" follow (RFC 2046 5.1.1).
std::size_t MultipartReader::delimiter_place() const {
  std::size_t at = 0;
  while ((at = text_.find(delimiter_, at)) != text_.npos) {
    const std::size_t end = at + delimiter_.size();
    if (end == text_.size()) return text_.npos;  // what follows will tell
    if (std::string_view("-\r\n \t").find(text_[end]) != std::string_view::npos) return at;
    at = end;
  }
  return at;
}

/// Gives on what cannot be part of a delimiter.
bool MultipartReader::find_delimiter() {
  const std::size_t at = delimiter_place();
  const std::size_t kept = delimiter_.size() + 1;  // a CR before it belongs to it
  std::size_t content = at;
  if (at == text_.npos) {
    if (text_.size() <= kept) return false;
    content = text_.size() - kept;
  } else if (at > 0 && text_[at - 1] == '\r') {
    --content;
  }
  if (in_part_ && content > 0) give_on(content);
  if (at == text_.npos) {
    text_.erase(0, content);
    return false;
  }
  text_.erase(0, at + delimiter_.size());
  artificial_ = false;
  end_part(true);
  step_ = Step::kDelimiter;
  return true;
}

bool MultipartReader::delimiter_line() {
  if (text_.size() < 2) return false;
  if (text_.starts_with("--")) {
    step_ = Step::kEpilogue;
    return true;
  }
  const std::size_t end = text_.find('\n');
  if (end == text_.npos && text_.size() < kLongestHead) return false;
  text_.erase(0, end == text_.npos ? end : end + 1);
  step_ = Step::kHead;
  scanned_ = 0;
  return true;
}

bool MultipartReader::head() {
  const auto size = head_length(text_, false, scanned_);
  if (!size && text_.size() < kLongestHead) return false;
  const std::size_t end = size.value_or(0);
  // parse_head() takes a start line first.
  events_.on_part(parse_head("\n" + text_.substr(0, end), true));
  // The line end of the head may be that of an empty part's delimiter.
  text_.replace(0, end, "\n");
  artificial_ = true;
  step_ = Step::kData;
  in_part_ = true;
  lost_ = false;
  return true;
}

void MultipartReader::give_on(std::size_t size) {
  std::string_view content = std::string_view(text_).substr(0, size);
  if (!content.empty() && std::exchange(artificial_, false)) content.remove_prefix(1);
  if (!content.empty()) events_.on_part_data(as_bytes(content));
}

void MultipartReader::end_part(bool marked) {
  if (std::exchange(in_part_, false)) events_.on_part_end(marked, lost_);
}

void MultipartReader::lose() {
  if (in_part_) give_on(text_.size());
  lost_ = true;
  artificial_ = false;
  text_.clear();
  if (step_ == Step::kHead || step_ == Step::kDelimiter) step_ = Step::kPreamble;
}

void MultipartReader::finish() {
  const bool delimited = step_ == Step::kData && text_.ends_with(delimiter_);
  if (delimited) {
    text_ += '\n';
    find_delimiter();
  }
  if (in_part_) give_on(text_.size());
  end_part(false);
  step_ = Step::kEpilogue;
  text_.clear();
}

}  // namespace t2::http
