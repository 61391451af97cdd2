// SPDX-License-Identifier: Apache-2.0
// -x: the packets of selected rows, cut out of their capture into a new one.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>

#include "t2/result.h"
#include "tawk/header.h"

namespace t2::tawk {

struct CutOptions {
  std::string capture;  // -r: what t2 has read; the folder of the captures if there were several
  std::string output;   // -x: a pcap file with nanoseconds, or -
  std::string packets;  // -X: packet file of the same run; "": beside the input. Its headers file
                        // says which captures the run has read, if there was more than one
  std::string option = "-x";  // as the user called it, for messages
  bool both = false;          // -b: both directions of a flow
  bool single = false;        // -P: only the packets of the rows, not whole flows
};

/// The packet file that belongs to a flow or packet file: X_flows.txt -> X_packets.txt.
std::string packet_file_of(const std::string& table);

/// `rows` is a table with its header row, which needs pktNo, or flowInd and (but for `both`) dir or
/// flowStat. Every packet's time is compared with the capture. Returns the number of packets
/// written.
Result<std::uint64_t> cut(const CutOptions& options, std::string_view rows, const HeaderRule& rule);

}  // namespace t2::tawk
