// SPDX-License-Identifier: Apache-2.0
// ReplyParser: lines of the server -> replies, with the multi-line rules of RFC 959 4.2 and the
// ways in which servers break them.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

namespace t2::ftp {

inline constexpr std::uint16_t kLowestCode = 100, kHighestCode = 659;

struct Reply {
  std::uint16_t code = 0;
  bool complete = false;  // else: the first line of a reply of several lines
  bool listed =
      false;  // an entry of ftpRC: each reply once, with its first line, and only with text
  std::string_view text;  // behind the code; lines joined by '\n'. Valid until the next call
  std::string_view line;  // the line itself
};

class ReplyParser {
 public:
  /// Nothing for a line inside a reply, or one that is no reply at all.
  std::optional<Reply> on_line(std::string_view line);
  /// The client goes on: a reply of several lines that another code seemed to end is over.
  std::optional<Reply> on_client();
  /// Bytes were lost: an unfinished reply is given up.
  void gap() { multi_ = other_ = 0; }

 private:
  static constexpr std::size_t kMaxText = 4096;

  std::uint16_t multi_ = 0;  // code of the unfinished reply
  std::uint16_t other_ = 0;  // its last line began with this other code
  std::string text_;
};

}  // namespace t2::ftp
