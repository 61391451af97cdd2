// SPDX-License-Identifier: Apache-2.0
// Transcript: one direction of a control connection, as sent, in a file
// ftp_flow_<flowInd>_<A|B>.txt. Bytes that were not captured are left out; the manifest says where.
// On request an index tells for each line of that file which packet brought it.
#pragma once

#include <cstdint>
#include <memory>
#include <string>

#include "control.h"
#include "host.h"
#include "t2/content.h"
#include "t2/stream.h"

namespace t2::ftp {

class Transcript {
 public:
  Transcript(Host& host, bool client) : host_(host), client_(client) {}

  /// `clear`: the bytes are not encrypted. `confirmed`: it is FTP; until then they are held back.
  void on_chunk(const OrderedFlow& f, const Chunk& c, bool clear, bool confirmed);
  /// The direction ends.
  void end(const OrderedFlow& f, Control& c);

 private:
  static constexpr std::size_t kMostHeld = 1 << 16;

  void write(const OrderedFlow& f, std::string_view bytes);
  bool make_files(const OrderedFlow& f);
  void note_lines(std::string_view bytes);
  void close_files();
  void write_lines(const OrderedFlow& f, std::string_view bytes);
  void write_line(const OrderedFlow& f, std::string_view line);
  bool line_by_line() const;

  Host& host_;
  bool client_;
  bool failed_ = false;
  std::unique_ptr<CarveFile> file_, lines_;
  bool at_line_start_ = true;
  std::string held_;  // not confirmed yet, or the beginning of a line
  ContentRecord record_;
  Moment first_, last_;
};

}  // namespace t2::ftp
