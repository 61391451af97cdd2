// SPDX-License-Identifier: Apache-2.0
// LineSplitter: one direction of a control connection, cut into lines. Telnet commands are taken
// out (RFC 854, which FTP control connections speak), LF, CR LF, CR CR LF and CR NUL end a line.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>

#include "t2/bytes.h"

namespace t2::ftp {

class LineSplitter {
 public:
  static constexpr std::size_t kMaxLine = 4096;  // bytes kept of a line, the rest is skipped

  struct Line {
    std::string_view text;   // without its end; valid until the next call
    bool cut = false;        // longer than kMaxLine
    bool after_gap = false;  // the first one after lost bytes: it may be the tail of a line
  };

  /// The next bytes. They must stay valid until next() has returned false.
  void feed(Bytes data) { input_ = data; }
  /// Gives the next complete line; false when the input is used up.
  bool next(Line& line) { return (!input_.empty() || given_out_) && find_next(line); }
  /// Bytes were lost: the unfinished line is dropped.
  void gap();
  /// Nothing of a line is waiting, so the next byte begins one.
  bool at_line_start() const {
    return partial_.empty() && !cut_ && telnet_ == Telnet::kText && !cr_;
  }
  /// What next() has not looked at yet.
  Bytes rest() const { return input_; }

 private:
  enum class Telnet : std::uint8_t { kText, kIac, kOption, kSubnegotiation, kSubnegotiationIac };

  bool find_next(Line& line);
  bool next_plain(Line& line);
  bool take(std::uint8_t c);
  std::size_t put_plain(Bytes data);
  void put(std::uint8_t c);
  void finish(Line& line, std::string_view text);

  Bytes input_;
  std::string partial_;  // of the unfinished line, or the line given out last
  Telnet telnet_ = Telnet::kText;
  bool cr_ = false;  // a CR was read that is not in partial_ yet
  bool cut_ = false;
  bool after_gap_ = false;
  bool given_out_ = false;  // partial_ holds a line that was given out
};

}  // namespace t2::ftp
