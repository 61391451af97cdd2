// SPDX-License-Identifier: Apache-2.0
// MultipartReader: the parts of a multipart body (RFC 2046 5.1): forms with files, several ranges.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>

#include "head.h"
#include "t2/bytes.h"

namespace t2::http {

class MultipartEvents {
 public:
  virtual ~MultipartEvents() = default;
  /// Only `fields` count.
  virtual void on_part(const Head& head) = 0;
  virtual void on_part_data(Bytes data) = 0;
  /// `marked`: a boundary ends it. `lost`: it may hold more than this part, or less.
  virtual void on_part_end(bool marked, bool lost) = 0;
};

class MultipartReader {
 public:
  static constexpr std::size_t kLongestHead = 16 << 10;  // fields of a part

  MultipartReader(std::string_view boundary, MultipartEvents& events)
      : delimiter_("\n--" + std::string(boundary)), events_(events) {}

  void feed(Bytes data);
  /// Lost bytes: boundaries may be among them.
  void lose();
  void finish();

 private:
  enum class Step : std::uint8_t { kPreamble, kDelimiter, kHead, kData, kEpilogue };

  bool advance();
  bool find_delimiter();
  std::size_t delimiter_place() const;
  bool delimiter_line();
  bool head();
  void give_on(std::size_t size);
  void end_part(bool marked);

  const std::string delimiter_;
  MultipartEvents& events_;
  Step step_ = Step::kPreamble;
  std::string text_ = "\n";  // not given on yet; the first delimiter needs no line before it
  std::size_t scanned_ = 0;
  bool in_part_ = false, lost_ = false;
  bool artificial_ = false;  // the first character of text_ is no content
};

}  // namespace t2::http
