// SPDX-License-Identifier: Apache-2.0
#include "reply.h"

namespace t2::ftp {
namespace {

struct Start {
  std::uint16_t code = 0;
  char separator = 0;  // ' ', '-', or 0 at the end of the line
  std::string_view text;
};

bool digit(char c) {
  return c >= '0' && c <= '9';
}

std::optional<Start> parse_start(std::string_view line) {
  if (line.size() < 3 || !digit(line[0]) || !digit(line[1]) || !digit(line[2])) return {};
  Start s;
  s.code =
      static_cast<std::uint16_t>((line[0] - '0') * 100 + (line[1] - '0') * 10 + (line[2] - '0'));
  if (s.code < kLowestCode || s.code > kHighestCode) return {};
  if (line.size() == 3) return s;
  s.separator = line[3] == '\t' ? ' ' : line[3];
  if (s.separator != ' ' && s.separator != '-') return {};
  s.text = line.substr(4);
  return s;
}

}  // namespace

std::optional<Reply> ReplyParser::on_line(std::string_view line) {
  const auto start = parse_start(line);
  if (multi_ == 0) {
    if (!start) return {};
    other_ = 0;
    if (start->separator == '-') {
      multi_ = start->code;
      text_ = start->text;
      return Reply{start->code, false, true, text_, line};
    }
    return Reply{start->code, true, start->separator != 0, start->text, line};
  }
  if (text_.size() + line.size() < kMaxText) {
    text_ += '\n';
    text_ += start && start->code == multi_ ? start->text : line;
  }
  other_ = 0;
  if (!start || start->separator == '-') return {};
  if (start->code != multi_) {
    other_ = start->code;
    return {};
  }
  multi_ = 0;
  return Reply{start->code, true, false, text_, line};
}

std::optional<Reply> ReplyParser::on_client() {
  if (multi_ == 0 || other_ == 0) return {};
  const std::uint16_t code = other_;
  multi_ = other_ = 0;
  return Reply{code, true, true, text_, {}};
}

}  // namespace t2::ftp
