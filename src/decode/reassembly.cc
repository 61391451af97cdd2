// SPDX-License-Identifier: Apache-2.0
#include "decode/reassembly.h"

#include <algorithm>
#include <cstring>

#include "decode/numbers.h"

namespace t2 {
namespace {

constexpr std::uint32_t kLongest = 65535;  // IPv4: with its header; IPv6: behind the fixed one
constexpr std::uint32_t kUnit = 8;         // of offsets, and of the length of all but the last

void put_be16(std::vector<std::uint8_t>& to, std::size_t at, std::uint32_t value) {
  to[at] = static_cast<std::uint8_t>(value >> 8);
  to[at + 1] = static_cast<std::uint8_t>(value);
}

/// The header of an unfragmented packet with `length` bytes behind this one; empty if it cannot be
/// that long.
std::vector<std::uint8_t> unfragmented(Bytes header, std::uint16_t next_header, bool ipv6,
                                       std::uint32_t length) {
  const Bytes kept = ipv6 ? first(header, header.size() - decoding::kFragmentHeader) : header;
  std::vector<std::uint8_t> out(kept.begin(), kept.end());
  if (!ipv6) {
    constexpr std::uint8_t kDontFragment = 0x40;
    if (out.size() + length > kLongest) return {};
    put_be16(out, 2, static_cast<std::uint32_t>(out.size()) + length);
    out[6] &= kDontFragment;
    out[7] = 0;
    return out;
  }
  out[next_header] = header[kept.size()];
  const std::size_t payload = out.size() - decoding::kIpv6Header + length;
  if (payload > kLongest) return {};
  put_be16(out, 4, static_cast<std::uint32_t>(payload));
  return out;
}

}  // namespace

Reassembly::Reassembly(const ReassemblyOptions& options)
    : options_(options), table_(0, Hash{options.seed}) {}

Reassembly::Key Reassembly::key_of(const IpFragment& f) {
  const bool v4 = f.src.is_v4();
  return {f.src.bytes, f.dst.bytes, f.id, f.vlan_id, v4 ? f.protocol : std::uint8_t{0},
          f.src.family};
}

bool Reassembly::expired(const Datagram& d, Nanoseconds now) const {
  return now - d.begun >= options_.age;
}

/// Pieces of one datagram, and their repetitions, come close together.
bool Reassembly::is_late(const Datagram& d, Nanoseconds now) {
  return now - d.last >= kSecond;
}

void Reassembly::conflict(Datagram& d) {
  ++stats_.conflicts;
  d.doubtful = true;
}

void Reassembly::forget_bytes(Datagram& d) {
  bytes_ -= d.cost();
  d.header = {};
  d.data = {};
  d.pieces = {};
}

void Reassembly::drop(Datagrams::iterator d, std::uint64_t& counter) {
  // What follows a complete datagram, but has no beginning, was repeated: nothing is missing.
  const bool repeated = d->ports_known && !d->first;
  if (!d->complete && !repeated) ++counter;
  forget_bytes(*d);
  table_.erase(d->key);
  datagrams_.erase(d);
}

void Reassembly::make_room(Nanoseconds now) {
  while (!datagrams_.empty() && expired(datagrams_.front(), now)) {
    drop(datagrams_.begin(), stats_.expired);
  }
  while (bytes_ > options_.bytes) drop(datagrams_.begin(), stats_.evicted);
}

/// The ports stay for what comes soon: it is a repetition.
void Reassembly::begin_again(Datagrams::iterator d, Nanoseconds now) {
  d->ports_known = !is_late(*d, now);
  d->begun = now;
  d->held = d->end = 0;
  d->first = d->end_known = d->complete = d->doubtful = false;
  datagrams_.splice(datagrams_.end(), datagrams_, d);
}

Reassembly::Datagram& Reassembly::datagram_of(const IpFragment& f, Nanoseconds now) {
  const Key key = key_of(f);
  if (const auto it = table_.find(key); it != table_.end()) {
    // Where time runs backwards, it need not be the oldest that is out of date.
    if (!expired(*it->second, now)) {
      if (it->second->complete) begin_again(it->second, now);
      return *it->second;
    }
    drop(it->second, stats_.expired);
  }
  if (table_.size() >= options_.datagrams) drop(datagrams_.begin(), stats_.evicted);
  Datagram& d = datagrams_.emplace_back();
  d.key = key;
  d.begun = now;
  table_.emplace(key, std::prev(datagrams_.end()));
  return d;
}

void Reassembly::note_first(Datagram& d, const IpFragment& f) {
  d.first = d.ports_known = true;
  d.header.assign(f.header.begin(), f.header.end());
  bytes_ += d.header.size();
  d.next_header = f.next_header;
  d.transport = f.transport;
  d.protocol = f.protocol;
  d.src_port = f.src_port;
  d.dst_port = f.dst_port;
}

/// Whether the fragment can belong to the datagram, whose end it may tell.
bool Reassembly::fits(Datagram& d, const IpFragment& f, std::uint32_t length) const {
  const std::uint32_t end = f.offset + length;
  if (end > kLongest) return false;
  if (d.end_known) return f.more ? end <= d.end : end == d.end;
  if (f.more) return true;
  if (!d.pieces.empty() && d.pieces.back().offset + d.pieces.back().length > end) return false;
  d.end_known = true;
  d.end = end;
  return true;
}

void Reassembly::add(Datagram& d, std::vector<Piece>::iterator& at, Bytes data,
                     std::uint32_t offset, std::uint32_t length) {
  const std::uint64_t before = d.cost();
  const auto put = [&](std::uint32_t n, bool captured) {
    if (n == 0) return;
    at = d.pieces.insert(at, {offset, n, static_cast<std::uint32_t>(d.data.size()), captured}) + 1;
    offset += n;
  };
  data = t2::first(data, length);
  const auto captured = static_cast<std::uint32_t>(data.size());
  put(captured, true);
  d.data.insert(d.data.end(), data.begin(), data.end());
  put(length - captured, false);
  d.held += length;
  bytes_ += d.cost() - before;
}

/// Adds what is not there yet.
void Reassembly::insert(Datagram& d, Bytes data, std::uint32_t offset, std::uint32_t length) {
  const std::uint32_t end = offset + length;
  auto it =
      std::lower_bound(d.pieces.begin(), d.pieces.end(), offset,
                       [](const Piece& p, std::uint32_t o) { return p.offset + p.length <= o; });
  bool other_bytes = false;
  const auto move_on = [&](std::uint32_t n) {
    data = skip(data, n);
    offset += n;
  };
  while (offset < end) {
    const std::uint32_t hole_end = it == d.pieces.end() ? end : std::min(end, it->offset);
    if (hole_end > offset) {
      const std::uint32_t n = hole_end - offset;
      add(d, it, data, offset, n);
      move_on(n);
      continue;
    }
    const std::uint32_t in = offset - it->offset;
    const std::uint32_t n = std::min(end - offset, it->length - in);
    if (it->captured) {
      const Bytes again = t2::first(data, n);
      other_bytes |= !std::equal(again.begin(), again.end(), d.data.begin() + it->at + in);
    }
    move_on(n);
    ++it;
  }
  if (other_bytes) conflict(d);
}

/// False if no datagram can be that long.
bool Reassembly::build(const Datagram& d) {
  whole_ = unfragmented(d.header, d.next_header, d.key.family == Family::kIpv6, d.end);
  if (whole_.empty()) return false;
  whole_length_ = static_cast<std::uint32_t>(whole_.size()) + d.end;
  for (const Piece& p : d.pieces) {
    if (!p.captured) break;
    const auto from = d.data.begin() + p.at;
    whole_.insert(whole_.end(), from, from + p.length);
  }
  return true;
}

Reassembly::Taken Reassembly::known(const Datagram& d) {
  Taken t;
  t.known = d.ports_known;
  t.protocol = d.protocol;
  t.src_port = d.src_port;
  t.dst_port = d.dst_port;
  t.begun = d.first;
  t.doubtful = d.doubtful;
  if (!d.first || d.pieces.empty() || d.pieces.front().offset != 0) return t;
  const Piece& p = d.pieces.front();
  if (p.captured && p.length > d.transport) {
    t.transport = Bytes(d.data).subspan(p.at + d.transport, p.length - d.transport);
    t.transport_offset = d.transport;
  }
  return t;
}

Reassembly::Taken Reassembly::find(const IpFragment& f, Nanoseconds now) const {
  const auto it = table_.find(key_of(f));
  if (it == table_.end()) return {};
  const Datagram& d = *it->second;
  const bool over = d.complete && is_late(d, now);
  return over || expired(d, now) ? Taken() : known(d);
}

Reassembly::Taken Reassembly::take(const IpFragment& f, Nanoseconds now) {
  make_room(now);
  const std::uint32_t length = f.more ? f.length / kUnit * kUnit : f.length;
  const bool usable = length > 0 && f.header.size() == f.header_length;
  if (!usable) return find(f, now);
  Datagram& d = datagram_of(f, now);
  if (!d.pieces.empty() && is_late(d, now)) d.doubtful = true;
  d.last = now;
  if (!fits(d, f, length)) {
    conflict(d);
    return known(d);
  }
  if (f.offset == 0 && !d.first) note_first(d, f);
  insert(d, f.payload, f.offset, length);
  Taken t = known(d);
  if (!d.first || !d.end_known || d.held != d.end) return t;
  t.complete = true;
  t.transport = {};
  if (build(d)) {
    t.whole = whole_;
    t.length = whole_length_;
  } else {
    ++stats_.conflicts;
  }
  forget_bytes(d);
  d.complete = true;
  return t;
}

}  // namespace t2
