// SPDX-License-Identifier: Apache-2.0
#include "engine/line_up.h"

#include "engine/options.h"

namespace t2 {
namespace {

/// The same bytes, where they were copied to.
void move_view(Bytes& view, Bytes from, Bytes to) {
  if (view.data() == nullptr) return;
  view = to.subspan(static_cast<std::size_t>(view.data() - from.data()), view.size());
}

void move_views(Packet& p, TunnelHeaders* tunnel, Bytes from, Bytes to) {
  for (Bytes* v : {&p.frame, &p.l2, &p.l3, &p.l4, &p.l7}) move_view(*v, from, to);
  if (tunnel == nullptr) return;
  for (Bytes* v : {&tunnel->mpls, &tunnel->ppp, &tunnel->lapd, &tunnel->l2tp, &tunnel->gre,
                   &tunnel->teredo, &tunnel->teredo_origin}) {
    move_view(*v, from, to);
  }
}

/// What the packet's views point to in the decoder comes along.
std::unique_ptr<TunnelHeaders> keep_tunnel(Packet& p) {
  if (p.tunnel == nullptr) return nullptr;
  auto tunnel = std::make_unique<TunnelHeaders>(*p.tunnel);
  p.tunnel = tunnel.get();
  return tunnel;
}

}  // namespace

LineUp::LineUp(const DecodeOptions& options, const FlowTracker& keys, unsigned shards,
               Undecoded& undecoded)
    : decoder_(options),
      datagrams_(options, reassembly_options()),
      keys_(keys),
      shards_(shards),
      undecoded_(undecoded) {}

void LineUp::prepare(Block& b) const {
  b.shards.resize(b.frames.size());
  for (std::size_t i = 0; i < b.frames.size(); ++i) {
    prefetch_ahead(b.frames, i);
    if (Decoder::predecode_plain(b.frames[i], checksums_)) {
      b.shards[i] = static_cast<std::uint8_t>(shard_of_plain(b.frames[i]));
    } else {
      b.shards[i] = walk_known(b, i) ? Block::kWalked : Block::kUnknown;
    }
  }
}

/// False if that must be done in packet order.
bool LineUp::walk_known(Block& b, std::size_t at) const {
  Frame& f = b.frames[at];
  if (f.bytes.empty()) return false;
  const std::size_t before = b.walked.size();
  Decoded d{};
  auto outcome = decoder_.decode_known(f, b.first + at, d.packet, b.room);
  if (outcome && checksums_) Decoder::verify_checksums(f, d.packet);
  for (std::uint16_t sub = 0; outcome; ++sub) {
    d.outcome = *outcome;
    keep(b, d, at, sub);
    if (d.packet.further == 0) return true;
    outcome = decoder_.decode_further_known(f, d.packet, b.room);
  }
  b.walked.resize(before);
  return false;
}

unsigned LineUp::shard_of_plain(const Frame& f) const {
  if (keys_.keys_are_plain()) return shard_of(Decoder::group_of(f));
  Packet p;
  FlowTracker::Keyed keyed;
  if (!decoder_.decode_plain(f, 0, p)) return 0;
  keys_.set_key(p, keyed);
  return shard_of(keyed);
}

void LineUp::run(Block& b) {
  b.results.resize(shards_);
  b.steady = true;
  b.clock_before = clock_;
  b.bytes_before = totals_.bytes;
  if (totals_.packets == 0 && !b.frames.empty()) totals_.begin(b.frames[0].time);
  std::size_t walked = 0;  // so many of those that prepare() has left
  for (std::size_t i = 0; i < b.frames.size(); ++i) {
    const Frame& f = b.frames[i];
    if (f.time < clock_) b.steady = false;
    clock_ = f.time;
    totals_.frame(f.time, f.bytes.size(), f.wire_length);
    if (f.plain != 0) [[likely]] {
      b.results[b.shards[i]].items.push_back(
          {0, static_cast<std::uint16_t>(i), Item::Kind::kPlain});
    } else if (b.shards[i] == Block::kUnknown) {
      walk(b, i);
    } else {
      for (; walked < b.walked.size() && b.walked[walked].at == i; ++walked) take(b, walked);
    }
  }
  if (b.clock) clock_ = *b.clock;
  note_demand(b, totals_.bytes - b.bytes_before);
}

/// `bytes`: of its frames.
void LineUp::note_demand(Block& b, std::uint64_t bytes) {
  constexpr std::uint64_t kSegmentCost = 256;  // more than a stream charges for one
  for (const ShardResult& r : b.results) b.demand.directions += r.items.size();
  for (const Walked& w : b.walked) {
    if (w.fragment != nullptr) bytes += w.fragment->whole_bytes.size();
  }
  b.demand.stream_bytes = bytes + b.demand.directions * kSegmentCost;
}

void LineUp::walk(Block& b, std::size_t at) {
  Frame& f = b.frames[at];
  const std::size_t first = b.walked.size();
  Decoded d{};
  d.outcome = decoder_.decode(f, b.first + at, d.packet);
  if (f.bytes.empty()) {
    if (b.first_empty == 0) b.first_empty = b.first + at;
    return;
  }
  if (checksums_) Decoder::verify_checksums(f, d.packet);
  keep(b, d, at, 0);
  for (std::uint16_t sub = 1; d.packet.further != 0; ++sub) {
    d.outcome = decoder_.decode_further(f, d.packet);
    keep(b, d, at, sub);
  }
  for (std::size_t n = first; n < b.walked.size(); ++n) take(b, n);
}

/// By its ports, which a later fragment has to be told first.
void LineUp::find_shard(Walked& w) const {
  keys_.set_key(w.decoded.packet, w.decoded.keyed);
  w.shard = static_cast<std::uint8_t>(shard_of(w.decoded.keyed));
}

/// With all that does not depend on other packets.
void LineUp::keep(Block& b, const Decoded& d, std::size_t at, std::uint16_t sub) const {
  Walked& w = b.walked.emplace_back();
  w.decoded = d;
  w.at = static_cast<std::uint16_t>(at);
  w.sub = sub;
  if (d.outcome != Decoder::Outcome::kOk) return;
  Packet& p = w.decoded.packet;
  w.tunnel = keep_tunnel(p);
  if (p.part != nullptr) {
    w.fragment = std::make_unique<WalkedFragment>();
    w.fragment->part = *p.part;
    p.part = &w.fragment->part;
    return;
  }
  find_shard(w);
}

void LineUp::take(Block& b, std::size_t number) {
  Walked& w = b.walked[number];
  if (w.decoded.outcome != Decoder::Outcome::kOk) return without_flow(w.decoded, w.sub > 0);
  if (w.fragment != nullptr) take_fragment(w);
  const auto n = static_cast<std::uint32_t>(number);
  b.results[w.shard].items.push_back({n, w.at, Item::Kind::kWalked});
  if (w.fragment == nullptr || !w.fragment->completes) return;
  const unsigned other = shard_of(w.fragment->whole.keyed);
  w.fragment->elsewhere = other != w.shard;
  if (w.fragment->elsewhere) b.results[other].items.push_back({n, w.at, Item::Kind::kWhole});
}

void LineUp::take_fragment(Walked& w) {
  Packet& p = w.decoded.packet;
  WalkedFragment& f = *w.fragment;
  const Datagrams::Taken taken = datagrams_.take(p);
  find_shard(w);
  f.transport.assign(taken.transport.begin(), taken.transport.end());
  f.offset = taken.offset;
  if (taken.whole == nullptr) return;
  f.completes = true;
  Packet& whole = f.whole.packet;
  whole = *taken.whole;
  f.whole_bytes.assign(whole.frame.begin(), whole.frame.end());
  f.whole_tunnel = keep_tunnel(whole);
  whole.part = nullptr;
  move_views(whole, f.whole_tunnel.get(), Bytes(taken.whole->frame), f.whole_bytes);
  keys_.set_key(whole, f.whole.keyed);
}

void LineUp::without_flow(const Decoded& d, bool further) {
  if (d.outcome == Decoder::Outcome::kUnsupported) return undecoded_.count(d.packet.link_type);
  status_ |= d.packet.status & ~flow_stat::mask(flow_stat::kInverted);
  further ? totals_.further(d.packet, nullptr) : totals_.count(d.packet, nullptr);
}

}  // namespace t2
