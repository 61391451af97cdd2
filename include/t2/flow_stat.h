// SPDX-License-Identifier: Apache-2.0
// The bits of flowStat (spec core 5), each in one place: number, name, text, and its line in the
// end report. The decoder sets them on packets, the flow keeps them OR-ed; plugins may set some.
#pragma once

#include <cstdint>

#include "t2/types.h"

namespace t2::flow_stat {

// BIT(number, name, severity of the column's text, text, kind of the report's line, line). They
// stand in the order of the report; bits that share a line follow each other.
// clang-format off
#define T2_FLOW_STAT(BIT)                                                                          \
  BIT(32, kL2Snapped,            kWarning, "Acquired packet length < minimal L2 datagram",         \
      kWarning, "L2 header snapped")                                                               \
  BIT(33, kL3Snapped,            kWarning, "Acquired packet length < packet length in L3 header",  \
      kWarning, "L3 SnapLength < Length in IP header")                                             \
  BIT(34, kL3Short,              kWarning, "Acquired packet length < minimal L3 header",           \
      kWarning, "L3 header snapped")                                                               \
  BIT(35, kL4Short,              kWarning, "Acquired packet length < minimal L4 header",           \
      kWarning, "L4 header snapped")                                                               \
  BIT(50, kLand,                 kWarning,                                                         \
      "Land attack: same srcIP && dstIP && srcPort && dstPort",                                    \
      kWarning, "Land attack")                                                                     \
  BIT(51, kTimeJump,             kWarning,                                                         \
      "Timestamp jump, probably due to multi-path packet delay or NTP operation",                  \
      kWarning, "Timestamp jump, probably due to multi-path packet delay or NTP operation")        \
  BIT(44, kDuplicateIpId,        kWarning, "Consecutive duplicate IP ID",                          \
      kWarning, "Consecutive duplicate IP ID")                                                     \
  BIT(63, kLengthCapped,         kWarning,                                                         \
      "PCAP packet length > MAX_MTU in ioBuffer.h, caplen reduced",                                \
      kWarning, "PCAP packet length > IO_BUFFER_MAX_MTU, caplen reduced")                          \
  BIT(48, kHeaderOverrun,        kWarning, "Header description overrun",                           \
      kWarning, "Header description overrun")                                                      \
  BIT(16, kIpVx,                 kWarning, "IPvX bogus packet",                                    \
      kWarning, "IPvX L3 header bogus packets")                                                    \
  BIT(46, kIpHeaderShort,        kWarning, "IPv4 header length < 20 bytes",                        \
      kWarning, "IPv4 header length < 20 bytes")                                                   \
  BIT(47, kIpLengthZero,         kWarning, "IPv4/6 payload length > framing length",               \
      kWarning, "IPv4/6 payload length > framing length")                                          \
  BIT(38, kFirstFragmentMissing, kWarning, "IPv4 1. fragment out of sequence or missing",          \
      kWarning, "IPv4/6 fragmentation header packet missing")                                      \
  BIT(39, kFragmentPending,      kWarning,                                                         \
      "Packet fragmentation pending or fragmentation sequence not completed when flow timed-out",  \
      kWarning, "IPv4/6 packet fragmentation sequence not finished")                               \
  BIT(43, kStopDissect,          kInfo,                                                            \
      "Stop dissecting: error, unhandled protocol or subsequent fragment",                         \
      kInfo, "Stop dissecting: Clipped packet, unhandled protocol or subsequent fragment")         \
  BIT( 2, kL2Flow,               kNone,    "Pure L2 flow", kInfo, "Layer 2 flows")                 \
  BIT(60, kLapd,                 kNone,    "LAPD flow", kInfo, "LAPD flows")                       \
  BIT(14, kIpv4Flow,             kNone,    "IPv4 flow", kInfo, "IPv4 flows")                       \
  BIT(58, kIpv4Packet,           kNone,    "IPv4 packet", kInfo, "IPv4 flows")                     \
  BIT(15, kIpv6Flow,             kNone,    "IPv6 flow", kInfo, "IPv6 flows")                       \
  BIT(59, kIpv6Packet,           kNone,    "IPv6 packet", kInfo, "IPv6 flows")                     \
  BIT(24, kSctp,                 kNone,    "Stream Control Transmission Protocol (SCTP)",          \
      kInfo, "SCTP")                                                                               \
  BIT( 1, kNoEthernet,           kInfo,    "No Ethernet header", kInfo, "No Ethernet header")      \
  BIT( 6, kArp,                  kNone,    "ARP", kInfo, "ARP")                                    \
  BIT( 7, kRarp,                 kNone,    "Reverse ARP", kInfo, "RARP")                           \
  BIT( 5, kLldp,                 kNone,    "Link Layer Discovery Protocol (LLDP)", kInfo, "LLDP")  \
  BIT(18, kEtherIp,              kNone,    "Ethernet over IP", kInfo, "EtherIP")                   \
  BIT( 8, kVlan,                 kNone,    "VLANs", kInfo, "VLAN encapsulation")                   \
  BIT(57, kVlanZero,             kInfo,    "A packet had a priority tag (VLAN tag with ID 0)",     \
      kInfo, "VLAN ID 0 (priority tag)")                                                           \
  BIT(36, kFragment,             kInfo,    "IPv4 fragmentation present",                           \
      kInfo, "IPv4/6 fragmentation")                                                               \
  BIT(17, kIpInIp,               kNone,    "IPv4/6 in IPv4/6", kInfo, "IPv4/6 in IPv4/6")          \
  BIT(22, kVxlan,                kNone,    "Virtual eXtensible Local Area Network (VXLAN)",        \
      kInfo, "VXLAN encapsulation")                                                                \
  BIT(29, kGeneve,               kNone,                                                            \
      "Generic Network Virtualization Encapsulation (GENEVE)",                                     \
      kInfo, "GENEVE encapsulation")                                                               \
  BIT( 9, kMplsUnicast,          kNone,    "MPLS unicast", kInfo, "MPLS encapsulation")            \
  BIT(10, kMplsMulticast,        kNone,    "MPLS multicast", kInfo, "MPLS encapsulation")          \
  BIT(11, kL2tp,                 kNone,    "L2TP v2/3", kInfo, "L2TP encapsulation")               \
  BIT(13, kPpp,                  kNone,    "PPP header after L2TP or GRE",                         \
      kInfo, "PPP/HDLC encapsulation")                                                             \
  BIT(12, kGre,                  kNone,    "GRE v1/2", kInfo, "GRE encapsulation")                 \
  BIT(26, kErspan,               kNone,    "Encapsulated Remote Switch Packet ANalysis (ERSPAN)",  \
      kInfo, "ERSPAN encapsulation")                                                               \
  BIT(27, kWccp,                 kNone,    "Cisco Web Cache Communication Protocol (WCCP)",        \
      kInfo, "WCCP encapsulation")                                                                 \
  BIT(20, kAyiya,                kNone,    "Anything in Anything (AYIYA) tunnel",                  \
      kInfo, "AYIYA tunnel")                                                                       \
  BIT(21, kGtp,                  kNone,    "GPRS Tunneling Protocol (GTP)", kInfo, "GTP tunnel")   \
  BIT(19, kTeredo,               kNone,    "Teredo tunnel", kInfo, "Teredo tunnel")                \
  BIT(23, kCapwap,               kNone,                                                            \
      "Control and Provisioning of Wireless Access Points (CAPWAP), Lightweight Access Point "     \
      "Protocol (LWAPP)",                                                                          \
      kInfo, "CAPWAP/LWAPP tunnel")                                                                \
  BIT(30, kAh,                   kNone,    "IPsec Authentication Header (AH)", kInfo, "IPsec AH")  \
  BIT(31, kEsp,                  kNone,    "IPsec Encapsulating Security Payload (ESP)",           \
      kInfo, "IPsec ESP")                                                                          \
  BIT(25, kSsdp,                 kNone,    "SSDP/UPnP", kInfo, "SSDP/UPnP")                        \
  BIT(28, kSipRtp,               kNone,    "SIP/RTP", kInfo, "SIP/RTP")                            \
  BIT(61, kDtls,                 kNone,    "DTLS in layer 7", kInfo, "DTLS")                       \
  BIT(56, kTor,                  kWarning, "Tor address detected", kInfo, "Tor addresses")         \
  BIT(49, kAlarm,                kInfo,                                                            \
      "Alarm mode & pcapd dumps packets from this flow to new pcap if not -e option",              \
      kInfo, "IPAlarm")                                                                            \
  BIT( 0, kInverted,             kNone,    "Inverted flow, did not initiate connection",           \
      kNone, "")                                                                                   \
  BIT( 3, kPppoeDiscovery,       kNone,                                                            \
      "Point to Point Protocol over Ethernet Discovery (PPPoED)",                                  \
      kNone, "")                                                                                   \
  BIT( 4, kPppoeSession,         kNone,                                                            \
      "Point to Point Protocol over Ethernet Service (PPPoES)",                                    \
      kNone, "")                                                                                   \
  BIT(37, kFragmentError,        kError,                                                           \
      "IPv4 fragmentation error (refer to the tcpFlags plugin for more details)",                  \
      kNone, "")                                                                                   \
  BIT(40, kTimeout,              kInfo,    "Flow timeout instead of protocol termination",         \
      kNone, "")                                                                                   \
  BIT(41, kForced,               kInfo,    "Force mode: remove this flow instantly", kNone, "")    \
  BIT(42, kAutopilot,            kInfo,                                                            \
      "Autopilot: flow removed to free space in main hash map",                                    \
      kNone, "")                                                                                   \
  BIT(45, kPppCompressed,        kNone,    "PPPL3 header not readable, compressed", kNone, "")     \
  BIT(52, kLiveXtr,              kInfo,                                                            \
      "liveXtr: if set dumps the packets from this flow to a new pcap",                            \
      kNone, "")                                                                                   \
  BIT(55, kSubnetTested,         kInfo,    "Subnet tested for that flow", kNone, "")               \
  BIT(62, kDurationLimit,        kInfo,    "Flow duration limit, same findex for all subflows",    \
      kNone, "")
// clang-format on

#define T2_FLOW_STAT_BIT(number, name, severity, text, kind, line) name = (number),
enum Bit : unsigned { T2_FLOW_STAT(T2_FLOW_STAT_BIT) };
#undef T2_FLOW_STAT_BIT

constexpr std::uint64_t mask(Bit b) {
  return std::uint64_t{1} << b;
}

struct BitInfo {
  const char* text;
  const char* line;
  Bit bit;
  Severity severity;
  Severity line_kind;  // kNone: no line of the report
};

#define T2_FLOW_STAT_BIT(number, name, severity, text, kind, line) \
  {text, line, name, Severity::severity, Severity::kind},
inline constexpr BitInfo kBits[] = {T2_FLOW_STAT(T2_FLOW_STAT_BIT)};
#undef T2_FLOW_STAT_BIT
#undef T2_FLOW_STAT

}  // namespace t2::flow_stat
