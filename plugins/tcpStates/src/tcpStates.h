// SPDX-License-Identifier: Apache-2.0
// tcpStates: one TCP state machine per direction; reports deviations and sets the flows' timeouts
// (spec tcpStates).
#pragma once

#include <cstdint>

#include "t2/plugin.h"
#include "t2/settings.h"

namespace t2::tcp_states {

/* ========================================================================== */
/* ------------------------ USER CONFIGURATION FLAGS ------------------------ */
/* ========================================================================== */

struct Config : Settings {
  // clang-format off
  Flag SCAN_REFRULE{this, "SCAN_REFRULE", false, "scans as the reference finds them, also where payload was delivered"};
  // clang-format on
};

enum class TcpState : std::uint8_t { kNew, kEstablished, kClosing, kClosed, kReset };

/// Bits of tcpStatesAFlags.
enum Anomaly : std::uint8_t {
  kBadSetup = 0x01,
  kBadTeardown = 0x02,
  kBadFlags = 0x04,
  kAfterTeardown = 0x08,
  kAfterReset = 0x10,
  kResetSender = 0x40,
  kScan = 0x80,
};

struct State {
  std::uint32_t syn_seq = 0;
  std::uint32_t fin_seq = 0;  // sequence number of the FIN itself, behind its payload
  TcpState state = TcpState::kNew;
  // Set by the sender / by the other side's ACK
  bool syn_seen : 1 = false, syn_acked : 1 = false;
  bool fin_seen : 1 = false, fin_acked : 1 = false;
  bool fin_scan = false;
  bool payload = false;   // sent some, apart from what a SYN or RST carries
  bool answered = false;  // sent an ACK that is no RST
  Hex8 anomalies;

  void flag(unsigned bits) { anomalies |= Hex8{static_cast<std::uint8_t>(bits)}; }
};
static_assert(sizeof(State) <= 16);

}  // namespace t2::tcp_states
