// SPDX-License-Identifier: Apache-2.0
#include "decode/decoder.h"

#include <array>
#include <utility>

#include "decode/link_types.h"
#include "decode/plain.h"
#include "decode/walk.h"
#include "t2/protocols.h"

namespace t2 {

using decoding::Next;
using decoding::Plain;
using decoding::Walk;

struct Decoder::Impl {
  static bool predecode_plain(Frame& frame, bool checksums);
  inline bool decode_plain(const Frame& frame, std::uint64_t number, Packet& packet) const;
  struct Walked {
    Outcome outcome;
    bool refused;  // its header stack
  };
  Walked walk(const Frame& frame, Packet& packet, std::size_t subframe,
              const decoding::StackPath& path, decoding::RareHeaders& headers) const;

  DecodeOptions options;
  decoding::StackTable stacks;
  decoding::RareHeaders rare;
  std::array<const HeaderStack*, decoding::kPlainKinds> plain_headers{};  // by Plain
  std::uint64_t refused_stacks = 0;
  Packet scratch;  // of predecode()
};

namespace {

void reset(Packet& p, const Frame& frame, std::uint64_t number) {
  p.number = number;
  p.time = frame.time;
  p.frame = frame.bytes;
  p.wire_length = frame.wire_length;
  p.checked = frame.checked;
  p.l4_computed = frame.l4_computed;
}

/// For the next packet that the frame carries: returns where it begins.
std::size_t reset_further(Packet& p, const Frame& frame) {
  const std::size_t subframe = p.further;
  reset(p, frame, p.number);
  p.checked = 0;  // what was predecoded is the frame's first packet
  return subframe;
}

/// What the walk only adds to. The entries of `vlans` count only up to vlan_count; all other fields
/// are written by finish_ip() and the IP headers, or by clear_ip().
void reset_walked(Packet& p, const Frame& frame) {
  p.link_type = frame.link_type;
  p.pad_length = 0;
  p.tunnel = nullptr;
  p.status = 0;
  p.src_mac = {};
  p.dst_mac = {};
  p.has_mac = false;
  p.ether_type = p.vlan_id = 0;
  p.vlan_count = p.vlan_depth = p.mpls_depth = 0;
  p.src_port = p.dst_port = 0;
  p.llc = p.encrypted = false;
  p.dtls_records = 0;
  p.further = 0;
  p.part = nullptr;
}

/// What only packets with an IP header have.
void clear_ip(Packet& p) {
  p.l3 = {};
  p.l4 = {};
  p.l3_length = 0;
  p.l3_header_length = p.l4_header_length = 0;
  p.src_ip = {};
  p.dst_ip = {};
  p.l4_proto = p.ttl = p.tos = 0;
  p.src_port = p.dst_port = 0;
  p.fragment = p.later_fragment = p.more_fragments = false;
  p.ip_id = p.fragment_offset = 0;
}

void finish_dropped(Packet& p) {
  clear_ip(p);
  p.l2 = {};
  p.l7 = {};
  p.l2_length = p.l7_length = 0;
}

/// Follows IP headers down to the innermost one and its transport header. False: no flow.
bool walk_ip(Walk& w, Next next) {
  while (next == Next::kIpv4 || next == Next::kIpv6) {
    next = next == Next::kIpv4 ? decoding::ipv4(w) : decoding::ipv6(w);
  }
  if (next == Next::kDrop) return false;
  decoding::transport(w, w.packet.l4_proto);
  return true;
}

/// PACKETLENGTH: from which layer on bytes count.
std::uint32_t packet_length(const Packet& p, const DecodeOptions& options) {
  const std::uint32_t hidden =
      options.fragment_ip_view && p.later_fragment ? p.l3_header_length : 0U;
  const auto minus = [](std::uint32_t a, std::uint32_t b) { return a > b ? a - b : 0; };
  switch (options.packet_length) {
    case 0:
      return minus(p.l2_length, hidden);
    case 1:
      return minus(p.l3_length, hidden);
    case 2:
      return minus(p.l3_length, p.l3_header_length);
    default:
      return p.l7_length;
  }
}

void finish_ip(Walk& w) {
  Packet& p = w.packet;
  const std::size_t l4 = w.at;
  p.l2 = w.from(w.l2);
  p.l3 = w.from(w.l3);
  p.l4 = w.from(l4);
  p.l7 = skip(p.l4, p.l4_header_length);
  p.l2_length = p.l3_length + static_cast<std::uint32_t>(w.l3 - w.l2);
  const auto l3_headers = static_cast<std::uint32_t>(l4 - w.l3);  // less than it says when snapped
  const std::uint32_t headers =
      std::max<std::uint32_t>(l3_headers, p.l3_header_length) + p.l4_header_length;
  p.l7_length = 0;
  if (p.l3_length >= headers) {
    p.l7_length = p.l3_length - headers;
  } else {
    w.set(flow_stat::kL4Short);
  }
  p.pad_length = w.padding_behind(w.wire_end);
  if (p.fragment) w.set(flow_stat::kFragment);
  w.set(p.src_ip.is_v4() ? flow_stat::kIpv4Flow : flow_stat::kIpv6Flow);
}

void finish_layer2(Walk& w) {
  Packet& p = w.packet;
  clear_ip(p);
  p.l2 = w.from(w.l2);
  p.l7 = w.from(w.at);
  p.l2_length = static_cast<std::uint32_t>(w.wire_end - w.l2);
  p.l7_length = static_cast<std::uint32_t>(w.wire_end - w.at);
  w.set(flow_stat::kL2Flow);
}

}  // namespace

inline bool Decoder::Impl::decode_plain(const Frame& frame, std::uint64_t number,
                                        Packet& packet) const {
  reset(packet, frame, number);
  const auto plain = static_cast<Plain>(frame.plain);
  if (plain == Plain::kNo || !decoding::decode_plain(frame, plain, packet)) return false;
  packet.length = packet_length(packet, options);
  packet.headers = plain_headers[frame.plain];
  return true;
}

Decoder::Decoder(const DecodeOptions& options) : impl_(std::make_unique<Impl>()) {
  impl_->options = options;
  for (std::size_t kind = 1; kind < decoding::kPlainKinds; ++kind) {
    const auto plain = static_cast<Plain>(kind);
    decoding::StackPath path(impl_->stacks);
    path.push("eth");
    if (decoding::is_tagged(plain)) path.push_run("vlan", 1);
    decoding::is_ipv6(plain) ? path.push("ipv6") : path.push("ipv4");
    decoding::is_udp(plain) ? path.push("udp") : path.push("tcp");
    impl_->plain_headers[kind] = path.finish();
  }
}

Decoder::~Decoder() = default;

DecoderRoom::DecoderRoom() : rare_(std::make_unique<decoding::RareHeaders>()) {}
DecoderRoom::~DecoderRoom() = default;

[[gnu::always_inline]] inline bool Decoder::Impl::predecode_plain(Frame& frame, bool checksums) {
  const Plain plain = decoding::recognise_plain(frame);
  frame.plain = static_cast<std::uint8_t>(plain);
  frame.checked = 0;
  if (plain == Plain::kNo) return false;
  if (checksums) decoding::check_plain(frame, plain);
  return true;
}

bool Decoder::predecode_plain(Frame& frame, bool checksums) {
  return Impl::predecode_plain(frame, checksums);
}

void Decoder::predecode(Frame& frame, bool checksums) {
  if (Impl::predecode_plain(frame, checksums) || !checksums) return;
  decode(frame, 0, impl_->scratch);
  verify_checksums(frame, impl_->scratch);
}

void Decoder::verify_checksums(Frame& frame, Packet& p) {
  // The others are few, and check_l4_checksum() looks for the field of these two only.
  if (!p.is_tcp() && !(p.is_ip() && p.l4_proto == ip_protocol::kUdp)) return;
  decoding::note_checksums(frame, verify_ip_checksum(p), verify_l4_checksum(p));
  p.checked = frame.checked;
  p.l4_computed = frame.l4_computed;
}

unsigned Decoder::group_of(const Frame& frame) {
  return decoding::group_of(frame, static_cast<Plain>(frame.plain));
}

Decoder::Outcome Decoder::decode(const Frame& frame, std::uint64_t number, Packet& packet) {
  return impl_->decode_plain(frame, number, packet) ? Outcome::kOk : walk(frame, packet);
}

bool Decoder::decode_plain(const Frame& frame, std::uint64_t number, Packet& packet) const {
  return impl_->decode_plain(frame, number, packet);
}

Decoder::Outcome Decoder::decode_further(const Frame& frame, Packet& packet) {
  const std::size_t subframe = reset_further(packet, frame);
  return walk(frame, packet, subframe);
}

std::optional<Decoder::Outcome> Decoder::decode_known(const Frame& frame, std::uint64_t number,
                                                      Packet& packet, DecoderRoom& room) const {
  if (impl_->decode_plain(frame, number, packet)) return Outcome::kOk;
  return walk_known(frame, packet, 0, room);
}

std::optional<Decoder::Outcome> Decoder::decode_further_known(const Frame& frame, Packet& packet,
                                                              DecoderRoom& room) const {
  const std::size_t subframe = reset_further(packet, frame);
  return walk_known(frame, packet, subframe, room);
}

Decoder::Outcome Decoder::walk(const Frame& frame, Packet& packet, std::size_t subframe) {
  const Impl::Walked walked =
      impl_->walk(frame, packet, subframe, decoding::StackPath(impl_->stacks), impl_->rare);
  if (walked.refused) ++impl_->refused_stacks;
  return walked.outcome;
}

std::optional<Decoder::Outcome> Decoder::walk_known(const Frame& frame, Packet& packet,
                                                    std::size_t subframe, DecoderRoom& room) const {
  const decoding::StackPath known(std::as_const(impl_->stacks));
  const Impl::Walked walked = impl_->walk(frame, packet, subframe, known, *room.rare_);
  if (walked.refused) return std::nullopt;
  return walked.outcome;
}

Decoder::Impl::Walked Decoder::Impl::walk(const Frame& frame, Packet& packet, std::size_t subframe,
                                          const decoding::StackPath& path,
                                          decoding::RareHeaders& headers) const {
  reset_walked(packet, frame);
  Walk w(options, packet, path, headers);
  w.subframe = subframe;

  const Next next = decoding::walk_link(w, frame.link_type);
  Outcome outcome = Outcome::kOk;
  if (next == Next::kLayer2) {
    finish_layer2(w);
  } else if (next == Next::kDrop || !walk_ip(w, next)) {
    finish_dropped(packet);
    const bool known = supports(frame.link_type, options.lapd);
    outcome = known ? Outcome::kNoFlow : Outcome::kUnsupported;
  } else {
    finish_ip(w);
  }
  packet.length = packet_length(packet, options);
  packet.headers = w.stack.finish();
  const bool refused = w.stack.refused();
  if (refused || packet.headers->overrun) w.set(flow_stat::kHeaderOverrun);
  return {outcome, refused};
}

std::uint64_t Decoder::refused_stacks() const {
  return impl_->refused_stacks;
}

bool Decoder::supports(std::uint16_t link_type, bool lapd) {
  return decoding::is_supported(link_type) && (lapd || !decoding::is_lapd(link_type));
}

}  // namespace t2
