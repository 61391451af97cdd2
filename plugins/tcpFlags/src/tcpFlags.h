// SPDX-License-Identifier: Apache-2.0
// tcpFlags: IP and TCP header features, checksums, scans, round trips, boot times (spec tcpFlags).
#pragma once

#include "t2/settings.h"

namespace t2::tcp_flags {

/* ========================================================================== */
/* ------------------------ USER CONFIGURATION FLAGS ------------------------ */
/* ========================================================================== */

struct Config : Settings {
  // clang-format off
  Int  IPTOS            {this, "IPTOS",            0, {0, 2},     "IP ToS: 0 hex, 1 DSCP_ECN, 2 precedence_ECN"};
  Flag RTT_ESTIMATE     {this, "RTT_ESTIMATE",     true,          "round trip time estimates"};
  Int  IPCHECKSUM       {this, "IPCHECKSUM",       2, {0, 2},     "checksums: 0 none, 1 IP header, 2 IP header and layer 4"};
  Flag WINDOWSIZE       {this, "WINDOWSIZE",       true,          "TCP window sizes"};
  Int  WINMIN           {this, "WINMIN",           1, {0, 65535}, "TCP window below this is too small, 0: off"};
  Flag SEQ_ACK_NUM      {this, "SEQ_ACK_NUM",      true,          "sequence and acknowledgement number analysis"};
  Flag FRAG_ANALYZE     {this, "FRAG_ANALYZE",     true,          "fragmentation analysis"};
  Flag NAT_BT_EST       {this, "NAT_BT_EST",       true,          "boot time estimate from TCP timestamps"};
  Flag SCAN_DETECTOR    {this, "SCAN_DETECTOR",    true,          "scan detector at flow end"};
  Flag SCAN_REFRULE     {this, "SCAN_REFRULE",     false,         "scans as the reference finds them, also where payload was delivered"};
  Flag MPTCP            {this, "MPTCP",            true,          "multipath TCP"};
  Flag SPKTMD_SEQACKREL {this, "SPKTMD_SEQACKREL", false,         "packet file: sequence and acknowledgement numbers from 0"};
  Flag SPKTMD_SEQACKHEX {this, "SPKTMD_SEQACKHEX", false,         "packet file: sequence and acknowledgement numbers in hex"};
  Flag TCPJA4T          {this, "TCPJA4T",          false,         "column tcpJA4T (0.9.3)"};
  Int  JA4TOPTMX        {this, "JA4TOPTMX",        20, {0, 40},   "most TCP options in tcpJA4T"};
  Flag TCPFLGCNT        {this, "TCPFLGCNT",        false,         "packets per TCP flag and combination (0.9.3)"};
  Int  TCP_NAMES        {this, "TCP_NAMES",        91, {91, 93},  "column names and bit texts of version 0.9.1 (91) or 0.9.3 (93)"};
  // clang-format on
};

}  // namespace t2::tcp_flags
