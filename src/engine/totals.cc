// SPDX-License-Identifier: Apache-2.0
#include "engine/totals.h"

namespace t2 {
namespace {

void add(RunTotals::Count& to, const RunTotals::Count& more) {
  to.packets += more.packets;
  to.bytes += more.bytes;
}

}  // namespace

void RunTotals::merge(const RunTotals& o) {
  using Sum = std::uint64_t RunTotals::*;
  constexpr Sum kSums[] = {
      &RunTotals::packets,      &RunTotals::bytes,         &RunTotals::raw_bytes,
      &RunTotals::pad_bytes,    &RunTotals::decoded_bytes, &RunTotals::further_packets,
      &RunTotals::encrypted,    &RunTotals::l2_packets,    &RunTotals::ipv4_packets,
      &RunTotals::ipv6_packets, &RunTotals::ipvx_packets,  &RunTotals::headers,
      &RunTotals::llc,          &RunTotals::gre,           &RunTotals::lapd,
      &RunTotals::teredo,       &RunTotals::ayiya,         &RunTotals::dtls,
      &RunTotals::fragments4,   &RunTotals::fragments6};
  for (const Sum m : kSums) this->*m += o.*m;
  for (std::size_t i = 0; i < sides.size(); ++i) add(sides[i], o.sides[i]);
  for (std::size_t i = 0; i < protocol.size(); ++i) add(protocol[i], o.protocol[i]);
  add(arp, o.arp);
  add(rarp, o.rarp);
  min_headers = std::min(min_headers, o.min_headers);
  max_headers = std::max(max_headers, o.max_headers);
  max_vlan = std::max(max_vlan, o.max_vlan);
  max_mpls = std::max(max_mpls, o.max_mpls);
}

}  // namespace t2
