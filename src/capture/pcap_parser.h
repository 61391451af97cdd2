// SPDX-License-Identifier: Apache-2.0
// Classic pcap files: microseconds and nanoseconds, the "modified" format of Kuznetzov's patches,
// each in both byte orders (draft-ietf-opsawg-pcap).
#pragma once

#include "capture/parser.h"

namespace t2 {

class PcapParser final : public Parser {
 public:
  /// Null if `head` (kMinFileHeader bytes or more) does not start a pcap file.
  static std::unique_ptr<Parser> make(Bytes head);

 private:
  enum class Lengths : std::uint8_t { kInOrder, kSwapped, kSwappedIfWrong };

  struct Record {
    std::uint32_t seconds = 0, fraction = 0, captured = 0, on_wire = 0;
  };

  PcapParser(bool little_endian, std::uint32_t magic) : little_(little_endian), magic_(magic) {}

  Scouts::Walk scouting() const override;

  Outcome walk(Bytes window, FrameBatch* batch) override;
  void scout(Bytes window, std::size_t from, std::size_t until, Stretch& to) const;
  bool begins_record(Bytes rest) const;
  void set_frame(Frame& frame, const Record& record, Bytes rest) const;
  Verdict judge(Bytes rest) const override;
  void read_file_header(Bytes header);
  /// `header`: record_header_ bytes at least.
  Record read_record(Bytes header) const;
  /// As a program that captures would write it.
  bool is_sane(const Record& r) const;

  bool little_;
  std::uint32_t magic_;
  bool header_read_ = false;
  Lengths lengths_ = Lengths::kInOrder;
  std::size_t record_header_ = 16;
  std::uint32_t max_captured_ = 0;
  Nanoseconds fraction_unit_ = 1000;
};

}  // namespace t2
