// SPDX-License-Identifier: Apache-2.0
// The captures that a run of t2 has read, from its headers file (docs/decisions/captures.md).
#pragma once

#include <cstdint>
#include <string>
#include <vector>

namespace t2::tawk {

struct RunCaptures {
  struct Member {
    std::uint64_t first = 0;    // number in the run of its first packet
    std::uint64_t packets = 0;  // in the run; their numbers follow on
    std::string file;           // as t2 was given it
  };
  std::string filter;           // of the run
  std::vector<Member> members;  // in the order of reading; empty: there was one capture only
};

/// The headers file that belongs to a packet file: X_packets.txt -> X_headers.txt.
std::string headers_file_of(const std::string& packets);
/// Nothing if there is no such file or list.
RunCaptures read_run_captures(const std::string& headers_file);

}  // namespace t2::tawk
