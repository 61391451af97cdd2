// SPDX-License-Identifier: Apache-2.0
#include "decode/link_types.h"

#include <pcap/pcap.h>

#include "decode/decoder.h"

namespace t2 {
namespace decoding {

bool is_lapd(std::uint16_t link_type) {
  return link_type == DLT_LAPD || link_type == DLT_LINUX_LAPD;
}

bool is_supported(std::uint16_t link_type) {
  switch (link_type) {
    case DLT_EN10MB:
    case DLT_ETHERNET_MPACKET:
    case DLT_PPI:
    case DLT_LINUX_SLL:
    case DLT_LINUX_SLL2:
    case DLT_NULL:
    case DLT_LOOP:
    case kLinktypeRaw:
    case kOpenBsdRaw:
    case DLT_RAW:
    case DLT_IPV4:
    case DLT_IPV6:
    case DLT_PPP_PPPD:
    case DLT_PPP_ETHER:
    case DLT_PPP_WITH_DIR:
    case DLT_PPP:
    case DLT_PPP_SERIAL:
    case DLT_C_HDLC_WITH_DIR:
    case DLT_C_HDLC:
    case DLT_FRELAY_WITH_DIR:
    case DLT_FRELAY:
    case DLT_JUNIPER_ATM1:
    case DLT_JUNIPER_ETHER:
    case DLT_JUNIPER_PPPOE:
    case DLT_SYMANTEC_FIREWALL:
    case DLT_PRISM_HEADER:
    case DLT_IEEE802_11_RADIO:
    case DLT_IEEE802_11:
    case DLT_LAPD:
    case DLT_LINUX_LAPD:
    case DLT_NFLOG:
    case DLT_ENC:
    case DLT_PFLOG:
    case DLT_IEEE802_11_RADIO_AVS:
    case DLT_NETANALYZER:
    case DLT_NETANALYZER_TRANSPARENT:
    case DLT_ERF:
    case DLT_PKTAP:
    case DLT_FDDI:
    case DLT_IEEE802:
    case DLT_ATM_RFC1483:
    case DLT_SUNATM:
    case DLT_IP_OVER_FC:
    case DLT_IPOIB:
      return true;
    default:
      return false;
  }
}

}  // namespace decoding

const char* link_type_name(std::uint16_t link_type) {
  const char* name =
      pcap_datalink_val_to_name(link_type == decoding::kLinktypeRaw ? DLT_RAW : link_type);
  return name == nullptr ? "?" : name;
}

const char* link_type_description(std::uint16_t link_type) {
  const char* text =
      pcap_datalink_val_to_description(link_type == decoding::kLinktypeRaw ? DLT_RAW : link_type);
  return text == nullptr ? "?" : text;
}

}  // namespace t2
