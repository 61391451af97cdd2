// SPDX-License-Identifier: Apache-2.0
#include "engine/options.h"

#include <random>

#include "t2/checksum.h"

namespace t2 {

TrackerOptions tracker_options(const CoreSettings& s, std::uint64_t capacity) {
  TrackerOptions o;
  o.capacity = capacity;
  o.timeout = from_seconds(s.FLOW_TIMEOUT);
  o.duration_limit = from_seconds(s.FDURLIMIT);
  o.limit_keeps_index = s.FDLSFINDEX;
  o.l2_flows = s.ETH_ACTIVATE != 0;
  o.headless_fragments = s.FRAG_HLST_CRFT;
  o.aggregation = static_cast<unsigned>(s.AGGREGATIONFLAG);
  o.src_mask4 = static_cast<unsigned>(s.SRCIP4CMSK);
  o.dst_mask4 = static_cast<unsigned>(s.DSTIP4CMSK);
  o.src_mask6 = static_cast<unsigned>(s.SRCIP6CMSK);
  o.dst_mask6 = static_cast<unsigned>(s.DSTIP6CMSK);
  o.seed = std::random_device{}();
  return o;
}

StreamOptions stream_options(const CoreSettings& s) {
  StreamOptions o;
  o.total_bytes = static_cast<std::uint64_t>(s.STREAM_MEMORY) << 20;
  if (s.STREAM_CHKSUM) {
    o.checksum_ok = [](const Packet& p) { return !check_l4_checksum(p).wrong(); };
  }
  return o;
}

ExpectationOptions expectation_options() {
  ExpectationOptions o;
  o.seed = std::random_device{}();
  return o;
}

DecodeOptions decode_options(const CoreSettings& s) {
  DecodeOptions o;
  o.packet_length = static_cast<int>(s.PACKETLENGTH);
  o.fragment_ip_view = s.FRGIPPKTLENVIEW;
  o.lapd = s.LAPD_ACTIVATE;
  o.fragmentation = s.FRAGMENTATION;
  o.max_extension_headers = static_cast<int>(s.MAXHDRCNT);
  o.swap_capwap_fc = s.CAPWAP_SWAP_FC;
  o.ayiya = s.AYIYA;
  o.gtp = s.GTP;
  o.vxlan = s.VXLAN;
  o.geneve = s.GENEVE;
  o.capwap = s.CAPWAP;
  o.lwapp = s.LWAPP;
  o.l2tp = s.L2TP;
  o.teredo = s.TEREDO;
  o.gre = s.GRE;
  o.etherip = s.ETHIP;
  o.ipip = s.IPIP;
  return o;
}

ReassemblyOptions reassembly_options() {
  ReassemblyOptions o;
  o.seed = std::random_device{}();
  return o;
}

}  // namespace t2
