// SPDX-License-Identifier: Apache-2.0
#include "bits.h"

#include "flags.h"

namespace t2::tcp_flags {
#define T2_BIT_TEXT(number, name, severity, text) {number, text, Severity::severity},

Bits stat_bits() {
  return {T2_TCP_STAT(T2_BIT_TEXT)};
}

Bits ip_flag_bits() {
  return {T2_IP_FLAG(T2_BIT_TEXT)};
}

Bits ip_option_class_bits() {
  return {
      {5, "Class 1"}, {6, "Class 2 (debugging and measurement)"}, {7, "Copied on fragmentation"}};
}

Bits tcp_flag_bits(bool joined) {
  return {
      {0, "FIN: No more data, finish connection"},
      {1, "SYN: Synchronize sequence numbers"},
      {2, "RST: Reset connection"},
      {3, "PSH: Push data"},
      {4, "ACK: Acknowledgement field value valid"},
      {5, "URG: Urgent pointer valid"},
      {6, "ECE: ECN-Echo"},
      {7, "CWR: Congestion Window Reduced flag is set"},
      {8, joined ? "FIN-ACK: Acknowledgement of FIN" : "FIN_ACK: Acknowledgement of FIN"},
      {9, joined ? "SYN-ACK: Acknowledgement of SYN" : "SYN_ACK: Acknowledgement of SYN"},
      {10, joined ? "RST-ACK: Acknowledgement of RST" : "RST_ACK: Acknowledgement of RST"},
      {11, "Potential NULL scan packet or malicious channel"},
      {12, joined ? "SYN-FIN flag: potential scan packet or malicious packet"
                  : "SYN_FIN flag: potential scan packet or malicious packet"},
      {13, joined ? "SYN-FIN-RST flag: potential scan packet or malicious channel"
                  : "SYN_FIN_RST flag: potential scan packet or malicious channel"},
      {14, joined ? "FIN-RST flag: abnormal flow termination"
                  : "FIN_RST flag: abnormal flow termination"},
      {15, joined ? "Potential Xmas scan packet or malicious channel (FIN-PSH-URG)"
                  : "Potential Xmas scan packet or malicious channel"},
  };
}

Bits anomaly_bits() {
  return {T2_TCP_ANOMALY(T2_BIT_TEXT)};
}

Bits option_kind_bits() {
  return {{0, "End of Option List"},
          {1, "No-Operation"},
          {2, "Maximum Segment Size"},
          {3, "Window Scale"},
          {4, "SACK Permitted"},
          {5, "SACK"},
          {6, "Echo (obsoleted by option 8)"},
          {7, "Echo Reply (obsoleted by option 8)"},
          {8, "Timestamps"},
          {9, "Partial Order Connection Permitted (obsolete)"},
          {10, "Partial Order Service Profile (obsolete)"},
          {11, "CC (obsolete)"},
          {12, "CC.NEW (obsolete)"},
          {13, "CC.ECHO (obsolete)"},
          {14, "TCP Alternate Checksum Request (obsolete)"},
          {15, "TCP Alternate Checksum Data (obsolete)"},
          {16, "Skeeter"},
          {17, "Bubba"},
          {18, "Trailer Checksum Option"},
          {19, "MD5 Signature Option (obsoleted by option 29)"},
          {20, "SCPS Capabilities"},
          {21, "Selective Negative Acknowledgements"},
          {22, "Record Boundaries"},
          {23, "Corruption experienced"},
          {24, "SNAP"},
          {25, "Unassigned (released 2000-12-18)"},
          {26, "TCP Compression Filter"},
          {27, "Quick-Start Response"},
          {28, "User Timeout Option (also, other known unauthorized use)"},
          {29, "TCP Authentication Option (TCP-AO)"},
          {30, "Multipath TCP (MPTCP)"},
          {31, "All options > 31"}};
}

Bits mp_subtype_bits() {
  return {{0, "Multipath Capable"},
          {1, "Join Connection"},
          {2, "Data Sequence Signal (Data ACK and data sequence mapping)"},
          {3, "Add Address"},
          {4, "Remove Address"},
          {5, "Change Subflow Priority"},
          {6, "Fallback"},
          {7, "Fast Close"},
          {15, "Private Use within controlled testbeds"}};
}

Bits mp_flag_bits() {
  return {{0, "Use HMAC-SHA1"},
          {5, "Don't accept additional MPTCP subflows to src IP, port"},
          {6, "Extensibility"},
          {7, "Checksum required"}};
}

Bits mp_dss_bits() {
  return {{0, "Data ACK is present"},
          {1, "Data ACK is 8 octets"},
          {2, "DSN, Subflow SB, Data len, Checksum present"},
          {3, "DSN is 8 octets"},
          {4, "DATA_FIN"}};
}

}  // namespace t2::tcp_flags
