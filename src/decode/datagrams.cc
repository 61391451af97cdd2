// SPDX-License-Identifier: Apache-2.0
#include "decode/datagrams.h"

#include "decode/link_types.h"
#include "t2/checksum.h"

namespace t2 {
namespace {

/// What Reassembly::find needs of a packet whose innermost IP header is a fragment's.
IpFragment innermost(const Packet& p) {
  IpFragment f;
  f.id = p.ip_id;
  f.protocol = p.l4_proto;
  f.vlan_id = p.vlan_id;
  f.src = p.src_ip;
  f.dst = p.dst_ip;
  return f;
}

bool is_innermost(const IpFragment& f, const Packet& p) {
  return f.header.data() == p.l3.data();
}

}  // namespace

void Datagrams::note(Packet& p, const Reassembly::Taken& t) {
  using namespace flow_stat;
  if (p.later_fragment && !t.known) {
    p.status |= mask(kFirstFragmentMissing);
    if (p.more_fragments) p.status |= mask(kFragmentPending);
    return;
  }
  if (t.begun && !t.complete) p.status |= mask(kFragmentPending);
  if (!p.later_fragment) return;
  p.l4_proto = t.protocol;
  p.src_port = t.src_port;
  p.dst_port = t.dst_port;
}

/// The whole packet that `t` has, or null. `p`: the fragment that completed it.
const Packet* Datagrams::decode(const Reassembly::Taken& t, const Packet& p) {
  if (t.whole.empty()) return nullptr;
  Frame frame;
  frame.bytes = t.whole;
  frame.wire_length = t.length;
  frame.link_type = decoding::kLinktypeRaw;
  frame.time = p.time;
  const std::uint64_t number = p.number;
  const std::uint16_t vlan_id = p.vlan_id;
  if (decoder_.decode(frame, number, whole_) != Decoder::Outcome::kOk) return nullptr;
  if (whole_.vlan_depth == 0) whole_.vlan_id = vlan_id;
  if (t.doubtful && verify_l4_checksum(whole_).wrong()) {
    ++refused_;
    return nullptr;
  }
  return &whole_;
}

ReassemblyStats Datagrams::stats() const {
  ReassemblyStats s = reassembly_.stats();
  s.conflicts += refused_;
  return s;
}

Datagrams::Taken Datagrams::take(Packet& p) {
  Reassembly::Taken t = reassembly_.take(*p.part, p.time);
  Taken taken;
  if (is_innermost(*p.part, p)) {
    note(p, t);
    taken.transport = t.transport;
    taken.offset = p.fragment_offset - t.transport_offset;
  } else if (p.fragment) {
    note(p, reassembly_.find(innermost(p), p.time));
  }
  if (!p.later_fragment) {
    taken.transport = p.l4;
    taken.offset = 0;
  }
  // What was whole may be a fragment of the datagram that it carried.
  taken.whole = decode(t, p);
  for (int i = 1; taken.whole != nullptr && whole_.part != nullptr; ++i) {
    if (i == Decoder::kMaxNesting) {
      taken.whole = nullptr;
      break;
    }
    IpFragment inner = *whole_.part;
    if (inner.vlan_id == 0) inner.vlan_id = p.vlan_id;
    t = reassembly_.take(inner, p.time);
    taken.whole = decode(t, whole_);
  }
  return taken;
}

}  // namespace t2
