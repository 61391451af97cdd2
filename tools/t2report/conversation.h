// SPDX-License-Identifier: Apache-2.0
// A conversation: what shares a flowInd, both directions in one. The client is the source of its A
// flow, unless flowStat bit 0 says that this flow was inverted.
#pragma once

#include <algorithm>
#include <cstdint>
#include <string>

#include "cells.h"

namespace t2::report {

/// What one end sent.
struct Side {
  bool seen = false;
  std::uint64_t packets = 0, bytes = 0;  // bytes of payload
  std::uint64_t flow_stat = 0;
  std::uint32_t ip_flags = 0, tcp_flags = 0, tcp_anomaly = 0, tcp_states = 0, ftp_stat = 0,
                tp0f_stat = 0, tcp_f_stat = 0, http_flags = 0;
  std::uint32_t min_ttl = 0, mss = 0, sequence_faults = 0;
  double rtt = 0;  // seconds
};

struct Conversation {
  std::uint64_t index = 0;  // flowInd
  Nanoseconds first = 0, last = 0;
  std::string client, server;  // as printed; "mac ..." for layer 2
  std::uint16_t client_port = 0, server_port = 0, ether_type = 0;
  std::uint8_t protocol = 0;
  bool inverted = false;                             // the client's direction is B
  std::uint32_t vlan = 0, headers = 0, service = 0;  // entries of the report's dictionaries
  Side c, s;                                         // sent by the client, by the server
  std::uint64_t line = kNoLine;                      // of the texts that are kept; see Keeper

  static constexpr std::uint64_t kNoLine = ~std::uint64_t{0};

  std::uint64_t bytes() const { return c.bytes + s.bytes; }
  std::uint64_t packets() const { return c.packets + s.packets; }
  Nanoseconds duration() const { return last > first ? last - first : 0; }
  bool ip() const { return !client.starts_with("mac "); }
  bool flow_bit(int bit) const { return (((c.flow_stat | s.flow_stat) >> bit) & 1) != 0; }
  std::uint32_t ftp_stat() const { return c.ftp_stat | s.ftp_stat; }
  bool is_ftp_control() const { return (ftp_stat() & 0x09) != 0; }
  bool is_ftp_data() const { return (ftp_stat() & 0x06) != 0; }
};

}  // namespace t2::report
