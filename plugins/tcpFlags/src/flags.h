// SPDX-License-Identifier: Apache-2.0
// The bits of tcpFlags' columns, each in one place: number, name, severity of its text, text.
#pragma once

#include <cstdint>

namespace t2::tcp_flags {

// clang-format off
// Bits of tcpFStat (spec 4).
#define T2_TCP_STAT(BIT)                                                                          \
  BIT( 0, kHadPacket,        kNone,    "Packet good for inter-distance assessment")               \
  BIT( 1, kTimestampSeen,    kNone,    "TCP option init")                                         \
  BIT( 2, kTimestampBack,    kNone,    "Timestamp option decreasing")                             \
  BIT( 3, kOptionsCorrupt,   kNone,    "L4 option field corrupt or not acquired")                 \
  BIT( 4, kWindowInit,       kNone,    "Window state-machine initialized")                        \
  BIT( 5, kWindowUpdate,     kNone,    "Window update")                                           \
  BIT( 6, kZeroProbe,        kNone,    "Win 0 probe")                                             \
  BIT( 7, kZeroProbeAck,     kNone,    "Win 0 probe ACK")                                         \
  BIT( 8, kMinWindow,        kNone,    "Min Window detected")                                     \
  BIT( 9, kScaled,           kNone,    "WS used")                                                 \
  BIT(10, kWindowFull,       kNone,    "Window full")                                             \
  BIT(11, kWindowUp,         kNone,    "Window state-machine count up(1)/down(0)")                \
  BIT(12, kFragmentChecksum, kNone,    "L4 checksum calculation if present")                      \
  BIT(13, kCoverageError,    kNone,    "UDPLITE checksum coverage error")                         \
  BIT(14, kSack,             kNone,    "TCP Selective ACK option")                                \
  BIT(15, kMptcp,            kNone,    "MPTCP detected")

// Bits of ipFlags (spec 5.2).
#define T2_IP_FLAG(BIT)                                                                           \
  BIT( 0, kIpOptionsCorrupt, kWarning, "IP options corrupt")                                      \
  BIT( 1, kIpOutOfOrder,     kInfo,    "IPv4 packets out of order")                               \
  BIT( 2, kIpIdRollOver,     kInfo,    "IPv4 ID roll over")                                       \
  BIT( 3, kFragmentSmall,    kWarning, "IP fragment below minimum")                               \
  BIT( 4, kFragmentRange,    kWarning, "IP fragment out of range")                                \
  BIT( 5, kMoreFragments,    kNone,    "More Fragment bit")                                       \
  BIT( 6, kDontFragment,     kNone,    "IPv4: Don't Fragment bit, IPv6: reserve bit")             \
  BIT( 7, kReservedBit,      kNone,    "Reserve bit")                                             \
  BIT( 8, kFragmentPosition, kError,   "Fragmentation position error")                            \
  BIT( 9, kFragmentSequence, kError,   "Fragmentation sequence error")                            \
  BIT(10, kL3Checksum,       kError,   "L3 checksum error")                                       \
  BIT(11, kL4Checksum,       kError,   "L4 checksum error")                                       \
  BIT(12, kSnapped,          kWarning, "Length in L3/4 header < actual L3/4 length")              \
  BIT(13, kUdpLength,        kWarning,                                                            \
      "Length in UDP/UDP-Lite header != actual UDP/UDP-Lite length")                              \
  BIT(14, kSameTime,         kNone,    "Packet inter-distance = 0")                               \
  BIT(15, kTimeBack,         kNone,    "Packet inter-distance < 0")

// Bits of tcpAnomaly (spec 8).
#define T2_TCP_ANOMALY(BIT)                                                                       \
  BIT( 0, kSynRetry,         kNone,    "SYN retransmission")                                      \
  BIT( 1, kTimeoutRetry,     kNone,    "SEQ Timeout retransmission")                              \
  BIT( 2, kFastRetry,        kNone,    "SEQ Fast retransmission")                                 \
  BIT( 3, kDuplicateAck,     kNone,    "Duplicate ACK")                                           \
  BIT( 4, kKeepAlive,        kNone,    "TCP Keep-Alive")                                          \
  BIT( 5, kKeepAliveAck,     kNone,    "TCP Keep-Alive ACK")                                      \
  BIT( 6, kOutOfOrder,       kNone,    "Sequence number out-of-order")                            \
  BIT( 7, kSequenceMess,     kNone,    "Sequence mess, rather spurious Retransmission")           \
  BIT( 8, kAckUnseen,        kWarning, "ACK for unseen packet")                                   \
  BIT( 9, kPreviousMissing,  kWarning, "Previous packet not captured")                            \
  BIT(12, kScan,             kWarning, "Scan detected in flow")                                   \
  BIT(13, kScanSuccess,      kWarning, "Successful scan detected in flow")                        \
  BIT(14, kSynPayload,       kWarning, "TCP SYN flag with L7 content")

// clang-format on

#define T2_BIT_MASK(number, name, severity, text) name = 1U << (number),
enum Stat : std::uint16_t { T2_TCP_STAT(T2_BIT_MASK) };
enum IpFlag : std::uint16_t { T2_IP_FLAG(T2_BIT_MASK) };
enum Anomaly : std::uint16_t { T2_TCP_ANOMALY(T2_BIT_MASK) };
#undef T2_BIT_MASK

}  // namespace t2::tcp_flags
