// SPDX-License-Identifier: Apache-2.0
#include "lines.h"

#include <algorithm>
#include <cstring>

namespace t2::ftp {
namespace {

// RFC 854. A byte 255 followed by less than 240 is no command: a Latin-1 name, sent without
// doubling.
constexpr std::uint8_t kIac = 255, kLowestCommand = 240, kSe = 240, kSb = 250, kWill = 251;

std::string_view without_cr(std::string_view s) {
  while (s.ends_with('\r')) s.remove_suffix(1);
  return s;
}

/// What stands before the next byte that needs a look.
Bytes plain_start(Bytes text) {
  for (const std::uint8_t special : {std::uint8_t{'\n'}, std::uint8_t{'\r'}, kIac}) {
    const std::size_t at = as_text(text).find(static_cast<char>(special));
    if (at != std::string_view::npos) text = first(text, at);
  }
  return text;
}

}  // namespace

inline void LineSplitter::finish(Line& line, std::string_view text) {
  line = {text, cut_, after_gap_};
  cut_ = cr_ = after_gap_ = false;
}

/// A whole line without anything special in it needs no copy.
bool LineSplitter::next_plain(Line& line) {
  if (!at_line_start() || input_.empty()) return false;
  const auto* begin = input_.data();
  const auto* end = static_cast<const std::uint8_t*>(std::memchr(begin, '\n', input_.size()));
  if (end == nullptr) return false;
  const auto n = static_cast<std::size_t>(end - begin);
  if (n > kMaxLine || std::memchr(begin, kIac, n) != nullptr ||
      std::memchr(begin, 0, n) != nullptr) {
    return false;
  }
  const std::string_view text = as_text(first(input_, n));
  input_ = input_.subspan(n + 1);
  finish(line, without_cr(text));
  return true;
}

bool LineSplitter::find_next(Line& line) {
  if (given_out_) {
    partial_.clear();
    given_out_ = false;
  }
  if (next_plain(line)) return true;
  for (std::size_t i = 0; i < input_.size(); ++i) {
    i += put_plain(input_.subspan(i));
    if (i == input_.size() || !take(input_[i])) continue;
    input_ = input_.subspan(i + 1);
    given_out_ = true;
    finish(line, without_cr(partial_));
    return true;
  }
  input_ = {};
  return false;
}

void LineSplitter::gap() {
  partial_.clear();
  input_ = {};
  telnet_ = Telnet::kText;
  cr_ = cut_ = given_out_ = false;
  after_gap_ = true;
}

/// True if the byte ends the line.
bool LineSplitter::take(std::uint8_t c) {
  switch (telnet_) {
    case Telnet::kText:
      break;
    case Telnet::kIac:
      telnet_ = Telnet::kText;
      if (c == kIac) {
        put(c);
        return false;
      }
      if (c >= kWill) telnet_ = Telnet::kOption;
      if (c == kSb) telnet_ = Telnet::kSubnegotiation;
      if (c >= kLowestCommand) return false;
      put(kIac);
      break;
    case Telnet::kOption:
      telnet_ = Telnet::kText;
      return false;
    case Telnet::kSubnegotiation:
      if (c == kIac) telnet_ = Telnet::kSubnegotiationIac;
      // A lone IAC SB, as an unescaped name may hold it, must not swallow the session.
      if (c == '\n') telnet_ = Telnet::kText;
      return c == '\n';
    case Telnet::kSubnegotiationIac:
      telnet_ = c == kSe ? Telnet::kText : Telnet::kSubnegotiation;
      return false;
  }
  if (c == '\n') return true;
  if (c == 0 && cr_) return true;
  if (c == kIac) {
    telnet_ = Telnet::kIac;
    return false;
  }
  if (cr_) put('\r');
  cr_ = c == '\r';
  if (!cr_) put(c);
  return false;
}

/// Takes what stands before the next byte that needs a look; gives its length.
std::size_t LineSplitter::put_plain(Bytes data) {
  constexpr std::size_t kAtOnce = 256;  // so that bytes that need a look cost no more than that
  if (telnet_ != Telnet::kText || cr_) return 0;
  std::size_t n = 0, plain = kAtOnce;
  for (; n < data.size() && plain == kAtOnce; n += plain) {
    plain = plain_start(first(skip(data, n), kAtOnce)).size();
  }
  const std::size_t kept = std::min(n, kMaxLine - partial_.size());
  partial_ += as_text(first(data, kept));
  cut_ = cut_ || kept < n;
  return n;
}

void LineSplitter::put(std::uint8_t c) {
  if (partial_.size() < kMaxLine) {
    partial_.push_back(static_cast<char>(c));
  } else {
    cut_ = true;
  }
}

}  // namespace t2::ftp
